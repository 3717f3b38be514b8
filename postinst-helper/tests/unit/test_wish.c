/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow/wish and flow/turn: what users have said while a package's run or a boot waited for its turn counts, and a state
 * that cannot be read is no leave to install.
 */
#include "flow/wish.h"

#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "faults.h"
#include "flow/act.h"
#include "flow/remember.h"
#include "flow/source.h"
#include "flow/turn.h"
#include "flow/txnjob.h"
#include "flowworld.h"

static struct ik_state on_disk; /* what another run leaves before ours gets the lock */

static void save_it(void)
{
	assert_int_equal(ik_state_save(session.state_dir, &on_disk, NULL), 0);
}

static void other_run(void *out IK_UNUSED)
{
	save_it();
}

static int start(void **state)
{
	int r = flow_start(state);

	memset(&on_disk, 0, sizeof(on_disk));
	save_it();
	ik_session_read_state(&session);
	return r;
}

static int stop(void **state IK_UNUSED)
{
	session.asker = IK_ASKER_USER;
	memset(&on_disk, 0, sizeof(on_disk));
	save_it();
	ik_session_read_state(&session);
	return 0;
}

/* The packaged kernel is installed, but before the lock is ours another run has its end. */
static int install_behind(enum ik_asker asker)
{
	struct ik_source ik_autosource source = {.sealed = {.fd = -EBADF}};
	struct ik_job job = {.source = &source};
	struct ik_err why = {0};
	struct ik_turn turn;
	int r;

	assert_int_equal(ik_source_open_file(ours_path, &source, NULL), 0);
	session.asker = asker;
	ik_turn_begin(&turn, &session, IK_REMEMBER_INSTALL, &job_report);
	turn.packaged = true;
	call_changes("fstat", 1, other_run); /* taking the lock looks at its file */
	r = ik_turn_run(&turn, ik_txnjob_install, &job, &why);
	assert_true(call_met());
	return ik_turn_finish(&turn, r, &why, &job_err);
}

static void set_pending(void)
{
	on_disk.pending = (struct ik_state_event){.present = true, .command = "install"};
}

static void users_words_count_that_were_said_meanwhile(void **state IK_UNUSED)
{
	on_disk.official_hold = true;
	assert_int_equal(install_behind(IK_ASKER_PACKAGE), 0);
	assert_int_equal(job_report.action, IK_ACTION_HELD);
	assert_true(is(&official) && session.state.official_hold);
	set_pending();
	assert_int_equal(install_behind(IK_ASKER_BOOT), 0);
	assert_int_equal(job_report.action, IK_ACTION_HELD);
	assert_true(is(&official) && session.state.pending.present);
	assert_int_equal(install_behind(IK_ASKER_USER), 0); /* who types it means it */
	assert_true(is(&ours));
	assert_false(session.state.official_hold);
}

/* What was pending when the boot looked was settled while it waited: a removal, or the kernel of the user's choice. */
static void what_is_no_longer_pending_is_left(void **state IK_UNUSED)
{
	session.state.pending = (struct ik_state_event){.present = true, .command = "install"};
	assert_int_equal(install_behind(IK_ASKER_BOOT), 0);
	assert_int_equal(job_report.action, IK_ACTION_NONE);
	assert_true(is(&official));
	set_pending();
	assert_int_equal(install_behind(IK_ASKER_BOOT), 0);
	assert_int_equal(job_report.action, IK_ACTION_INSTALLED);
	assert_true(is(&ours));
}

/* What another run remembered while this one failed without the lock stays, too. */
static void a_failure_forgets_no_others_words(void **state IK_UNUSED)
{
	struct ik_state saved;

	session.drive.fd = -EBADF;
	(void)ik_err_set(&session.drive_err, IK_E_DRIVE_MISSING, 0, "no drive");
	on_disk.official_hold = true;
	save_it();
	assert_true(ik_act_install(&session, NULL, &job_report, &job_err) < 0);
	assert_int_equal(ik_state_load(session.state_dir, &saved, NULL), 0);
	assert_true(saved.official_hold && saved.pending.present);
}

static void an_unreadable_state_is_no_leave(void **state IK_UNUSED)
{
	static const enum ik_asker unasked[] = {IK_ASKER_PACKAGE, IK_ASKER_BOOT};
	struct ik_state saved;

	on_disk.official_hold = true;
	save_it();
	for (size_t i = 0; i < IK_ARRAY_SIZE(unasked); i++) {
		session.asker = unasked[i];
		faults = (struct faults){
			.on = true, .only = "ik_sys_read_all", .at = 1, .errnum = EIO};
		ik_session_read_state(&session);
		assert_non_null(faults.fired);
		faults_off();
		memset(&job_err, 0, sizeof(job_err));
		assert_true(ik_act_install(&session, NULL, &job_report, &job_err) < 0);
		assert_int_equal(job_err.code, IK_E_STATE_BAD);
		assert_non_null(strstr(job_err.message, "could not be read"));
		assert_true(is(&official));
		assert_int_equal(ik_state_load(session.state_dir, &saved, NULL), 0);
		assert_true(saved.official_hold); /* and it was not written over */
		assert_false(saved.last_error.present || saved.pending.present);
	}
	session.asker = IK_ASKER_USER;
	assert_int_equal(ik_act_install(&session, ours_path, &job_report, &job_err), 0);
	assert_true(is(&ours));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(users_words_count_that_were_said_meanwhile),
		TEST(what_is_no_longer_pending_is_left),
		TEST(a_failure_forgets_no_others_words),
		TEST(an_unreadable_state_is_no_leave),
	};

	return cmocka_run_group_tests_name("flow/wish", tests, flow_set_up, flow_tear_down);
}
