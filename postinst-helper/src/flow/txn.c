/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The numbers in the comments are the protocol's steps; steps 9 to 15 are io/inplace, and what comes
 * after a failure in them is flow/recover.
 */
#include "flow/txn.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "codec/rescue.h"
#include "flow/recover.h"
#include "io/afile.h"
#include "io/probe.h"
#include "io/stage.h"
#include "os/clock.h"
#include "os/sys.h"
#include "store/history.h"
#include "store/names.h"

/* One transaction under way. */
struct txn {
	struct ik_lxss *lxss;
	const struct ik_txn_image *image;
	enum ik_txn_purpose purpose;
	struct ik_target old; /* A, with digests */
	bool old_is_torn;     /* nothing worth a backup is in the target */
	char new_file[IK_BACKUP_NAME_BYTES];
	char old_file[IK_BACKUP_NAME_BYTES];
};

static void set_facts(const struct txn *txn, struct ik_plan_replace_facts *facts)
{
	const struct ik_conf *conf = &txn->lxss->scene->session->conf;

	*facts = (struct ik_plan_replace_facts){
		.current = txn->old.kind,
		.same_digest = ik_digest_is_equal(&txn->old.whole, &txn->image->target.whole) &&
			       txn->old.id.size_bytes == txn->image->target.id.size_bytes,
		.current_release = txn->old.image.release,
		.wanted_release = txn->image->target.image.release,
		.allow_downgrade = conf->allow_downgrade || txn->purpose == IK_TXN_RESTORE,
		.replace_foreign = conf->replace_foreign || txn->purpose == IK_TXN_RESTORE,
	};
}

/* A whole kernel of a size that no kernel has is somebody's joke. */
static int check_size(const struct txn *txn, struct ik_err *err)
{
	uint64_t size = txn->old.id.size_bytes;

	if (txn->old.kind == IK_KIND_MISSING || txn->old.kind == IK_KIND_TORN ||
	    (size >= IK_IMAGE_MIN_BYTES && size <= IK_IMAGE_MAX_BYTES))
		return 0;
	return ik_err_set(err, size > IK_IMAGE_MAX_BYTES ? IK_E_FILE_TOO_BIG : IK_E_FILE_TOO_SMALL,
			  0, "\"%s\" has %llu bytes, which no kernel has", txn->lxss->name,
			  (unsigned long long)size);
}

/* Steps 0 and 3: what is there, and may it be replaced? 1 = nothing to do. */
static int judge(struct txn *txn, struct ik_err *err)
{
	struct ik_lxss *lxss = txn->lxss;
	struct ik_plan_replace_facts facts;
	enum ik_verdict verdict;
	int r = ik_target_look(lxss->dir_fd, lxss->name, IK_TARGET_DIGEST_CACHE, &lxss->progress,
			       &txn->old, err);

	if (r >= 0)
		r = check_size(txn, err);
	if (r < 0)
		return r;
	lxss->known = txn->old;
	set_facts(txn, &facts);
	verdict = ik_plan_replace(&facts);
	if (verdict == IK_VERDICT_TORN && txn->purpose == IK_TXN_RESTORE) {
		txn->old_is_torn = true;
		return 0;
	}
	r = ik_plan_verdict_error(verdict, &facts, lxss->name, err);
	if (verdict == IK_VERDICT_NEWER)
		lxss->report->action = IK_ACTION_NEWER;
	if (r < 0)
		return r;
	if (verdict == IK_VERDICT_SAME) {
		lxss->report->action = IK_ACTION_UNCHANGED;
		return 1;
	}
	return 0;
}

/* Step 2: what could go wrong later is found out now. */
static int probe(struct txn *txn, struct ik_err *err)
{
	struct ik_lxss *lxss = txn->lxss;
	bool backed_up = txn->old_is_torn ||
			 ik_backups_find(&lxss->backups, &txn->old.whole, txn->old.id.size_bytes);
	uint64_t need =
		ik_plan_space(txn->old.id.size_bytes, txn->image->target.id.size_bytes, !backed_up);
	uint64_t have = 0;
	int r = ik_probe_server(lxss->dir_fd, err);

	if (r < 0)
		return r;
	r = ik_sys_free_bytes(lxss->dir_fd, &have);
	if (r >= 0 && have < need) {
		r = ik_err_set(err, IK_E_SPACE_LOW, ENOSPC,
			       "the drive has %llu MiB free, %llu MiB are needed",
			       (unsigned long long)(have >> 20),
			       (unsigned long long)(need >> 20) + 1);
		ik_err_hint(err, "free some space on the Windows drive, then run `immensity-kernel "
				 "install`");
		return r;
	}
	return 0;
}

