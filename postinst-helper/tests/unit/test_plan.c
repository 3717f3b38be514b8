/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flow/plan: every rule as one row of a table. */
#include "flow/plan.h"

#include <stdio.h>
#include <string.h>

#include "support.h"

#define OURS_OLD "7.3.4-1-immensity-microsoft-standard-WSL2"
#define OURS	 "7.3.4-2-immensity-microsoft-standard-WSL2"
#define OURS_NEW "7.10.0-1-immensity-microsoft-standard-WSL2"
#define OFFICIAL "6.6.87.2-microsoft-standard-WSL2"

static void modes(void **state)
{
	static const struct {
		const char *what;
		struct ik_plan_mode_facts facts;
		enum ik_mode want; /* IK_MODE_AUTO = refused */
	} rows[] = {
		{"explicit wins over all",
		 {IK_MODE_LXSS, IK_PLAN_FLAVOUR_STORE, false, false, 1},
		 IK_MODE_LXSS},
		{"explicit wslconfig",
		 {IK_MODE_WSLCONFIG, IK_PLAN_FLAVOUR_INBOX, true, true, 0},
		 IK_MODE_WSLCONFIG},
		{"Store", {IK_MODE_AUTO, IK_PLAN_FLAVOUR_STORE, true, true, 1}, IK_MODE_WSLCONFIG},
		{"Store without a profile still",
		 {IK_MODE_AUTO, IK_PLAN_FLAVOUR_STORE, true, true, 0},
		 IK_MODE_WSLCONFIG},
		{"inbox", {IK_MODE_AUTO, IK_PLAN_FLAVOUR_INBOX, true, false, 1}, IK_MODE_LXSS},
		{"unknown, writable",
		 {IK_MODE_AUTO, IK_PLAN_FLAVOUR_UNKNOWN, true, true, 1},
		 IK_MODE_LXSS},
		{"unknown, not writable, one profile",
		 {IK_MODE_AUTO, IK_PLAN_FLAVOUR_UNKNOWN, true, false, 1},
		 IK_MODE_WSLCONFIG},
		{"unknown, no target, one profile",
		 {IK_MODE_AUTO, IK_PLAN_FLAVOUR_UNKNOWN, false, false, 1},
		 IK_MODE_WSLCONFIG},
		{"unknown, two profiles",
		 {IK_MODE_AUTO, IK_PLAN_FLAVOUR_UNKNOWN, true, false, 2},
		 IK_MODE_AUTO},
		{"nothing known",
		 {IK_MODE_AUTO, IK_PLAN_FLAVOUR_UNKNOWN, false, false, 0},
		 IK_MODE_AUTO},
	};

	(void)state;
	for (size_t i = 0; i < IK_ARRAY_SIZE(rows); i++) {
		enum ik_mode mode = IK_MODE_AUTO;
		struct ik_err err = {0};
		int r = ik_plan_mode(&rows[i].facts, &mode, &err);

		print_message("# %s\n", rows[i].what);
		assert_int_equal(mode, rows[i].want);
		assert_int_equal(r < 0, rows[i].want == IK_MODE_AUTO);
		assert_int_equal(err.code,
				 rows[i].want == IK_MODE_AUTO ? IK_E_MODE_UNKNOWN : IK_E_NONE);
		assert_int_equal(err.hint[0] != '\0', r < 0);
	}
}

static void kinds(void **state)
{
	(void)state;
	assert_int_equal(ik_kind_of(false, false, ""), IK_KIND_MISSING);
	assert_int_equal(ik_kind_of(true, false, OURS), IK_KIND_TORN);
	assert_int_equal(ik_kind_of(true, true, OURS), IK_KIND_OURS);
	assert_int_equal(ik_kind_of(true, true, OFFICIAL), IK_KIND_OFFICIAL);
	assert_int_equal(ik_kind_of(true, true, "4.19.104-microsoft-standard"), IK_KIND_OFFICIAL);
	assert_int_equal(ik_kind_of(true, true, OFFICIAL "+"), IK_KIND_FOREIGN);
	assert_int_equal(ik_kind_of(true, true, "6.6.87.2-locietta-WSL2"), IK_KIND_FOREIGN);
	assert_int_equal(ik_kind_of(true, true, ""), IK_KIND_FOREIGN);
	for (int k = IK_KIND_UNKNOWN; k <= (int)IK_KIND_TORN; k++)
		assert_int_equal(ik_kind_parse(ik_kind_name((enum ik_kind)k)), k);
	assert_int_equal(ik_kind_parse("nonsense"), IK_KIND_UNKNOWN);
}

