/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each command does in which order, by the parent.
 */
#include "flow/act.h"

#include <stdio.h>
#include <string.h>

#include "flow/dry.h"
#include "flow/recjob.h"
#include "flow/remember.h"
#include "flow/remove.h"
#include "flow/source.h"
#include "flow/status.h"
#include "flow/turn.h"
#include "flow/txnjob.h"
#include "flow/wcfg.h"
#include "flow/wish.h"
#include "flow/worker.h"

/* Looks where the image would go; the answer decides which format is wanted. */
static int look(struct ik_turn *turn, enum ik_image_format *ret_format, struct ik_err *err)
{
	struct ik_job job = {.session = turn->session};
	int r = ik_worker_run(ik_status_look_job, &job, turn->report, err);

	if (r < 0)
		return r;
	*ret_format = turn->report->mode == IK_MODE_LXSS ?
			      ik_image_format_parse(turn->report->target.format) :
			      IK_IMAGE_BZIMAGE;
	(void)snprintf(turn->before, sizeof(turn->before), "%s", turn->report->target.windows_path);
	return 0;
}

static int open_source(struct ik_turn *turn, const char *image, struct ik_source *ret,
		       struct ik_err *err)
{
	enum ik_image_format format = IK_IMAGE_UNKNOWN;
	int r = look(turn, &format, err);

	if (r < 0)
		return r;
	return image ? ik_source_open_file(image, ret, err) :
		       ik_source_open(turn->session, format, ret, err);
}

/* The user's own kernel= that `official on` put back was in our place before: it may be replaced again, as it was then. */
static void take_up_again(struct ik_turn *turn)
{
	const struct ik_state *state = &turn->session->state;

	if (turn->report->mode == IK_MODE_WSLCONFIG && state->official_hold && state->hold_key[0] &&
	    strcmp(state->hold_key, turn->before) == 0)
		turn->session->conf.replace_foreign = true;
}

static int install(struct ik_turn *turn, const char *image, struct ik_err *why)
{
	struct ik_source ik_autosource source = {.sealed = {.fd = -EBADF}};
	struct ik_job job = {.session = turn->session, .source = &source};
	int r = ik_turn_check_change(turn, why);

	if (r >= 0)
		r = open_source(turn, image, &source, why);
	if (r < 0)
		return r;
	if (turn->returns)
		take_up_again(turn);
	if (turn->session->options.dry_run)
		return ik_worker_run(ik_dry_install_job, &job, turn->report, why);
	return ik_turn_run(
		turn, turn->report->mode == IK_MODE_LXSS ? ik_txnjob_install : ik_wcfg_install_job,
		&job, why);
}

int ik_act_install(struct ik_session *session, const char *image, struct ik_report *ret,
		   struct ik_err *err)
{
	struct ik_err why = {0};
	struct ik_turn turn;
	int r;

	ik_turn_begin(&turn, session, IK_REMEMBER_INSTALL, ret);
	turn.packaged = !image;
	turn.option = " --image ";
	turn.value = image;
	turn.borrowed = !image && ik_wish_adopt(session);
	r = image ? 1 : ik_wish_may_install(session, ret, err);
	if (r <= 0)
		return r; /* nothing to do, and nothing to remember */
	r = install(&turn, image, &why);
	return ik_turn_finish(&turn, r, &why, err);
}

static int restore(struct ik_turn *turn, const char *backup, struct ik_err *why)
{
	struct ik_job job = {.session = turn->session, .backup = backup};
	enum ik_image_format format;
	int r = ik_turn_check_change(turn, why);

	if (r >= 0)
		r = look(turn, &format, why);
	if (r < 0)
		return r;
	if (turn->session->options.dry_run)
		return ik_worker_run(ik_dry_restore_job, &job, turn->report, why);
	return ik_turn_run(
		turn, turn->report->mode == IK_MODE_LXSS ? ik_txnjob_restore : ik_wcfg_restore_job,
		&job, why);
}

int ik_act_restore(struct ik_session *session, const char *backup, struct ik_report *ret,
		   struct ik_err *err)
{
	struct ik_err why = {0};
	struct ik_turn turn;
	int r;

	ik_turn_begin(&turn, session, "restore", ret);
	turn.option = " --to ";
	turn.value = backup;
	/* Microsoft's kernel once more is no word against `official on`. */
	turn.keeps = strcmp(backup, "official") == 0 || strcmp(backup, "first") == 0;
	r = restore(&turn, backup, &why);
	return ik_turn_finish(&turn, r, &why, err);
}

