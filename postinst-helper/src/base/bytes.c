/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Little-endian access byte by byte: no alignment, no host byte order.
 */
#include "base/bytes.h"

#include <string.h>

bool ik_bytes_slice(struct ik_bytes b, uint64_t off, uint64_t len, struct ik_bytes *ret)
{
	if (!ik_bytes_has(b, off, len))
		return false;
	*ret = ik_bytes_of(b.data ? b.data + off : NULL, (size_t)len);
	return true;
}

static bool read_le(struct ik_bytes b, uint64_t off, unsigned int width, uint64_t *ret)
{
	uint64_t value = 0;

	if (!ik_bytes_has(b, off, width))
		return false;
	for (unsigned int i = width; i > 0; i--)
		value = value << 8 | b.data[off + i - 1];
	*ret = value;
	return true;
}

#define DEFINE_READ(name, type, width)                        \
	bool name(struct ik_bytes b, uint64_t off, type *ret) \
	{                                                     \
		uint64_t value;                               \
                                                              \
		if (!read_le(b, off, width, &value))          \
			return false;                         \
		*ret = (type)value;                           \
		return true;                                  \
	}

DEFINE_READ(ik_bytes_u8, uint8_t, 1)
DEFINE_READ(ik_bytes_le16, uint16_t, 2)
DEFINE_READ(ik_bytes_le32, uint32_t, 4)
DEFINE_READ(ik_bytes_le64, uint64_t, 8)

bool ik_bytes_equal_at(struct ik_bytes b, uint64_t off, const void *want, size_t len)
{
	return ik_bytes_has(b, off, len) && (len == 0 || memcmp(b.data + off, want, len) == 0);
}

bool ik_bytes_zero_at(struct ik_bytes b, uint64_t off, uint64_t len)
{
	if (!ik_bytes_has(b, off, len))
		return false;
	for (uint64_t i = 0; i < len; i++)
		if (b.data[off + i] != 0)
			return false;
	return true;
}

static void write_le(uint8_t *dst, unsigned int width, uint64_t value)
{
	for (unsigned int i = 0; i < width; i++)
		dst[i] = (uint8_t)(value >> (8 * i));
}

void ik_put_le16(uint8_t *dst, uint16_t value)
{
	write_le(dst, 2, value);
}

void ik_put_le32(uint8_t *dst, uint32_t value)
{
	write_le(dst, 4, value);
}

void ik_put_le64(uint8_t *dst, uint64_t value)
{
	write_le(dst, 8, value);
}
