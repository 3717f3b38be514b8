/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bounds-checked little-endian reads and writes in a byte range.
 * Every read of foreign data goes through one predicate that cannot overflow.
 * It must not know what the bytes mean.
 */
#ifndef IK_BASE_BYTES_H
#define IK_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"

/* A borrowed range of bytes. */
struct ik_bytes {
	const uint8_t *data; /* may be NULL when len is 0 */
	size_t len;
};

/*
 * Purpose     makes a range of a pointer and a length.
 * Parameters  data: len bytes, borrowed
 */
static inline struct ik_bytes ik_bytes_of(const void *data, size_t len)
{
	return (struct ik_bytes){.data = data, .len = len};
}

/*
 * Purpose     the predicate: do `len` bytes from offset `off` lie inside the range?
 * Returns     true or false; no sum of the arguments can overflow
 */
static inline bool ik_bytes_has(struct ik_bytes b, uint64_t off, uint64_t len)
{
	return off <= b.len && len <= b.len - off;
}

/*
 * Purpose     cuts a range out of a range.
 * Returns     false, and *ret untouched, when it does not lie inside
 */
bool ik_bytes_slice(struct ik_bytes b, uint64_t off, uint64_t len,
		    struct ik_bytes *ret) IK_MUST_CHECK;

/*
 * Purpose     read an unsigned little-endian number of 1, 2, 4 or 8 bytes at an offset.
 * Returns     false, and *ret untouched, when it does not lie inside
 */
bool ik_bytes_u8(struct ik_bytes b, uint64_t off, uint8_t *ret) IK_MUST_CHECK;
bool ik_bytes_le16(struct ik_bytes b, uint64_t off, uint16_t *ret) IK_MUST_CHECK;
bool ik_bytes_le32(struct ik_bytes b, uint64_t off, uint32_t *ret) IK_MUST_CHECK;
bool ik_bytes_le64(struct ik_bytes b, uint64_t off, uint64_t *ret) IK_MUST_CHECK;

/*
 * Purpose     compares bytes at an offset.
 * Returns     false also when they do not lie inside
 */
bool ik_bytes_equal_at(struct ik_bytes b, uint64_t off, const void *want, size_t len);

/*
 * Purpose     tells whether all bytes from an offset on, `len` of them, are zero.
 * Returns     false also when they do not lie inside
 */
bool ik_bytes_zero_at(struct ik_bytes b, uint64_t off, uint64_t len);

/* Purpose     write an unsigned little-endian number; dst has room for 2, 4 or 8 bytes. */
void ik_put_le16(uint8_t *dst, uint16_t value);
void ik_put_le32(uint8_t *dst, uint32_t value);
void ik_put_le64(uint8_t *dst, uint64_t value);

/*
 * Purpose     adds two sizes.
 * Returns     false, and *ret untouched, on overflow
 */
static inline bool ik_add_u64(uint64_t a, uint64_t b, uint64_t *ret)
{
	uint64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return false;
	*ret = sum;
	return true;
}

#endif
