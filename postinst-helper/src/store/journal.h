/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal file beside the target: two slots of 4 KiB, written alternately, each flushed and read
 * back before anybody relies on it. It must not know what a state means for the target.
 */
#ifndef IK_STORE_JOURNAL_H
#define IK_STORE_JOURNAL_H

#include <stdbool.h>

#include "base/err.h"
#include "base/macro.h"
#include "codec/jrec.h"

struct ik_journal {
	int dir_fd;	    /* borrowed */
	bool present;	    /* a valid slot was found or written; rec is filled */
	int slot;	    /* its index */
	struct ik_jrec rec; /* what it says */
};

/*
 * Purpose     reads the journal.
 * Parameters  dir_fd: directory of the target, borrowed for the life of *ret
 * Returns     0; a missing file or one without a valid slot is "not present"; what follows the slots is not read
 * Errors      pathres: something that is no regular file has the name; io
 */
int ik_journal_load(int dir_fd, struct ik_journal *ret, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     writes a record into the slot that does not count at present, flushes, reads it back.
 * Parameters  rec: generation, tool version, boot id and time are filled in here
 * Errors      IK_E_JOURNAL_BAD: what was read back differs; codec/jrec; io
 * Effects     on success the record counts and is durable; on failure the former one still counts
 */
int ik_journal_write(struct ik_journal *journal, const struct ik_jrec *rec,
		     struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     writes the present record again with another state and note.
 * Parameters  note: for people, may be NULL
 */
int ik_journal_mark(struct ik_journal *journal, enum ik_jrec_state state, uint32_t flags,
		    const char *note, struct ik_err *err) IK_MUST_CHECK;

#endif
