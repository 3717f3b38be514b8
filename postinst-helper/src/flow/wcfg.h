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

#endif
