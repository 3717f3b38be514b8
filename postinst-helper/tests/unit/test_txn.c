/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow/txn, txnjob, txnprep, recover, settle with io/inplace, io/stage and store/journal below them, in one process:
 * every row of the recovery table, somebody else at each moment, and every call made to fail.
 * The same from outside, on the shipped program, is tests/crash. IK_TEST_ALL=1 leaves no call out.
 */
#include "flow/txn.h"

#include <stdio.h>
#include <string.h>

#include "faults.h"
#include "flow/plan.h"
#include "txnworld.h"

/* ---- the recovery table ---- */

static const struct row {
	const char *what;
	void (*start)(void);
	enum ik_recovery verdict;
	enum ik_code code; /* of recover; IK_E_NONE = success */
	const struct image *then;
	enum ik_jrec_state journal;
} rows[] = {
	{"official", start_official, IK_RECOVERY_NOTHING, IK_E_NONE, &official, 0},
	{"installed", start_installed, IK_RECOVERY_NOTHING, IK_E_NONE, &ours, IK_JREC_DONE},
	{"torn", start_torn, IK_RECOVERY_RESTORE_OLD, IK_E_NONE, &official, IK_JREC_IDLE},
	{"torn, backup bad", start_torn_no_backup, IK_RECOVERY_RESTORE_NEW, IK_E_NONE, &ours,
	 IK_JREC_DONE},
	{"torn, no copy", start_torn_no_copy, IK_RECOVERY_LOUD, IK_E_RECOVERY_NEEDED, NULL,
	 IK_JREC_ARMED},
	{"torn, journal closed", start_torn_by_others, IK_RECOVERY_NOT_OURS, IK_E_TARGET_TORN, NULL,
	 IK_JREC_DONE},
	{"armed, old", start_armed_old, IK_RECOVERY_IDLE, IK_E_NONE, &official, IK_JREC_IDLE},
	{"armed, old and zeros", start_armed_old_padded, IK_RECOVERY_IDLE, IK_E_NONE, &official,
	 IK_JREC_IDLE},
	{"armed, new", start_armed_new, IK_RECOVERY_FORWARD, IK_E_NONE, &ours, IK_JREC_DONE},
	{"done, new and zeros", start_done_padded, IK_RECOVERY_FORWARD, IK_E_NONE, &ours,
	 IK_JREC_DONE},
	{"armed, foreign", start_armed_foreign, IK_RECOVERY_SUPERSEDED, IK_E_NONE, &foreign,
	 IK_JREC_SUPERSEDED},
	{"armed, mixture", start_mixture, IK_RECOVERY_RESTORE_OLD, IK_E_NONE, &official,
	 IK_JREC_IDLE},
	{"armed, mixture of the old", start_mixture_old, IK_RECOVERY_RESTORE_OLD, IK_E_NONE,
	 &official, IK_JREC_IDLE},
	{"armed, missing", start_missing, IK_RECOVERY_NO_TARGET, IK_E_NONE, NULL, IK_JREC_ARMED},
};

static void recovery_table(void **state IK_UNUSED)
{
	for (size_t i = 0; i < IK_ARRAY_SIZE(rows); i++) {
		struct ik_report report = {0};
		struct ik_err err = {0};
		struct ik_journal after;
		int r;

		rows[i].start();
		r = recover(&report, &err);
		if ((r < 0) != (rows[i].code != IK_E_NONE) || err.code != rows[i].code)
			fail_msg("%s: %d %s", rows[i].what, r, err.message);
		if (rows[i].then && !is(rows[i].then))
			fail_msg("%s: another kernel is there", rows[i].what);
		/* Without a file there is no target at all, and nothing is asked. */
		if (rows[i].verdict != IK_RECOVERY_NO_TARGET)
			assert_int_equal(report.recovery, rows[i].verdict);
		after = journal();
		assert_int_equal(after.present ? after.rec.state : 0, rows[i].journal);
		(void)close(after.dir_fd);
	}
}

/* ---- every call fails ---- */

enum work {
	INSTALL,
	UPDATE,
	RESTORE,
	RECOVER
};

