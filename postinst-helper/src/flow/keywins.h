/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel= in .wslconfig wins over the kernel in lxss\tools. Where mode lxss has succeeded, a key of ours, set in the
 * other mode before, goes; one of the user's own is only told of. Neither is a failure of what was done.
 */
#ifndef IK_FLOW_KEYWINS_H
#define IK_FLOW_KEYWINS_H

#include <stdbool.h>

#include "flow/report.h"
#include "flow/scene.h"
#include "flow/worker.h"

/* Purpose     in mode lxss, adds a note when a kernel= names what WSL boots instead of the target. Changes nothing. */
void ik_keywins_tell(const struct ik_scene *scene, struct ik_report *report);

/* Purpose     is a key of ours in force in the profile in use? */
bool ik_keywins_is_ours(const struct ik_scene *scene);

/*
 * Purpose     to be called when the target is whole and as wanted: takes a key of ours back as a removal does, with the
 *             images that it named, and the user's own former kernel= comes again.
 * Effects     notes; where a key still wins, as ik_keywins_tell(). What the report says of the target is void
 */
void ik_keywins_end(const struct ik_scene *scene, struct ik_job *job, struct ik_report *report);

#endif
