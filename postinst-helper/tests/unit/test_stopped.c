/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow/recover where somebody asks to stop, or where the copies cannot be read: what mends our own write goes on, and
 * nothing that could not be judged passes for bad.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"
#include "flow/lxss.h"
#include "flow/match.h"
#include "flow/recover.h"
#include "txnworld.h"

/* ---- asked to stop ---- */

static int stops(void *ctx IK_UNUSED, const char *what, uint64_t done IK_UNUSED,
		 uint64_t total IK_UNUSED)
{
	return strcmp(what, "verifying") == 0 ? -ECANCELED : 0;
}

/* Ctrl-C comes with the failure, as it does where somebody sees that a drive hangs. */
static int stops_after_the_failure(void *ctx IK_UNUSED, const char *what IK_UNUSED,
				   uint64_t done IK_UNUSED, uint64_t total IK_UNUSED)
{
	return faults.failed ? -ECANCELED : 0;
}

/* Our own failed write is mended, whoever asks us to stop. */
static void mending_is_not_stopped(void **state IK_UNUSED)
{
	static const char *const names[] = {"ik_sys_pwrite", "ik_sys_fsync"};

	for (size_t i = 0; i < IK_ARRAY_SIZE(names); i++) {
		bool more = true;

		for (long n = 1; more; n++) {
			struct ik_report report = {0};
			struct ik_err err = {0};
			int r;

			start_official();
			work_progress = (struct ik_progress){.tick = stops_after_the_failure};
			faults = (struct faults){
				.on = true, .only = names[i], .at = n, .errnum = EIO};
			r = install(&ours, &report, &err);
			more = faults.fired;
			faults_off();
			work_progress = (struct ik_progress){.tick = NULL};
			if (!is(&official) && !is(&ours))
				fail_msg("%s %ld: %d %s", names[i], n, r, err.message);
			assert_int_not_equal(err.code, IK_E_RECOVERY_NEEDED);
		}
	}
}

/* Recovery that is stopped has judged nothing, and says what may be. */
static void recovery_that_is_stopped(void **state IK_UNUSED)
{
	static void (*const starts[])(void) = {start_torn, start_torn_no_backup, start_armed_new,
					       start_mixture};

	for (size_t i = 0; i < 2 * IK_ARRAY_SIZE(starts); i++) {
		struct ik_report report = {0};
		struct ik_err err = {0};
		bool torn;

		starts[i / 2]();
		torn = head_is_zero();
		work_progress = (struct ik_progress){.tick = stops};
		assert_true((i & 1 ? restore("official", &report, &err) : recover(&report, &err)) <
			    0);
		work_progress = (struct ik_progress){.tick = NULL};
		assert_int_equal(err.code, IK_E_RECOVERY_NEEDED);
		assert_non_null(strstr(err.message, torn ? " is half" : " may be half"));
		assert_int_equal(report.recovery, IK_RECOVERY_NOTHING); /* no verdict */
		assert_int_equal(record().state, IK_JREC_ARMED);
		assert_true(recover(&report, NULL) >= 0 && (is(&official) || is(&ours)));
	}
}

/* ---- copies that cannot be read ---- */

/* Recovery in the run whose own write failed, with one more call failing; false when there are not so many. */
static bool recover_distrusting(const char *name, long n, int errnum)
{
	struct ik_scene ik_autoscene scene = {.lxss = {.fd = -EBADF}, .profile = {.fd = -EBADF}};
	struct ik_job job = {.session = &session};
	struct ik_lxss ik_autolxss lxss = IK_LXSS_NONE;
	struct ik_report report = {0};
	struct ik_err err = {0};
	bool fired;
	int r;

	assert_int_equal(ik_scene_open(&session, &scene, NULL), 0);
	assert_int_equal(ik_lxss_open(&scene, &job, &report, &lxss, NULL), 0);
	faults = (struct faults){.on = true, .only = name, .at = n, .errnum = errnum};
	r = ik_recover_run(&lxss, true, n & 1 ? &err : NULL);
	fired = faults.fired;
	faults_off();
	if (record().state == IK_JREC_DONE)
		fail_msg("%s %ld: what could not be flushed passes for done (%d)", name, n, r);
	assert_true(r < 0 || is(&official));
	assert_true(r < 0 || !lxss.half_written);
	return fired;
}

