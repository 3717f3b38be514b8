/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SHA-256 through libcrypto's EVP calls. The library's configuration file is never read: it could
 * load code named by a file or variable we do not control.
 */
#include "os/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "os/sys.h"

#define READ_CHUNK (256u * 1024u) /* bytes per read; small enough to keep memory use low */

static int fail(struct ik_err *err, const char *what)
{
	return ik_err_set(err, IK_E_DIGEST_FAILED, EIO, "SHA-256 (%s)", what);
}

int ik_digest_init(struct ik_digest *d, struct ik_err *err)
{
	EVP_MD_CTX *ctx;

	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL) != 1)
		return fail(err, "set-up of the library");
	ctx = EVP_MD_CTX_new();
	if (!ctx)
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, ENOMEM, "SHA-256");
	if (EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1) {
		EVP_MD_CTX_free(ctx);
		return fail(err, "start");
	}
	d->ctx = ctx;
	return 0;
}

int ik_digest_update(struct ik_digest *d, const void *data, size_t len, struct ik_err *err)
{
	if (EVP_DigestUpdate(d->ctx, data, len) != 1)
		return fail(err, "update");
	return 0;
}

int ik_digest_final(struct ik_digest *d, struct ik_sha256 *ret, struct ik_err *err)
{
	struct ik_sha256 result;
	unsigned int len = 0;
	int ok = EVP_DigestFinal_ex(d->ctx, result.bytes, &len);

	ik_digest_done(d);
	if (ok != 1 || len != IK_SHA256_LEN)
		return fail(err, "end");
	*ret = result;
	return 0;
}

void ik_digest_done(struct ik_digest *d)
{
	if (!d)
		return;
	EVP_MD_CTX_free(d->ctx);
	d->ctx = NULL;
}

int ik_digest_of_bytes(const void *data, size_t len, struct ik_sha256 *ret, struct ik_err *err)
{
	ik_autodigest struct ik_digest d = {.ctx = NULL};
	int r = ik_digest_init(&d, err);

	if (r == 0)
		r = ik_digest_update(&d, data, len, err);
	if (r == 0)
		r = ik_digest_final(&d, ret, err);
	return r;
}

int ik_digest_of_fd(int fd, uint64_t from, uint64_t len, struct ik_sha256 *ret, struct ik_err *err)
{
	ik_autodigest struct ik_digest d = {.ctx = NULL};
	ik_autofree uint8_t *buf = malloc(READ_CHUNK);
	uint64_t done = 0;
	int r;

	if (!buf)
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, ENOMEM, "SHA-256 of a file");
	r = ik_digest_init(&d, err);
	if (r < 0)
		/* cppcheck-suppress memleak ; the clean-up attribute frees it */
		return r;
	while (done < len) {
		size_t want = (size_t)IK_MIN(len - done, (uint64_t)READ_CHUNK);
		ssize_t n = ik_sys_pread(fd, buf, want, from + done);

		if (n < 0)
			return ik_err_set(err, IK_E_IO_FAILED, (int)n, "cannot read for hashing");
		r = ik_digest_update(&d, buf, (size_t)n, err);
		if (r < 0)
			return r;
		done += (uint64_t)n;
		if ((size_t)n < want)
			break;
	}
	if (len != UINT64_MAX && done < len)
		return ik_err_set(err, IK_E_FILE_TOO_SMALL, EIO,
				  "the file ends %llu bytes too early",
				  (unsigned long long)(len - done));
	return ik_digest_final(&d, ret, err);
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
