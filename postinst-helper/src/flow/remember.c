/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An event keeps the time at which it was met first: "pending since" is what a user wants to know.
 */
#include "flow/remember.h"

#include <stdio.h>
#include <string.h>

#include "os/clock.h"
#include "os/digest.h"
#include "store/history.h"

static bool is_of(const struct ik_state_event *event, const char *command)
{
	return event->present && strcmp(event->command, command) == 0;
}

static void set_event(struct ik_state_event *event, const char *command, const struct ik_err *why)
{
	bool same = event->present && strcmp(event->code, ik_code_name(why->code)) == 0;

	if (!same)
		event->since_unix_s = ik_clock_unix_s();
	event->present = true;
	(void)snprintf(event->command, sizeof(event->command), "%s", command);
	(void)snprintf(event->code, sizeof(event->code), "%s", ik_code_name(why->code));
	(void)snprintf(event->message, sizeof(event->message), "%s", why->message);
	(void)snprintf(event->hint, sizeof(event->hint), "%s", why->hint);
}

/* The recovery of every boot would otherwise put an end to the install that the boot is to try again. */
static bool may_replace(const struct ik_state_event *pending, const char *command)
{
	return !pending->present || strcmp(command, IK_REMEMBER_RECOVER) != 0 ||
	       is_of(pending, IK_REMEMBER_RECOVER);
}

void ik_remember_failure(struct ik_state *state, const char *command, const struct ik_err *why)
{
	enum ik_exit class = ik_code_exit(why->code);
	bool waits = class == IK_EXIT_PENDING || class == IK_EXIT_BUSY;

	if (why->code == IK_E_TARGET_NEWER)
		memset(&state->pending, 0, sizeof(state->pending)); /* somebody else did it */
	else if (waits && may_replace(&state->pending, command))
		set_event(&state->pending, command, why);
	else
		set_event(&state->last_error, command, why);
}

static void set_installed(struct ik_state *state, const struct ik_report *report)
{
	struct ik_sha256 digest;

	memcpy(digest.bytes, report->target.sha256, sizeof(digest.bytes));
	state->installed = report->target.kind == IK_KIND_OURS;
	(void)snprintf(state->mode, sizeof(state->mode), "%s", ik_mode_name(report->mode));
	(void)snprintf(state->release, sizeof(state->release), "%s", report->target.release);
	(void)snprintf(state->path, sizeof(state->path), "%.511s", report->target.path);
	ik_digest_hex(&digest, state->sha256);
	state->installed_unix_s = ik_clock_unix_s();
}

void ik_remember_change(struct ik_state *state, const struct ik_report *report, bool hold)
{
	memset(&state->pending, 0, sizeof(state->pending));
	memset(&state->last_error, 0, sizeof(state->last_error));
	state->official_hold = hold;
	set_installed(state, report);
}

bool ik_remember_done(struct ik_state *state, const char *command)
{
	bool pending = is_of(&state->pending, command), wrong = is_of(&state->last_error, command);

	if (pending)
		memset(&state->pending, 0, sizeof(state->pending));
	if (wrong)
		memset(&state->last_error, 0, sizeof(state->last_error));
	return pending || wrong;
}

bool ik_remember_is_pending(const struct ik_state *state, const char *command)
{
	return is_of(&state->pending, command);
}

void ik_remember_log(const struct ik_session *session, const char *command,
		     const struct ik_report *report, const struct ik_err *why)
{
	if (session->options.state_dir)
		return; /* a world of its own writes no log of the system's */
	if (why)
		ik_history_log(IK_LOG_DIR, "%s: %s: %s", command, ik_code_name(why->code),
			       why->message);
	else if (report->action != IK_ACTION_NONE && report->action != IK_ACTION_UNCHANGED)
		ik_history_log(IK_LOG_DIR, "%s: %s, mode %s, now %s %s", command,
			       ik_action_name(report->action), ik_mode_name(report->mode),
			       ik_kind_name(report->target.kind), report->target.release);
}
