/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow/remember and what flow/act and flow/recjob make of it: a recovery never puts an end to a pending install, and a
 * note that nobody needs is no reason for anything to be pending.
 */
#include "flow/remember.h"

#include <stdio.h>
#include <string.h>

#include "faults.h"
#include "flow/act.h"
#include "flow/recjob.h"
#include "flowworld.h"

/* On disk, too: that is read again under the lock. */
static void set_pending(const char *command)
{
	struct ik_state_event *pending = &session.state.pending;

	*pending = (struct ik_state_event){.present = true, .code = "path-denied"};
	(void)snprintf(pending->command, sizeof(pending->command), "%s", command);
	assert_int_equal(ik_state_save(session.state_dir, &session.state, NULL), 0);
}

static bool is_pending(const char *command)
{
	return ik_remember_is_pending(&session.state, command);
}

static void failed(const char *command, enum ik_code code)
{
	struct ik_err why = {0};

	(void)ik_err_set(&why, code, 0, "because");
	ik_remember_failure(&session.state, command, &why, NULL);
}

static void a_recovery_takes_no_others_place(void **state IK_UNUSED)
{
	static const char *const wishes[] = {"install", "restore", "remove", "official on",
					     "official off"};

	for (size_t i = 0; i < IK_ARRAY_SIZE(wishes); i++) {
		set_pending(wishes[i]);
		failed("recover", IK_E_PATH_DENIED);
		assert_true(is_pending(wishes[i]));
		assert_string_equal(session.state.last_error.command, "recover");
		failed("recover", IK_E_LOCK_BUSY);
		assert_true(is_pending(wishes[i]));
	}
	failed("install", IK_E_SPACE_LOW); /* a newer wish does */
	assert_true(is_pending("install"));
	assert_string_equal(session.state.pending.code, "space-low");
	assert_true(ik_remember_done(&session.state, "recover"));
	assert_false(session.state.last_error.present);
	assert_true(is_pending("install"));
	assert_false(ik_remember_done(&session.state, "recover"));
	memset(&session.state.pending, 0, sizeof(session.state.pending));
	failed("recover", IK_E_PATH_DENIED); /* alone, it is pending */
	failed("recover", IK_E_LOCK_BUSY);
	assert_true(is_pending("recover"));
	assert_string_equal(session.state.pending.code, "lock-busy");
	assert_true(ik_remember_done(&session.state, "recover"));
	assert_false(session.state.pending.present);
}

static int act_recover(void)
{
	memset(&job_err, 0, sizeof(job_err));
	return ik_act_recover(&session, &job_report, &job_err);
}

/* A drive on which nothing can be made. The first file is the lock of this system, which is no file of the drive. */
static int act_denied(void)
{
	int r;

	faults = (struct faults){.on = true, .only = "ik_sys_create", .at = 2, .errnum = EACCES};
	r = act_recover();
	faults_off();
	return r;
}

static bool is_saved(const char *pending)
{
	struct ik_state saved;

	assert_int_equal(ik_state_load(session.state_dir, &saved, NULL), 0);
	return pending ? ik_remember_is_pending(&saved, pending) : !saved.pending.present;
}

/* A recovery that is refused, and one that is made at the next try. */
static void a_recovery_settles_its_own(void **state IK_UNUSED)
{
	static const char *const before[] = {"install", "recover"};

	for (size_t i = 0; i < IK_ARRAY_SIZE(before); i++) {
		start_armed_old();
		set_pending(before[i]);
		assert_true(act_denied() < 0);
		assert_int_equal(job_err.code, IK_E_PATH_DENIED);
		assert_true(is_pending(before[i]));
		assert_int_equal(act_recover(), 0);
		assert_int_equal(job_report.action, IK_ACTION_RECOVERED);
		assert_false(session.state.last_error.present);
		assert_int_equal(is_pending("install"), i == 0);
		assert_true(is_saved(i == 0 ? "install" : NULL));
	}
	set_pending("recover"); /* as former versions left it, with nothing to do */
	assert_int_equal(act_recover(), 0);
	assert_true(is_saved(NULL));
}

/* The kernel runs, all is well; only the note that it ran is missing. */
static void start_unmarked(void)
{
	start_installed();
	set_journal(IK_JREC_DONE, record().flags);
	session.env.release = (char *)(uintptr_t)OURS;
}

static void the_note_can_wait(void **state IK_UNUSED)
{
	static const char *const calls[] = {"ik_sys_create", "ik_sys_pwrite", "ik_sys_fsync",
					    "ik_sys_rename", "ik_sys_unlink", "ik_sys_openat"};
	int refused = 0;

	for (size_t i = 0; i < IK_ARRAY_SIZE(calls); i++)
		for (long n = 1; n < 8; n++) {
			start_unmarked();
			faults = (struct faults){
				.on = true, .only = calls[i], .at = n, .errnum = EACCES};
			if (run_job(ik_recjob_run, NULL, NULL) < 0)
				fail_msg("%s %ld: %s", calls[i], n, job_err.message);
			refused += record().state == IK_JREC_DONE;
			assert_int_equal(job_report.action, IK_ACTION_NONE);
			assert_true(is(&ours));
		}
	assert_true(refused > 0);
	start_unmarked();
	assert_int_equal(run_job(ik_recjob_run, NULL, NULL), 0);
	assert_int_equal(record().state, IK_JREC_GOOD);
}

