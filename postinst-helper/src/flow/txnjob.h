/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mode `lxss`: the jobs of `install` and `restore`, which are one transaction with two sources.
 */
#ifndef IK_FLOW_TXNJOB_H
#define IK_FLOW_TXNJOB_H

#include "base/err.h"
#include "base/macro.h"
#include "flow/worker.h"

/* Purpose     the job of `install` in mode `lxss`; job->source is the image. */
int ik_txnjob_install(struct ik_job *job, struct ik_report *report,
		      struct ik_err *err) IK_MUST_CHECK;

/* Purpose     the job of `restore` in mode `lxss`; job->backup names the backup. */
int ik_txnjob_restore(struct ik_job *job, struct ik_report *report,
		      struct ik_err *err) IK_MUST_CHECK;

#endif
