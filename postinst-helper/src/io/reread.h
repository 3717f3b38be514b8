/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a file back as the server has it: through a new descriptor, past the page cache, and hashes
 * what it reads. Proof of a write is made of this. It must not know what the file is.
 */
#ifndef IK_IO_REREAD_H
#define IK_IO_REREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "io/progress.h"
#include "os/digest.h"
#include "os/pathres.h"

/* First bytes of a file that are zeroed first and written last by an in-place update. */
#define IK_HEAD_BYTES 4096u

/* What to compute. */
enum {
	IK_REREAD_WHOLE = 1, /* digest of the first part_bytes */
	IK_REREAD_BODY = 2,  /* digest of the same without the first IK_HEAD_BYTES */
	/* Leave what was read in the page cache (after emptying it), for a copy that follows. Not for
	   proofs of a write. */
	IK_REREAD_KEEP = 4,
	/* Refuse a file that has not exactly part_bytes, before a byte of it is read: one of somebody
	   else's may have any size. */
	IK_REREAD_EXACT = 8,
};

struct ik_reread {
	struct ik_file_id id; /* who was read; size_bytes is the file's whole size */
	uint64_t part_bytes;  /* how many bytes the digests cover */
	bool tail_is_zero;    /* all bytes behind part_bytes are zero (also when there are none) */
	struct ik_sha256 whole;	     /* valid with IK_REREAD_WHOLE */
	struct ik_sha256 body;	     /* valid with IK_REREAD_BODY */
	uint8_t head[IK_HEAD_BYTES]; /* the first bytes; zero where the file is shorter */
};

/*
 * Purpose     reads a regular file beneath a directory past all caches.
 * Parameters  name: as ik_path_open_regular(); part_bytes: how many bytes the digests cover,
 *             UINT64_MAX = all; what: IK_REREAD_*; progress: may be NULL
 * Errors      IK_E_FILE_TOO_SMALL: the file is shorter than part_bytes; IK_E_VERIFY_MISMATCH: with
 *             IK_REREAD_EXACT, it has another size; others: pathres, digest,
 *             IK_E_IO_FAILED; -ECANCELED with IK_E_INTERRUPTED when the listener stops it
 */
int ik_reread(int dir_fd, const char *name, uint64_t part_bytes, int what,
	      const struct ik_progress *progress, struct ik_reread *ret,
	      struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     proves that a file holds exactly these bytes; one of another size is not read.
 * Errors      IK_E_VERIFY_MISMATCH, others as ik_reread()
 */
int ik_reread_expect(int dir_fd, const char *name, uint64_t size_bytes,
		     const struct ik_sha256 *digest, const struct ik_progress *progress,
		     struct ik_err *err) IK_MUST_CHECK;

#endif
