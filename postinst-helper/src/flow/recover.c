/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verdict is flow/judge's; here it is acted on, and said what a failure means for the kernel.
 */
#include "flow/recover.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "flow/judge.h"
#include "flow/settle.h"
#include "flow/staged.h"
#include "os/sys.h"
#include "store/history.h"

#define ROUNDS 3 /* of looking at a target that somebody else is writing */

#define WINDOWS_HINT                                                    \
	"from Windows, as administrator: run immensity-restore.cmd in " \
	"C:\\Windows\\System32\\lxss\\tools, or `wsl --update`; see also immensity-README.txt there"

#define DARK_HINT \
	"do not shut WSL down; run `immensity-kernel recover`. If WSL does not start any more: " WINDOWS_HINT

static int hand_on(int r, const struct ik_err *why, struct ik_err *err)
{
	if (err)
		*err = *why;
	return r;
}

static int loud(struct ik_lxss *lxss, struct ik_err *err, const struct ik_err *cause)
{
	int r = ik_err_set(err, IK_E_RECOVERY_NEEDED, EIO,
			   "\"%s\" is half written and could not be repaired%s%s", lxss->name,
			   cause ? ": " : "", cause ? cause->message : "");

	ik_err_hint(err, DARK_HINT);
	ik_history_drive(lxss->dir_fd, "RECOVERY NEEDED: the kernel is half written");
	lxss->half_written = true;
	return r;
}

static bool is_torn(const struct ik_scene *scene)
{
	struct ik_target target;

	return ik_target_look(scene->lxss.fd, scene->lxss.name, IK_TARGET_NO_DIGEST, NULL, &target,
			      NULL) >= 0 &&
	       target.kind == IK_KIND_TORN;
}

/*
 * Something failed. Where what can still be seen is half written, or nothing shows that it is not, that is
 * said: any other status would mean that the kernel before is in place.
 */
static int tell_torn(const struct ik_scene *scene, int r, const struct ik_err *why,
		     struct ik_err *err)
{
	struct ik_journal journal;
	bool armed =
		ik_journal_load(scene->lxss.fd, &journal, NULL) >= 0 && ik_judge_is_armed(&journal);
	bool torn = is_torn(scene);

	if (err)
		*err = *why;
	if (!armed && !torn)
		return r;
	r = ik_err_set(err, IK_E_RECOVERY_NEEDED, EIO, "\"%s\" %s half written: %s",
		       scene->lxss.name, torn ? "is" : "may be", why->message);
	ik_err_hint(err, DARK_HINT);
	return r;
}

/* "Refused" would mean that the kernel before is in place: not where what is there is seen to be none. */
int ik_recover_in_the_dark(const struct ik_scene *scene, int r, const struct ik_err *why,
			   struct ik_err *err)
{
	return ik_code_exit(why->code) == IK_EXIT_REFUSED && !is_torn(scene) ?
		       hand_on(r, why, err) :
		       tell_torn(scene, r, why, err);
}

int ik_recover_failed(const struct ik_lxss *lxss, int r, const struct ik_err *why,
		      struct ik_err *err)
{
	if (lxss->half_written && why->code != IK_E_RECOVERY_NEEDED)
		return tell_torn(lxss->scene, r, why, err);
	return hand_on(r, why, err);
}

int ik_recover_unseen(const struct ik_scene *scene, struct ik_err *err)
{
	struct ik_err why = {0};
	int r = ik_scene_lxss_error(scene, &why);

	if (r < 0 && err)
		*err = why;
	if (r >= 0 || scene->mode != IK_MODE_LXSS || ik_code_exit(why.code) == IK_EXIT_REFUSED)
		return r;
	r = ik_err_set(err, IK_E_RECOVERY_NEEDED, EIO,
		       "the kernel cannot be looked at and may be half written: %s", why.message);
	ik_err_hint(err, DARK_HINT);
	return r;
}