static int do_work(enum work work, struct ik_err *err)
{
	struct ik_report report = {0};

	switch (work) {
	case INSTALL:
		return install(&ours, &report, err);
	case UPDATE:
		return install(&newer, &report, err);
	case RESTORE:
		return restore("official", &report, err);
	case RECOVER:
		break;
	}
	return recover(&report, err);
}

static const struct image *wanted(enum work work)
{
	return work == INSTALL ? &ours :
	       work == UPDATE  ? &newer :
	       work == RESTORE ? &official :
				 NULL;
}

/* One of the known kernels; or torn, with an armed journal and a copy that it names. */
static const char *unsafe(void)
{
	struct ik_journal j;
	bool good;

	if (is(&official) || is(&ours) || is(&newer))
		return NULL;
	if (!head_is_zero())
		return "a mixture";
	j = journal();
	good = j.present && j.rec.state == IK_JREC_ARMED &&
	       (has_copy(j.rec.a.file, &official) || has_copy(j.rec.a.file, &ours) ||
		has_copy(j.rec.b.file, &ours));
	(void)close(j.dir_fd);
	return good ? NULL : "torn without a way back";
}

static bool one_fault(const char *what, void (*start)(void), enum work work, struct faults want)
{
	struct ik_err err = {0}, late = {0};
	struct ik_report report = {0};
	const char *bad;
	struct faults seen;
	int r;

	faults_off();
	start();
	faults = want;
	faults.on = true;
	r = do_work(work, &err);
	seen = faults;
	faults_off();
	if (!seen.fired)
		return false;
	bad = unsafe();
	if (!bad && r >= 0 && wanted(work) && !is(wanted(work)))
		bad = "it says done, but is not";
	if (!bad && (r < 0) != (err.code != IK_E_NONE))
		bad = "result and error do not agree";
	if (!bad && (recover(&report, &late) < 0 || (bad = unsafe()) || head_is_zero()))
		bad = "it cannot be recovered";
	if (bad)
		fail_msg("%s, call %ld, %s fails with %d%s: %s (%d: %s; then %s)", what, want.at,
			 seen.fired, want.errnum, want.lasting ? " for ever" : "", bad, r,
			 err.message, late.message);
	return true;
}

/* Each call in turn, with a short read or one of these. */
static const int errnums[] = {EIO, ENOSPC, EACCES, EINVAL, 0, EROFS, ENOMEM};

static void every_call_fails(const char *what, void (*start)(void), enum work work)
{
	bool all = getenv("IK_TEST_ALL") != NULL;
	bool more = true;

	for (long n = 1; more; n++)
		for (size_t e = 0; e < IK_ARRAY_SIZE(errnums) && more; e++) {
			struct faults want = {.at = n, .errnum = errnums[e], .lasting = n & 1};

			/* Memory is counted only where it is asked for: the count does not end the loop. */
			if ((size_t)n % IK_ARRAY_SIZE(errnums) != e && !all)
				continue;
			if (!one_fault(what, start, work, want))
				more = errnums[e] == ENOMEM || errnums[e] == 0;
		}
}

static void faults_in_install(void **state IK_UNUSED)
{
	every_call_fails("install", start_official, INSTALL);
}

static void faults_in_update(void **state IK_UNUSED)
{
	every_call_fails("update", start_installed, UPDATE);
}

static void faults_in_restore(void **state IK_UNUSED)
{
	every_call_fails("restore", start_installed, RESTORE);
}

static void faults_in_recovery(void **state IK_UNUSED)
{
	static const char *const names[] = {"torn", "armed, old and zeros", "done, new and zeros",
					    "torn, backup bad"};

	for (size_t i = 0; i < IK_ARRAY_SIZE(names); i++)
		for (size_t k = 0; k < IK_ARRAY_SIZE(rows); k++)
			if (!strcmp(rows[k].what, names[i]))
				every_call_fails(names[i], rows[k].start, RECOVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recovery_table),     cmocka_unit_test(faults_in_install),
		cmocka_unit_test(faults_in_update),   cmocka_unit_test(faults_in_restore),
		cmocka_unit_test(faults_in_recovery),
	};

	return cmocka_run_group_tests_name("txn", tests, world_set_up, world_tear_down);
}
