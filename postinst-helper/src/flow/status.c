/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What cannot be looked at becomes a note; only a broken drive is an error.
 */
#include "flow/status.h"

#include <stdio.h>

#include "flow/judge.h"
#include "flow/keywins.h"
#include "flow/lxss.h"
#include "flow/recover.h"
#include "flow/wview.h"
#include "store/backup.h"

static void fill_scene(const struct ik_scene *scene, struct ik_report *report)
{
	report->mode = scene->mode;
	report->target_writable = scene->target_writable;
	report->profiles = scene->profiles;
	if (scene->has_profile)
		(void)snprintf(report->profile, sizeof(report->profile), "%s/%s",
			       scene->session->drive.path, scene->profile.relative);
}

/* Target of the decided mode; without one, the lxss kernel if it is there. */
static int report_target(const struct ik_scene *scene, const struct ik_job *job,
			 struct ik_report *report, struct ik_err *err)
{
	report->target.kind = IK_KIND_MISSING;
	if (scene->mode == IK_MODE_WSLCONFIG)
		return scene->has_profile ? ik_wview_report_target(scene, job->digests,
								   &job->progress, report, err) :
					    0;
	if (!scene->has_target)
		return 0;
	return ik_lxss_report_target(scene, job->digests, &job->progress, report, err);
}

static void report_journal(const struct ik_scene *scene, const struct ik_job *job,
			   struct ik_report *report)
{
	struct ik_journal journal;
	struct ik_err seen = {0};
	int r = ik_journal_load(scene->lxss.fd, &journal, &seen);

	if (r >= 0 && journal.present)
		(void)snprintf(report->journal, sizeof(report->journal), "%s",
			       ik_jrec_state_name(journal.rec.state));
	if (r >= 0)
		r = ik_judge_target(scene, &journal, false, &job->progress, &report->recovery,
				    &seen);
	if (r < 0) {
		report->unseen = true;
		ik_report_note(report, "%s", seen.message);
	}
	report->recovery_needed = r >= 0 && !ik_judge_is_whole(&journal, report->recovery);
}

static int report_backups(const struct ik_scene *scene, const struct ik_job *job,
			  struct ik_report *report, struct ik_err *err)
{
	struct ik_backups ik_autobackups backups = {0};
	int r = ik_backups_load(scene->lxss.fd, &job->progress, &backups, err);

	for (size_t i = 0; r >= 0 && i < backups.count && i < IK_REPORT_BACKUPS; i++) {
		const struct ik_backup *from = &backups.list[i];
		struct ik_report_backup *to = &report->backups[report->backup_count++];

		(void)snprintf(to->id, sizeof(to->id), "%s", from->id);
		to->good = from->good;
		to->unreadable = from->unreadable;
		to->mtime_unix_s = from->image.id.mtime.tv_sec;
		ik_lxss_describe(&from->image, &to->image);
		to->image.kind = from->origin;
		(void)snprintf(to->image.path, sizeof(to->image.path), "%s/%s/%s",
			       scene->session->drive.path, scene->lxss.relative, from->file);
		if (ik_place_windows_file(&scene->session->drive, &scene->lxss, from->file,
					  to->image.windows_path, NULL) < 0)
			to->image.windows_path[0] = '\0';
	}
	return r;
}

int ik_status_job(struct ik_job *job, struct ik_report *report, struct ik_err *err)
{
	struct ik_scene ik_autoscene scene = {.lxss = {.fd = -EBADF}, .profile = {.fd = -EBADF}};
	struct ik_err seen = {0};
	int r = ik_scene_open(job->session, &scene, err);

	if (r < 0)
		return r;
	fill_scene(&scene, report);
	(void)snprintf(report->journal, sizeof(report->journal), "none");
	if (scene.mode == IK_MODE_AUTO)
		ik_report_note(report, "%s", scene.mode_err.message);
	ik_keywins_tell(&scene, report);
	if (report_target(&scene, job, report, &seen) < 0) {
		report->target.kind = IK_KIND_UNKNOWN;
		report->unseen = true;
		ik_report_note(report, "%s", seen.message);
	}
	if (!scene.has_target && scene.lxss_err.code != IK_E_NONE)
		ik_report_note(report, "%s", scene.lxss_err.message);
	if (scene.has_target) {
		report_journal(&scene, job, report);
		r = report_backups(&scene, job, report, err);
	}
	if (r >= 0 && scene.has_profile)
		r = ik_wview_report_backups(&scene, &job->progress, report, err);
	return r;
}

int ik_status_look_job(struct ik_job *job, struct ik_report *report, struct ik_err *err)
{
	struct ik_scene ik_autoscene scene = {.lxss = {.fd = -EBADF}, .profile = {.fd = -EBADF}};
	int r = ik_scene_open(job->session, &scene, err);

	if (r >= 0)
		r = ik_scene_need_mode(&scene, err);
	if (r < 0)
		return r;
	fill_scene(&scene, report);
	return report_target(&scene, job, report, err);
}
