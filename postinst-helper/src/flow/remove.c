/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Restoring is flow/txn; here is only the choice of the image and the sweeping afterwards.
 */
#include "flow/remove.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "flow/borrow.h"
#include "flow/fallback.h"
#include "flow/guide.h"
#include "flow/lxss.h"
#include "flow/mixture.h"
#include "flow/own.h"
#include "flow/recover.h"
#include "flow/txn.h"
#include "flow/wremove.h"
#include "flow/wview.h"
#include "io/afile.h"
#include "io/probe.h"
#include "store/names.h"
#include "store/sweep.h"

/* Gone with the package; the journal comes last. */
static const char *const own_files[] = {IK_NAME_NEW,	 IK_NAME_TEMP,	  IK_NAME_PREV,
					IK_PROBE_NAME_A, IK_PROBE_NAME_B, IK_NAME_JOURNAL};
/* Gone when no backup is left that they speak of. */
static const char *const guide_files[] = {IK_NAME_SCRIPT, IK_NAME_README, IK_NAME_HISTORY,
					  IK_NAME_SEAL, "immensity-restore.log"};

static int put_back(struct ik_lxss *lxss, struct ik_err *err)
{
	struct ik_txn_image image = {0};
	const struct ik_backup *backup = NULL;
	struct ik_err why = {0};
	ik_autoclose int fd = -EBADF;
	char file[IK_BACKUP_NAME_BYTES];
	int r = ik_lxss_load_backups(lxss, err);

	if (r < 0)
		return r;
	r = ik_backups_original(&lxss->backups, &backup, &why);
	if (why.code == IK_E_BACKUP_MISSING) {
		r = ik_err_set(err, IK_E_BACKUP_MISSING, ENOENT,
			       "there is no backup to put back in the place of \"%s\"", lxss->name);
		ik_err_hint(err, "`wsl --update` from Windows brings Microsoft's kernel back; a "
				 "whole one of ours goes on working until then");
		return r;
	}
	if (r < 0) {
		if (err)
			*err = why;
		return r;
	}
	(void)snprintf(file, sizeof(file), "%s", backup->file);
	image.file = file;
	image.target = backup->image;
	r = ik_path_open_regular(lxss->dir_fd, file, O_RDONLY, &fd, NULL, err);
	if (r < 0)
		return r;
	image.fd = fd;
	return ik_txn_run(lxss, &image, IK_TXN_RESTORE, err);
}

static int remove_backup(int dir_fd, const struct ik_backup *b, struct ik_err *err)
{
	int r = b->first_official ? ik_afile_remove(dir_fd, IK_NAME_SEAL, err) : 0;

	return r < 0 ? r : ik_afile_remove(dir_fd, b->file, err);
}

/*
 * What a kernel= names is what WSL starts from: it stays. So does a journal that knows of zeros of ours behind the
 * kernel: the next install would keep them as a part of Microsoft's.
 */
static int sweep(struct ik_lxss *lxss, const struct ik_borrow *lent, struct ik_err *err)
{
	const struct ik_journal *journal = &lxss->journal;
	bool padded = journal->present && (journal->rec.flags & IK_JREC_F_PADDED);
	int r = 0;

	for (size_t i = 0; r >= 0 && i < IK_ARRAY_SIZE(own_files) - padded; i++) {
		if (!ik_borrow_keeps(lent, lxss->scene, own_files[i], lxss->report))
			r = ik_sweep(lxss->dir_fd, &own_files[i], 1, err);
	}
	return r;
}

/* Purge: backups whose very bytes were just read back from the target are not needed any more. */
static int purge(struct ik_lxss *lxss, const struct ik_target *target, const struct ik_borrow *lent,
		 struct ik_err *err)
{
	size_t left = 0;
	int r = ik_lxss_load_backups(lxss, err);

	for (size_t i = 0; r >= 0 && i < lxss->backups.count; i++) {
		const struct ik_backup *b = &lxss->backups.list[i];

		if (b->image.id.size_bytes == target->id.size_bytes &&
		    ik_digest_is_equal(&b->image.whole, &target->whole) &&
		    !ik_borrow_keeps(lent, lxss->scene, b->file, lxss->report))
			r = remove_backup(lxss->dir_fd, b, err);
		else
			left++;
	}
	if (r >= 0 && left == 0)
		r = ik_sweep(lxss->dir_fd, guide_files, IK_ARRAY_SIZE(guide_files), err);
	return r;
}

