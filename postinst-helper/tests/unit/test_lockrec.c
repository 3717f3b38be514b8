/* SPDX-License-Identifier: GPL-2.0-or-later */
/* codec/lockrec: round trip, strictness, holder's identity. */
#include "codec/lockrec.h"

#include <string.h>

#include "base/macro.h"
#include "support.h"

static struct ik_lockrec sample(void)
{
	struct ik_lockrec rec = {
		.tool_version = "1.0.0",
		.boot_id = "01234567-89ab-cdef-0123-456789abcdef",
		.distro = "Debian",
		.pid = 4321,
		.pid_start_ticks = UINT64_MAX,
		.nonce = "00112233445566778899aabbccddeeff",
		.beat = 7,
		.written_unix_s = 1790000000,
	};

	memset(rec.sha256.bytes, 0xa5, sizeof(rec.sha256.bytes));
	return rec;
}

static void round_trip(void **state IK_UNUSED)
{
	uint8_t bytes[IK_LOCKREC_BYTES], again[IK_LOCKREC_BYTES];
	struct ik_lockrec rec = sample(), back;

	assert_int_equal(ik_lockrec_encode(&rec, bytes, NULL), 0);
	assert_memory_equal(bytes, "immensity-kernel lock 1\r\nversion=1.0.0\r\n", 40);
	assert_memory_equal(bytes + IK_LOCKREC_BYTES - 2, "\r\n", 2);
	assert_int_equal(ik_lockrec_decode(bytes, sizeof(bytes), &back, NULL), 0);
	assert_memory_equal(&rec, &back, sizeof(rec));
	assert_int_equal(ik_lockrec_encode(&back, again, NULL), 0);
	assert_memory_equal(bytes, again, sizeof(bytes));
}

static void every_changed_byte_shows(void **state IK_UNUSED)
{
	uint8_t bytes[IK_LOCKREC_BYTES];
	struct ik_lockrec rec = sample(), back;

	assert_int_equal(ik_lockrec_encode(&rec, bytes, NULL), 0);
	for (size_t i = 0; i < sizeof(bytes) * 8; i++) {
		bytes[i / 8] ^= (uint8_t)(1u << i % 8);
		/* A changed value is another record; a changed frame is none. Never the same one. */
		if (ik_lockrec_decode(bytes, sizeof(bytes), &back, NULL) == 0)
			assert_memory_not_equal(&rec, &back, sizeof(rec));
		bytes[i / 8] ^= (uint8_t)(1u << i % 8);
	}
}

static void foreign_and_torn_files_are_refused(void **state IK_UNUSED)
{
	uint8_t bytes[IK_LOCKREC_BYTES + 1] = {0};
	struct ik_lockrec rec = sample(), back;
	struct ik_err err = {.errnum = 0};
	uint8_t *beat;

	assert_int_equal(ik_lockrec_decode(bytes, 0, &back, &err), -EINVAL);
	assert_int_equal(err.code, IK_E_LOCKREC_BAD);
	assert_int_equal(ik_lockrec_decode(bytes, IK_LOCKREC_BYTES, &back, NULL), -EINVAL);
	assert_int_equal(ik_lockrec_encode(&rec, bytes, NULL), 0);
	assert_int_equal(ik_lockrec_decode(bytes, IK_LOCKREC_BYTES - 1, &back, NULL), -EINVAL);
	assert_int_equal(ik_lockrec_decode(bytes, IK_LOCKREC_BYTES + 1, &back, NULL), -EINVAL);
	beat = memmem(bytes, sizeof(bytes), "beat=7", 6);
	assert_non_null(beat);
	memcpy(beat, "beat=+", 6);
	assert_int_equal(ik_lockrec_decode(bytes, IK_LOCKREC_BYTES, &back, NULL), -EINVAL);
	memcpy(beat, "beat=0", 6);
	assert_int_equal(ik_lockrec_decode(bytes, IK_LOCKREC_BYTES, &back, NULL), 0);
	memcpy(beat, "beet=0", 6);
	assert_int_equal(ik_lockrec_decode(bytes, IK_LOCKREC_BYTES, &back, NULL), -EINVAL);
}