/* Step 4: B beside the target, unless a copy of it is there anyway (a backup). */
static int stage(struct txn *txn, struct ik_err *err)
{
	const struct ik_txn_image *image = txn->image;
	struct ik_stage job = {
		.from_fd = image->fd,
		.size_bytes = image->target.id.size_bytes,
		.digest = image->target.whole,
		.dir_fd = txn->lxss->dir_fd,
		.temp = IK_NAME_TEMP,
		.name = IK_NAME_NEW,
		.what = "copying",
		.names_later = true,
	};

	(void)snprintf(txn->new_file, sizeof(txn->new_file), "%s",
		       image->file ? image->file : IK_NAME_NEW);
	return image->file ? 0 : ik_stage_copy(&job, &txn->lxss->progress, err);
}

/* Step 5: A beside the target. A torn target has nothing to keep: then A is B. */
static int back_up(struct txn *txn, struct ik_err *err)
{
	struct ik_lxss *lxss = txn->lxss;
	ik_autoclose int fd = -EBADF;
	int r;

	if (txn->old_is_torn) {
		(void)snprintf(txn->old_file, sizeof(txn->old_file), "%s", txn->new_file);
		return 0;
	}
	r = ik_path_open_regular(lxss->dir_fd, lxss->name, O_RDONLY, &fd, NULL, err);
	if (r >= 0)
		r = ik_backup_keep(lxss->dir_fd, &lxss->backups, &txn->old, fd, &lxss->progress,
				   txn->old_file, err);
	return r;
}

static void add_rescue(struct ik_rescue *rescue, const char *verb, const char *file,
		       const struct ik_target *target)
{
	struct ik_rescue_image *image = &rescue->images[rescue->n_images++];

	image->verb = verb;
	image->file = file;
	image->size_bytes = target->id.size_bytes;
	image->sha256 = target->whole;
	image->release = target->image.release;
}

static int write_text(struct ik_lxss *lxss, const char *name, const struct ik_strbuf *text,
		      struct ik_err *err)
{
	int r = ik_strbuf_error(text);

	if (r < 0)
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, r, "writing \"%s\"", name);
	return ik_afile_put(lxss->dir_fd, name, text->data, text->len, 0644, err);
}

/* Step 6: the way back for a user with only Windows. */
static int write_rescue(struct txn *txn, struct ik_err *err)
{
	struct ik_lxss *lxss = txn->lxss;
	struct ik_strbuf ik_autostrbuf script = {0}, readme = {0};
	const struct ik_backup *official = NULL;
	struct ik_rescue rescue = {
		.target_file = lxss->name,
		.lock_file = IK_NAME_LOCK,
		.script_file = IK_NAME_SCRIPT,
		.dir_windows = lxss->scene->lxss.windows,
		.tool_version = IK_VERSION,
	};
	int r;

	add_rescue(&rescue, "previous", txn->old_file,
		   txn->old_is_torn ? &txn->image->target : &txn->old);
	if (ik_backups_select(&lxss->backups, "official", NULL, &official, NULL) >= 0)
		add_rescue(&rescue, "official", official->file, &official->image);
	r = ik_rescue_script(&rescue, &script, err);
	if (r >= 0)
		r = ik_rescue_readme(&rescue, &readme, err);
	if (r >= 0)
		r = write_text(lxss, IK_NAME_SCRIPT, &script, err);
	if (r >= 0)
		r = write_text(lxss, IK_NAME_README, &readme, err);
	return r;
}

static void fill_image(struct ik_jrec_image *out, const struct ik_target *target, const char *file)
{
	out->size_bytes = target->id.size_bytes;
	out->sha256 = target->whole;
	out->body_sha256 = target->body;
	(void)snprintf(out->release, sizeof(out->release), "%s", target->image.release);
	(void)snprintf(out->origin, sizeof(out->origin), "%s", ik_kind_name(target->kind));
	(void)snprintf(out->file, sizeof(out->file), "%s", file);
}

/* Step 7. */
static int arm(struct txn *txn, struct ik_err *err)
{
	struct ik_lxss *lxss = txn->lxss;
	struct ik_jrec rec = {
		.state = IK_JREC_ARMED,
		.target_ino = txn->old.id.ino,
		.target_nlink = txn->old.id.nlink,
		.target_mtime_s = txn->old.id.mtime.tv_sec,
		.target_mtime_ns = (uint32_t)txn->old.id.mtime.tv_nsec,
		.flags = txn->purpose == IK_TXN_RESTORE ? IK_JREC_F_RESTORE : 0,
	};

	(void)snprintf(rec.target, sizeof(rec.target), "%s", lxss->name);
	(void)snprintf(rec.transaction, sizeof(rec.transaction), "%s", lxss->lock.rec.nonce);
	fill_image(&rec.a, txn->old_is_torn ? &txn->image->target : &txn->old, txn->old_file);
	fill_image(&rec.b, &txn->image->target, txn->new_file);
	/* The names of both copies and of the script, before the journal counts on them. */
	ik_sys_fsync_dir(lxss->dir_fd);
	return ik_journal_write(&lxss->journal, &rec, err);
}

