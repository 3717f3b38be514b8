/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mode `wslconfig`: versioned images that are never overwritten, and one atomic change of `kernel=` in
 * the profile's .wslconfig. At every instant the key names a whole, proved file, or is not ours.
 * It must not know the syntax of .wslconfig (codec/wslconf does).
 */
#ifndef IK_FLOW_WCFG_H
#define IK_FLOW_WCFG_H

#include "base/err.h"
#include "base/macro.h"
#include "flow/scene.h"
#include "flow/worker.h"

/* Purpose     the job of `install` in mode `wslconfig`; job->source is the image. */
int ik_wcfg_install_job(struct ik_job *job, struct ik_report *report,
			struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     the job of `restore` in mode `wslconfig`: "official" takes our key back, another name
 *             points it to that image.
 */
int ik_wcfg_restore_job(struct ik_job *job, struct ik_report *report,
			struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     takes our key back and removes our images, as part of `remove`.
 * Parameters  scene: with a profile
 * Returns     1 when something was ours, 0 when nothing was
 * Effects     a foreign `kernel=` that was replaced comes back byte for byte; a .wslconfig that we made
 *             and that holds nothing else goes away
 */
int ik_wcfg_remove(const struct ik_scene *scene, struct ik_job *job, struct ik_report *report,
		   struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     fills the report's target with what .wslconfig names.
 * Parameters  with_digest: hash it too
 */
int ik_wcfg_report_target(const struct ik_scene *scene, bool with_digest,
			  const struct ik_progress *progress, struct ik_report *report,
			  struct ik_err *err) IK_MUST_CHECK;

/* Purpose     lists our images as backups in the report. */
int ik_wcfg_report_backups(const struct ik_scene *scene, const struct ik_progress *progress,
			   struct ik_report *report, struct ik_err *err) IK_MUST_CHECK;

#endif
