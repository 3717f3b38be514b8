/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Overwrites a file in place, same inode and links, so that at no moment a mixture of old and new
 * carries a valid head: the head is zeroed first and written last (steps 9 to 15 of the protocol).
 * It must not know about journals and backups; the caller has armed the one and made the other.
 *
 * The order and its reasons:
 *  9  grow while the old image still boots: the only allocation, so a full disk shows up here
 * 10  zero the first 4 KiB, flush: from here on no loader starts the file
 * 11  write the body
 * 12  cut to the final length before the head makes the file valid
 * 13  flush; prove the body through a new descriptor
 * 14  write the head in one call, flush
 * 15  prove the whole file through a new descriptor; the name must still mean the same inode
 */
#ifndef IK_IO_INPLACE_H
#define IK_IO_INPLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "io/progress.h"
#include "io/reread.h"
#include "os/digest.h"
#include "os/pathres.h"

/* How far an overwrite got; also valid after a failure. */
enum ik_inplace_reach {
	IK_INPLACE_UNTOUCHED, /* the old image is there and boots, perhaps followed by zeros */
	IK_INPLACE_TORN,      /* the file may hold anything; its head is zeroed or doubtful */
	IK_INPLACE_WRITTEN,   /* the new image is there, flushed and proved */
	IK_INPLACE_REPLACED,  /* another file has the name now: somebody replaced it */
};

struct ik_inplace {
	int dir_fd;		 /* directory of the file; borrowed */
	const char *name;	 /* its name */
	int fd;			 /* the file, open for reading and writing; borrowed */
	struct ik_file_id id;	 /* its identity when it was opened */
	int from_fd;		 /* new image, read by pread; borrowed */
	uint64_t size_bytes;	 /* of the new image, at least IK_HEAD_BYTES */
	struct ik_sha256 digest; /* of the new image */
	struct ik_sha256 body;	 /* of the same without its first IK_HEAD_BYTES */
	const uint8_t *head;	 /* the old head, IK_HEAD_BYTES, as it was judged; NULL = any */
	/* May be NULL. It stops the work in the middle: give it one that does so only where the right to write is lost. */
	const struct ik_progress *progress;
	/* results */
	enum ik_inplace_reach reach;
	bool padded;	    /* could not be cut: zeros follow the image */
	uint64_t window_us; /* time from the zeroed head to the proved new one */
};

/*
 * Purpose     overwrites the file.
 * Parameters  job: filled by the caller but for the results
 * Returns     0 with reach = IK_INPLACE_WRITTEN
 * Errors      by ik_io_fault(); IK_E_VERIFY_MISMATCH; IK_E_TARGET_CHANGED; IK_E_INTERRUPTED. job->reach tells what is
 *             left.
 * Effects     all signals are blocked while the file is not bootable: none may end or halt the work then
 */
int ik_inplace_write(struct ik_inplace *job, struct ik_err *err) IK_MUST_CHECK;

#endif
