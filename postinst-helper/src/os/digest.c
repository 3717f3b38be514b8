/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SHA-256 through libcrypto's plain functions. Its newer interface loads a provider with three thousand
 * allocations, can fail at each of them, and crashes at some: nothing for a program that repairs.
 */
#define OPENSSL_API_COMPAT 10100 /* the plain functions are meant */
#include "os/digest.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "os/sys.h"

#define READ_CHUNK (256u * 1024u) /* bytes per read; small enough to keep memory use low */

_Static_assert(sizeof(SHA256_CTX) <= sizeof(((struct ik_digest *)NULL)->state), "room");

void ik_digest_init(struct ik_digest *d)
{
	ik_ignore(SHA256_Init((SHA256_CTX *)d->state)); /* this and the next: always 1 */
}

void ik_digest_update(struct ik_digest *d, const void *data, size_t len)
{
	ik_ignore(SHA256_Update((SHA256_CTX *)d->state, data, len));
}

void ik_digest_final(struct ik_digest *d, struct ik_sha256 *ret)
{
	ik_ignore(SHA256_Final(ret->bytes, (SHA256_CTX *)d->state));
}

void ik_digest_of_bytes(const void *data, size_t len, struct ik_sha256 *ret)
{
	struct ik_digest d;

	ik_digest_init(&d);
	ik_digest_update(&d, data, len);
	ik_digest_final(&d, ret);
}

int ik_digest_of_fd(int fd, uint64_t from, uint64_t len, struct ik_sha256 *ret, struct ik_err *err)
{
	ik_autofree uint8_t *buf = malloc(READ_CHUNK);
	struct ik_digest d;
	uint64_t done = 0;

	if (!buf)
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, ENOMEM, "SHA-256 of a file");
	ik_digest_init(&d);
	while (done < len) {
		size_t want = (size_t)IK_MIN(len - done, (uint64_t)READ_CHUNK);
		ssize_t n = ik_sys_pread(fd, buf, want, from + done);

		if (n < 0)
			/* cppcheck-suppress memleak ; the clean-up attribute frees it */
			return ik_err_set(err, IK_E_IO_FAILED, (int)n, "cannot read for hashing");
		ik_digest_update(&d, buf, (size_t)n);
		done += (uint64_t)n;
		if ((size_t)n < want)
			break;
	}
	if (len != UINT64_MAX && done < len)
		return ik_err_set(err, IK_E_FILE_TOO_SMALL, EIO,
				  "the file ends %llu bytes too early",
				  (unsigned long long)(len - done));
	ik_digest_final(&d, ret);
	return 0;
}

void ik_digest_hex(const struct ik_sha256 *digest, char ret_hex[IK_SHA256_HEX])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < IK_SHA256_LEN; i++) {
		ret_hex[2 * i] = digits[digest->bytes[i] >> 4];
		ret_hex[2 * i + 1] = digits[digest->bytes[i] & 15];
	}
	ret_hex[2 * IK_SHA256_LEN] = '\0';
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool ik_digest_parse_hex(const char *hex, struct ik_sha256 *ret)
{
	struct ik_sha256 result;

	if (strnlen(hex, IK_SHA256_HEX) != IK_SHA256_HEX - 1)
		return false;
	for (size_t i = 0; i < IK_SHA256_LEN; i++) {
		int hi = hex_value(hex[2 * i]), lo = hex_value(hex[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		result.bytes[i] = (uint8_t)(hi << 4 | lo);
	}
	*ret = result;
	return true;
}

bool ik_digest_is_equal(const struct ik_sha256 *a, const struct ik_sha256 *b)
{
	return memcmp(a->bytes, b->bytes, IK_SHA256_LEN) == 0;
}

bool ik_digest_is_zero(const struct ik_sha256 *digest)
{
	static const struct ik_sha256 zero;

	return ik_digest_is_equal(digest, &zero);
}
