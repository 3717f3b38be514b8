/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One place opens and closes what a change needs, so that no path forgets the lock.
 */
#include "flow/lxss.h"

#include <stdio.h>
#include <string.h>

#include "flow/match.h"
#include "os/sys.h"

static int tick(void *ctx, const char *what, uint64_t done, uint64_t total)
{
	struct ik_lxss *lxss = ctx;

	/* Reading does no harm under a lost lock; whoever writes asks for it. */
	ik_ignore(ik_dlock_beat(&lxss->lock));
	return ik_progress_tick(&lxss->outer, what, done, total);
}

/* Nobody stops what is half done, but a file that another WSL works on is written no further. */
static int tick_in_window(void *ctx, const char *what, uint64_t done, uint64_t total)
{
	struct ik_lxss *lxss = ctx;
	int r = ik_dlock_beat(&lxss->lock);

	ik_ignore(ik_progress_tick(&lxss->outer, what, done, total));
	return r;
}

int ik_lxss_open(const struct ik_scene *scene, const struct ik_job *job, struct ik_report *report,
		 struct ik_lxss *ret, struct ik_err *err)
{
	const struct ik_sha256 *sha256 = job->source ? &job->source->sealed.digest : NULL;
	int r;

	*ret = (struct ik_lxss){
		.scene = scene,
		.report = report,
		.dir_fd = scene->lxss.fd,
		.name = scene->lxss.name,
		.lock = {.dir_fd = -EBADF},
		.journal = {.dir_fd = -EBADF},
		.outer = job->progress,
	};
	ret->progress = (struct ik_progress){.tick = tick, .ctx = ret};
	ret->window = (struct ik_progress){.tick = tick_in_window, .ctx = ret};
	if (job->refusal) {
		if (err)
			*err = *job->refusal;
		return -EPERM;
	}
	r = ik_dlock_take(ret->dir_fd, job->domain ? job->domain : "", sha256, &ret->lock, err);
	if (r >= 0)
		r = ik_journal_load(ret->dir_fd, &ret->journal, err);
	return r;
}

void ik_lxss_close(struct ik_lxss *lxss)
{
	if (!lxss)
		return;
	ik_backups_done(&lxss->backups);
	ik_dlock_release(&lxss->lock);
}

int ik_lxss_load_backups(struct ik_lxss *lxss, struct ik_err *err)
{
	struct ik_backups backups = {0};
	int r = ik_backups_load(lxss->dir_fd, &lxss->progress, &backups, err);

	if (r < 0)
		return r;
	ik_backups_done(&lxss->backups);
	lxss->backups = backups;
	lxss->has_backups = true;
	return 0;
}

int ik_lxss_sight(struct ik_lxss *lxss, struct ik_err *err)
{
	return ik_sight_take(lxss->dir_fd, lxss->name, &lxss->judged, err);
}

int ik_lxss_open_judged(struct ik_lxss *lxss, int *ret_fd, struct ik_file_id *ret_id,
			struct ik_err *err)
{
	int r = ik_scene_open_target(lxss->scene, &lxss->progress, ret_fd, ret_id, err);

	if (r >= 0)
		r = ik_dlock_check(&lxss->lock, err);
	if (r >= 0)
		r = ik_sight_expect(&lxss->judged, *ret_fd, ret_id, lxss->name, err);
	return r;
}

int ik_lxss_write(struct ik_lxss *lxss, int from_fd, const struct ik_jrec_image *image,
		  struct ik_inplace *ret_job, struct ik_err *err)
{
	const struct ik_jrec *rec = &lxss->journal.rec;
	struct timespec mtime = {.tv_sec = rec->target_mtime_s, .tv_nsec = rec->target_mtime_ns};
	ik_autoclose int fd = -EBADF;
	int r;

	memset(ret_job, 0, sizeof(*ret_job));
	r = ik_lxss_open_judged(lxss, &fd, &ret_job->id, err);
	if (r < 0)
		return r;
	if (ret_job->id.ino != rec->target_ino) {
		ret_job->reach = IK_INPLACE_REPLACED;
		return ik_err_set(err, IK_E_TARGET_CHANGED, ESTALE,
				  "\"%s\" was replaced by another file meanwhile", lxss->name);
	}
	ret_job->dir_fd = lxss->dir_fd;
	ret_job->name = lxss->name;
	ret_job->fd = fd;
	ret_job->from_fd = from_fd;
	ret_job->size_bytes = image->size_bytes;
	ret_job->digest = image->sha256;
	ret_job->body = image->body_sha256;
	ret_job->head = lxss->judged.head;
	ret_job->progress = &lxss->window;
	r = ik_inplace_write(ret_job, err);
	ret_job->fd = -EBADF;
	lxss->report->window_us = IK_MAX(lxss->report->window_us, ret_job->window_us);
	if (r < 0)
		return r;
	/* Windows Installer does not replace a file that was changed after it was made. The journal, which
	   is written next, takes the time to the disk: that is a change of names and times as any. */
	ik_ignore(ik_sys_set_mtime(fd, &mtime));
	return 0;
}

void ik_lxss_describe(const struct ik_target *target, struct ik_report_image *ret)
{
	ret->kind = target->kind;
	if (target->kind == IK_KIND_MISSING)
		return;
	ret->size_bytes = target->id.size_bytes;
	ret->has_sha256 = target->has_digest;
	memcpy(ret->sha256, target->whole.bytes, sizeof(ret->sha256));
	if (target->image.format != IK_IMAGE_UNKNOWN)
		(void)snprintf(ret->format, sizeof(ret->format), "%s",
			       ik_image_format_name(target->image.format));
	(void)snprintf(ret->release, sizeof(ret->release), "%s", target->image.release);
}

int ik_lxss_report_target(const struct ik_scene *scene, bool with_digest,
			  const struct ik_progress *progress, struct ik_report *report,
			  struct ik_err *err)
{
	struct ik_report_image *out = &report->target;
	struct ik_journal journal;
	struct ik_target target;
	int r;

	(void)snprintf(out->path, sizeof(out->path), "%s/%s/%s", scene->session->drive.path,
		       scene->lxss.relative, scene->lxss.name);
	if (ik_place_windows_file(&scene->session->drive, &scene->lxss, scene->lxss.name,
				  out->windows_path, NULL) < 0)
		out->windows_path[0] = '\0';
	r = ik_target_look(scene->lxss.fd, scene->lxss.name,
			   with_digest ? IK_TARGET_DIGEST : IK_TARGET_NO_DIGEST, progress, &target,
			   err);
	/* Without a journal, all that lies there is told. */
	if (r >= 0 && with_digest && ik_journal_load(scene->lxss.fd, &journal, NULL) >= 0)
		r = ik_match_take_zeros_off(scene, &journal, progress, &target, err);
	if (r < 0)
		return r;
	ik_lxss_describe(&target, out);
	return 0;
}

int ik_lxss_report_known(struct ik_lxss *lxss, struct ik_err *err)
{
	bool known = lxss->known.has_digest;
	int r;

	if (!lxss->scene)
		return 0; /* it never came to a look at the target */
	r = ik_lxss_report_target(lxss->scene, !known, NULL, lxss->report, err);
	if (r >= 0 && known) {
		lxss->report->target.has_sha256 = true;
		lxss->report->target.size_bytes = lxss->known.id.size_bytes;
		memcpy(lxss->report->target.sha256, lxss->known.whole.bytes, IK_SHA256_LEN);
	}
	return r;
}