/* A lock that another one holds, or that cannot be made, leaves nothing pending. */
static void without_the_note_nothing_is_pending(void **state IK_UNUSED)
{
	start_unmarked();
	assert_int_equal(act_denied(), 0);
	assert_int_equal(record().state, IK_JREC_DONE);
	assert_false(session.state.pending.present || session.state.last_error.present);
	set_pending("install");
	assert_int_equal(act_denied(), 0);
	assert_true(is_pending("install"));
}

/* An older image than the one in place settles what the boot would try, not another one's pending install. */
static void an_older_image_settles_nothing(void **state IK_UNUSED)
{
	start_installed();
	put_kernel(KERNEL, newer.data, newer.size, 0);
	set_pending("install");
	memset(&job_err, 0, sizeof(job_err));
	assert_true(ik_act_install(&session, ours_path, &job_report, &job_err) < 0);
	assert_int_equal(job_err.code, IK_E_TARGET_NEWER);
	assert_true(is_pending("install"));
	set_pending("recover"); /* which every install does first */
	assert_true(ik_act_install(&session, ours_path, &job_report, &job_err) < 0);
	assert_false(session.state.pending.present);
}

static void waits(const char *series, const char *release, bool downgrade)
{
	const struct ik_remember_wish wish = {
		.series = series, .release = release, .downgrade = downgrade};
	struct ik_err why = {0};

	(void)ik_err_set(&why, IK_E_SPACE_LOW, 0, "because");
	ik_remember_failure(&session.state, "install", &why, &wish);
}

/* What is wanted comes back from disk; of two series the first that is installed is tried. */
static void what_is_wanted_is_kept(void **state IK_UNUSED)
{
	const struct ik_state_event *pending = &session.state.pending;

	waits("longterm", OURS, true);
	assert_int_equal(ik_state_save(session.state_dir, &session.state, NULL), 0);
	ik_session_read_state(&session);
	assert_string_equal(pending->series, "longterm");
	assert_string_equal(pending->release, OURS);
	assert_true(pending->downgrade);
	waits("stable", newer.release, false); /* it is installed again, and newer */
	assert_string_equal(pending->series, "");
	assert_false(pending->downgrade);
	waits("longterm", OURS, true); /* and it goes again */
	assert_true(pending->downgrade);
	memset(&session.state, 0, sizeof(session.state));
	waits("stable", newer.release, false);
	waits("stable", newer.release, false);
	assert_string_equal(pending->series, "stable");
	waits("longterm", OURS, false);
	assert_string_equal(pending->series, "");
	assert_string_equal(pending->release, "");
}

/* The heir of a series that goes waits, whatever failed; anybody else's damaged image is an error, and no more. */
static void an_heir_waits(void **state IK_UNUSED)
{
	static const enum ik_code codes[] = {IK_E_IMAGE_MISSING, IK_E_IMAGE_DIGEST,
					     IK_E_MANIFEST_BAD, IK_E_CONF_VALUE};

	for (size_t i = 0; i < IK_ARRAY_SIZE(codes); i++)
		for (int heir = 0; heir < 2; heir++) {
			const struct ik_remember_wish wish = {"longterm", "", true, heir != 0};
			struct ik_err why = {0};

			(void)ik_err_set(&why, codes[i], 0, "because");
			memset(&session.state, 0, sizeof(session.state));
			ik_remember_failure(&session.state, "install", &why, &wish);
			assert_int_equal(session.state.pending.present, heir);
			assert_int_equal(session.state.last_error.present, !heir);
			assert_int_equal(session.state.pending.downgrade, heir);
		}
}

/* A newer kernel in place settles what it is at least as new as, or what was tried; never a wish to go back. */
static void a_newer_kernel_settles_no_more_than_it_is(void **state IK_UNUSED)
{
	static const struct {
		const char *wanted, *there;
		bool downgrade, same, settled;
	} rows[] = {
		{OURS, "7.3.5-1-immensity-microsoft-standard-WSL2", false, false, true},
		{OURS, OURS, false, false, true},
		{"7.3.5-1-immensity-microsoft-standard-WSL2", OURS, false, false, false},
		{"7.3.5-1-immensity-microsoft-standard-WSL2", OURS, false, true, true},
		{"", OURS, false, false, false},
		{"", OURS, false, true, true},
		{OURS, "", false, false, false},
		{OURS, OURS, true, true, false},
	};

	for (size_t i = 0; i < IK_ARRAY_SIZE(rows); i++) {
		memset(&session.state, 0, sizeof(session.state));
		waits("stable", rows[i].wanted, rows[i].downgrade);
		ik_remember_newer(&session.state, "install", rows[i].there, rows[i].same);
		assert_int_equal(session.state.pending.present, !rows[i].settled);
	}
}

static void an_install_can_be_forgotten(void **state IK_UNUSED)
{
	set_pending("restore");
	ik_act_forget_install(&session);
	assert_true(is_pending("restore"));
	set_pending("install");
	session.options.dry_run = true;
	ik_act_forget_install(&session);
	assert_true(is_pending("install"));
	session.options.dry_run = false;
	ik_act_forget_install(&session);
	assert_true(is_saved(NULL));
	assert_false(session.state.pending.present);
}

#define TEST(f) cmocka_unit_test_setup(f, flow_start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_recovery_takes_no_others_place),
		TEST(a_recovery_settles_its_own),
		TEST(the_note_can_wait),
		TEST(without_the_note_nothing_is_pending),
		TEST(an_older_image_settles_nothing),
		TEST(what_is_wanted_is_kept),
		TEST(an_heir_waits),
		TEST(a_newer_kernel_settles_no_more_than_it_is),
		TEST(an_install_can_be_forgotten),
	};

	return cmocka_run_group_tests_name("flow/remember", tests, flow_set_up, flow_tear_down);
}