static void replacing(void **state)
{
	static const struct {
		const char *what;
		struct ik_plan_replace_facts facts;
		enum ik_verdict want;
		enum ik_code code;
	} rows[] = {
		{"official",
		 {IK_KIND_OFFICIAL, false, OFFICIAL, OURS, false, false},
		 IK_VERDICT_DO,
		 0},
		{"official, although newer",
		 {IK_KIND_OFFICIAL, false, "9.9.9-microsoft-standard-WSL2", OURS, false, false},
		 IK_VERDICT_DO,
		 0},
		{"ours, older",
		 {IK_KIND_OURS, false, OURS_OLD, OURS, false, false},
		 IK_VERDICT_DO,
		 0},
		{"ours, same version, other bytes",
		 {IK_KIND_OURS, false, OURS, OURS, false, false},
		 IK_VERDICT_DO,
		 0},
		{"the very image",
		 {IK_KIND_OURS, true, OURS, OURS, false, false},
		 IK_VERDICT_SAME,
		 0},
		{"ours, newer",
		 {IK_KIND_OURS, false, OURS_NEW, OURS, false, false},
		 IK_VERDICT_NEWER,
		 IK_E_TARGET_NEWER},
		{"ours, newer, allowed",
		 {IK_KIND_OURS, false, OURS_NEW, OURS, true, false},
		 IK_VERDICT_DO,
		 0},
		{"foreign",
		 {IK_KIND_FOREIGN, false, "6.1-x", OURS, true, false},
		 IK_VERDICT_FOREIGN,
		 IK_E_TARGET_FOREIGN},
		{"foreign, allowed",
		 {IK_KIND_FOREIGN, false, "6.1-x", OURS, false, true},
		 IK_VERDICT_DO,
		 0},
		{"foreign, but what we want",
		 {IK_KIND_FOREIGN, true, "", "", false, false},
		 IK_VERDICT_SAME,
		 0},
		{"missing",
		 {IK_KIND_MISSING, false, "", OURS, true, true},
		 IK_VERDICT_MISSING,
		 IK_E_TARGET_MISSING},
		{"not looked at",
		 {IK_KIND_UNKNOWN, false, "", OURS, true, true},
		 IK_VERDICT_MISSING,
		 IK_E_TARGET_MISSING},
		{"torn",
		 {IK_KIND_TORN, false, "", OURS, true, true},
		 IK_VERDICT_TORN,
		 IK_E_TARGET_TORN},
	};

	(void)state;
	for (size_t i = 0; i < IK_ARRAY_SIZE(rows); i++) {
		enum ik_verdict verdict = ik_plan_replace(&rows[i].facts);
		struct ik_err err = {0};
		int r = ik_plan_verdict_error(verdict, &rows[i].facts, "kernel", &err);

		print_message("# %s\n", rows[i].what);
		assert_int_equal(verdict, rows[i].want);
		assert_int_equal(err.code, rows[i].code);
		assert_int_equal(r < 0, rows[i].code != IK_E_NONE);
		assert_int_equal(err.hint[0] != '\0', r < 0);
	}
}

#define ARMED IK_PLAN_JOURNAL_ARMED
#define IDLE  IK_PLAN_JOURNAL_IDLE
#define NONE  IK_PLAN_JOURNAL_NONE
#define NO    IK_MATCH_NO
#define EXACT IK_MATCH_EXACT
#define PAD   IK_MATCH_PADDED

