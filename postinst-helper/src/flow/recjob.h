/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mode `lxss`: the job of `recover` and of the boot-time unit. What is recovered and how is flow/recover.
 */
#ifndef IK_FLOW_RECJOB_H
#define IK_FLOW_RECJOB_H

#include "base/err.h"
#include "base/macro.h"
#include "flow/worker.h"

/*
 * Purpose     recovers what an interrupted run left; takes the lock only if there is work. A target that
 *             could not be flushed is a note and report->unflushed, not an error; so is, without a note, that a
 *             kernel in order could not be marked as seen running.
 * Errors      flow/recover
 */
int ik_recjob_run(struct ik_job *job, struct ik_report *report, struct ik_err *err) IK_MUST_CHECK;

#endif
