/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A user whose kernel was torn borrows a copy beside it, as our own guides say: kernel= in .wslconfig names that copy.
 * While the line stands, WSL starts from it, and it must not go. Asks every profile; it must not change anything.
 */
#ifndef IK_FLOW_BORROW_H
#define IK_FLOW_BORROW_H

#include <stdbool.h>

#include "base/err.h"
#include "base/macro.h"
#include "flow/report.h"
#include "flow/scene.h"
#include "store/backup.h"

#define IK_BORROW_MAX 8 /* more lines than that: any copy may be named */

struct ik_borrow {
	bool unseen; /* a .wslconfig could not be read: any copy may be named */
	char unseen_in[IK_PLACE_BYTES];
	unsigned count;
	struct {
		char file[IK_BACKUP_NAME_BYTES];
		char in[IK_PLACE_BYTES]; /* profile, beneath the drive */
	} list[IK_BORROW_MAX];
};

/*
 * Purpose     finds the files beside the target that a kernel= names, in any profile.
 * Parameters  scene: with a target
 * Errors      IK_E_MEMORY_EXHAUSTED, IK_E_IO_FAILED: the profiles could not be listed
 */
int ik_borrow_look(const struct ik_scene *scene, struct ik_borrow *ret,
		   struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     does a kernel= name this file beside the target, so that it must stay?
 * Effects     if it is there and one does, the report has a note with the next step
 */
bool ik_borrow_names(const struct ik_borrow *borrow, const struct ik_scene *scene, const char *file,
		     struct ik_report *report);

/* The same, and in doubt, where a profile could not be read, an image stays as well. */
bool ik_borrow_keeps(const struct ik_borrow *borrow, const struct ik_scene *scene, const char *file,
		     struct ik_report *report);

#endif
