/* SPDX-License-Identifier: GPL-2.0-or-later */
/* os/clock: shapes of times and ids. */
#include "os/clock.h"

#include <string.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_have_their_shape),
		cmocka_unit_test(sleep_lasts),
		cmocka_unit_test(boot_id_is_stable),
		cmocka_unit_test(chance_differs),
	};

	return cmocka_run_group_tests_name("os/clock", tests, NULL, NULL);
}