int ik_act_remove(struct ik_session *session, bool purge, struct ik_report *ret, struct ik_err *err)
{
	struct ik_job job = {.session = session, .purge = purge};
	struct ik_err why = {0};
	struct ik_turn turn;
	int r;

	ik_turn_begin(&turn, session, "remove", ret);
	/* apt removes the one series before it unpacks the other: the user has said nothing. */
	turn.keeps = session->asker == IK_ASKER_PACKAGE && !purge;
	r = ik_turn_check_change(&turn, &why);
	if (r >= 0)
		r = session->options.dry_run ? ik_worker_run(ik_dry_remove_job, &job, ret, &why) :
					       ik_turn_run(&turn, ik_remove_job, &job, &why);
	r = ik_turn_finish(&turn, r, &why, err);
	if (r >= 0 && purge && !session->options.dry_run)
		ik_state_remove(session->state_dir);
	return r;
}

/* A recovery that succeeded settles what an earlier one left; what else is remembered is not its business. */
int ik_act_recover(struct ik_session *session, struct ik_report *ret, struct ik_err *err)
{
	struct ik_job job = {.session = session};
	struct ik_err why = {0};
	struct ik_turn turn;
	int r;

	ik_turn_begin(&turn, session, IK_REMEMBER_RECOVER, ret);
	r = ik_turn_check(&turn, &why);
	if (r >= 0 && session->options.dry_run)
		return ik_act_status(session, false, ret, err);
	if (r >= 0)
		r = ik_turn_run(&turn, ik_recjob_run, &job, &why);
	if (r >= 0 && ret->action == IK_ACTION_RECOVERED)
		ik_remember_log(session, turn.command, ret, NULL);
	if (r < 0)
		return ik_turn_finish(&turn, r, &why, err);
	if (!ret->unflushed && ik_remember_done(&session->state, turn.command))
		ik_turn_save(&turn);
	ik_lock_release(&turn.lock);
	return r;
}

void ik_act_forget_install(struct ik_session *session)
{
	struct ik_report unused;
	struct ik_turn turn;

	if (session->options.dry_run ||
	    !ik_remember_is_pending(&session->state, IK_REMEMBER_INSTALL))
		return;
	ik_turn_begin(&turn, session, IK_REMEMBER_INSTALL, &unused);
	if (ik_turn_lock(&turn, NULL) < 0)
		return;
	if (ik_remember_is_pending(&session->state, IK_REMEMBER_INSTALL)) {
		(void)ik_remember_done(&session->state, IK_REMEMBER_INSTALL);
		ik_turn_save(&turn);
	}
	ik_lock_release(&turn.lock);
}

/* Taking our key back gives the user's own kernel= back, if there was one: that is not Microsoft's kernel. */
static void look_at_key(struct ik_turn *turn)
{
	const struct ik_report_image *now = &turn->report->target;
	struct ik_state *state = &turn->session->state;
	bool foreign = turn->report->mode == IK_MODE_WSLCONFIG && now->windows_path[0];

	if (foreign)
		ik_report_note(turn->report,
			       "your own kernel= (%.120s) is back in .wslconfig; comment it out to "
			       "boot Microsoft's",
			       now->windows_path);
	if (foreign && strcmp(now->windows_path, turn->before) != 0)
		(void)snprintf(state->hold_key, sizeof(state->hold_key), "%s", now->windows_path);
	else if (!foreign || strcmp(now->windows_path, state->hold_key) != 0)
		state->hold_key[0] = '\0';
}

int ik_act_official(struct ik_session *session, bool on, struct ik_report *ret, struct ik_err *err)
{
	struct ik_err why = {0};
	struct ik_turn turn;
	int r;

	ik_turn_begin(&turn, session, on ? IK_REMEMBER_HOLD : "official off", ret);
	turn.packaged = !on;
	turn.hold = on;
	turn.returns = !on;
	r = on ? restore(&turn, "official", &why) : install(&turn, NULL, &why);
	/* Ours may have been a kernel without a package. */
	if (!on && why.code == IK_E_IMAGE_MISSING) {
		ik_err_clear(&why);
		take_up_again(&turn);
		r = restore(&turn, "previous", &why);
	}
	/* A newer one of ours is in use, so nothing is held any more. */
	if (!on && why.code == IK_E_TARGET_NEWER) {
		ik_err_clear(&why);
		r = 0;
	}
	if (r >= 0 && on && ret->action == IK_ACTION_RESTORED)
		ret->action = IK_ACTION_HELD;
	if (r >= 0 && on && !session->options.dry_run)
		look_at_key(&turn);
	return ik_turn_finish(&turn, r, &why, err);
}

int ik_act_status(struct ik_session *session, bool digests, struct ik_report *ret,
		  struct ik_err *err)
{
	struct ik_job job = {.session = session, .digests = digests};
	int r = ik_session_need_drive(session, err);

	memset(ret, 0, sizeof(*ret));
	if (r >= 0)
		r = ik_worker_run(ik_status_job, &job, ret, err);
	if (session->state_err.code != IK_E_NONE)
		ik_report_note(ret, "%.300s", session->state_err.message);
	return r;
}
