/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The numbers in the comments are the protocol's steps. Everything that a full disk, a missing right or
 * a bad server can refuse is refused here, while the target is as it was.
 */
#include "flow/txnprep.h"

#include <fcntl.h>
#include <stdio.h>

#include "flow/guide.h"
#include "io/afile.h"
#include "io/probe.h"
#include "io/stage.h"
#include "os/sys.h"
#include "store/keep.h"
#include "store/names.h"

/* What is not staged takes up no room, and over a torn kernel no reserve is worth leaving it torn. */
static uint64_t space_needed(const struct ik_txn *txn, bool backed_up)
{
	uint64_t new_bytes = txn->image->target.id.size_bytes;
	uint64_t need = ik_plan_space(txn->old.id.size_bytes, new_bytes, !backed_up);

	if (txn->image->file)
		need -= new_bytes;
	if (txn->old_is_torn)
		need -= ik_plan_space(0, 0, false);
	return need;
}

/* Step 2: what could go wrong later is found out now. */
static int probe(struct ik_txn *txn, struct ik_err *err)
{
	struct ik_lxss *lxss = txn->lxss;
	bool backed_up = txn->old_is_torn ||
			 ik_backups_find(&lxss->backups, &txn->old.whole, txn->old.id.size_bytes);
	uint64_t need = space_needed(txn, backed_up);
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
static int stage(struct ik_txn *txn, struct ik_err *err)
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

/*
 * Step 5: A beside the target; if it is ours, without its name, which our former image still has. A torn target has
 * nothing to keep: then A is B.
 */
static int back_up(struct ik_txn *txn, struct ik_err *err)
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
	txn->old_waits = r > 0;
	return r;
}

/* Step 6: the way back for a user with only Windows. */
static int write_rescue(struct ik_txn *txn, struct ik_err *err)
{
	return ik_guide_put(txn->lxss, txn->old_file,
			    txn->old_is_torn ? &txn->image->target : &txn->old, err);
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
int ik_txnprep_arm(struct ik_txn *txn, struct ik_err *err)
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

int ik_txnprep_stage(struct ik_txn *txn, struct ik_err *err)
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
	if (r >= 0)
		return r;
	if (!txn->image->file) /* first error counts */
		ik_ignore(ik_afile_remove(txn->lxss->dir_fd, IK_NAME_NEW, NULL));
	ik_ignore(ik_afile_remove(txn->lxss->dir_fd, IK_NAME_TEMP, NULL));
	return r;
}
