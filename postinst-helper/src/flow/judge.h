/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What became of an interrupted overwriting: gathers the facts that the table in flow/plan asks for. It must not change
 * anything, and needs no lock.
 */
#ifndef IK_FLOW_JUDGE_H
#define IK_FLOW_JUDGE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/macro.h"
#include "flow/plan.h"
#include "flow/scene.h"
#include "io/progress.h"
#include "store/journal.h"

/* Purpose     is an overwriting under way, by this journal? */
bool ik_judge_is_armed(const struct ik_journal *journal);

/*
 * Purpose     is there nothing to mend? Zeros behind a whole image that could not be cut off, noted by a closed journal,
 *             do no harm.
 */
bool ik_judge_is_whole(const struct ik_journal *journal, enum ik_recovery verdict);

/*
 * Purpose     tells, without lock and without writing, what recovery would do.
 * Parameters  scene: with a target; journal: as loaded; distrust_new: see ik_plan_recover_facts
 *             progress: may be NULL; ret: the verdict
 * Errors      store/target, store/backup
 */
int ik_judge_target(const struct ik_scene *scene, const struct ik_journal *journal,
		    bool distrust_new, const struct ik_progress *progress, enum ik_recovery *ret,
		    struct ik_err *err) IK_MUST_CHECK;

#endif
