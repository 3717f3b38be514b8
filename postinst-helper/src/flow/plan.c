/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules themselves; each is a table or a short chain of conditions, ordered by safety.
 */
#include "flow/plan.h"

#include "codec/relver.h"

/* What a transaction may leave behind besides images: journal, lock, script, log, directory. */
#define SPACE_RESERVE_BYTES (8ULL << 20)

int ik_plan_mode(const struct ik_plan_mode_facts *facts, enum ik_mode *ret, struct ik_err *err)
{
	if (facts->wanted != IK_MODE_AUTO) {
		*ret = facts->wanted;
		return 0;
	}
	if (facts->flavour == IK_PLAN_FLAVOUR_STORE) {
		*ret = IK_MODE_WSLCONFIG;
		return 0;
	}
	if (facts->flavour == IK_PLAN_FLAVOUR_INBOX ||
	    (facts->target_exists && facts->target_writable)) {
		*ret = IK_MODE_LXSS;
		return 0;
	}
	if (facts->profiles == 1) {
		*ret = IK_MODE_WSLCONFIG;
		return 0;
	}
	int r = ik_err_set(err, IK_E_MODE_UNKNOWN, 0,
			   "cannot tell how this Windows chooses its kernel: the lxss kernel is %s "
			   "and %u user profiles were found",
			   facts->target_exists ? "not writable" : "missing", facts->profiles);
	ik_err_hint(err, "name it with `target=lxss` or `target=wslconfig` (and `profile=`) in "
			 "/etc/immensity-kernel.conf");
	return r;
}

/* Is the release x newer than y? A release that cannot be read is never newer. */
static bool is_newer(const char *x, const char *y)
{
	struct ik_relver vx, vy;

	return ik_relver_parse(x, &vx, NULL) >= 0 && ik_relver_parse(y, &vy, NULL) >= 0 &&
	       ik_relver_compare(&vx, &vy) > 0;
}

enum ik_verdict ik_plan_replace(const struct ik_plan_replace_facts *facts)
{
	if (facts->current == IK_KIND_MISSING || facts->current == IK_KIND_UNKNOWN)
		return IK_VERDICT_MISSING;
	if (facts->current == IK_KIND_TORN)
		return IK_VERDICT_TORN;
	if (facts->same_digest)
		return IK_VERDICT_SAME;
	if (facts->current == IK_KIND_FOREIGN && !facts->replace_foreign)
		return IK_VERDICT_FOREIGN;
	if (facts->current == IK_KIND_OURS && !facts->allow_downgrade &&
	    is_newer(facts->current_release, facts->wanted_release))
		return IK_VERDICT_NEWER;
	return IK_VERDICT_DO;
}

int ik_plan_verdict_error(enum ik_verdict verdict, const struct ik_plan_replace_facts *facts,
			  const char *where, struct ik_err *err)
{
	int r = 0;

	switch (verdict) {
	case IK_VERDICT_DO:
	case IK_VERDICT_SAME:
		return 0;
	case IK_VERDICT_NEWER:
		r = ik_err_set(err, IK_E_TARGET_NEWER, 0,
			       "newer already installed: \"%s\" is %s, this is %s", where,
			       facts->current_release, facts->wanted_release);
		ik_err_hint(err, "to go back to the older version, use `immensity-kernel --force "
				 "install`");
		return r;
	case IK_VERDICT_FOREIGN:
		r = ik_err_set(err, IK_E_TARGET_FOREIGN, 0,
			       "\"%s\" is somebody else's kernel (%s); left alone", where,
			       facts->current_release[0] ? facts->current_release :
							   "no release text");
		ik_err_hint(err, "to replace it (it is backed up first), use `immensity-kernel "
				 "--force install`, or set `replace_foreign=yes`");
		return r;
	case IK_VERDICT_MISSING:
		r = ik_err_set(err, IK_E_TARGET_MISSING, 0,
			       "\"%s\" does not exist and is never created in place", where);
		ik_err_hint(err, "reinstall Microsoft's kernel with `wsl --update` from Windows, "
				 "then run `immensity-kernel install`");
		return r;
	case IK_VERDICT_TORN:
		r = ik_err_set(err, IK_E_TARGET_TORN, 0,
			       "\"%s\" is damaged, and not by an update of ours", where);
		ik_err_hint(err, "run `immensity-kernel restore --to official`, or `wsl --update` "
				 "from Windows");
		return r;
	}
	return ik_err_set(err, IK_E_INTERNAL_BUG, 0, "no such verdict: %d", (int)verdict);
}

enum ik_recovery ik_plan_recover(const struct ik_plan_recover_facts *facts)
{
	bool armed = facts->journal == IK_PLAN_JOURNAL_ARMED;
	bool torn;

	if (!facts->target_exists)
		return IK_RECOVERY_NO_TARGET;
	torn = !facts->header_valid ||
	       (armed && facts->same_inode && facts->is_old == IK_MATCH_NO &&
		facts->is_new == IK_MATCH_NO && facts->body_is_ours);
	if (torn) {
		if (!armed || !facts->same_inode)
			return IK_RECOVERY_NOT_OURS;
		if (facts->backup_good)
			return IK_RECOVERY_RESTORE_OLD;
		return facts->staged_good ? IK_RECOVERY_RESTORE_NEW : IK_RECOVERY_LOUD;
	}
	if (!armed && facts->is_new != IK_MATCH_PADDED && facts->is_old != IK_MATCH_PADDED)
		return IK_RECOVERY_NOTHING;
	if (armed && facts->is_new != IK_MATCH_NO && facts->distrust_new && facts->same_inode &&
	    facts->backup_good)
		return IK_RECOVERY_RESTORE_OLD;
	if (facts->is_new != IK_MATCH_NO)
		return IK_RECOVERY_FORWARD;
	if (facts->is_old != IK_MATCH_NO)
		return IK_RECOVERY_IDLE;
	return IK_RECOVERY_SUPERSEDED;
}

uint64_t ik_plan_space(uint64_t old_bytes, uint64_t new_bytes, bool backup_needed)
{
	uint64_t need = new_bytes + SPACE_RESERVE_BYTES;

	if (backup_needed)
		need += old_bytes;
	if (new_bytes > old_bytes)
		need += new_bytes - old_bytes;
	return need;
}

const char *ik_mode_name(enum ik_mode mode)
{
	static const char *const names[] = {
		[IK_MODE_AUTO] = "auto",
		[IK_MODE_LXSS] = "lxss",
		[IK_MODE_WSLCONFIG] = "wslconfig",
	};

	return names[mode];
}
