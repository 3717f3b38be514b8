/* SPDX-License-Identifier: GPL-2.0-or-later */
/* os/clock: shapes of times and ids. */
#include "os/clock.h"

#include <string.h>

#include "calls.h"
#include "faults.h"
#include "support.h"

static void times_have_their_shape(void **state IK_UNUSED)
{
	static const struct {
		int64_t t;
		const char *text;
	} cases[] = {
		{0, "1970-01-01T00:00:00Z"},
		{1795350000, "2026-11-22T12:20:00Z"},
		{253402300799, "9999-12-31T23:59:59Z"},
		{253402300800, "1970-01-01T00:00:00Z"},
		{-62167219201, "1970-01-01T00:00:00Z"},
		{INT64_MAX, "1970-01-01T00:00:00Z"},
	};
	char text[21];

	for (size_t i = 0; i < IK_ARRAY_SIZE(cases); i++) {
		ik_clock_iso(cases[i].t, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void sleep_lasts(void **state IK_UNUSED)
{
	int64_t begin = ik_clock_mono_ms();

	ik_clock_sleep_ms(30);
	assert_true(ik_clock_mono_ms() - begin >= 30);
	assert_true(ik_clock_unix_s() > 1700000000);
}

static void boot_id_is_stable(void **state IK_UNUSED)
{
	char one[IK_BOOT_ID_LEN], two[IK_BOOT_ID_LEN];

	ik_clock_boot_id(one);
	ik_clock_boot_id(two);
	assert_string_equal(one, two);
	assert_int_equal(strlen(one), 36);
	assert_int_equal(strspn(one, "0123456789abcdef-"), 36);
}

static void chance_differs(void **state IK_UNUSED)
{
	uint8_t one[16], two[16];

	assert_int_equal(ik_clock_random(one, sizeof(one), NULL), 0);
	assert_int_equal(ik_clock_random(two, sizeof(two), NULL), 0);
	assert_memory_not_equal(one, two, sizeof(one));
}

static void an_interrupted_sleep_goes_on(void **state IK_UNUSED)
{
	int64_t begin = ik_clock_mono_ms();

	call_fails("clock_nanosleep", 1, EINTR);
	ik_clock_sleep_ms(20);
	assert_int_equal(calls.count, 2);
	assert_true(call_met());
	assert_true(ik_clock_mono_ms() - begin >= 20);
}

/* Without an id it must still have the shape that the lock's record asks for. */
static void no_boot_id_has_its_shape(void **state IK_UNUSED)
{
	static const struct faults cases[] = {
		{.on = true, .only = "ik_sys_openat", .at = 1, .errnum = ENOENT},
		{.on = true, .only = "ik_sys_pread", .at = 1, .errnum = EIO},
		{.on = true, .only = "ik_sys_pread", .at = 1}, /* short */
	};
	char id[IK_BOOT_ID_LEN];

	for (size_t i = 0; i < IK_ARRAY_SIZE(cases); i++) {
		faults = cases[i];
		ik_clock_boot_id(id);
		assert_non_null(faults.fired);
		faults_off();
		assert_string_equal(id, "00000000-0000-0000-0000-000000000000");
	}
}

static void chance_comes_whole_or_not_at_all(void **state IK_UNUSED)
{
	struct ik_err err = {.code = IK_E_NONE};
	uint8_t bytes[16];

	call_fails("getrandom", 1, EINTR);
	assert_int_equal(ik_clock_random(bytes, sizeof(bytes), &err), 0);
	assert_int_equal(calls.count, 2);
	assert_true(call_met());
	call_gives("getrandom", 1, 5); /* short: the rest is asked for */
	assert_int_equal(ik_clock_random(bytes, sizeof(bytes), &err), 0);
	assert_int_equal(calls.count, 2);
	assert_true(call_met());
	call_gives("getrandom", 1, 0);
	assert_int_equal(ik_clock_random(bytes, sizeof(bytes), &err), 0);
	assert_true(call_met());
	call_fails("getrandom", 1, ENOSYS);
	assert_int_equal(ik_clock_random(bytes, sizeof(bytes), &err), -ENOSYS);
	assert_true(call_met());
	assert_int_equal(err.code, IK_E_IO_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_have_their_shape),
		cmocka_unit_test(sleep_lasts),
		cmocka_unit_test(boot_id_is_stable),
		cmocka_unit_test(chance_differs),
		cmocka_unit_test(an_interrupted_sleep_goes_on),
		cmocka_unit_test(no_boot_id_has_its_shape),
		cmocka_unit_test(chance_comes_whole_or_not_at_all),
	};

	return cmocka_run_group_tests_name("os/clock", tests, NULL, NULL);
}
