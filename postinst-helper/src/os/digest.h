/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SHA-256 by libcrypto, without anything that it allocates or loads. No other module includes OpenSSL headers.
 * It must not know what is hashed.
 */
#ifndef IK_OS_DIGEST_H
#define IK_OS_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define IK_SHA256_LEN 32 /* bytes. Source: FIPS 180-4 */
#define IK_SHA256_HEX 65 /* 64 lower-case hex digits and a NUL */

struct ik_sha256 {
	uint8_t bytes[IK_SHA256_LEN];
};

/* A running computation: plain memory of the caller, nothing to free, nothing that can fail. */
struct ik_digest {
	uint64_t state[16]; /* libcrypto's */
};

/* Purpose     starts a computation. Parameters: d: caller's storage */
void ik_digest_init(struct ik_digest *d);

/* Purpose     adds len bytes, borrowed. */
void ik_digest_update(struct ik_digest *d, const void *data, size_t len);

/* Purpose     ends the computation. */
void ik_digest_final(struct ik_digest *d, struct ik_sha256 *ret);

/* Purpose     hashes len bytes in memory. */
void ik_digest_of_bytes(const void *data, size_t len, struct ik_sha256 *ret);

/*
 * Purpose     hashes a part of a file by pread; the file position stays. Memory use is constant.
 * Parameters  from: first byte; len: number of bytes, UINT64_MAX = to the end of the file
 * Errors      IK_E_FILE_TOO_SMALL: the file ends before from + len (only with a given len);
 *             IK_E_IO_FAILED: read error; IK_E_MEMORY_EXHAUSTED
 */
int ik_digest_of_fd(int fd, uint64_t from, uint64_t len, struct ik_sha256 *ret,
		    struct ik_err *err) IK_MUST_CHECK;

/* Purpose     writes 64 lower-case hex digits and a NUL. */
void ik_digest_hex(const struct ik_sha256 *digest, char ret_hex[IK_SHA256_HEX]);

/*
 * Purpose     reads exactly 64 hex digits, either case, followed by a NUL.
 * Returns     false, and *ret untouched, for anything else
 */
bool ik_digest_parse_hex(const char *hex, struct ik_sha256 *ret) IK_MUST_CHECK;

/* Purpose     compares two digests. */
bool ik_digest_is_equal(const struct ik_sha256 *a, const struct ik_sha256 *b);

/* Purpose     is it the all-zero value that stands for "none" in records? */
bool ik_digest_is_zero(const struct ik_sha256 *digest);

#endif
