/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flow/recjob where only the note is missing that our kernel was seen running: it may not hide what else there is. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"
#include "io/reread.h"
#include "txnworld.h"

static void start_unmarked(void)
{
	start_installed();
	set_journal(IK_JREC_DONE, record().flags);
}

static void begins_and_dies(void)
{
	set_journal(IK_JREC_ARMED, 0);
	zero_head();
}

static void begins_and_spoils(void)
{
	begins_and_dies();
	spoil(record().a.file);
	(void)unlinkat(session.drive.fd, TOOLS IK_NAME_NEW, 0);
}

/* Who takes the lock for a note may find more to do than a note. */
static void more_than_a_note(void **state IK_UNUSED)
{
	static const struct {
		void (*act)(void);
		int errnum; /* of the lock */
		enum ik_code code;
	} cases[] = {{begins_and_dies, 0, IK_E_NONE},
		     {begins_and_spoils, 0, IK_E_RECOVERY_NEEDED},
		     {begins_and_dies, EROFS, IK_E_RECOVERY_NEEDED}};
	char *release = session.env.release;

	session.env.release = (char *)(uintptr_t)OURS;
	for (size_t i = 0; i < IK_ARRAY_SIZE(cases); i++)
		for (int with = 0; with < 2; with++) {
			struct ik_report report = {0};
			struct ik_err err = {0};
			int r;

			start_unmarked();
			faults = (struct faults){.on = true,
						 .only = "ik_sys_create",
						 .at = cases[i].errnum ? 1 : 0,
						 .errnum = cases[i].errnum,
						 .hook_at = 1,
						 .hook = cases[i].act};
			r = recover(&report, with ? &err : NULL);
			faults_off();
			assert_int_equal(r < 0, cases[i].code != IK_E_NONE);
			assert_int_equal(err.code, with ? cases[i].code : IK_E_NONE);
			assert_int_equal(head_is_zero(), r < 0);
		}
	session.env.release = release;
}

/* A note that meets a drive that cannot be read says what it could not see, or nothing. */
static void a_note_that_cannot_look(void **state IK_UNUSED)
{
	static const char *const names[] = {"ik_sys_pread", "ik_sys_openat2"};
	char *release = session.env.release;
	bool more = true;

	session.env.release = (char *)(uintptr_t)OURS;
	for (size_t i = 0; i < IK_ARRAY_SIZE(names); i++, more = true)
		for (long n = 1; more; n++) {
			struct ik_report report = {0};
			struct ik_err err = {0};
			int r;

			start_unmarked();
			faults = (struct faults){
				.on = true, .only = names[i], .at = n, .errnum = EIO};
			r = recover(&report, &err);
			more = faults.fired;
			faults_off();
			assert_int_equal(r < 0, err.code != IK_E_NONE);
			assert_true(is(&ours));
		}
	session.env.release = release;
}

/* The kernel is finished, and then the note cannot be written: that is an error, for the journal is what failed. */
static void a_recovery_without_its_note(void **state IK_UNUSED)
{
	char *release = session.env.release;
	unsigned failed = 0;
	bool more = true;

	session.env.release = (char *)(uintptr_t)OURS;
	for (long n = 1; more; n++) {
		struct ik_report report = {0};
		struct ik_err err = {0};
		int r;

		start_armed_new();
		faults = (struct faults){
			.on = true, .only = "ik_sys_pwrite", .at = n, .errnum = EIO};
		r = recover(&report, &err);
		more = faults.fired;
		faults_off();
		assert_int_equal(r < 0, err.code != IK_E_NONE);
		assert_true(is(&ours));
		failed += r < 0 && record().state == IK_JREC_DONE;
	}
	session.env.release = release;
	assert_true(failed > 0);
}

/* Where there is no such kernel nothing of ours can be under way. */
static void no_kernel_no_recovery(void **state IK_UNUSED)
{
	static const enum ik_conf_target targets[] = {IK_CONF_TARGET_LXSS,
						      IK_CONF_TARGET_WSLCONFIG};
	const char *folder = "Windows/System32/lxss", *away = "Windows/System32/away";
	enum ik_conf_target target = session.conf.target;

	start_installed();
	assert_int_equal(renameat(session.drive.fd, folder, session.drive.fd, away), 0);
	for (size_t i = 0; i < IK_ARRAY_SIZE(targets); i++) {
		struct ik_report report = {0};
		struct ik_err err = {0};

		session.conf.target = targets[i];
		assert_int_equal(recover(&report, &err), 0);
		assert_int_equal(report.action, IK_ACTION_NONE);
	}
	session.conf.target = target;
	assert_int_equal(renameat(session.drive.fd, away, session.drive.fd, folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(more_than_a_note),
		cmocka_unit_test(a_note_that_cannot_look),
		cmocka_unit_test(a_recovery_without_its_note),
		cmocka_unit_test(no_kernel_no_recovery),
	};

	return cmocka_run_group_tests_name("note", tests, world_set_up, world_tear_down);
}
