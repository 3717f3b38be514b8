/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copies an image to a new file beside its place: temp, flush, verify by a new descriptor, rename.
 * It must not know names or policies.
 */
#ifndef IK_IO_STAGE_H
#define IK_IO_STAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/macro.h"
#include "io/progress.h"
#include "os/digest.h"

/* What to copy, and where to. */
struct ik_stage {
	int from_fd;		 /* source, read by pread from offset 0; borrowed */
	uint64_t size_bytes;	 /* how much of it */
	struct ik_sha256 digest; /* of these bytes, as known beforehand */
	int dir_fd;		 /* where to; borrowed */
	const char *temp;	 /* temporary name, one component; a leftover is removed first */
	const char *name;	 /* final name, one component; a regular file there is replaced */
	const char *what;	 /* static text for progress, e.g. "backing up" */
	bool names_later;	 /* the caller flushes the directory before it relies on the name */
	bool waits;		 /* it stays under the temporary name; the caller renames it */
};

/*
 * Purpose     makes the copy.
 * Errors      IK_E_VERIFY_MISMATCH: what was read back differs; IK_E_INTERRUPTED: the listener
 *             stopped it; IK_E_FILE_*, IK_E_PATH_SYMLINK: no regular file at one of the names;
 *             others by ik_io_fault()
 * Effects     on success the copy is durable and proved under its final name (names_later: its bytes
 *             are, its name once the caller has flushed the directory; waits: under its temporary
 *             one); on failure the temporary file is gone and the final name is as before
 */
int ik_stage_copy(const struct ik_stage *stage, const struct ik_progress *progress,
		  struct ik_err *err) IK_MUST_CHECK;

#endif