static void recovering(void **state)
{
	/* journal, exists, head, inode, is_old, is_new, body, distrust, backup, staged */
	static const struct {
		const char *what;
		struct ik_plan_recover_facts facts;
		enum ik_recovery want;
	} rows[] = {
		{"no target",
		 {ARMED, false, false, false, NO, NO, false, false, true, true},
		 IK_RECOVERY_NO_TARGET},
		{"nothing under way",
		 {IDLE, true, true, true, NO, NO, false, false, false, false},
		 IK_RECOVERY_NOTHING},
		{"no journal",
		 {NONE, true, true, false, NO, NO, false, false, false, false},
		 IK_RECOVERY_NOTHING},
		{"A is there",
		 {ARMED, true, true, true, EXACT, NO, true, false, true, true},
		 IK_RECOVERY_IDLE},
		{"A with zeros",
		 {ARMED, true, true, true, PAD, NO, true, false, true, true},
		 IK_RECOVERY_IDLE},
		{"B is there",
		 {ARMED, true, true, true, NO, EXACT, true, false, true, true},
		 IK_RECOVERY_FORWARD},
		{"B with zeros",
		 {ARMED, true, true, true, NO, PAD, true, false, true, true},
		 IK_RECOVERY_FORWARD},
		{"B, but a flush failed",
		 {ARMED, true, true, true, NO, EXACT, true, true, true, true},
		 IK_RECOVERY_RESTORE_OLD},
		{"B, a flush failed, no backup",
		 {ARMED, true, true, true, NO, EXACT, true, true, false, true},
		 IK_RECOVERY_FORWARD},
		{"B in another file after a failure",
		 {ARMED, true, true, false, NO, EXACT, true, true, true, true},
		 IK_RECOVERY_FORWARD},
		{"done, still padded",
		 {IDLE, true, true, true, NO, PAD, true, false, false, false},
		 IK_RECOVERY_FORWARD},
		{"undone, still padded",
		 {IDLE, true, true, true, PAD, NO, true, false, false, false},
		 IK_RECOVERY_IDLE},
		{"somebody else's",
		 {ARMED, true, true, true, NO, NO, false, false, true, true},
		 IK_RECOVERY_SUPERSEDED},
		{"somebody else's file",
		 {ARMED, true, true, false, NO, NO, true, false, true, true},
		 IK_RECOVERY_SUPERSEDED},
		{"half-written head of ours",
		 {ARMED, true, true, true, NO, NO, true, false, true, true},
		 IK_RECOVERY_RESTORE_OLD},
		{"torn",
		 {ARMED, true, false, true, NO, NO, false, false, true, true},
		 IK_RECOVERY_RESTORE_OLD},
		{"torn, no backup",
		 {ARMED, true, false, true, NO, NO, false, false, false, true},
		 IK_RECOVERY_RESTORE_NEW},
		{"torn, nothing",
		 {ARMED, true, false, true, NO, NO, false, false, false, false},
		 IK_RECOVERY_LOUD},
		{"torn, other inode",
		 {ARMED, true, false, false, NO, NO, false, false, true, true},
		 IK_RECOVERY_NOT_OURS},
		{"torn, journal idle",
		 {IDLE, true, false, true, NO, NO, false, false, true, true},
		 IK_RECOVERY_NOT_OURS},
		{"torn, no journal",
		 {NONE, true, false, false, NO, NO, false, false, false, false},
		 IK_RECOVERY_NOT_OURS},
	};

	(void)state;
	for (size_t i = 0; i < IK_ARRAY_SIZE(rows); i++) {
		print_message("# %s\n", rows[i].what);
		assert_int_equal(ik_plan_recover(&rows[i].facts), rows[i].want);
	}
}

/* Whatever the facts: never write over a valid head that is not known, never without a good source. */
static void recovery_is_never_reckless(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 1u << 7; bits++) {
		for (int j = 0; j < 3; j++) {
			for (int m = 0; m < 9; m++) {
				struct ik_plan_recover_facts f = {
					.journal = (enum ik_plan_journal)j,
					.target_exists = bits & 1,
					.header_valid = bits & 2,
					.same_inode = bits & 4,
					.body_is_ours = bits & 8,
					.distrust_new = bits & 16,
					.backup_good = bits & 32,
					.staged_good = bits & 64,
					.is_old = (enum ik_match)(m % 3),
					.is_new = (enum ik_match)(m / 3),
				};
				enum ik_recovery v = ik_plan_recover(&f);
				bool writes = v == IK_RECOVERY_RESTORE_OLD ||
					      v == IK_RECOVERY_RESTORE_NEW;
				bool known = f.is_old != NO || f.is_new != NO || f.body_is_ours;

				if (!writes)
					continue;
				assert_true(f.target_exists && f.same_inode);
				assert_int_equal(f.journal, ARMED);
				assert_true(!f.header_valid || known);
				assert_true(v == IK_RECOVERY_RESTORE_OLD ? f.backup_good :
									   f.staged_good);
			}
		}
	}
}

static void space(void **state)
{
	const uint64_t mib = 1 << 20;

	(void)state;
	assert_int_equal(ik_plan_space(10 * mib, 10 * mib, false), 18 * mib);
	assert_int_equal(ik_plan_space(10 * mib, 10 * mib, true), 28 * mib);
	assert_int_equal(ik_plan_space(10 * mib, 16 * mib, true), 40 * mib);
	assert_int_equal(ik_plan_space(16 * mib, 10 * mib, true), 34 * mib);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modes),
		cmocka_unit_test(kinds),
		cmocka_unit_test(replacing),
		cmocka_unit_test(recovering),
		cmocka_unit_test(recovery_is_never_reckless),
		cmocka_unit_test(space),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
