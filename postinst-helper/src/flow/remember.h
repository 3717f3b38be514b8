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

/*
 * Purpose     remembers a failure: as pending what can succeed later by itself, else as the last error. A recovery is
 *             no wish: that it failed takes no other command's place as pending.
 * Parameters  command: which one failed; why: how
 */
void ik_remember_failure(struct ik_state *state, const char *command, const struct ik_err *why);

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
