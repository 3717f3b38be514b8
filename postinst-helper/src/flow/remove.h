/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What removal of the package does: Microsoft's kernel back, our files gone. Backups of kernels that are
 * not in place stay for ever; the others stay too until `purge`, when the kernel in place was proved.
 */
#ifndef IK_FLOW_REMOVE_H
#define IK_FLOW_REMOVE_H

#include "base/err.h"
#include "base/macro.h"
#include "flow/worker.h"

/*
 * Purpose     the job of `remove`; works on both modes. Where another one is configured, a mode counts only
 *             if there is something of ours.
 * Errors      IK_E_PROFILE_MISSING: our key stands in several profiles, or the named one is gone;
 *             IK_E_BACKUP_MISSING: our kernel, or a dead one, is in place and there is nothing to put back; others as
 *             ik_txn_run()
 */
int ik_remove_job(struct ik_job *job, struct ik_report *report, struct ik_err *err) IK_MUST_CHECK;

#endif
