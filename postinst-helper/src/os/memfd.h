/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copies of small and large files in sealed memory: what was hashed is what will be written, no
 * matter what happens to the file meanwhile. It must not know what kind of file it copies.
 */
#ifndef IK_OS_MEMFD_H
#define IK_OS_MEMFD_H

#include <stdint.h>

#include "base/err.h"
#include "os/digest.h"

/* An unchangeable copy. */
struct ik_sealed {
	int fd;			 /* owned; sealed memfd; negative = none */
	uint64_t size_bytes;	 /* its size */
	struct ik_sha256 digest; /* of all its bytes */
};

/*
 * Purpose     copies an open file into a sealed memfd and hashes the copied bytes.
 * Parameters  from_fd: regular file, borrowed; read by pread from offset 0
 *             name: label for /proc and messages
 *             max_bytes: a bigger file is refused
 *             ret: caller's storage; release with ik_sealed_done()
 * Errors      IK_E_FILE_TOO_BIG, IK_E_IO_FAILED, IK_E_MEMORY_EXHAUSTED
 */
int ik_sealed_copy_fd(int from_fd, const char *name, uint64_t max_bytes, struct ik_sealed *ret,
		      struct ik_err *err) IK_MUST_CHECK;

/* Purpose     the same for len bytes in memory, borrowed. */
int ik_sealed_copy_bytes(const void *data, size_t len, const char *name, struct ik_sealed *ret,
			 struct ik_err *err) IK_MUST_CHECK;

/* Purpose     releases the copy; s may be NULL. */
void ik_sealed_done(struct ik_sealed *s);

#define ik_autosealed IK_CLEANUP(ik_sealed_done)

#endif
