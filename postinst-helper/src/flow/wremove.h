/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes mode `wslconfig` back: our key, our images, our folder. It must not touch what others put there.
 */
#ifndef IK_FLOW_WREMOVE_H
#define IK_FLOW_WREMOVE_H

#include "base/err.h"
#include "base/macro.h"
#include "flow/scene.h"
#include "flow/worker.h"

/*
 * Purpose     tells whether there is anything of ours in the profile: our key, our folder, or the files beside
 *             .wslconfig.
 * Returns     1 or 0; what cannot be looked at is no trace
 * Errors      IK_E_MEMORY_EXHAUSTED
 */
int ik_wremove_has_traces(const struct ik_scene *scene, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     takes our key back and removes our images, as part of `remove`.
 * Parameters  scene: with a profile
 * Returns     1 when something was ours, 0 when nothing was
 * Effects     a foreign `kernel=` that was replaced comes back byte for byte; a .wslconfig that we made
 *             and that holds nothing else goes away
 */
int ik_wremove(const struct ik_scene *scene, struct ik_job *job, struct ik_report *report,
	       struct ik_err *err) IK_MUST_CHECK;

#endif
