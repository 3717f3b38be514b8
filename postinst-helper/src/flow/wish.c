/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A user's own command is never in doubt.
 */
#include "flow/wish.h"

#include "flow/remember.h"

/* An empty state would say that nobody wants Microsoft's kernel. */
static int unreadable(const struct ik_err *why, struct ik_err *err)
{
	int r = ik_err_set(err, IK_E_STATE_BAD, why->errnum,
			   "what is wanted on this system cannot be told: %.300s", why->message);

	ik_err_hint(err, "look after that file, then run `immensity-kernel install`, or "
			 "`immensity-kernel official off`");
	return r < 0 ? r : -EIO;
}

int ik_wish_may_install(const struct ik_session *session, struct ik_report *report,
			struct ik_err *err)
{
	if (session->asker == IK_ASKER_USER)
		return 1;
	if (session->state_err.code != IK_E_NONE)
		return unreadable(&session->state_err, err);
	report->action = session->state.official_hold ? IK_ACTION_HELD : IK_ACTION_NONE;
	if (session->state.official_hold)
		return 0;
	return session->asker == IK_ASKER_PACKAGE ||
	       ik_remember_is_pending(&session->state, IK_REMEMBER_INSTALL);
}
