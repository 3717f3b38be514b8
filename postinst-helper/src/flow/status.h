/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Collects what is known about the drive into one report. Read-only: it takes no lock and writes nothing.
 */
#ifndef IK_FLOW_STATUS_H
#define IK_FLOW_STATUS_H

#include "base/err.h"
#include "base/macro.h"
#include "flow/scene.h"
#include "flow/worker.h"

/*
 * Purpose     the job of `status`, `backups` and `verify`: mode, target, journal, backups.
 *             With job->digests everything is hashed past the caches; a mode that cannot be decided is
 *             no error here.
 */
int ik_status_job(struct ik_job *job, struct ik_report *report, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     the job that a change starts with: the mode, which must be decided, and what is at the
 *             target, without digests.
 */
int ik_status_look_job(struct ik_job *job, struct ik_report *report,
		       struct ik_err *err) IK_MUST_CHECK;

#endif
