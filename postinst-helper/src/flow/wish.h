/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What users have said, against what a package or a boot wants: may the packaged kernel be installed? It must not change
 * the state.
 */
#ifndef IK_FLOW_WISH_H
#define IK_FLOW_WISH_H

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

#endif
