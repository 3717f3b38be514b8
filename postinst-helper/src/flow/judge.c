/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The facts are dear (they hash the target and the backups), so they are gathered only where the journal leaves a
 * question open.
 */
#include "flow/judge.h"

#include "flow/match.h"
#include "store/target.h"

bool ik_judge_is_armed(const struct ik_journal *journal)
{
	return journal->present && journal->rec.state == IK_JREC_ARMED;
}

bool ik_judge_is_whole(const struct ik_journal *journal, enum ik_recovery verdict)
{
	return verdict == IK_RECOVERY_NOTHING ||
	       (!ik_judge_is_armed(journal) &&
		(verdict == IK_RECOVERY_FORWARD || verdict == IK_RECOVERY_IDLE));
}

static enum ik_plan_journal journal_fact(const struct ik_journal *journal)
{
	if (!journal->present)
		return IK_PLAN_JOURNAL_NONE;
	return ik_judge_is_armed(journal) ? IK_PLAN_JOURNAL_ARMED : IK_PLAN_JOURNAL_IDLE;
}

/* The target may be one of the journal's images with zeros behind it. */
static bool may_be_padded(const struct ik_journal *journal)
{
	return journal->present && (journal->rec.flags & IK_JREC_F_PADDED);
}

static int gather_matches(const struct ik_scene *scene, const struct ik_journal *journal,
			  const struct ik_progress *progress, struct ik_plan_recover_facts *facts,
			  struct ik_err *err)
{
	int r = ik_match_target(scene, &journal->rec.b, progress, &facts->is_new,
				&facts->body_is_ours, err);

	if (r >= 0 && facts->is_new == IK_MATCH_NO)
		r = ik_match_target(scene, &journal->rec.a, progress, &facts->is_old,
				    &facts->body_is_ours, err);
	if (r < 0 || facts->is_new != IK_MATCH_NO || facts->is_old != IK_MATCH_NO)
		return r;
	/* Only where we were at it: nothing of ours is in another file, or where no journal is armed. */
	if (facts->journal != IK_PLAN_JOURNAL_ARMED || !facts->same_inode || facts->body_is_ours)
		return 0;
	/* A head that somebody else wrote in the middle of our overwrite: no kernel of anybody. */
	r = ik_match_mixture(scene, &journal->rec, err);
	facts->body_is_ours = r > 0;
	return IK_MIN(r, 0);
}

/* Nothing can be judged: we are asked to stop, or have no memory. Other errors are the copy's own. */
static bool is_no_judgement(const struct ik_err *why)
{
	return why->code == IK_E_INTERRUPTED || why->code == IK_E_MEMORY_EXHAUSTED;
}

static int hand_on(int r, const struct ik_err *why, struct ik_err *err)
{
	if (err)
		*err = *why;
	return r;
}

/*
 * The verdict by the table, where the copies are asked only if one is to be written back. One that cannot be read
 * may be good: the other one may stand in for it, but no journal is closed for want of it.
 */
static int decide(const struct ik_scene *scene, const struct ik_journal *journal,
		  const struct ik_progress *progress, struct ik_plan_recover_facts *facts,
		  enum ik_recovery *ret, struct ik_err *err)
{
	enum ik_recovery verdict;
	struct ik_err why = {0};
	int r;

	facts->backup_good = true;
	verdict = ik_plan_recover(facts);
	if (verdict == IK_RECOVERY_RESTORE_OLD) {
		r = ik_match_copy(scene, &journal->rec.a, progress, &why);
		facts->backup_good = r > 0;
		verdict = ik_plan_recover(facts);
		if (r < 0 && (verdict != IK_RECOVERY_LOUD || is_no_judgement(&why)))
			return hand_on(r, &why, err);
	}
	if (verdict == IK_RECOVERY_LOUD) {
		r = ik_match_copy(scene, &journal->rec.b, progress, &why);
		if (r < 0 && is_no_judgement(&why))
			return hand_on(r, &why, err);
		facts->staged_good = r > 0;
		verdict = ik_plan_recover(facts);
	}
	*ret = verdict;
	return 0;
}

int ik_judge_target(const struct ik_scene *scene, const struct ik_journal *journal,
		    bool distrust_new, const struct ik_progress *progress, enum ik_recovery *ret,
		    struct ik_err *err)
{
	struct ik_plan_recover_facts facts = {.journal = journal_fact(journal),
					      .distrust_new = distrust_new};
	struct ik_target target;
	int r = ik_target_look(scene->lxss.fd, scene->lxss.name, IK_TARGET_NO_DIGEST, NULL, &target,
			       err);

	if (r < 0)
		return r;
	facts.target_exists = target.kind != IK_KIND_MISSING;
	facts.header_valid = target.kind != IK_KIND_TORN;
	facts.same_inode = journal->present && target.id.ino == journal->rec.target_ino;
	if (facts.target_exists && facts.header_valid &&
	    (facts.journal == IK_PLAN_JOURNAL_ARMED || may_be_padded(journal)))
		r = gather_matches(scene, journal, progress, &facts, err);
	return r >= 0 ? decide(scene, journal, progress, &facts, ret, err) : r;
}
