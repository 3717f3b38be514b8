/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The numbers in the comments are the protocol's steps; steps 9 to 15 are io/inplace, and what comes
 * after a failure in them is flow/recover.
 */
#include "flow/txn.h"

#include <stdio.h>

#include "flow/guide.h"
#include "flow/match.h"
#include "flow/own.h"
#include "flow/recover.h"
#include "flow/staged.h"
#include "flow/txnprep.h"
#include "io/fault.h"
#include "os/sys.h"
#include "store/history.h"
#include "store/keep.h"

static void set_facts(const struct ik_txn *txn, struct ik_plan_replace_facts *facts)
{
	const struct ik_conf *conf = &txn->lxss->scene->session->conf;

	*facts = (struct ik_plan_replace_facts){
		.current = txn->old.kind,
		.same_digest = ik_digest_is_equal(&txn->old.whole, &txn->image->target.whole),
		.current_release = txn->old.image.release,
		.wanted_release = txn->image->target.image.release,
		.allow_downgrade = conf->allow_downgrade || txn->purpose == IK_TXN_RESTORE,
		.replace_foreign = conf->replace_foreign || txn->purpose == IK_TXN_RESTORE,
	};
}

/* A whole kernel of a size that no kernel has is somebody's joke, or was copied onto a full disk. */
static int check_size(const struct ik_txn *txn, struct ik_err *err)
{
	uint64_t size = txn->old.id.size_bytes;
	int r;

	if (txn->old.kind == IK_KIND_MISSING || txn->old.kind == IK_KIND_TORN ||
	    ik_target_has_kernel_size(&txn->old))
		return 0;
	r = ik_err_set(err, size > IK_IMAGE_MAX_BYTES ? IK_E_FILE_TOO_BIG : IK_E_FILE_TOO_SMALL, 0,
		       "\"%s\" has %llu bytes, which no kernel has", txn->lxss->name,
		       (unsigned long long)size);
	ik_err_hint(err, "run `immensity-kernel restore --to official`, or `wsl --update` from "
			 "Windows");
	return r;
}

/* Is there nothing that a backup could be for? Recovery knows more than the head says: a mixture is no kernel of anybody. */
static bool is_worthless(const struct ik_txn *txn)
{
	if (txn->lxss->half_written)
		return true;
	return txn->purpose == IK_TXN_RESTORE && txn->old.kind != IK_KIND_MISSING &&
	       !ik_target_has_kernel_size(&txn->old);
}

/* What is there, and what of it counts? */
static int look(struct ik_txn *txn, struct ik_err *err)
{
	struct ik_lxss *lxss = txn->lxss;
	int r = ik_lxss_sight(lxss, err);

	if (r >= 0)
		r = ik_target_look(lxss->dir_fd, lxss->name, IK_TARGET_DIGEST_CACHE,
				   &lxss->progress, &txn->there, err);
	if (r < 0)
		return r;
	txn->old = txn->there;
	if (is_worthless(txn)) {
		txn->has_false_head = txn->old.kind != IK_KIND_TORN;
		txn->old.kind = IK_KIND_TORN;
	}
	return ik_match_take_zeros_off(lxss->scene, &lxss->journal, &lxss->progress, &txn->old,
				       err);
}