/* The new image is there, but was not flushed; whether the old one could be put back cannot be told. */
static void unread_is_not_bad(void **state IK_UNUSED)
{
	static const struct {
		const char *name;
		int errnum;
	} cases[] = {{"ik_sys_pread", EIO}, {"ik_sys_openat2", EACCES}, {"memory", ENOMEM}};

	for (size_t i = 0; i < IK_ARRAY_SIZE(cases); i++) {
		bool more = true;

		for (long n = 1; more; n++) {
			start_armed_new();
			more = recover_distrusting(cases[i].name, n, cases[i].errnum);
		}
	}
}

/* What stands in the backup's place is no backup: the staged image is written. */
static void no_file_is_no_copy(void **state IK_UNUSED)
{
	struct ik_report report = {0};

	start_torn_no_backup();
	assert_int_equal(unlinkat(session.drive.fd, TOOLS IK_NAME_OFFICIAL, 0), 0);
	assert_int_equal(recover(&report, NULL), 0);
	assert_int_equal(report.recovery, IK_RECOVERY_RESTORE_NEW);
	start_torn_no_backup();
	assert_int_equal(unlinkat(session.drive.fd, TOOLS IK_NAME_OFFICIAL, 0), 0);
	put_link(session.drive.fd, TOOLS IK_NAME_OFFICIAL, "elsewhere");
	assert_int_equal(recover(&report, NULL), 0);
	assert_int_equal(report.recovery, IK_RECOVERY_RESTORE_NEW);
	assert_true(is(&ours));
}

/* Whether anybody asks why makes no difference. */
static void asking_for_a_copy(void **state IK_UNUSED)
{
	struct ik_scene ik_autoscene scene = {.lxss = {.fd = -EBADF}, .profile = {.fd = -EBADF}};
	struct ik_jrec rec;

	start_torn();
	rec = record();
	assert_int_equal(ik_scene_open(&session, &scene, NULL), 0);
	assert_int_equal(ik_match_copy(&scene, &rec.a, NULL, NULL), 1);
	assert_int_equal(ik_match_copy(&scene, &rec.b, NULL, NULL), 0);
	faults = (struct faults){.on = true, .only = "ik_sys_pread", .at = 1, .errnum = EIO};
	assert_int_equal(ik_match_copy(&scene, &rec.a, NULL, NULL), -EIO);
	faults_off();
}

/* No memory, or unreadable: the table's "no good copy" needs a proof that there is none. */
static void copies_while_judging(void **state IK_UNUSED)
{
	static const struct {
		const char *name;
		int errnum;
	} cases[] = {{"ik_sys_pread", EIO}, {"memory", ENOMEM}};

	for (size_t i = 0; i < IK_ARRAY_SIZE(cases); i++) {
		bool more = true;

		for (long n = 1; more; n++) {
			struct ik_report report = {0};
			struct ik_err err = {0};
			int r;

			start_torn_no_backup();
			faults = (struct faults){.on = true,
						 .only = cases[i].name,
						 .at = n,
						 .errnum = cases[i].errnum};
			r = recover(&report, &err);
			more = faults.fired;
			faults_off();
			assert_true(r < 0 || is(&ours));
			if (cases[i].errnum == ENOMEM)
				assert_int_not_equal(report.recovery, IK_RECOVERY_LOUD);
			assert_int_equal(recover(&report, NULL), 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mending_is_not_stopped),
		cmocka_unit_test(recovery_that_is_stopped),
		cmocka_unit_test(unread_is_not_bad),
		cmocka_unit_test(no_file_is_no_copy),
		cmocka_unit_test(asking_for_a_copy),
		cmocka_unit_test(copies_while_judging),
	};

	return cmocka_run_group_tests_name("stopped", tests, world_set_up, world_tear_down);
}
