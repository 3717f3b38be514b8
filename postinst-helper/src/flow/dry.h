/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `--dry-run`: the plan of a change as lines of text, from the same facts and rules as the change
 * itself. It writes nothing, takes no lock and makes no probe.
 */
#ifndef IK_FLOW_DRY_H
#define IK_FLOW_DRY_H

#include "base/err.h"
#include "base/macro.h"
#include "flow/worker.h"

/* Purpose     the plan of `install`; errors are the refusals that the change would meet. */
int ik_dry_install_job(struct ik_job *job, struct ik_report *report,
		       struct ik_err *err) IK_MUST_CHECK;

/* Purpose     the plan of `restore`. */
int ik_dry_restore_job(struct ik_job *job, struct ik_report *report,
		       struct ik_err *err) IK_MUST_CHECK;

/* Purpose     the plan of `remove`. */
int ik_dry_remove_job(struct ik_job *job, struct ik_report *report,
		      struct ik_err *err) IK_MUST_CHECK;

#endif
