/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow/fallback and flow/own: when our key may go over a kernel in lxss\tools that is half written, by the kind of WSL,
 * and which kernel the journal calls ours.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"
#include "flow/own.h"
#include "flow/txnjob.h"
#include "flow/wcfg.h"
#include "flowworld.h"

static bool has_key(void)
{
	return faccessat(session.drive.fd, WSLCONFIG, F_OK, 0) == 0;
}

/* Our key over a kernel in lxss\tools that is half written. */
static void start_key_over(void (*state)(void))
{
	state();
	store_mode();
	assert_int_equal(run_job(ik_wcfg_install_job, newer_path, NULL), 0);
	assert_true(has_key());
}

static void what_inbox_would_boot_is_mended_first(void **state IK_UNUSED)
{
	static const enum ik_wsl_flavour flavours[] = {IK_WSL_UNKNOWN, IK_WSL_INBOX};

	for (size_t i = 0; i < IK_ARRAY_SIZE(flavours); i++) {
		start_key_over(start_torn);
		session.env.flavour = flavours[i];
		assert_int_equal(run_job(ik_wcfg_restore_job, NULL, "official"), 0);
		assert_false(head_is_zero());
		assert_false(has_key());
	}
}

static void what_cannot_be_mended_keeps_the_key(void **state IK_UNUSED)
{
	start_key_over(start_torn_no_copy);
	assert_true(run_job(ik_wcfg_restore_job, NULL, "official") < 0);
	assert_int_equal(job_err.code, IK_E_RECOVERY_NEEDED);
	assert_non_null(strstr(job_err.hint, "administrator"));
	assert_true(has_key());
}

/* Store WSL does not look into lxss\tools. */
static void the_store_does_not_care(void **state IK_UNUSED)
{
	start_key_over(start_torn_no_copy);
	session.env.flavour = IK_WSL_STORE;
	assert_int_equal(run_job(ik_wcfg_restore_job, NULL, "official"), 0);
	assert_false(has_key());
	assert_true(head_is_zero());
}

/* A key that is not ours, and a kernel damaged by others, are no reason to refuse anything. */
static void nothing_needless(void **state IK_UNUSED)
{
	start_key_over(start_torn_by_others);
	assert_int_equal(run_job(ik_wcfg_restore_job, NULL, "official"), 0);
	assert_false(has_key());
	start_torn_no_copy();
	assert_int_equal(run_job(ik_wcfg_restore_job, NULL, "official"), 0);
}

/* Without a backup, Microsoft's kernel is in place only if it was never replaced, and can be seen. */
static void no_backup_is_no_official_kernel(void **state IK_UNUSED)
{
	unsigned failed = 0;

	start_installed();
	(void)unlinkat(session.drive.fd, TOOLS IK_NAME_OFFICIAL, 0);
	assert_true(run_job(ik_txnjob_restore, NULL, "official") < 0);
	assert_int_equal(job_err.code, IK_E_BACKUP_MISSING);
	assert_true(is(&ours));
	start_official();
	put_kernel(KERNEL, ours.data, ours.size, 0);
	assert_true(run_job(ik_txnjob_restore, NULL, "official") < 0);
	assert_int_equal(job_err.code, IK_E_BACKUP_MISSING);
	fired_last = true;
	for (long n = 1; fired_last; n++) {
		start_official();
		faults = (struct faults){
			.on = true, .only = "ik_sys_openat2", .at = n, .errnum = EIO};
		failed += run_job(ik_txnjob_restore, NULL, "official") < 0 && is(&official);
	}
	assert_true(failed > 3);
}

/* Nobody need ask why. */
static void half_written_is_told_without_words(void **state IK_UNUSED)
{
	struct ik_report report = {0};

	for (long n = 1, fired = 1; fired; n++) {
		start_torn();
		faults = (struct faults){.on = true,
					 .only = "ik_sys_pread",
					 .at = n,
					 .errnum = EIO,
					 .lasting = n & 1};
		ik_ignore(recover(&report, NULL));
		fired = faults.fired != NULL;
		faults_off();
		assert_true(recover(&report, NULL) >= 0);
	}
	start_torn_no_copy();
	assert_true(recover(&report, NULL) < 0);
}

static void only_a_closed_journal_knows_what_is_ours(void **state IK_UNUSED)
{
	static const struct {
		enum ik_jrec_state state;
		uint32_t flags;
		const char *origin;
		bool ours;
	} rows[] = {
		{IK_JREC_DONE, 0, "foreign", true},
		{IK_JREC_GOOD, 0, "official", true},
		{IK_JREC_DONE, IK_JREC_F_RESTORE, "official", false},
		{IK_JREC_DONE, IK_JREC_F_RESTORE, "ours", true},
		{IK_JREC_ARMED, 0, "ours", false},
		{IK_JREC_SUPERSEDED, 0, "ours", false},
		{IK_JREC_IDLE, 0, "ours", false},
	};
	struct ik_target target = {.has_digest = true, .id = {.size_bytes = 5}};
	struct ik_journal journal = {.present = true};

	memset(&target.whole, 7, sizeof(target.whole));
	journal.rec.b.sha256 = target.whole;
	journal.rec.b.size_bytes = 5;
	for (size_t i = 0; i < IK_ARRAY_SIZE(rows); i++) {
		journal.rec.state = rows[i].state;
		journal.rec.flags = rows[i].flags;
		(void)snprintf(journal.rec.b.origin, sizeof(journal.rec.b.origin), "%s",
			       rows[i].origin);
		assert_int_equal(ik_own_by_journal(&journal, &target), rows[i].ours);
	}
	journal.rec.a = journal.rec.b; /* the last row's: it was put back, and was ours */
	assert_true(ik_own_by_journal(&journal, &target));
	target.id.size_bytes = 6;
	assert_false(ik_own_by_journal(&journal, &target));
	target = (struct ik_target){.id = {.size_bytes = 5}};
	assert_false(ik_own_by_journal(&journal, &target));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_inbox_would_boot_is_mended_first, flow_start),
		cmocka_unit_test_setup(what_cannot_be_mended_keeps_the_key, flow_start),
		cmocka_unit_test_setup(the_store_does_not_care, flow_start),
		cmocka_unit_test_setup(nothing_needless, flow_start),
		cmocka_unit_test_setup(no_backup_is_no_official_kernel, flow_start),
		cmocka_unit_test_setup(half_written_is_told_without_words, flow_start),
		cmocka_unit_test(only_a_closed_journal_knows_what_is_ours),
	};

	return cmocka_run_group_tests_name("flow/fallback", tests, flow_set_up, flow_tear_down);
}
