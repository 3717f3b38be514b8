/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of a run's end goes into the state (store/state). Only what is pending is tried again at boot, and of that only
 * an install: so nothing else may take its place but a newer wish of the user. It must not save the state.
 */
#ifndef IK_FLOW_REMEMBER_H
#define IK_FLOW_REMEMBER_H

#include <stdbool.h>

#include "base/err.h"
#include "flow/report.h"
#include "flow/session.h"
#include "store/state.h"

#define IK_REMEMBER_INSTALL "install"
#define IK_REMEMBER_RECOVER "recover"
#define IK_REMEMBER_HOLD \
	"official on" /* pending: Microsoft's kernel is wanted, but not in use yet */

/* What an install of the package's kernel wanted; what a boot needs to want the same. */
struct ik_remember_wish {
	const char *series;  /* "" = the first that is installed */
	const char *release; /* "" = not known */
	bool downgrade;	     /* an older kernel may take the place */
	bool heir; /* of a series that goes, which only now is known: it waits, whatever failed */
};

/*
 * Purpose     remembers a failure: as pending what can succeed later by itself, else as the last error. A recovery is
 *             no wish: that it failed takes no other command's place as pending.
 *             That there is no WSL 2 is pending, too: to be called so only for what a first start there is to make up for.
 * Parameters  command: which one failed; why: how; wish: NULL = it was no install of the package's kernel
 * Effects     two series that wait become one wish for the first that is installed, which is the newer one
 */
void ik_remember_failure(struct ik_state *state, const char *command, const struct ik_err *why,
			 const struct ik_remember_wish *wish);

/*
 * Purpose     remembers that a newer kernel of ours was found in place, which is no failure: it settles an install that is
 *             pending, unless that is of another series and wants more, or may go back.
 * Parameters  there: release in place; same: this run wanted what is pending, or else what a boot installs
 */
void ik_remember_newer(struct ik_state *state, const char *command, const char *there, bool same);

/*
 * Purpose     remembers a change that succeeded: nothing is pending or wrong any more.
 * Parameters  report: what the kernel is now; hold: the official kernel is wanted for a while
 */
void ik_remember_change(struct ik_state *state, const struct ik_report *report, bool hold);

/*
 * Purpose     forgets what a command left pending or as an error.
 * Returns     whether there was anything of it
 */
bool ik_remember_done(struct ik_state *state, const char *command);

/* Purpose     tells whether this command is what is pending. */
bool ik_remember_is_pending(const struct ik_state *state, const char *command);

/*
 * Purpose     writes how a run ended into the system's log, unless it changed nothing or has a world of its own.
 * Parameters  why: NULL = it succeeded
 */
void ik_remember_log(const struct ik_session *session, const char *command,
		     const struct ik_report *report, const struct ik_err *why);

#endif
