/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looks without the lock first: a drive on which nothing is under way is not written to.
 */
#include "flow/recjob.h"

#include "flow/judge.h"
#include "flow/recover.h"
#include "flow/staged.h"

/* Is there anything to do at all, and is it more than a note, or zeros to be cut off? Asked without the lock. */
static int has_work(const struct ik_scene *scene, const struct ik_job *job,
		    enum ik_recovery *ret_verdict, bool *ret_whole, struct ik_err *err)
{
	struct ik_journal journal;
	int r = ik_recover_foresee(scene, &job->progress, &journal, ret_verdict, err);

	if (r < 0)
		return r;
	*ret_whole = ik_judge_is_whole(&journal, *ret_verdict);
	return *ret_verdict != IK_RECOVERY_NOTHING ||
	       ik_recover_is_unmarked(&journal, job->session->env.release);
}

/* Under the lock. */
static int recover_locked(struct ik_lxss *lxss, struct ik_job *job, struct ik_report *report,
			  struct ik_err *err)
{
	bool armed = ik_judge_is_armed(&lxss->journal);
	struct ik_err seen = {0};
	int r = ik_recover_run(lxss, false, &seen);

	if (seen.code == IK_E_TARGET_UNFLUSHED) {
		/* It boots, and everything for a way back is still there: no failure, but not done. */
		report->unflushed = true;
		ik_report_note(report, "%.200s: the journal stays open, the next run tries again",
			       seen.message);
		return 0;
	}
	if (r < 0 && err)
		*err = seen;
	if (r >= 0)
		r = ik_recover_mark_good(lxss, job->session->env.release, err);
	if (r >= 0)
		report->action = armed ? IK_ACTION_RECOVERED : IK_ACTION_NONE;
	return r;
}

/* Somebody else may have begun something since it was asked without the lock. */
static bool has_nothing(const struct ik_lxss *lxss)
{
	enum ik_recovery verdict;

	return ik_judge_target(lxss->scene, &lxss->journal, false, &lxss->progress, &verdict,
			       NULL) >= 0 &&
	       verdict == IK_RECOVERY_NOTHING;
}

/*
 * Nothing is wrong; a note, or zeros behind the kernel, is all there is to do. A drive that refuses it (most starts of
 * WSL are not elevated) keeps nobody from anything: the next run writes it.
 */
static int note_good(const struct ik_scene *scene, struct ik_job *job, struct ik_report *report,
		     struct ik_err *err)
{
	struct ik_lxss ik_autolxss lxss = IK_LXSS_NONE;
	struct ik_err why = {0};
	int r = ik_recover_open(scene, job, report, &lxss, &why);

	if (r >= 0 && !has_nothing(&lxss))
		return recover_locked(&lxss, job, report, err);
	if (r >= 0) {
		ik_ignore(ik_staged_end(&lxss, NULL)); /* has served */
		ik_ignore(ik_recover_mark_good(&lxss, job->session->env.release, NULL));
	}
	if (why.code != IK_E_RECOVERY_NEEDED)
		return 0;
	if (err)
		*err = why;
	return r;
}

static int recover_scene(const struct ik_scene *scene, struct ik_job *job, struct ik_report *report,
			 struct ik_err *err)
{
	struct ik_lxss ik_autolxss lxss = IK_LXSS_NONE;
	bool whole = false;
	int r = has_work(scene, job, &report->recovery, &whole, err);

	if (r <= 0)
		return r;
	if (whole)
		return note_good(scene, job, report, err);
	r = ik_recover_open(scene, job, report, &lxss, err);
	return r < 0 ? r : recover_locked(&lxss, job, report, err);
}

int ik_recjob_run(struct ik_job *job, struct ik_report *report, struct ik_err *err)
{
	struct ik_scene ik_autoscene scene = {.lxss = {.fd = -EBADF}, .profile = {.fd = -EBADF}};
	struct ik_err late = {0};
	int r = ik_scene_open(job->session, &scene, err);

	if (r < 0)
		return r;
	report->mode = scene.mode;
	if (!scene.has_target) /* nothing of ours can be under way where there is no target */
		return scene.mode == IK_MODE_WSLCONFIG ? 0 : ik_recover_unseen(&scene, err);
	r = recover_scene(&scene, job, report, err);
	if (ik_lxss_report_target(&scene, false, NULL, report, &late) < 0)
		ik_report_note(report, "%s", late.message);
	return r;
}
