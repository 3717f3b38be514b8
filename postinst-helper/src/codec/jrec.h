/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One journal slot of the in-place transaction: a struct and its 4 KiB of bytes.
 *
 * It knows the layout and the checksum; which slot is written when, and what a state means for
 * the target, is the business of store/journal and flow/recover.
 */
#ifndef IK_CODEC_JREC_H
#define IK_CODEC_JREC_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "os/digest.h"

#define IK_JREC_SLOT_BYTES 4096u
#define IK_JREC_SLOTS	   2u
#define IK_JREC_NAME_BYTES 64u /* a file name with its NUL */

enum ik_jrec_state {
	IK_JREC_IDLE = 1,   /* nothing under way; the target is as it was */
	IK_JREC_ARMED,	    /* the target may be torn from now on */
	IK_JREC_DONE,	    /* the target holds B, flushed and verified */
	IK_JREC_GOOD,	    /* B was seen running */
	IK_JREC_SUPERSEDED, /* somebody else replaced the target */
};

/* One of the two images of a transaction. */
struct ik_jrec_image {
	uint64_t size_bytes;
	struct ik_sha256 sha256; /* of the whole image */
	struct ik_sha256
		body_sha256; /* of all behind the first 4 KiB: tells our half-written head from
				    a foreign kernel */
	char release[65];    /* "" = unknown */
	char origin[16];     /* "official", "ours", "foreign" */
	char file[IK_JREC_NAME_BYTES]; /* the copy beside the target that holds these bytes */
};

struct ik_jrec {
	uint64_t generation; /* grows by one with each slot written; the highest valid one counts */
	enum ik_jrec_state state;
	char tool_version[32];
	char boot_id[37];     /* of the VM that wrote it, as /proc/sys/kernel/random/boot_id */
	char transaction[33]; /* random id, hexadecimal: ties journal, history and lock together */
	int64_t written_unix_s;
	char target[IK_JREC_NAME_BYTES]; /* spelling of the target's name on the drive */
	uint64_t target_ino;		 /* NTFS file id */
	uint64_t target_nlink;
	int64_t target_mtime_s; /* of A, to be put back */
	uint32_t target_mtime_ns;
	uint32_t flags;		/* IK_JREC_F_* */
	struct ik_jrec_image a; /* what the target held before */
	struct ik_jrec_image b; /* what it is to hold */
	char note[128];		/* for people */
};

/* The target could not be shortened and carries zeros behind the image. */
#define IK_JREC_F_PADDED (UINT32_C(1) << 0)
/* The transaction puts a backup back (restore, remove) instead of installing. */
#define IK_JREC_F_RESTORE (UINT32_C(1) << 1)
#define IK_JREC_F_ALL	  (IK_JREC_F_PADDED | IK_JREC_F_RESTORE)

/*
 * Purpose     Writes a record as a slot.
 * Parameters  slot: IK_JREC_SLOT_BYTES long, all of it is written.
 * Errors      IK_E_JOURNAL_BAD (a text holds a control character, lacks its NUL, or a number or
 *             state is out of range); others: passed through from os/digest.
 */
int ik_jrec_encode(const struct ik_jrec *rec, uint8_t *slot, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     Reads a slot; decode(encode(x)) == x, and every changed bit is refused.
 * Parameters  slot, len_bytes: a slot, at least IK_JREC_SLOT_BYTES.
 * Errors      IK_E_JOURNAL_BAD with -ENODATA (all zero: never written), -EMSGSIZE (shorter than a
 *             slot), -EPROTO (not a slot), -ENOTSUP (made by a newer program), -EBADMSG (wrong
 *             checksum), -EINVAL (bad field under a right checksum).
 */
int ik_jrec_decode(const uint8_t *slot, size_t len_bytes, struct ik_jrec *ret,
		   struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     Picks the slot that counts out of a journal file's bytes.
 * Parameters  bytes, len_bytes: the file, two slots long; a shorter one has fewer slots.
 *             ret: filled when a slot is valid.
 * Returns     Index of the slot (0 or 1); -ENODATA when none is valid: "no journal".
 *             The slot to write next is the other one (0 when there is none).
 * Errors      IK_E_JOURNAL_BAD; its message says why each slot was refused.
 */
int ik_jrec_choose(const uint8_t *bytes, size_t len_bytes, struct ik_jrec *ret,
		   struct ik_err *err) IK_MUST_CHECK;

/* "idle", "armed", "done", "good", "superseded"; "unknown" for any other number. */
const char *ik_jrec_state_name(enum ik_jrec_state state);

#endif
