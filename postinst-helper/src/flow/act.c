/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * L1 is taken here, by the one with the rights to; the child inherits it with the open file.
 */
#include "flow/act.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "flow/dry.h"
#include "flow/recjob.h"
#include "flow/remove.h"
#include "flow/source.h"
#include "flow/status.h"
#include "flow/txnjob.h"
#include "flow/wcfg.h"
#include "flow/worker.h"
#include "os/clock.h"
#include "os/limits.h"
#include "os/lock.h"
#include "os/sys.h"
#include "store/history.h"

#define LOCK_WAIT_MS 60000u
#define DOMAIN_BYTES 64

/* A change under way. */
struct act {
	struct ik_session *session;
	const char *command;
	struct ik_lock lock;
	char domain[DOMAIN_BYTES];
	bool hold;	   /* remember that the official kernel is wanted */
	struct ik_err low; /* which limit of this process forbids a change */
	struct ik_report *report;
};

/* Names the L1 that we hold, so that another run can tell whether it is the same one. */
static void name_domain(struct act *act)
{
	const char *distro = act->session->env.distro;
	struct stat st = {0};

	ik_ignore(fstat(act->lock.fd, &st)); /* zeros then match nobody's */
	(void)snprintf(act->domain, sizeof(act->domain), "%.24s %llx:%llx", distro ? distro : "-",
		       (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
}

static void begin(struct act *act, struct ik_session *session, const char *command,
		  struct ik_report *report)
{
	memset(report, 0, sizeof(*report));
	*act = (struct act){.session = session, .command = command, .report = report};
	act->lock.fd = -EBADF;
	ik_ignore(ik_limits_raise(&act->low)); /* remembered: not every command minds */
}

/* May this be done at all? */
static int check(const struct act *act, struct ik_err *err)
{
	int r = ik_session_need_drive(act->session, err);

	return r < 0 ? r : ik_session_need_root(act->session, err);
}

/* Nothing is changed under such a limit. That the kernel is half written is the greater news. */
static int refuse(const struct act *act, struct ik_err *err)
{
	struct ik_job job = {.session = act->session, .refusal = &act->low};
	int r = ik_worker_run(ik_recjob_run, &job, act->report, err);

	if (r < 0 && err->code == IK_E_RECOVERY_NEEDED)
		return r;
	*err = act->low;
	return -EPERM;
}

/* What overwrites a kernel is not begun under a limit that could end it half-way. */
static int check_change(const struct act *act, struct ik_err *err)
{
	int r = check(act, err);

	return r < 0 || act->low.code == IK_E_NONE ? r : refuse(act, err);
}

/* A state directory of one's own is a separate world (tests, a second system): it has its own L1. */
static int take_lock(struct act *act, struct ik_err *err)
{
	const char *own = act->session->options.state_dir;
	int r;

	if (own)
		ik_ignore(ik_sys_mkdir(AT_FDCWD, own, 0755)); /* it may be there; the lock tells */
	r = ik_lock_take(IK_LOCK_SHARED_DIR, own ? own : IK_LOCK_LOCAL_DIR, LOCK_WAIT_MS,
			 &act->lock, err);
	if (r >= 0)
		name_domain(act);
	return r;
}

static void set_event(const struct act *act, const struct ik_err *err, struct ik_state_event *event)
{
	bool same = event->present && strcmp(event->code, ik_code_name(err->code)) == 0;

	if (!same)
		event->since_unix_s = ik_clock_unix_s();
	event->present = true;
	(void)snprintf(event->command, sizeof(event->command), "%s", act->command);
	(void)snprintf(event->code, sizeof(event->code), "%s", ik_code_name(err->code));
	(void)snprintf(event->message, sizeof(event->message), "%s", err->message);
	(void)snprintf(event->hint, sizeof(event->hint), "%s", err->hint);
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

static void log_line(const struct act *act, int r, const struct ik_err *err)
{
	const struct ik_report *report = act->report;

	if (act->session->options.state_dir)
		return; /* a world of its own writes no log of the system's */
	if (r < 0)
		ik_history_log(IK_LOG_DIR, "%s: %s: %s", act->command, ik_code_name(err->code),
			       err->message);
	else if (report->action != IK_ACTION_NONE && report->action != IK_ACTION_UNCHANGED)
		ik_history_log(IK_LOG_DIR, "%s: %s, mode %s, now %s %s", act->command,
			       ik_action_name(report->action), ik_mode_name(report->mode),
			       ik_kind_name(report->target.kind), report->target.release);
}

/* What is worth remembering about an error. */
static void remember_error(struct act *act, const struct ik_err *err)
{
	struct ik_state *state = &act->session->state;
	enum ik_exit class = ik_code_exit(err->code);

	if (err->code == IK_E_TARGET_NEWER)
		memset(&state->pending, 0, sizeof(state->pending)); /* somebody else did it */
	else if (class == IK_EXIT_PENDING || class == IK_EXIT_BUSY)
		set_event(act, err, &state->pending);
	else
		set_event(act, err, &state->last_error);
}

/* Remembers how it ended, and lets the lock go. That this fails does not undo what was done. */
static int finish(struct act *act, int r, const struct ik_err *why, struct ik_err *err)
{
	struct ik_state *state = &act->session->state;
	struct ik_err late = {0};

	if (r < 0 && err)
		*err = *why;
	if (act->session->options.dry_run ||
	    (r < 0 && ((why->code == IK_E_ROOT_NEEDED && geteuid() != 0) ||
		       ik_code_exit(why->code) == IK_EXIT_NOT_APPLICABLE))) {
		ik_lock_release(&act->lock);
		return r;
	}
	if (r < 0) {
		remember_error(act, why);
	} else {
		memset(&state->pending, 0, sizeof(state->pending));
		memset(&state->last_error, 0, sizeof(state->last_error));
		state->official_hold = act->hold;
		set_installed(state, act->report);
	}
	log_line(act, r, why);
	if (ik_state_save(act->session->state_dir, state, &late) < 0)
		ik_report_note(act->report, "the state could not be saved: %s", late.message);
	ik_lock_release(&act->lock);
	return r;
}

/* The child died half-way: what it left is put right at once, under the lock that we still hold. */
static int repair(struct act *act, struct ik_job *job, int r, struct ik_err *why)
{
	struct ik_err late = {0};

	if (ik_worker_run(ik_recjob_run, job, act->report, &late) < 0)
		return r;
	r = ik_err_set(why, IK_E_INTERRUPTED, ECANCELED, "the working process was killed");
	ik_err_hint(why, "what it had begun was finished or undone; run the command again");
	return r;
}

/* Runs a job under L1. */
static int run(struct act *act, ik_job_fn fn, struct ik_job *job, struct ik_err *why)
{
	int r = take_lock(act, why);

	if (r < 0)
		return r;
	job->session = act->session;
	job->domain = act->domain;
	job->refusal = act->low.code == IK_E_NONE ? NULL : &act->low;
	r = ik_worker_run(fn, job, act->report, why);
	if (why->code == IK_E_INTERRUPTED)
		ik_err_hint(why, "nothing was changed; run the command again");
	return why->code == IK_E_PRIV_CHILD_DIED ? repair(act, job, r, why) : r;
}

/* Looks where the image would go; the answer decides which format is wanted. */
static int look(struct act *act, enum ik_image_format *ret_format, struct ik_err *err)
{
	struct ik_job job = {.session = act->session};
	int r = ik_worker_run(ik_status_look_job, &job, act->report, err);

	if (r < 0)
		return r;
	*ret_format = act->report->mode == IK_MODE_LXSS ?
			      ik_image_format_parse(act->report->target.format) :
			      IK_IMAGE_BZIMAGE;
	return 0;
}

static int open_source(struct act *act, const char *image, struct ik_source *ret,
		       struct ik_err *err)
{
	enum ik_image_format format = IK_IMAGE_UNKNOWN;
	int r = look(act, &format, err);

	if (r < 0)
		return r;
	return image ? ik_source_open_file(image, ret, err) :
		       ik_source_open(act->session, format, ret, err);
}

static int install(struct act *act, const char *image, struct ik_err *why)
{
	struct ik_source ik_autosource source = {.sealed = {.fd = -EBADF}};
	struct ik_job job = {.session = act->session, .source = &source};
	int r = check_change(act, why);

	if (r >= 0)
		r = open_source(act, image, &source, why);
	if (r < 0)
		return r;
	if (act->session->options.dry_run)
		return ik_worker_run(ik_dry_install_job, &job, act->report, why);
	return run(act, act->report->mode == IK_MODE_LXSS ? ik_txnjob_install : ik_wcfg_install_job,
		   &job, why);
}

int ik_act_install(struct ik_session *session, const char *image, struct ik_report *ret,
		   struct ik_err *err)
{
	struct ik_err why = {0};
	struct act act;
	int r;

	begin(&act, session, "install", ret);
	r = install(&act, image, &why);
	return finish(&act, r, &why, err);
}

static int restore(struct act *act, const char *backup, struct ik_err *why)
{
	struct ik_job job = {.session = act->session, .backup = backup};
	enum ik_image_format format;
	int r = check_change(act, why);

	if (r >= 0)
		r = look(act, &format, why);
	if (r < 0)
		return r;
	if (act->session->options.dry_run)
		return ik_worker_run(ik_dry_restore_job, &job, act->report, why);
	return run(act, act->report->mode == IK_MODE_LXSS ? ik_txnjob_restore : ik_wcfg_restore_job,
		   &job, why);
}

int ik_act_restore(struct ik_session *session, const char *backup, struct ik_report *ret,
		   struct ik_err *err)
{
	struct ik_err why = {0};
	struct act act;
	int r;

	begin(&act, session, "restore", ret);
	r = restore(&act, backup, &why);
	return finish(&act, r, &why, err);
}

int ik_act_remove(struct ik_session *session, bool purge, struct ik_report *ret, struct ik_err *err)
{
	struct ik_job job = {.session = session, .purge = purge};
	struct ik_err why = {0};
	struct act act;
	int r;

	begin(&act, session, "remove", ret);
	r = check_change(&act, &why);
	if (r >= 0)
		r = session->options.dry_run ? ik_worker_run(ik_dry_remove_job, &job, ret, &why) :
					       run(&act, ik_remove_job, &job, &why);
	r = finish(&act, r, &why, err);
	if (r >= 0 && purge && !session->options.dry_run)
		ik_state_remove(session->state_dir);
	return r;
}

/* A recovery that had nothing to do leaves what is remembered alone. */
int ik_act_recover(struct ik_session *session, struct ik_report *ret, struct ik_err *err)
{
	struct ik_job job = {.session = session};
	struct ik_err why = {0};
	struct act act;
	int r;

	begin(&act, session, "recover", ret);
	r = check(&act, &why);
	if (r >= 0 && session->options.dry_run)
		return ik_act_status(session, false, ret, err);
	if (r >= 0)
		r = run(&act, ik_recjob_run, &job, &why);
	if (r >= 0 && ret->action == IK_ACTION_RECOVERED)
		log_line(&act, r, &why);
	if (r < 0)
		return finish(&act, r, &why, err);
	ik_lock_release(&act.lock);
	return r;
}

int ik_act_official(struct ik_session *session, bool on, struct ik_report *ret, struct ik_err *err)
{
	struct ik_err why = {0};
	struct act act;
	int r;

	begin(&act, session, on ? "official on" : "official off", ret);
	act.hold = on;
	r = on ? restore(&act, "official", &why) : install(&act, NULL, &why);
	/* Ours may have been a kernel without a package. */
	if (!on && why.code == IK_E_IMAGE_MISSING) {
		ik_err_clear(&why);
		r = restore(&act, "previous", &why);
	}
	if (r >= 0 && on && ret->action == IK_ACTION_RESTORED)
		ret->action = IK_ACTION_HELD;
	return finish(&act, r, &why, err);
}

int ik_act_status(struct ik_session *session, bool digests, struct ik_report *ret,
		  struct ik_err *err)
{
	struct ik_job job = {.session = session, .digests = digests};
	int r = ik_session_need_drive(session, err);

	memset(ret, 0, sizeof(*ret));
	return r < 0 ? r : ik_worker_run(ik_status_job, &job, ret, err);
}