/* Steps 0 and 3: what is there, and may it be replaced? 1 = nothing to do. */
static int judge(struct ik_txn *txn, struct ik_err *err)
{
	struct ik_lxss *lxss = txn->lxss;
	struct ik_plan_replace_facts facts;
	enum ik_verdict verdict;
	int r = look(txn, err);

	if (r >= 0)
		r = check_size(txn, err);
	if (r < 0)
		return r;
	lxss->known = txn->old;
	/* Whatever its release says: it is kept as our former image, never as one of Microsoft's. */
	if (txn->old.kind != IK_KIND_TORN && ik_own_by_journal(&lxss->journal, &txn->old))
		txn->old.kind = IK_KIND_OURS;
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

static bool is_as_before(const struct ik_reread *seen, const struct ik_target *there)
{
	return ik_file_id_is_same(&seen->id, &there->id) && seen->id.nlink == there->id.nlink &&
	       seen->id.size_bytes == there->id.size_bytes &&
	       ik_digest_is_equal(&seen->whole, &there->whole);
}

/*
 * Step 8: still the same file with the same content? Windows Update may have come by. What is longer than any kernel is
 * not read as a whole: its looks must do.
 */
static int recheck(struct ik_txn *txn, struct ik_err *err)
{
	struct ik_lxss *lxss = txn->lxss;
	struct ik_sight before = lxss->judged;
	struct ik_reread seen;
	int r = ik_lxss_sight(lxss, err);

	if (r >= 0 && txn->there.has_digest)
		r = ik_reread(lxss->dir_fd, lxss->name, UINT64_MAX, IK_REREAD_WHOLE,
			      &lxss->progress, &seen, err);
	if (r < 0)
		return r;
	if (txn->there.has_digest ? is_as_before(&seen, &txn->there) :
				    ik_sight_is_same(&before, &lxss->judged))
		return 0;
	r = ik_err_set(
		err, IK_E_TARGET_CHANGED, ESTALE,
		"\"%s\" was changed by somebody else (Windows Update?) meanwhile; left alone",
		lxss->name);
	ik_err_hint(err, "run `immensity-kernel install` again");
	return r;
}

/*
 * A mixture with a valid head is known as one by its own journal only. Before that is written over, the head is
 * zeroed: then every later look, and Windows, sees what it is, wherever we are stopped.
 */
static int take_head_away(struct ik_txn *txn, struct ik_err *err)
{
	static const uint8_t zeros[IK_HEAD_BYTES];
	struct ik_lxss *lxss = txn->lxss;
	struct timespec mtime = txn->old.id.mtime;
	ik_autoclose int fd = -EBADF;
	struct ik_file_id id;
	int r = recheck(txn, err);

	if (r >= 0)
		r = ik_lxss_open_judged(lxss, &fd, &id, err);
	if (r < 0)
		return r;
	lxss->known.has_digest = false;
	lxss->half_written = true; /* from here on, a failure is no "nothing changed" */
	r = ik_sys_pwrite(fd, zeros, sizeof(zeros), 0);
	if (r >= 0)
		r = ik_sys_fsync(fd);
	if (r < 0)
		return ik_io_fault(r, err, "writing \"%s\"", lxss->name);
	ik_ignore(ik_sys_set_mtime(fd, &mtime));
	r = ik_lxss_sight(lxss, err);
	if (r >= 0)
		r = ik_target_look(lxss->dir_fd, lxss->name, IK_TARGET_DIGEST, &lxss->progress,
				   &txn->there, err);
	txn->old = txn->there;
	return r;
}

/* Zeros behind A that could not be cut off again are noted: nobody is to take them for a part of it. */
static uint32_t flags_of_old(const struct ik_txn *txn)
{
	struct ik_file_id id;
	uint32_t flags = txn->lxss->journal.rec.flags;

	if (ik_path_identify(txn->lxss->dir_fd, txn->lxss->name, &id, NULL) < 0 ||
	    id.size_bytes != txn->old.id.size_bytes)
		flags |= IK_JREC_F_PADDED;
	return flags;
}

/* Nothing was touched: takes the journal back. Over what was torn before it stays armed: recovery goes on with it. */
static int call_off(struct ik_txn *txn, int r)
{
	struct ik_lxss *lxss = txn->lxss;

	if (txn->old_is_torn)
		return r;
	/* If this fails the journal stays armed over an untouched target: recovery knows the row. */
	if (ik_journal_mark(&lxss->journal, IK_JREC_IDLE, flags_of_old(txn), "called off", NULL) >=
	    0) {
		ik_ignore(ik_staged_end(lxss, NULL)); /* the next run goes on with it */
		ik_staged_renew_guides(lxss);
	}
	ik_history_drive(lxss->dir_fd, "called off before anything was changed");
	return r;
}

/* Under a lock that is another's by now, the journal is another's, too: then nothing is called off. */
static int recheck_locked(struct ik_txn *txn, struct ik_err *err)
{
	int r = recheck(txn, err);
	int held = ik_dlock_check(&txn->lxss->lock, r < 0 ? NULL : err);

	if (held < 0)
		return r < 0 ? r : held;
	return r < 0 ? call_off(txn, r) : 0;
}

/*
 * The copy of A gets its name, and that is flushed, under the armed journal and right before the overwriting: whatever
 * is refused until now leaves our former image where it is. The journal and the script say this name already.
 */
static int name_copy(struct ik_txn *txn, struct ik_err *err)
{
	int r = txn->old_waits ? ik_backup_place(txn->lxss->dir_fd, err) : 0;

	if (r >= 0)
		return 0;
	return ik_dlock_check(&txn->lxss->lock, NULL) < 0 ? r : call_off(txn, r);
}

/* Steps 9 to 15, and the way back if they fail. */
static int overwrite(struct ik_txn *txn, bool *ret_padded, struct ik_err *err)
{
	struct ik_lxss *lxss = txn->lxss;
	struct ik_jrec_image image = lxss->journal.rec.b;
	struct ik_err why = {0}, repair = {0};
	struct ik_inplace job = {0};
	int r = ik_lxss_write(lxss, txn->image->fd, &image, &job, &why);
	int repaired;

	*ret_padded = job.padded;
	lxss->known = txn->image->target;
	lxss->known.has_digest = r >= 0;
	if (r >= 0)
		return 0;
	if (err)
		*err = why;
	if (job.reach == IK_INPLACE_UNTOUCHED)
		return ik_dlock_check(&lxss->lock, NULL) < 0 ? r : call_off(txn, r);
	/* Who asked us to stop asked before the kernel was half written: what mends it cannot be stopped. */
	lxss->outer = (struct ik_progress){.tick = NULL};
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
static void close_up(struct ik_txn *txn, bool padded)
{
	struct ik_lxss *lxss = txn->lxss;
	uint32_t flags = lxss->journal.rec.flags | (padded ? IK_JREC_F_PADDED : 0);
	char hex[IK_SHA256_HEX];

	if (ik_journal_mark(&lxss->journal, IK_JREC_DONE, flags, NULL, NULL) < 0) {
		ik_report_note(lxss->report,
			       "the journal could not be closed; the next run will do it");
	} else {
		ik_ignore(ik_staged_end(lxss, NULL)); /* only takes up room */
		ik_staged_renew_guides(lxss);
	}
	ik_digest_hex(&txn->image->target.whole, hex);
	ik_history_drive(lxss->dir_fd, "%s %s (sha256 %.12s) in place of %s; kept as %s",
			 txn->purpose == IK_TXN_INSTALL ? "installed" : "restored",
			 txn->image->target.image.release, hex, txn->old.image.release,
			 txn->old_file);
	lxss->report->action =
		txn->purpose == IK_TXN_INSTALL ? IK_ACTION_INSTALLED : IK_ACTION_RESTORED;
}

/* Before the journal was armed. The script may speak of copies that never got their names, or are gone again. */
static int give_up(struct ik_txn *txn, int r)
{
	if (txn->old_waits || txn->old_is_torn)
		ik_guide_renew(txn->lxss, &txn->old.whole);
	return r;
}

int ik_txn_run(struct ik_lxss *lxss, const struct ik_txn_image *image, enum ik_txn_purpose purpose,
	       struct ik_err *err)
{
	struct ik_txn txn = {.lxss = lxss, .image = image, .purpose = purpose};
	ik_autoclose int fd = -EBADF;
	bool padded = false;
	int r = judge(&txn, err);

	if (r != 0)
		return r < 0 ? r : 0;
	/* Is there a right to write at all? Asked before anything is copied. */
	r = ik_scene_open_target(lxss->scene, &lxss->progress, &fd, NULL, err);
	fd = ik_close(fd);
	if (r >= 0)
		r = ik_txnprep_stage(&txn, err);
	if (r >= 0)
		r = ik_dlock_check(&lxss->lock, err);
	if (r >= 0 && txn.has_false_head)
		r = take_head_away(&txn, err);
	if (r >= 0)
		r = ik_txnprep_arm(&txn, err);
	if (r < 0)
		return give_up(&txn, r);
	r = recheck_locked(&txn, err);
	if (r >= 0)
		r = name_copy(&txn, err);
	if (r < 0)
		return r;
	r = overwrite(&txn, &padded, err);
	if (r >= 0)
		close_up(&txn, padded);
	return r;
}
