/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/bytes: the bounds predicate at its edges, little-endian reads and writes. */
#include "base/bytes.h"

#include "support.h"

static const uint8_t sample[10] = {1, 2, 3, 4, 5, 6, 7, 8, 0, 0};

static void bounds_cannot_overflow(void **state IK_UNUSED)
{
	struct ik_bytes b = ik_bytes_of(sample, sizeof(sample));

	assert_true(ik_bytes_has(b, 0, 10));
	assert_true(ik_bytes_has(b, 10, 0));
	assert_false(ik_bytes_has(b, 11, 0));
	assert_false(ik_bytes_has(b, 1, 10));
	assert_false(ik_bytes_has(b, UINT64_MAX, 1));
	assert_false(ik_bytes_has(b, 1, UINT64_MAX));
	assert_true(ik_bytes_has(ik_bytes_of(NULL, 0), 0, 0));
}

static void reads_are_little_endian(void **state IK_UNUSED)
{
	struct ik_bytes b = ik_bytes_of(sample, sizeof(sample)), part;
	uint64_t v64 = 7;
	uint32_t v32;
	uint16_t v16;
	uint8_t v8;

	assert_true(ik_bytes_u8(b, 9, &v8) && v8 == 0);
	assert_true(ik_bytes_le16(b, 0, &v16) && v16 == 0x0201);
	assert_true(ik_bytes_le32(b, 1, &v32) && v32 == 0x05040302);
	assert_true(ik_bytes_le64(b, 0, &v64) && v64 == 0x0807060504030201);
	v64 = 7;
	assert_false(ik_bytes_le64(b, 3, &v64));
	assert_int_equal(v64, 7);
	assert_true(ik_bytes_slice(b, 8, 2, &part) && part.len == 2);
	assert_false(ik_bytes_slice(b, 9, 2, &part));
	assert_true(ik_bytes_slice(ik_bytes_of(NULL, 0), 0, 0, &part) && !part.data);
	assert_false(ik_bytes_slice(b, 11, 0, &part) || ik_bytes_zero_at(b, 11, 0) ||
		     ik_bytes_equal_at(b, 11, "", 0));
	assert_false(ik_bytes_le64(b, 11, &v64) || ik_bytes_le32(b, 11, &v32) ||
		     ik_bytes_le16(b, 11, &v16) || ik_bytes_u8(b, 11, &v8));
	v32 = 9;
	v16 = 9;
	v8 = 9;
	assert_false(ik_bytes_le32(b, 7, &v32) || ik_bytes_le16(b, 9, &v16) ||
		     ik_bytes_u8(b, 10, &v8));
	assert_true(v32 == 9 && v16 == 9 && v8 == 9);
}

static void comparisons_stay_inside(void **state IK_UNUSED)
{
	struct ik_bytes b = ik_bytes_of(sample, sizeof(sample));

	assert_true(ik_bytes_equal_at(b, 2, "\3\4", 2));
	assert_false(ik_bytes_equal_at(b, 2, "\3\5", 2));
	assert_false(ik_bytes_equal_at(b, 9, "\0\0", 2));
	assert_true(ik_bytes_zero_at(b, 8, 2));
	assert_false(ik_bytes_zero_at(b, 7, 2));
	assert_false(ik_bytes_zero_at(b, 8, 3));
	assert_true(ik_bytes_equal_at(b, 10, NULL, 0));
	assert_true(ik_bytes_zero_at(b, 10, 0));
}

static void writes_and_sums(void **state IK_UNUSED)
{
	uint8_t buf[8];
	uint64_t sum = 1;

	ik_put_le64(buf, 0x0807060504030201);
	assert_memory_equal(buf, sample, 8);
	ik_put_le32(buf, 0x04030201);
	ik_put_le16(buf, 0x0201);
	assert_memory_equal(buf, sample, 4);
	assert_true(ik_add_u64(1, 2, &sum) && sum == 3);
	assert_false(ik_add_u64(UINT64_MAX, 1, &sum));
	assert_int_equal(sum, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds_cannot_overflow),
		cmocka_unit_test(reads_are_little_endian),
		cmocka_unit_test(comparisons_stay_inside),
		cmocka_unit_test(writes_and_sums),
	};

	return cmocka_run_group_tests_name("base/bytes", tests, NULL, NULL);
}
