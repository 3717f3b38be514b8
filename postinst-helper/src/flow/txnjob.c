/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Both jobs open the ground, recover, and hand an image to the transaction.
 */
#include "flow/txnjob.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "flow/keywins.h"
#include "flow/recover.h"
#include "flow/txn.h"
#include "store/names.h"

/* On open ground: recovers, the start of every change. */
static int begin(const struct ik_job *job, struct ik_lxss *lxss, struct ik_err *err)
{
	int r = ik_recover_run(lxss, false, err);

	return r >= 0 ? ik_recover_mark_good(lxss, job->session->env.release, err) : r;
}

static void source_as_target(const struct ik_source *source, struct ik_txn_image *ret)
{
	*ret = (struct ik_txn_image){
		.fd = source->sealed.fd,
		.target =
			{
				.kind = source->kind,
				.id = {.size_bytes = source->sealed.size_bytes},
				.image = source->image,
				.has_digest = true,
				.whole = source->sealed.digest,
				.body = source->body,
			},
	};
}

int ik_txnjob_install(struct ik_job *job, struct ik_report *report, struct ik_err *err)
{
	struct ik_scene ik_autoscene scene = {.lxss = {.fd = -EBADF}, .profile = {.fd = -EBADF}};
	struct ik_lxss ik_autolxss lxss = IK_LXSS_NONE;
	struct ik_txn_image image;
	struct ik_err late = {0};
	int r = ik_scene_open_for(job->session, &report->mode, &scene, err);

	if (r < 0)
		return r;
	source_as_target(job->source, &image);
	r = ik_recover_open(&scene, job, report, &lxss, err);
	if (r >= 0)
		r = begin(job, &lxss, err);
	if (r >= 0)
		r = ik_txn_run(&lxss, &image, IK_TXN_INSTALL, err);
	if (r >= 0)
		ik_keywins_end(&scene, job, report);
	if (ik_lxss_report_known(&lxss, &late) < 0)
		ik_report_note(report, "%s", late.message);
	return r;
}

/* On open ground: a restore may go on although recovery found a torn target that it could not repair. */
static int begin_restore(const struct ik_job *job, struct ik_lxss *lxss, struct ik_err *err)
{
	struct ik_err seen = {0};
	int r = begin(job, lxss, &seen);

	/* That is what restoring is for. What could not be judged may be a whole kernel, and is not touched. */
	if (seen.code == IK_E_TARGET_TORN || lxss->half_written)
		return 0;
	if (r < 0 && err)
		*err = seen;
	return r;
}

/* A change that was undone left a journal that speaks of the kernel in place, not of the one before it. */
static const struct ik_sha256 *previous(const struct ik_lxss *lxss)
{
	const struct ik_journal *journal = &lxss->journal;

	return journal->present && journal->rec.state != IK_JREC_IDLE ? &journal->rec.a.sha256 :
									NULL;
}

static int restore_backup(struct ik_lxss *lxss, const char *name, struct ik_err *err)
{
	const struct ik_backup *backup = NULL;
	ik_autoclose int fd = -EBADF;
	struct ik_txn_image image = {0};
	char file[IK_BACKUP_NAME_BYTES];
	int r = ik_lxss_load_backups(lxss, err);

	if (r < 0)
		return r;
	r = ik_backups_select(&lxss->backups, name, previous(lxss), &backup, err);
	if (r < 0)
		return r;
	(void)snprintf(file, sizeof(file), "%s", backup->file);
	image.target = backup->image;
	/* Also an image of the user's own, which we had put in. */
	if (backup->origin == IK_KIND_OURS)
		image.target.kind = IK_KIND_OURS;
	r = ik_path_open_regular(lxss->dir_fd, file, O_RDONLY, &fd, NULL, err);
	if (r < 0)
		return r;
	image.fd = fd;
	/* Our own former image may be replaced by the backup of the present one: then it is staged. */
	image.file = strcasecmp(file, IK_NAME_PREV) == 0 ? NULL : file;
	return ik_txn_run(lxss, &image, IK_TXN_RESTORE, err);
}

/* Microsoft's is there and never was replaced, so that no backup is needed: only our key keeps Windows from booting it. */
static bool is_there_already(const struct ik_lxss *lxss, const char *name, const struct ik_err *why)
{
	struct ik_target target;

	return why->code == IK_E_BACKUP_MISSING && strcmp(name, "official") == 0 &&
	       !lxss->journal.present &&
	       ik_target_look(lxss->dir_fd, lxss->name, IK_TARGET_NO_DIGEST, NULL, &target, NULL) >=
		       0 &&
	       target.kind == IK_KIND_OFFICIAL && ik_keywins_is_ours(lxss->scene);
}

static int restore_or_leave(struct ik_lxss *lxss, const char *name, struct ik_err *err)
{
	int r = restore_backup(lxss, name, err);

	if (!is_there_already(lxss, name, err))
		return r;
	lxss->report->action = IK_ACTION_RESTORED;
	return 0;
}

int ik_txnjob_restore(struct ik_job *job, struct ik_report *report, struct ik_err *err)
{
	struct ik_scene ik_autoscene scene = {.lxss = {.fd = -EBADF}, .profile = {.fd = -EBADF}};
	struct ik_lxss ik_autolxss lxss = IK_LXSS_NONE;
	struct ik_err late = {0}, why = {0};
	int r = ik_scene_open_for(job->session, &report->mode, &scene, err);

	if (r < 0)
		return r;
	/* Without lock and journal nothing goes on, whatever the kernel needs. */
	r = ik_recover_open(&scene, job, report, &lxss, &why);
	if (r >= 0)
		r = begin_restore(job, &lxss, &why);
	if (r >= 0)
		r = restore_or_leave(&lxss, job->backup, &why);
	if (r < 0)
		r = ik_recover_failed(&lxss, r, &why, err);
	else
		ik_keywins_end(&scene, job, report);
	if (ik_lxss_report_known(&lxss, &late) < 0)
		ik_report_note(report, "%s", late.message);
	return r;
}
