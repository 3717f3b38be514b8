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
#include "flow/remember.h"
#include "flow/remove.h"
#include "flow/source.h"
#include "flow/status.h"
#include "flow/txnjob.h"
#include "flow/wcfg.h"
#include "flow/worker.h"
#include "os/limits.h"
#include "os/lock.h"
#include "os/sys.h"

#define LOCK_WAIT_MS 60000u
#define DOMAIN_BYTES 64

/* A change under way. */
struct act {
	struct ik_session *session;
	const char *command;
	struct ik_lock lock;
	char domain[DOMAIN_BYTES];
	bool usual;	   /* what a boot installs, too */
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

/*
 * What is worth remembering about an error. A newer kernel is none: it settles what is pending, but only for whoever asked
 * for the same as the boot will.
 */
static void remember_error(struct act *act, const struct ik_err *err)
{
	struct ik_state *state = &act->session->state;

	if (err->code != IK_E_TARGET_NEWER) {
		ik_remember_failure(state, act->command, err);
		return;
	}
	(void)ik_remember_done(state, IK_REMEMBER_RECOVER); /* every change recovers first */
	if (act->usual)
		(void)ik_remember_done(state, act->command);
}

static void save(struct act *act)
{
	struct ik_err late = {0};

	if (ik_state_save(act->session->state_dir, &act->session->state, &late) < 0)
		ik_report_note(act->report, "the state could not be saved: %s", late.message);
}

/* Remembers how it ended, and lets the lock go. That this fails does not undo what was done. */
static int finish(struct act *act, int r, const struct ik_err *why, struct ik_err *err)
{
	struct ik_state *state = &act->session->state;

	if (r < 0 && err)
		*err = *why;
	if (act->session->options.dry_run ||
	    (r < 0 && ((why->code == IK_E_ROOT_NEEDED && geteuid() != 0) ||
		       ik_code_exit(why->code) == IK_EXIT_NOT_APPLICABLE))) {
		ik_lock_release(&act->lock);
		return r;
	}
	if (r < 0)
		remember_error(act, why);
	else
		ik_remember_change(state, act->report, act->hold);
	ik_remember_log(act->session, act->command, act->report, r < 0 ? why : NULL);
	save(act);
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

	begin(&act, session, IK_REMEMBER_INSTALL, ret);
	act.usual = !image && !session->options.series;
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

/* A recovery that succeeded settles what an earlier one left; what else is remembered is not its business. */
int ik_act_recover(struct ik_session *session, struct ik_report *ret, struct ik_err *err)
{
	struct ik_job job = {.session = session};
	struct ik_err why = {0};
	struct act act;
	int r;

	begin(&act, session, IK_REMEMBER_RECOVER, ret);
	r = check(&act, &why);
	if (r >= 0 && session->options.dry_run)
		return ik_act_status(session, false, ret, err);
	if (r >= 0)
		r = run(&act, ik_recjob_run, &job, &why);
	if (r >= 0 && ret->action == IK_ACTION_RECOVERED)
		ik_remember_log(session, act.command, ret, NULL);
	if (r < 0)
		return finish(&act, r, &why, err);
	if (!ret->unflushed && ik_remember_done(&session->state, act.command))
		save(&act);
	ik_lock_release(&act.lock);
	return r;
}

void ik_act_forget_install(struct ik_session *session)
{
	struct ik_report unused;
	struct act act = {.session = session, .report = &unused};

	if (session->options.dry_run ||
	    !ik_remember_is_pending(&session->state, IK_REMEMBER_INSTALL))
		return;
	memset(&unused, 0, sizeof(unused));
	(void)ik_remember_done(&session->state, IK_REMEMBER_INSTALL);
	save(&act);
}

int ik_act_official(struct ik_session *session, bool on, struct ik_report *ret, struct ik_err *err)
{
	struct ik_err why = {0};
	struct act act;
	int r;

	begin(&act, session, on ? "official on" : "official off", ret);
	act.usual = true;
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
