/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An event keeps the time at which it was met first: "pending since" is what a user wants to know.
 */
#include "flow/remember.h"

#include <stdio.h>
#include <string.h>

#include "codec/relver.h"
#include "os/clock.h"
#include "os/digest.h"
#include "store/history.h"

static bool is_of(const struct ik_state_event *event, const char *command)
{
	return event->present && strcmp(event->command, command) == 0;
}

static void set_event(struct ik_state_event *event, const char *command, const struct ik_err *why,
		      const struct ik_remember_wish *wish)
{
	bool same = event->present && strcmp(event->code, ik_code_name(why->code)) == 0;
	int64_t since = same ? event->since_unix_s : ik_clock_unix_s();

	*event = (struct ik_state_event){.present = true, .since_unix_s = since};
	(void)snprintf(event->command, sizeof(event->command), "%s", command);
	(void)snprintf(event->code, sizeof(event->code), "%s", ik_code_name(why->code));
	(void)snprintf(event->message, sizeof(event->message), "%s", why->message);
	(void)snprintf(event->hint, sizeof(event->hint), "%s", why->hint);
	if (!wish)
		return;
	(void)snprintf(event->series, sizeof(event->series), "%s", wish->series);
	(void)snprintf(event->release, sizeof(event->release), "%s", wish->release);
	event->downgrade = wish->downgrade;
}

/* Remembers what waits. The packages of two series come one after the other: the second does not end the first's wish. */
static void set_pending(struct ik_state_event *pending, const char *command,
			const struct ik_err *why, const struct ik_remember_wish *wish)
{
	static const struct ik_remember_wish both = {.series = "", .release = ""};

	if (wish && !wish->downgrade && is_of(pending, IK_REMEMBER_INSTALL) &&
	    strcmp(pending->series, wish->series) != 0)
		wish = &both;
	set_event(pending, command, why, wish);
}

/* The recovery of every boot would otherwise put an end to the install that the boot is to try again. */
static bool may_replace(const struct ik_state_event *pending, const char *command)
{
	return !pending->present || strcmp(command, IK_REMEMBER_RECOVER) != 0 ||
	       is_of(pending, IK_REMEMBER_RECOVER);
}

void ik_remember_failure(struct ik_state *state, const char *command, const struct ik_err *why,
			 const struct ik_remember_wish *wish)
{
	enum ik_exit class = ik_code_exit(why->code);
	bool waits = class == IK_EXIT_PENDING || class == IK_EXIT_BUSY ||
		     class == IK_EXIT_NOT_APPLICABLE || (wish && wish->heir);

	if (waits && may_replace(&state->pending, command))
		set_pending(&state->pending, command, why, wish);
	else
		set_event(&state->last_error, command, why, NULL);
}

/* A release that cannot be read is at least nothing. */
static bool is_at_least(const char *there, const char *wanted)
{
	struct ik_relver x, y;

	return ik_relver_parse(there, &x, NULL) >= 0 && ik_relver_parse(wanted, &y, NULL) >= 0 &&
	       ik_relver_compare(&x, &y) >= 0;
}

void ik_remember_newer(struct ik_state *state, const char *command, const char *there, bool same)
{
	struct ik_state_event *pending = &state->pending;

	(void)ik_remember_done(state, IK_REMEMBER_RECOVER); /* every change recovers first */
	if (pending->downgrade)
		return; /* a newer one is what is to be replaced */
	if (is_of(pending, IK_REMEMBER_INSTALL) && is_at_least(there, pending->release))
		memset(pending, 0, sizeof(*pending));
	if (same)
		(void)ik_remember_done(state, command);
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
	if (!hold)
		state->hold_key[0] = '\0';
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