static int superseded(struct ik_lxss *lxss, struct ik_err *err)
{
	ik_report_note(lxss->report,
		       "somebody else (Windows Update?) wrote \"%s\" meanwhile: their kernel is "
		       "left alone",
		       lxss->name);
	ik_history_drive(lxss->dir_fd, "superseded: the kernel was replaced by somebody else");
	return ik_journal_mark(&lxss->journal, IK_JREC_SUPERSEDED, lxss->journal.rec.flags,
			       "replaced by somebody else", err);
}

/* Writes one of the journal's images back. */
static int restore(struct ik_lxss *lxss, const struct ik_jrec_image *image,
		   enum ik_jrec_state state, struct ik_err *err)
{
	struct ik_jrec_image copy = *image; /* the journal's record moves when it is written */
	uint32_t flags = lxss->journal.rec.flags & ~IK_JREC_F_PADDED;
	ik_autoclose int fd = -EBADF;
	struct ik_err why = {0};
	struct ik_inplace job = {0};
	int r = ik_path_open_regular(lxss->dir_fd, copy.file, O_RDONLY, &fd, NULL, &why);

	if (r >= 0)
		r = ik_lxss_write(lxss, fd, &copy, &job, &why);
	if (r < 0 && job.reach == IK_INPLACE_REPLACED)
		return superseded(lxss, err);
	if (why.code == IK_E_TARGET_CHANGED) { /* and not touched */
		*err = why;		       /* it is judged anew */
		return r;
	}
	if (r < 0)
		return loud(lxss, err, &why);
	ik_report_note(lxss->report, "an interrupted update was %s: \"%s\" is %s again",
		       state == IK_JREC_IDLE ? "undone" : "finished", lxss->name,
		       copy.release[0] ? copy.release : copy.origin);
	ik_history_drive(lxss->dir_fd, "recovered: wrote %s back", copy.file);
	return ik_journal_mark(&lxss->journal, state, flags | (job.padded ? IK_JREC_F_PADDED : 0),
			       "recovered", err);
}

static int torn_by_others(struct ik_lxss *lxss, struct ik_err *err)
{
	int r = ik_err_set(err, IK_E_TARGET_TORN, EIO,
			   "\"%s\" is damaged, and not by an update of ours", lxss->name);

	ik_err_hint(err, "run `immensity-kernel restore --to official`, or " WINDOWS_HINT);
	return r;
}

static int missing(struct ik_lxss *lxss, struct ik_err *err)
{
	int r = ik_err_set(err, IK_E_TARGET_MISSING, ENOENT, "\"%s\"", lxss->name);

	ik_err_hint(err, "it is never created by us: `wsl --update` from Windows brings it back");
	return r;
}

static int act(struct ik_lxss *lxss, enum ik_recovery verdict, struct ik_err *err)
{
	const struct ik_jrec *rec = &lxss->journal.rec;

	switch (verdict) {
	case IK_RECOVERY_NOTHING:
		return 0;
	case IK_RECOVERY_IDLE:
		return ik_settle(lxss, &rec->a, IK_JREC_IDLE, err);
	case IK_RECOVERY_FORWARD:
		return ik_settle(lxss, &rec->b, IK_JREC_DONE, err);
	case IK_RECOVERY_SUPERSEDED:
		return superseded(lxss, err);
	case IK_RECOVERY_RESTORE_OLD:
		return restore(lxss, &rec->a, IK_JREC_IDLE, err);
	case IK_RECOVERY_RESTORE_NEW:
		return restore(lxss, &rec->b, IK_JREC_DONE, err);
	case IK_RECOVERY_LOUD:
		return loud(lxss, err, NULL);
	case IK_RECOVERY_NOT_OURS:
		return torn_by_others(lxss, err);
	case IK_RECOVERY_NO_TARGET:
		break;
	}
	return missing(lxss, err);
}

