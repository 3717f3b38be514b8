/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mode `wslconfig`, looked at: what .wslconfig names, and which images of ours there are. It changes nothing.
 */
#ifndef IK_FLOW_WVIEW_H
#define IK_FLOW_WVIEW_H

#include "base/err.h"
#include "base/macro.h"
#include "flow/report.h"
#include "flow/scene.h"
#include "flow/wedit.h"
#include "store/target.h"

/*
 * Purpose     looks at the image that a key of ours names.
 * Parameters  own: our folder, perhaps not open; edit: open
 * Returns     in *ret a kind of TORN when the content is not what the name promises
 */
int ik_wview_look(const struct ik_place *own, const struct ik_wedit *edit, bool with_digest,
		  const struct ik_progress *progress, struct ik_target *ret,
		  struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     fills the report's target with what .wslconfig names.
 * Parameters  with_digest: hash it too
 */
int ik_wview_report_target(const struct ik_scene *scene, bool with_digest,
			   const struct ik_progress *progress, struct ik_report *report,
			   struct ik_err *err) IK_MUST_CHECK;

/* Purpose     lists our images as backups in the report. */
int ik_wview_report_backups(const struct ik_scene *scene, const struct ik_progress *progress,
			    struct ik_report *report, struct ik_err *err) IK_MUST_CHECK;

#endif