/* What cannot be looked at may be there, and may speak of a kernel half written. */
static bool has_own_files(const struct ik_scene *scene, bool with_guides)
{
	for (size_t i = 0; i < IK_ARRAY_SIZE(own_files); i++) {
		if (ik_path_exists(scene->lxss.fd, own_files[i], NULL) != 0)
			return true;
	}
	return with_guides && (ik_path_exists(scene->lxss.fd, IK_NAME_OFFICIAL, NULL) != 0 ||
			       ik_path_exists(scene->lxss.fd, IK_NAME_SCRIPT, NULL) != 0);
}

/*
 * Does the kernel have to go? What we put there, and what somebody's copy onto a full disk left: a head, and not all of
 * the rest.
 */
static int has_to_go(struct ik_lxss *lxss, struct ik_err *err)
{
	struct ik_target target;
	int r = ik_target_look(lxss->dir_fd, lxss->name, IK_TARGET_NO_DIGEST, NULL, &target, err);

	if (r < 0 || target.kind == IK_KIND_MISSING)
		return r < 0 ? r : 0;
	if (target.kind == IK_KIND_OURS || !ik_target_has_kernel_size(&target))
		return 1;
	r = ik_mixture_is_cut(lxss->dir_fd, lxss->name, err);
	if (r != 0)
		return r;
	r = ik_target_look(lxss->dir_fd, lxss->name, IK_TARGET_DIGEST, &lxss->progress, &target,
			   err);
	return r < 0 ? r : ik_own_by_journal(&lxss->journal, &target);
}

/* Recovers; a torn target of ours that recovery cannot repair gets a backup of its own choice. */
static int make_whole(struct ik_lxss *lxss, struct ik_err *err)
{
	struct ik_err seen = {0};
	int r = ik_recover_run(lxss, false, &seen);

	if (lxss->half_written) {
		ik_err_clear(&seen);
		r = put_back(lxss, &seen);
		return r < 0 ? ik_recover_failed(lxss, r, &seen, err) : r;
	}
	if (r < 0) {
		if (err)
			*err = seen;
		return r;
	}
	r = has_to_go(lxss, err);
	if (r <= 0)
		return r;
	r = put_back(lxss, &seen);
	return r < 0 ? ik_recover_failed(lxss, r, &seen, err) : r;
}

/* Mode lxss. 1 = something was done. */
static int remove_lxss(const struct ik_scene *scene, struct ik_job *job, struct ik_report *report,
		       struct ik_err *err)
{
	struct ik_lxss ik_autolxss lxss = IK_LXSS_NONE;
	struct ik_target target;
	struct ik_borrow lent;
	struct ik_err why = {0};
	int r = ik_target_look(scene->lxss.fd, scene->lxss.name, IK_TARGET_NO_DIGEST, NULL, &target,
			       &why);

	if (r < 0)
		return ik_recover_in_the_dark(scene, r, &why, err);
	if (target.kind != IK_KIND_OURS && !has_own_files(scene, job->purge))
		return 0;
	r = ik_recover_open(scene, job, report, &lxss, err);
	if (r >= 0)
		r = make_whole(&lxss, err);
	if (r >= 0)
		r = ik_target_look(scene->lxss.fd, scene->lxss.name, IK_TARGET_DIGEST,
				   &job->progress, &target, err);
	if (r >= 0)
		r = ik_borrow_look(scene, &lent, err);
	if (r < 0)
		return r;
	ik_sweep_broken_locks(lxss.dir_fd);
	r = sweep(&lxss, &lent, err);
	if (r >= 0 && job->purge)
		r = purge(&lxss, &target, &lent, err);
	if (r >= 0)
		ik_guide_renew(&lxss, &target.whole);
	return r < 0 ? r : 1;
}

static bool wants(const struct ik_session *session, enum ik_conf_target target)
{
	return session->conf.target == IK_CONF_TARGET_AUTO || session->conf.target == target;
}

/*
 * Mode wslconfig. The mode may have been changed since the install, so traces of ours count in either place, whatever
 * is configured now; without any, a place that is not wanted cannot make a removal fail.
 */
