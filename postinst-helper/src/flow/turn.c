/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * L1 is taken here, by the one with the rights to; the child inherits it with the open file.
 */
#include "flow/turn.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "flow/recjob.h"
#include "flow/remember.h"
#include "flow/source.h"
#include "flow/wish.h"
#include "os/limits.h"
#include "os/sys.h"

#define LOCK_WAIT_MS 60000u

/* Names the L1 that we hold, so that another run can tell whether it is the same one. */
static void name_domain(struct ik_turn *turn)
{
	const char *distro = turn->session->env.distro;
	struct stat st = {0};

	ik_ignore(fstat(turn->lock.fd, &st)); /* zeros then match nobody's */
	(void)snprintf(turn->domain, sizeof(turn->domain), "%.24s %llx:%llx", distro ? distro : "-",
		       (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
}

void ik_turn_begin(struct ik_turn *turn, struct ik_session *session, const char *command,
		   struct ik_report *report)
{
	memset(report, 0, sizeof(*report));
	*turn = (struct ik_turn){.session = session, .command = command, .report = report};
	turn->lock.fd = -EBADF;
	ik_ignore(ik_limits_raise(&turn->low)); /* remembered: not every command minds */
}

/* May this be done at all? */
int ik_turn_check(const struct ik_turn *turn, struct ik_err *err)
{
	int r = ik_session_need_drive(turn->session, err);

	return r < 0 ? r : ik_session_need_root(turn->session, err);
}

/* Nothing is changed under such a limit. That the kernel is half written is the greater news. */
static int refuse(const struct ik_turn *turn, struct ik_err *err)
{
	struct ik_job job = {.session = turn->session, .refusal = &turn->low};
	int r = ik_worker_run(ik_recjob_run, &job, turn->report, err);

	if (r < 0 && err->code == IK_E_RECOVERY_NEEDED)
		return r;
	*err = turn->low;
	return -EPERM;
}

/* What overwrites a kernel is not begun under a limit that could end it half-way. */
int ik_turn_check_change(const struct ik_turn *turn, struct ik_err *err)
{
	int r = ik_turn_check(turn, err);

	return r < 0 || turn->low.code == IK_E_NONE ? r : refuse(turn, err);
}

/* A state directory of one's own is a separate world (tests, a second system): it has its own L1. */
static int take_lock(struct ik_turn *turn, struct ik_err *err)
{
	const char *own = turn->session->options.state_dir;
	int r;

	if (own)
		ik_ignore(ik_sys_mkdir(AT_FDCWD, own, 0755)); /* it may be there; the lock tells */
	r = ik_lock_take(IK_LOCK_SHARED_DIR, own ? own : IK_LOCK_LOCAL_DIR, LOCK_WAIT_MS,
			 &turn->lock, err);
	if (r >= 0)
		name_domain(turn);
	return r;
}

/* What is remembered where there is no WSL 2 is read where there is. */
static void say_before_wsl(struct ik_err *err)
{
	ik_ignore(
		ik_err_set(err, err->code, 0, "there was no WSL 2 when the package was installed"));
	ik_err_hint(err, "run `sudo immensity-kernel install`");
}

/* What is worth remembering about an error. */
static void remember_error(struct ik_turn *turn, const struct ik_err *err)
{
	struct ik_session *session = turn->session;
	const char *set = session->conf.series;
	struct ik_manifest manifest = {0};
	struct ik_err told = *err;
	char dir[128];
	struct ik_remember_wish wish = {
		.series = set[0] ? ik_source_series(set) : "",
		.downgrade = session->downgrade,
		.heir = session->downgrade && session->asker == IK_ASKER_PACKAGE,
	};

	if (err->code == IK_E_TARGET_NEWER) {
		ik_remember_newer(&session->state, turn->command, turn->report->target.release,
				  turn->packaged && ik_wish_is_pending(session));
		return;
	}
	if (turn->packaged && ik_source_manifest(session, &manifest, dir, NULL) < 0)
		manifest.release[0] = '\0';
	wish.release = manifest.release;
	if (ik_code_exit(err->code) == IK_EXIT_NOT_APPLICABLE)
		say_before_wsl(&told);
	ik_remember_failure(&session->state, turn->command, &told, turn->packaged ? &wish : NULL);
	/* Not done yet, but said: what packages and boots want has to wait. */
	if (turn->hold && ik_remember_is_pending(&session->state, turn->command))
		session->state.official_hold = true;
}

void ik_turn_save(struct ik_turn *turn)
{
	struct ik_err late = {0};

	/* What could not be read may be sound: only a user's own word goes over it. */
	if (turn->session->state_err.code != IK_E_NONE && turn->session->asker != IK_ASKER_USER)
		return;
	if (ik_state_save(turn->session->state_dir, &turn->session->state, &late) < 0)
		ik_report_note(turn->report, "the state could not be saved: %s", late.message);
}

/*
 * Is there anything to remember? Not of a look, nor of a system that has nothing to do with it; but a package may be there
 * before WSL 2 is, as in an image for `wsl --import`.
 */
static bool is_memorable(const struct ik_turn *turn, int r, const struct ik_err *why)
{
	if (turn->left || turn->session->options.dry_run)
		return false;
	if (r < 0 && ik_code_exit(why->code) == IK_EXIT_NOT_APPLICABLE)
		return turn->packaged && turn->session->asker == IK_ASKER_PACKAGE;
	return r >= 0 || why->code != IK_E_ROOT_NEEDED || geteuid() == 0;
}

/* That remembering fails does not undo what was done. */
static void remember(struct ik_turn *turn, int r, const struct ik_err *why)
{
	struct ik_session *session = turn->session;

	if (turn->lock.fd < 0) /* nothing is decided by it any more, but another run's words stay */
		ik_session_read_state(session);
	if (session->state_err.code != IK_E_NONE)
		ik_report_note(turn->report, "%.300s", session->state_err.message);
	if (r < 0)
		remember_error(turn, why);
	else
		ik_remember_change(&session->state, turn->report,
				   turn->hold || (turn->keeps && session->state.official_hold));
	ik_remember_log(session, turn->command, turn->report, r < 0 ? why : NULL);
	ik_turn_save(turn);
}

/* Whoever says why does not know for whom: an install is advised, which is the opposite of a removal. */
static void advise_command(const struct ik_turn *turn, struct ik_err *why)
{
	static const char install[] = "immensity-kernel install`";
	const char *at = strstr(why->hint, install);
	char hint[2 * sizeof(why->hint)];

	if (!at)
		return;
	(void)snprintf(hint, sizeof(hint), "%.*simmensity-kernel %s%s%.200s`%s",
		       (int)(at - why->hint), why->hint, turn->command,
		       turn->value ? turn->option : "", turn->value ? turn->value : "",
		       at + strlen(install));
	ik_err_hint(why, "%.511s", hint);
}

int ik_turn_finish(struct ik_turn *turn, int r, struct ik_err *why, struct ik_err *err)
{
	if (r < 0)
		advise_command(turn, why);
	if (r < 0 && err)
		*err = *why;
	if (is_memorable(turn, r, why))
		remember(turn, r, why);
	ik_lock_release(&turn->lock);
	return r;
}

/* The child died half-way: what it left is put right at once, under the lock that we still hold. */
static int repair(struct ik_turn *turn, struct ik_job *job, int r, struct ik_err *why)
{
	struct ik_err late = {0};

	if (ik_worker_run(ik_recjob_run, job, turn->report, &late) < 0)
		return r;
	r = ik_err_set(why, IK_E_INTERRUPTED, ECANCELED, "the working process was killed");
	ik_err_hint(why, "what it had begun was finished or undone; run the command again");
	return r;
}

int ik_turn_lock(struct ik_turn *turn, struct ik_err *err)
{
	int r = take_lock(turn, err);

	if (r >= 0)
		ik_session_read_state(turn->session);
	return r;
}

/* Nothing was changed yet: what was seen before the lock was waited for may be no longer wanted. */
static int may_install(struct ik_turn *turn, struct ik_err *err)
{
	int r = ik_wish_may_install(turn->session, turn->report, err);

	if (turn->borrowed)
		ik_wish_give_back(turn->session);
	turn->left = r == 0;
	return r;
}

int ik_turn_run(struct ik_turn *turn, ik_job_fn fn, struct ik_job *job, struct ik_err *err)
{
	int r = ik_turn_lock(turn, err);

	if (r >= 0 && turn->packaged)
		r = may_install(turn, err);
	if (r < 0 || turn->left)
		return r < 0 ? r : 0;
	job->session = turn->session;
	job->domain = turn->domain;
	job->refusal = turn->low.code == IK_E_NONE ? NULL : &turn->low;
	r = ik_worker_run(fn, job, turn->report, err);
	if (err->code == IK_E_INTERRUPTED)
		ik_err_hint(err, "nothing was changed; run the command again");
	return err->code == IK_E_PRIV_CHILD_DIED ? repair(turn, job, r, err) : r;
}
