/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looks without the lock first: a drive on which nothing is under way is not written to.
 */
#include "flow/recjob.h"

#include "flow/recover.h"

/* Is there anything to do at all? Asked without the lock. */
static int has_work(const struct ik_scene *scene, const struct ik_job *job,
		    enum ik_recovery *ret_verdict, struct ik_err *err)
{
	struct ik_journal journal;
	int r = ik_recover_foresee(scene, &job->progress, &journal, ret_verdict, err);

	if (r < 0)
		return r;
	return *ret_verdict != IK_RECOVERY_NOTHING ||
	       ik_recover_is_unmarked(&journal, job->session->env.release);
}

static int recover_scene(const struct ik_scene *scene, struct ik_job *job, struct ik_report *report,
			 struct ik_err *err)
{
	struct ik_lxss ik_autolxss lxss = IK_LXSS_NONE;
	struct ik_err seen = {0};
	int r = has_work(scene, job, &report->recovery, err);

	if (r <= 0)
		return r;
	r = ik_recover_open(scene, job, report, &lxss, err);
	if (r < 0)
		return r;
	r = ik_recover_run(&lxss, false, &seen);
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
		r = ik_recover_mark_good(&lxss, job->session->env.release, err);
	if (r >= 0)
		report->action = report->recovery == IK_RECOVERY_NOTHING ? IK_ACTION_NONE :
									   IK_ACTION_RECOVERED;
	return r;
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