static int remove_wcfg(const struct ik_scene *scene, struct ik_job *job, struct ik_report *report,
		       struct ik_err *err)
{
	bool wanted = wants(job->session, IK_CONF_TARGET_WSLCONFIG);
	int r = 1;

	if (scene->has_profile) {
		if (!wanted)
			r = ik_wremove_has_traces(scene, err);
		return r > 0 ? ik_wremove(scene, job, report, err) : r;
	}
	/* A place that could not be looked at is not one without anything to remove. */
	if (scene->keys > 0 || scene->key_was_set || (wanted && scene->mode != IK_MODE_LXSS))
		return ik_scene_profile_error(scene, err);
	return 0;
}

/* Mode lxss, when the other one is configured: only where a kernel or files of ours are. */
static bool has_lxss_traces(const struct ik_scene *scene, const struct ik_job *job)
{
	struct ik_target target;

	return ik_target_look(scene->lxss.fd, scene->lxss.name, IK_TARGET_NO_DIGEST, NULL, &target,
			      NULL) >= 0 &&
	       (target.kind == IK_KIND_OURS || has_own_files(scene, job->purge));
}

/*
 * Store WSL does not look at the lxss kernel: when our key is gone, what could not be put back there is not in use. Whoever
 * names that place by `target=lxss` says otherwise.
 */
static bool is_remnant(const struct ik_session *session, int wcfg, const struct ik_err *why)
{
	return wcfg >= 0 && session->env.flavour == IK_WSL_STORE &&
	       session->conf.target != IK_CONF_TARGET_LXSS && why->code != IK_E_INTERRUPTED;
}

/* Tells which half failed. 0 = none that counts. */
static int judge_halves(const struct ik_job *job, int wcfg, int lxss, const struct ik_err *why,
			struct ik_report *report, struct ik_err *err)
{
	if (lxss < 0 && is_remnant(job->session, wcfg, why)) {
		ik_report_note(report,
			       "a remnant that WSL does not use stays in lxss\\tools: %.200s",
			       why->message);
		lxss = 0;
	}
	report->key_stays = wcfg < 0;
	report->lxss_stays = lxss < 0;
	if (wcfg >= 0 && lxss < 0 && err)
		*err = *why;
	return wcfg < 0 ? wcfg : lxss;
}

static int remove_both(const struct ik_scene *scene, struct ik_job *job, struct ik_report *report,
		       struct ik_err *err)
{
	bool wanted = wants(job->session, IK_CONF_TARGET_LXSS);
	struct ik_err late = {0};
	int lxss = 0, wcfg = 0, r;

	/* What WSL boots without our key must be whole before that goes. */
	report->key_stays = true;
	report->lxss_stays = true;
	if (scene->has_profile)
		wcfg = ik_fallback_mend(scene, job, report, put_back, err);
	if (wcfg < 0)
		return wcfg;
	/* The key first: while it is ours, the file it names must stay. */
	wcfg = remove_wcfg(scene, job, report, err);
	if (scene->has_target && (wanted || has_lxss_traces(scene, job)))
		lxss = remove_lxss(scene, job, report, &late);
	else if (!scene->has_target && wcfg == 0 && wanted)
		lxss = ik_scene_lxss_error(scene, &late);
	r = judge_halves(job, wcfg, lxss, &late, report, err);
	return r < 0 ? r : wcfg > 0 || lxss > 0;
}

int ik_remove_job(struct ik_job *job, struct ik_report *report, struct ik_err *err)
{
	struct ik_scene ik_autoscene scene = {.lxss = {.fd = -EBADF}, .profile = {.fd = -EBADF}};
	int r = ik_scene_open(job->session, &scene, err);

	if (r < 0)
		return r;
	report->mode = scene.mode;
	r = remove_both(&scene, job, report, err);
	report->action = r < 0 ? IK_ACTION_NONE : r > 0 ? IK_ACTION_REMOVED : IK_ACTION_UNCHANGED;
	if (scene.mode == IK_MODE_WSLCONFIG && scene.has_profile)
		ik_ignore(
			ik_wview_report_target(&scene, true, NULL, report, NULL)); /* a courtesy */
	else if (scene.has_target)
		ik_ignore(ik_lxss_report_target(&scene, true, NULL, report, NULL)); /* a courtesy */
	return r < 0 ? r : 0;
}
