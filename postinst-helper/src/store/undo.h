/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file beside .wslconfig that says how to take our `kernel=` back. It may hold two ways, both to the user's own
 * text: from the text that is coming, or there, and from the one before it. So whichever of the two .wslconfig shows
 * after a crash, or because an editor brought it back, can be undone. It must not know the syntax of .wslconfig.
 */
#ifndef IK_STORE_UNDO_H
#define IK_STORE_UNDO_H

#include <stdbool.h>

#include "base/err.h"
#include "base/macro.h"

#define IK_UNDO_WAYS 2

struct ik_undo {
	bool present;		 /* the file is there */
	bool created;		 /* .wslconfig did not exist before us */
	char *way[IK_UNDO_WAYS]; /* owned; undo texts of codec/wslconf, NULL = none */
};

/*
 * Purpose     reads the file.
 * Parameters  dir_fd: the profile
 * Returns     0; a missing or unreadable text is "not present"
 * Errors      pathres: no regular file has the name; IK_E_IO_FAILED, IK_E_MEMORY_EXHAUSTED
 */
int ik_undo_load(int dir_fd, struct ik_undo *ret, struct ik_err *err) IK_MUST_CHECK;

/* Purpose     writes it atomically. Errors: as ik_afile_replace(). */
int ik_undo_save(int dir_fd, const struct ik_undo *undo, struct ik_err *err) IK_MUST_CHECK;

/* Purpose     frees the texts; undo may be NULL. */
void ik_undo_done(struct ik_undo *undo);

#define ik_autoundo IK_CLEANUP(ik_undo_done)

#endif
