/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looked at without the lock first: a machine on which nothing is half written needs no right to lxss\tools.
 */
#include "flow/fallback.h"

#include "flow/recover.h"

static int refuse(int r, const struct ik_err *why, struct ik_err *err)
{
	if (err)
		*err = *why;
	if (why->code == IK_E_RECOVERY_NEEDED)
		ik_err_hint(
			err,
			"WSL goes on starting by kernel= in .wslconfig, which stays: run `sudo "
			"immensity-kernel recover` from a WSL terminal started with \"Run as "
			"administrator\" (or there `--target lxss restore --to official`), then "
			"the command again");
	return r;
}

/* 1 = half written. What cannot be told for other reasons was the same before the key was ours. */
static int is_torn(const struct ik_scene *scene, const struct ik_job *job, struct ik_err *why)
{
	enum ik_recovery verdict = IK_RECOVERY_NOTHING;
	struct ik_journal journal;
	int r;

	if (!scene->has_target || scene->session->env.flavour == IK_WSL_STORE)
		return 0;
	r = ik_recover_foresee(scene, &job->progress, &journal, &verdict, why);
	if (r < 0 && why->code != IK_E_RECOVERY_NEEDED && why->code != IK_E_INTERRUPTED &&
	    why->code != IK_E_MEMORY_EXHAUSTED)
		return 0;
	return r < 0 ? r : ik_recover_is_half_written(verdict);
}

static int mend(struct ik_lxss *lxss, ik_fallback_fn put_back, struct ik_err *err)
{
	struct ik_err why = {0};
	int r = ik_recover_run(lxss, false, &why);

	if (lxss->half_written && put_back) {
		ik_err_clear(&why);
		r = put_back(lxss, &why);
	}
	return r < 0 ? ik_recover_failed(lxss, r, &why, err) : r;
}

int ik_fallback_mend(const struct ik_scene *scene, struct ik_job *job, struct ik_report *report,
		     ik_fallback_fn put_back, struct ik_err *err)
{
	struct ik_lxss ik_autolxss lxss = IK_LXSS_NONE;
	struct ik_err why = {0};
	int r = is_torn(scene, job, &why);

	if (r == 0)
		return 0;
	if (r > 0)
		r = ik_recover_open(scene, job, report, &lxss, &why);
	if (r >= 0)
		r = mend(&lxss, put_back, &why);
	return r < 0 ? refuse(r, &why, err) : 0;
}
