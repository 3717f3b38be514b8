/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads, judges, lists. The texts follow the protocol's steps.
 */
#include "flow/dry.h"

#include <stdio.h>
#include <string.h>

#include "flow/plan.h"
#include "flow/scene.h"
#include "flow/status.h"
#include "store/names.h"

static int collect(struct ik_job *job, struct ik_report *report, struct ik_err *err)
{
	int r;

	job->digests = true;
	r = ik_status_job(job, report, err);
	if (r >= 0)
		report->action = IK_ACTION_PLANNED;
	if (r >= 0 && report->recovery_needed)
		ik_report_step(report, "recover the interrupted update first");
	return r;
}

/* Whose .wslconfig would be looked at is not yet whose may be changed. */
static int check_profile(const struct ik_session *session, struct ik_err *err)
{
	struct ik_scene ik_autoscene scene = {.lxss = {.fd = -EBADF}, .profile = {.fd = -EBADF}};
	int r = ik_scene_open(session, &scene, err);

	return r < 0 ? r : ik_scene_need_certain_profile(&scene, err);
}

/* Would the rules let this image in? 1 = nothing to do. */
static int judge(const struct ik_job *job, struct ik_report *report, struct ik_err *err)
{
	const struct ik_report_image *now = &report->target;
	struct ik_plan_replace_facts facts = {
		.current = now->kind,
		.same_digest =
			now->has_sha256 && memcmp(now->sha256, job->source->sealed.digest.bytes,
						  sizeof(now->sha256)) == 0,
		.current_release = now->release,
		.wanted_release = job->source->image.release,
		.allow_downgrade = job->session->conf.allow_downgrade,
		.replace_foreign = job->session->conf.replace_foreign,
	};
	enum ik_verdict verdict = ik_plan_replace(&facts);
	int r = ik_plan_verdict_error(verdict, &facts, now->path, err);

	if (r < 0)
		return r;
	if (verdict == IK_VERDICT_SAME) {
		ik_report_step(report, "nothing: the very image is in place");
		return 1;
	}
	return 0;
}

static void plan_lxss(const char *image, struct ik_report *report)
{
	ik_report_step(report, "lock the drive, check what its file server promises, check space");
	ik_report_step(report, "copy %.100s to \"%s\", flush, read back", image, IK_NAME_NEW);
	ik_report_step(report, "keep the kernel in place (%s %.60s) as a backup, flush, read back",
		       ik_kind_name(report->target.kind), report->target.release);
	ik_report_step(report, "write \"%s\" and \"%s\"", IK_NAME_SCRIPT, IK_NAME_README);
	ik_report_step(report, "arm the journal");
	ik_report_step(report, "overwrite \"%.100s\" in place, head last, read back",
		       report->target.path);
	ik_report_step(report, "close the journal");
}

static void plan_wcfg(const char *image, struct ik_report *report)
{
	ik_report_step(report, "copy %.100s to a versioned file in \"%s\", flush, read back", image,
		       IK_NAME_OWN_DIR);
	ik_report_step(report, "keep \"%s\" as \"%s\"", IK_NAME_WSLCONFIG, IK_NAME_WSLC_PREV);
	ik_report_step(report, "set kernel= in \"%.120s/%s\"", report->profile, IK_NAME_WSLCONFIG);
	ik_report_step(report, "remove images that nothing names");
}

int ik_dry_install_job(struct ik_job *job, struct ik_report *report, struct ik_err *err)
{
	int r = check_profile(job->session, err);

	if (r >= 0)
		r = collect(job, report, err);
	/* Where .wslconfig names no kernel, there is none to judge. */
	if (r >= 0 && (report->mode == IK_MODE_LXSS || report->target.kind == IK_KIND_OURS ||
		       report->target.kind == IK_KIND_FOREIGN))
		r = judge(job, report, err);
	if (r != 0)
		return r < 0 ? r : 0;
	if (report->mode == IK_MODE_LXSS)
		plan_lxss(job->source->path, report);
	else
		plan_wcfg(job->source->path, report);
	return 0;
}

int ik_dry_restore_job(struct ik_job *job, struct ik_report *report, struct ik_err *err)
{
	int r = collect(job, report, err);

	if (r < 0)
		return r;
	if (report->mode == IK_MODE_LXSS)
		plan_lxss(job->backup, report);
	else
		ik_report_step(report, "make kernel= in \"%.100s/%s\" what \"%.60s\" stands for",
			       report->profile, IK_NAME_WSLCONFIG, job->backup);
	return 0;
}

int ik_dry_remove_job(struct ik_job *job, struct ik_report *report, struct ik_err *err)
{
	int r = collect(job, report, err);

	if (r < 0)
		return r;
	if (report->target.kind != IK_KIND_OURS) {
		ik_report_step(report, "nothing of ours is in place; remove our own files");
		return 0;
	}
	if (report->mode == IK_MODE_LXSS)
		ik_report_step(report, "put the newest official backup in place, read back");
	else
		ik_report_step(report, "take kernel= back in \"%.100s/%s\"", report->profile,
			       IK_NAME_WSLCONFIG);
	ik_report_step(report, "remove our own files; keep backups of Microsoft's kernels");
	return 0;
}