static void malformed_records_are_not_written(void **state IK_UNUSED)
{
	uint8_t bytes[IK_LOCKREC_BYTES];
	struct ik_lockrec rec = sample();

	rec.nonce[5] = 'G';
	assert_int_equal(ik_lockrec_encode(&rec, bytes, NULL), -EINVAL);
	rec = sample();
	rec.nonce[31] = '\0';
	assert_int_equal(ik_lockrec_encode(&rec, bytes, NULL), -EINVAL);
	rec = sample();
	rec.boot_id[0] = '\0';
	assert_int_equal(ik_lockrec_encode(&rec, bytes, NULL), -EINVAL);
	rec = sample();
	rec.tool_version[1] = '\n';
	assert_int_equal(ik_lockrec_encode(&rec, bytes, NULL), -EINVAL);
	rec = sample();
	memset(rec.tool_version, 'x', sizeof(rec.tool_version));
	assert_int_equal(ik_lockrec_encode(&rec, bytes, NULL), -EINVAL);
	rec = sample();
	rec.written_unix_s = -1;
	assert_int_equal(ik_lockrec_encode(&rec, bytes, NULL), -EINVAL);
	rec = sample();
	rec.boot_id[1] = '\177';
	assert_int_equal(ik_lockrec_encode(&rec, bytes, NULL), -EINVAL);
	rec = sample();
	memset(rec.nonce, 'a', sizeof(rec.nonce)); /* never ends */
	assert_int_equal(ik_lockrec_encode(&rec, bytes, NULL), -EINVAL);
}

static void odd_distro_names_are_made_plain(void **state IK_UNUSED)
{
	uint8_t bytes[IK_LOCKREC_BYTES];
	struct ik_lockrec rec = sample(), back;

	strcpy(rec.distro, "Zo\xc3\xab\ny");
	assert_int_equal(ik_lockrec_encode(&rec, bytes, NULL), 0);
	assert_int_equal(ik_lockrec_decode(bytes, sizeof(bytes), &back, NULL), 0);
	assert_string_equal(back.distro, "Zo"
					 "?"
					 "?"
					 "?y");
}

static void longest_record_fits(void **state IK_UNUSED)
{
	uint8_t bytes[IK_LOCKREC_BYTES];
	struct ik_lockrec rec = sample(), back;

	memset(rec.tool_version, 'v', sizeof(rec.tool_version) - 1);
	memset(rec.distro, 'd', sizeof(rec.distro) - 1);
	rec.pid = UINT32_MAX;
	rec.beat = UINT64_MAX;
	rec.written_unix_s = INT64_MAX;
	assert_int_equal(ik_lockrec_encode(&rec, bytes, NULL), 0);
	assert_int_equal(ik_lockrec_decode(bytes, sizeof(bytes), &back, NULL), 0);
	assert_memory_equal(&rec, &back, sizeof(rec));
}

static void a_heartbeat_keeps_the_holder(void **state IK_UNUSED)
{
	struct ik_lockrec x = sample(), y = sample();

	y.beat++;
	y.written_unix_s++;
	assert_true(ik_lockrec_is_same_holder(&x, &y));
	y.nonce[0] = 'f';
	assert_false(ik_lockrec_is_same_holder(&x, &y));
	y = sample();
	y.boot_id[0] = 'f';
	assert_false(ik_lockrec_is_same_holder(&x, &y));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(every_changed_byte_shows),
		cmocka_unit_test(foreign_and_torn_files_are_refused),
		cmocka_unit_test(malformed_records_are_not_written),
		cmocka_unit_test(odd_distro_names_are_made_plain),
		cmocka_unit_test(longest_record_fits),
		cmocka_unit_test(a_heartbeat_keeps_the_holder),
	};

	return cmocka_run_group_tests_name("lockrec", tests, NULL, NULL);
}