static int judge_and_act(struct ik_lxss *lxss, bool distrust_new, struct ik_err *err)
{
	enum ik_recovery verdict;
	struct ik_err why = {0};
	int r = ik_lxss_sight(lxss, &why);

	lxss->half_written = false;
	if (r >= 0)
		r = ik_judge_target(lxss->scene, &lxss->journal, distrust_new, &lxss->progress,
				    &verdict, &why);
	/* We were writing to it a moment ago: that it cannot even be looked at is no "unchanged". */
	if (r < 0 && distrust_new)
		return loud(lxss, err, &why);
	if (r < 0)
		return ik_recover_in_the_dark(lxss->scene, r, &why, err);
	lxss->report->recovery = verdict;
	return act(lxss, verdict, err);
}

int ik_recover_run(struct ik_lxss *lxss, bool distrust_new, struct ik_err *err)
{
	bool armed = ik_judge_is_armed(&lxss->journal);
	struct ik_err why = {0};
	int r = judge_and_act(lxss, distrust_new, &why);

	/* Somebody came between the look and the change: what is there now is looked at anew. */
	for (int i = 1; why.code == IK_E_TARGET_CHANGED && i < ROUNDS; i++) {
		ik_err_clear(&why);
		r = judge_and_act(lxss, distrust_new, &why);
	}
	if (why.code == IK_E_TARGET_CHANGED)
		return ik_recover_in_the_dark(lxss->scene, r, &why, err);
	/* The staged image has served its purpose: nothing is under way any more. */
	if (r >= 0)
		r = ik_staged_end(lxss, &why);
	if (r >= 0 && armed)
		ik_staged_renew_guides(lxss);
	if (r < 0 && err)
		*err = why;
	return r;
}

bool ik_recover_is_unmarked(const struct ik_journal *journal, const char *running)
{
	return journal->present && journal->rec.state == IK_JREC_DONE && running && running[0] &&
	       strcmp(journal->rec.b.release, running) == 0;
}

int ik_recover_mark_good(struct ik_lxss *lxss, const char *running, struct ik_err *err)
{
	if (!ik_recover_is_unmarked(&lxss->journal, running))
		return 0;
	return ik_journal_mark(&lxss->journal, IK_JREC_GOOD, lxss->journal.rec.flags,
			       "seen running", err);
}

bool ik_recover_is_half_written(enum ik_recovery verdict)
{
	return verdict == IK_RECOVERY_RESTORE_OLD || verdict == IK_RECOVERY_RESTORE_NEW ||
	       verdict == IK_RECOVERY_LOUD;
}

int ik_recover_foresee(const struct ik_scene *scene, const struct ik_progress *progress,
		       struct ik_journal *ret_journal, enum ik_recovery *ret_verdict,
		       struct ik_err *err)
{
	struct ik_err why = {0};
	int r = ik_journal_load(scene->lxss.fd, ret_journal, &why);

	if (r >= 0)
		r = ik_judge_target(scene, ret_journal, false, progress, ret_verdict, &why);
	return r < 0 ? ik_recover_in_the_dark(scene, r, &why, err) : 0;
}

int ik_recover_open(const struct ik_scene *scene, const struct ik_job *job,
		    struct ik_report *report, struct ik_lxss *ret, struct ik_err *err)
{
	enum ik_recovery verdict = IK_RECOVERY_NOTHING;
	struct ik_journal journal;
	struct ik_err why = {0}, seen = {0};
	int r = ik_lxss_open(scene, job, report, ret, &why);

	if (r >= 0)
		return r;
	/* Whoever holds the lock has half written it just now, and goes on. */
	if (why.code != IK_E_LOCK_BUSY) {
		int look = ik_recover_foresee(scene, NULL, &journal, &verdict, &seen);

		if (ik_recover_is_half_written(verdict))
			return loud(ret, err, &why);
		if (seen.code == IK_E_RECOVERY_NEEDED) {
			why = seen;
			r = look;
		}
	}
	if (err)
		*err = why;
	return r;
}
