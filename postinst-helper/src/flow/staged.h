/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What becomes of the copies of a change once its journal is closed. It must not know how the change went but by the
 * journal: a run that was killed right here is continued by the next one.
 */
#ifndef IK_FLOW_STAGED_H
#define IK_FLOW_STAGED_H

#include "base/err.h"
#include "base/macro.h"
#include "flow/lxss.h"

/*
 * Purpose     removes what was staged. Of a restore that was undone it may be the only copy of our former image, whose
 *             name went to a copy of the target: then it gets the name back.
 * Errors      flow/match, io/afile, IK_E_LOCK_BUSY; by ik_io_fault(). What was staged is still there
 */
int ik_staged_end(struct ik_lxss *lxss, struct ik_err *err) IK_MUST_CHECK;

/* Purpose     after a change that was not done: script and readme name what is there now, if they do not anyway. */
void ik_staged_renew_guides(struct ik_lxss *lxss);

#endif
