/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What users have said, against what a package or a boot wants: may the packaged kernel be installed? It must not change
 * the state.
 */
#ifndef IK_FLOW_WISH_H
#define IK_FLOW_WISH_H

#include <stdbool.h>

#include "base/err.h"
#include "base/macro.h"
#include "flow/report.h"
#include "flow/session.h"

/*
 * Purpose     judges by the state as it was read last: asked before anything is looked at, and again under L1.
 * Returns     1 = go on; 0 = Windows is left alone: the report's action is IK_ACTION_HELD where the user wants Microsoft's
 *             kernel, IK_ACTION_NONE where nothing is pending any more
 * Errors      IK_E_STATE_BAD: what users have said could not be read. Never for a command of the user's.
 */
int ik_wish_may_install(const struct ik_session *session, struct ik_report *report,
			struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     makes the run want what is pending: a boot the same series, if its package is there and no setting says
 *             otherwise; whoever installs that series may go back if that was allowed.
 * Returns     whether going back was not allowed before
 * Effects     session->conf, session->downgrade
 */
bool ik_wish_adopt(struct ik_session *session);

/* Purpose     takes that leave back, unless the state as it was read last still gives it. */
void ik_wish_give_back(struct ik_session *session);

/* Purpose     does this run want the series that is pending, or, with nothing pending, the one that a boot installs? */
bool ik_wish_is_pending(const struct ik_session *session);

#endif