/* Step 8: still the same file with the same content? Windows Update may have come by. */
static int recheck(struct txn *txn, struct ik_err *err)
{
	struct ik_lxss *lxss = txn->lxss;
	struct ik_reread seen;
	int r = ik_reread(lxss->dir_fd, lxss->name, UINT64_MAX, IK_REREAD_WHOLE, &lxss->progress,
			  &seen, err);

	if (r < 0)
		return r;
	if (ik_file_id_is_same(&seen.id, &txn->old.id) && seen.id.nlink == txn->old.id.nlink &&
	    seen.id.size_bytes == txn->old.id.size_bytes &&
	    ik_digest_is_equal(&seen.whole, &txn->old.whole))
		return 0;
	r = ik_err_set(
		err, IK_E_TARGET_CHANGED, ESTALE,
		"\"%s\" was changed by somebody else (Windows Update?) meanwhile; left alone",
		lxss->name);
	ik_err_hint(err, "run `immensity-kernel install` again");
	return r;
}

/* Nothing was touched: takes the journal back. */
static int call_off(struct txn *txn, int r)
{
	struct ik_lxss *lxss = txn->lxss;

	/* If this fails the journal stays armed over an untouched target: recovery knows the row. */
	if (ik_journal_mark(&lxss->journal, IK_JREC_IDLE, lxss->journal.rec.flags, "called off",
			    NULL) >= 0 &&
	    !txn->image->file)
		ik_ignore(ik_afile_remove(lxss->dir_fd, IK_NAME_NEW, NULL));
	ik_history_drive(lxss->dir_fd, "called off before anything was changed");
	return r;
}

/* Steps 9 to 15, and the way back if they fail. */
static int overwrite(struct txn *txn, bool *ret_padded, struct ik_err *err)
{
	struct ik_lxss *lxss = txn->lxss;
	struct ik_jrec_image image = lxss->journal.rec.b;
	struct ik_err why = {0}, repair = {0};
	struct ik_inplace job = {0};
	int r = ik_lxss_write(lxss, txn->image->fd, &image, &job, &why);
	int repaired;

	*ret_padded = job.padded;
	lxss->known = txn->image->target;
	lxss->known.has_digest = r >= 0 && !job.padded;
	if (r >= 0)
		return 0;
	if (err)
		*err = why;
	if (job.reach == IK_INPLACE_UNTOUCHED)
		return call_off(txn, r);
	repaired = ik_recover_run(lxss, true, &repair);
	if (repair.code == IK_E_TARGET_UNFLUSHED)
		ik_report_note(lxss->report, "%.200s", repair.message);
	if (repaired >= 0 || repair.code == IK_E_TARGET_UNFLUSHED)
		return r;
	if (err)
		*err = repair;
	return repaired;
}

/* Step 16; the target is done, so nothing here can fail the transaction. */
static void close_up(struct txn *txn, bool padded)
{
	struct ik_lxss *lxss = txn->lxss;
	uint32_t flags = lxss->journal.rec.flags | (padded ? IK_JREC_F_PADDED : 0);
	char hex[IK_SHA256_HEX];

	if (ik_journal_mark(&lxss->journal, IK_JREC_DONE, flags, NULL, NULL) < 0)
		ik_report_note(lxss->report,
			       "the journal could not be closed; the next run will do it");
	else if (!txn->image->file)
		ik_ignore(
			ik_afile_remove(lxss->dir_fd, IK_NAME_NEW, NULL)); /* only takes up room */
	ik_digest_hex(&txn->image->target.whole, hex);
	ik_history_drive(lxss->dir_fd, "%s %s (sha256 %.12s) in place of %s; kept as %s",
			 txn->purpose == IK_TXN_INSTALL ? "installed" : "restored",
			 txn->image->target.image.release, hex, txn->old.image.release,
			 txn->old_file);
	lxss->report->action =
		txn->purpose == IK_TXN_INSTALL ? IK_ACTION_INSTALLED : IK_ACTION_RESTORED;
}

static int prepare(struct txn *txn, struct ik_err *err)
{
	int r = txn->lxss->has_backups ? 0 : ik_lxss_load_backups(txn->lxss, err);

	if (r >= 0)
		r = probe(txn, err);
	if (r >= 0)
		r = stage(txn, err);
	if (r >= 0)
		r = back_up(txn, err);
	if (r >= 0)
		r = write_rescue(txn, err);
	if (r < 0 && !txn->image->file)
		ik_ignore(ik_afile_remove(txn->lxss->dir_fd, IK_NAME_NEW,
					  NULL)); /* first error counts */
	return r;
}

