/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finishes or undoes an interrupted in-place transaction by the table in flow/plan. The same code at
 * the start of every change, in `recover`, at boot, and after a failure in the run itself.
 * Idempotent: each row ends in a state that the table maps to "nothing to do".
 */
#ifndef IK_FLOW_RECOVER_H
#define IK_FLOW_RECOVER_H

#include <stdbool.h>

#include "base/err.h"
#include "base/macro.h"
#include "flow/lxss.h"
#include "flow/plan.h"

/*
 * Purpose     says what it means for a recovery that there is no lxss kernel to look at.
 * Returns     0 when there is simply none
 * Errors      what was noted; in mode lxss IK_E_RECOVERY_NEEDED, unless it is a refusal: what cannot be looked at
 *             may be half written
 */
int ik_recover_unseen(const struct ik_scene *scene, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     ik_judge_target() by the journal as it lies on the drive, where a failure does not hide that
 *             the kernel is, or may be, half written.
 * Parameters  progress: may be NULL; ret_journal: what it was judged by; ret_verdict: set on success only
 * Errors      IK_E_RECOVERY_NEEDED: it is, or nothing shows that it is not; ik_judge_target(), store/journal
 */
int ik_recover_foresee(const struct ik_scene *scene, const struct ik_progress *progress,
		       struct ik_journal *ret_journal, enum ik_recovery *ret_verdict,
		       struct ik_err *err) IK_MUST_CHECK;

/* Purpose     does a verdict say that the target is half written by us? */
bool ik_recover_is_half_written(enum ik_recovery verdict);

/*
 * Purpose     ik_lxss_open(), where a failure does not hide that the kernel is half written.
 * Errors      IK_E_RECOVERY_NEEDED: it is, or may be, and the ground could not be taken; flow/lxss
 */
int ik_recover_open(const struct ik_scene *scene, const struct ik_job *job,
		    struct ik_report *report, struct ik_lxss *ret,
		    struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     recovers under the lock.
 * Parameters  distrust_new: a write of this very run failed
 * Returns     0 when the target is whole afterwards, whoever's it is
 * Errors      IK_E_RECOVERY_NEEDED: the target is ours and torn, and could not be repaired;
 *             IK_E_TARGET_UNFLUSHED: it is whole, but the journal had to stay armed, see flow/settle: no
 *             change may begin, for it would take away what that journal speaks of;
 *             IK_E_TARGET_TORN: torn by somebody else; IK_E_TARGET_MISSING
 * Effects     report->recovery and notes; lxss->half_written, which only an IK_E_RECOVERY_NEEDED can leave set:
 *             without it that error means that the kernel could not be judged
 */
int ik_recover_run(struct ik_lxss *lxss, bool distrust_new, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     says what it means that the kernel could not be looked at: it may be half written, unless something shows
 *             that it is not. A refusal stays what it is.
 * Parameters  scene: with a target; r, why: how the look failed
 * Returns     negative
 * Errors      IK_E_RECOVERY_NEEDED: it is, or may be, half written; else why
 */
int ik_recover_in_the_dark(const struct ik_scene *scene, int r, const struct ik_err *why,
			   struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     says what a failure after ik_recover_run() means: one of what was to write a whole image over a kernel
 *             half written does not hide that it still is.
 * Parameters  r, why: the failure
 * Returns     negative
 */
int ik_recover_failed(const struct ik_lxss *lxss, int r, const struct ik_err *why,
		      struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     marks the journal GOOD when the image that it says is installed is the one that runs.
 * Parameters  running: release of the running kernel, may be NULL
 */
int ik_recover_mark_good(struct ik_lxss *lxss, const char *running,
			 struct ik_err *err) IK_MUST_CHECK;

/* Purpose     tells whether ik_recover_mark_good() would write. */
bool ik_recover_is_unmarked(const struct ik_journal *journal, const char *running);

#endif
