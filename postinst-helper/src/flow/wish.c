/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A user's own command is never in doubt.
 */
#include "flow/wish.h"

#include <stdio.h>
#include <string.h>

#include "flow/remember.h"
#include "flow/source.h"

/* An empty state would say that nobody wants Microsoft's kernel. */
static int unreadable(const struct ik_err *why, struct ik_err *err)
{
	int r = ik_err_set(err, IK_E_STATE_BAD, why->errnum,
			   "what is wanted on this system cannot be told: %.300s", why->message);

	ik_err_hint(err, "look after that file, then run `immensity-kernel install`, or "
			 "`immensity-kernel official off`");
	return r < 0 ? r : -EIO;
}

/* Does a boot take the series that is pending? The settings win, where their series is installed. */
static bool is_for_boot(const struct ik_session *session)
{
	const char *set = session->conf.series, *pending = session->state.pending.series;

	return pending[0] && ik_source_has_package(pending) &&
	       !(set[0] && ik_source_has_package(set));
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

/* May whoever installs this session's series go back? */
static bool is_leave(const struct ik_session *session)
{
	return ik_remember_is_pending(&session->state, IK_REMEMBER_INSTALL) &&
	       session->state.pending.downgrade && ik_wish_is_pending(session);
}

bool ik_wish_adopt(struct ik_session *session)
{
	struct ik_conf *conf = &session->conf;
	bool had = conf->allow_downgrade;

	if (session->asker == IK_ASKER_BOOT &&
	    ik_remember_is_pending(&session->state, IK_REMEMBER_INSTALL) && is_for_boot(session))
		(void)snprintf(conf->series, sizeof(conf->series), "%s",
			       session->state.pending.series);
	if (!is_leave(session))
		return false;
	conf->allow_downgrade = session->downgrade = true;
	return !had;
}

void ik_wish_give_back(struct ik_session *session)
{
	if (!is_leave(session))
		session->conf.allow_downgrade = session->downgrade = false;
}

bool ik_wish_is_pending(const struct ik_session *session)
{
	const char *wanted = ik_remember_is_pending(&session->state, IK_REMEMBER_INSTALL) ?
				     session->state.pending.series :
				     "";

	return strcmp(ik_source_series(session->conf.series), ik_source_series(wanted)) == 0;
}