int ik_txn_run(struct ik_lxss *lxss, const struct ik_txn_image *image, enum ik_txn_purpose purpose,
	       struct ik_err *err)
{
	struct txn txn = {.lxss = lxss, .image = image, .purpose = purpose};
	ik_autoclose int fd = -EBADF;
	bool padded = false;
	int r = judge(&txn, err);

	if (r != 0)
		return r < 0 ? r : 0;
	/* Is there a right to write at all? Asked before anything is copied. */
	r = ik_scene_open_target(lxss->scene, &fd, NULL, err);
	fd = ik_close(fd);
	if (r >= 0)
		r = prepare(&txn, err);
	if (r >= 0)
		r = arm(&txn, err);
	if (r < 0)
		return r;
	r = recheck(&txn, err);
	if (r < 0)
		return call_off(&txn, r);
	r = overwrite(&txn, &padded, err);
	if (r >= 0)
		close_up(&txn, padded);
	return r;
}

/* Opens the ground and recovers: the start of every change. */
static int begin(struct ik_job *job, struct ik_scene *scene, struct ik_lxss *lxss,
		 struct ik_report *report, struct ik_err *err)
{
	int r = ik_lxss_open(scene, job, report, lxss, err);

	if (r >= 0)
		r = ik_recover_run(lxss, false, err);
	if (r >= 0)
		r = ik_recover_mark_good(lxss, job->session->env.release, err);
	return r;
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

int ik_txn_install_job(struct ik_job *job, struct ik_report *report, struct ik_err *err)
{
	struct ik_scene ik_autoscene scene = {.lxss = {.fd = -EBADF}, .profile = {.fd = -EBADF}};
	struct ik_lxss ik_autolxss lxss = {0};
	struct ik_txn_image image;
	struct ik_err late = {0};
	int r = ik_scene_open(job->session, &scene, err);

	if (r >= 0)
		r = ik_scene_need_mode(&scene, err);
	if (r < 0)
		return r;
	report->mode = scene.mode;
	source_as_target(job->source, &image);
	r = begin(job, &scene, &lxss, report, err);
	if (r >= 0)
		r = ik_txn_run(&lxss, &image, IK_TXN_INSTALL, err);
	if (ik_lxss_report_known(&lxss, &late) < 0)
		ik_report_note(report, "%s", late.message);
	return r;
}

/* Asks whether a restore may go on although recovery found a torn target that is not ours. */
static int begin_restore(struct ik_job *job, struct ik_scene *scene, struct ik_lxss *lxss,
			 struct ik_report *report, struct ik_err *err)
{
	struct ik_err seen = {0};
	int r = begin(job, scene, lxss, report, &seen);

	/* That is what restoring is for. */
	if (seen.code == IK_E_TARGET_TORN || seen.code == IK_E_RECOVERY_NEEDED)
		return 0;
	if (r < 0 && err)
		*err = seen;
	return r;
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
	r = ik_backups_select(&lxss->backups, name,
			      lxss->journal.present ? &lxss->journal.rec.a.sha256 : NULL, &backup,
			      err);
	if (r < 0)
		return r;
	(void)snprintf(file, sizeof(file), "%s", backup->file);
	image.target = backup->image;
	r = ik_path_open_regular(lxss->dir_fd, file, O_RDONLY, &fd, NULL, err);
	if (r < 0)
		return r;
	image.fd = fd;
	/* Our own former image may be replaced by the backup of the present one: then it is staged. */
	image.file = strcasecmp(file, IK_NAME_PREV) == 0 ? NULL : file;
	return ik_txn_run(lxss, &image, IK_TXN_RESTORE, err);
}

int ik_txn_restore_job(struct ik_job *job, struct ik_report *report, struct ik_err *err)
{
	struct ik_scene ik_autoscene scene = {.lxss = {.fd = -EBADF}, .profile = {.fd = -EBADF}};
	struct ik_lxss ik_autolxss lxss = {0};
	struct ik_err late = {0};
	int r = ik_scene_open(job->session, &scene, err);

	if (r >= 0)
		r = ik_scene_need_mode(&scene, err);
	if (r < 0)
		return r;
	report->mode = scene.mode;
	r = begin_restore(job, &scene, &lxss, report, err);
	if (r >= 0)
		r = restore_backup(&lxss, job->backup, err);
	if (ik_lxss_report_known(&lxss, &late) < 0)
		ik_report_note(report, "%s", late.message);
	return r;
}
