/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A change in mode `wslconfig` under way: our folder, the lock in it, and the one edit of the key.
 * It must not decide anything.
 */
#ifndef IK_FLOW_WJOB_H
#define IK_FLOW_WJOB_H

#include "base/err.h"
#include "base/macro.h"
#include "flow/scene.h"
#include "flow/worker.h"
#include "store/dlock.h"

struct ik_wjob {
	const struct ik_scene *scene; /* borrowed */
	struct ik_job *job;	      /* borrowed */
	struct ik_report *report;     /* borrowed */
	struct ik_place own;
	bool shared; /* the folder is everybody's: nothing is removed from it */
	bool leaves; /* nobody comes back to mend what taking the key back would leave behind */
	struct ik_dlock lock;
	struct ik_progress progress; /* the worker's, and the lock's heartbeat */
};

/*
 * Purpose     opens our folder and locks it.
 * Parameters  w: must not move afterwards, its progress points to it; create: make the folder
 * Returns     1 = it is there, and locked; 0 = it is not there
 * Errors      store/place, store/dlock
 */
int ik_wjob_open(struct ik_wjob *w, const struct ik_scene *scene, struct ik_job *job,
		 struct ik_report *report, bool create, struct ik_err *err) IK_MUST_CHECK;

/* Purpose     releases the lock and closes the folder. */
void ik_wjob_close(struct ik_wjob *w);

#define ik_autowjob IK_CLEANUP(ik_wjob_close)

/*
 * Purpose     sets the key to a file of our folder, or (file NULL) takes it back; starts over when
 *             somebody else edits meanwhile. A kernelModules= that would then stand without a kernel is
 *             commented out where we leave, with a note; else it is refused.
 * Errors      flow/wedit; IK_E_FILE_CHANGED: somebody else does not stop editing; IK_E_WSLCONF_CHANGED:
 *             WSL would not start any more
 */
int ik_wjob_change_key(struct ik_wjob *w, const char *file, struct ik_err *err) IK_MUST_CHECK;

#endif
