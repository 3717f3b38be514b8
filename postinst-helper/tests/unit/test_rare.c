/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow/txn and flow/recover in settings that are rare, and that no single failing call leads to: odd sizes, zeros that
 * stay, a release that runs, a lock that is held, a stop by the user, failures that last.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"
#include "flow/recover.h"
#include "flow/txn.h"
#include "store/dlock.h"
#include "txnworld.h"

static void odd_sizes(void **state IK_UNUSED)
{
	struct ik_report report = {0};
	struct ik_err err = {0};

	start_official();
	put_kernel(KERNEL, official.data, MIB / 2, 0);
	assert_true(install(&ours, &report, &err) < 0);
	assert_int_equal(err.code, IK_E_FILE_TOO_SMALL);
	err = (struct ik_err){0};
	put_kernel(KERNEL, official.data, official.size, IK_IMAGE_MAX_BYTES);
	assert_true(install(&ours, &report, &err) < 0);
	assert_int_equal(err.code, IK_E_FILE_TOO_BIG);
	assert_true(is(&official));
	/* An armed journal over the same: nobody's kernel, and left alone. */
	start_armed_new();
	put_kernel(KERNEL, ours.data, ours.size, IK_IMAGE_MAX_BYTES);
	assert_int_equal(recover(&report, NULL), 0);
	assert_int_equal(report.recovery, IK_RECOVERY_SUPERSEDED);
	start_official();
}

static void torn_by_others_is_restored_on_request(void **state IK_UNUSED)
{
	struct ik_report report = {0};
	struct ik_err err = {0};

	start_torn_by_others();
	assert_true(install(&ours, &report, &err) < 0);
	assert_int_equal(err.code, IK_E_TARGET_TORN);
	assert_true(install(&ours, &report, NULL) < 0);
	assert_int_equal(restore("official", &report, NULL), 0);
	assert_true(is(&official));
	start_torn_no_copy();
	assert_true(restore("official", &report, &err) < 0);
	assert_true(head_is_zero());
}

/* Zeros that the server does not let us cut: noted, tolerated, and cut when that is possible. */
static void zeros_that_stay(void **state IK_UNUSED)
{
	static void (*const starts[])(void) = {start_torn, start_armed_old_padded,
					       start_done_padded};

	for (size_t i = 0; i < IK_ARRAY_SIZE(starts); i++) {
		struct ik_report report = {0};
		struct ik_journal j;

		starts[i]();
		for (int again = 0; again < 2; again++) {
			faults = (struct faults){.on = true,
						 .only = "ik_sys_ftruncate",
						 .at = 1,
						 .lasting = true,
						 .errnum = EACCES};
			assert_int_equal(recover(&report, NULL), 0);
			faults_off();
			j = journal();
			assert_true(j.rec.flags & IK_JREC_F_PADDED);
			assert_true(j.rec.state != IK_JREC_ARMED);
			(void)close(j.dir_fd);
		}
		assert_int_equal(recover(&report, NULL), 0);
		j = journal();
		assert_false(j.rec.flags & IK_JREC_F_PADDED);
		(void)close(j.dir_fd);
	}
	/* Armed again with the note of zeros: the state changes, the note stays. */
	start_armed_old_padded();
	set_journal(IK_JREC_ARMED, IK_JREC_F_PADDED);
	faults = (struct faults){
		.on = true, .only = "ik_sys_ftruncate", .at = 1, .lasting = true, .errnum = EACCES};
	assert_int_equal(recover(&(struct ik_report){0}, NULL), 0);
	faults_off();
	/* Zeros noted, but torn by somebody else. */
	start_torn_by_others();
	set_journal(IK_JREC_DONE, IK_JREC_F_PADDED);
	assert_true(recover(&(struct ik_report){0}, NULL) < 0);
}

/* The release that runs marks the journal. */
static void seen_running(void **state IK_UNUSED)
{
	static const struct {
		const char *running;
		enum ik_jrec_state then;
	} cases[] = {{NULL, IK_JREC_DONE},
		     {"", IK_JREC_DONE},
		     {"5.15.1", IK_JREC_DONE},
		     {OURS, IK_JREC_GOOD}};
	char *before = session.env.release;

	start_installed();
	for (size_t i = 0; i < IK_ARRAY_SIZE(cases); i++) {
		struct ik_report report = {0};
		struct ik_journal j;

		session.env.release = (char *)(uintptr_t)cases[i].running;
		assert_int_equal(recover(&report, NULL), 0);
		assert_int_equal(report.action, IK_ACTION_NONE);
		j = journal();
		assert_int_equal(j.rec.state, cases[i].then);
		(void)close(j.dir_fd);
	}
	session.env.release = before;
}

/* Journals with less in them than ours have. */
static void sparse_journals(void **state IK_UNUSED)
{
	struct ik_report report = {0};
	struct ik_journal j;

	start_torn();
	j = journal();
	(void)close(j.dir_fd);
	j.rec.a.release[0] = '\0';
	set_record(&j.rec);
	assert_int_equal(recover(&report, NULL), 0);
	assert_true(is(&official));
	start_torn();
	j = journal();
	(void)close(j.dir_fd);
	j.rec.a.file[0] = '\0';
	set_record(&j.rec);
	assert_true(recover(&report, NULL) < 0);
	start_armed_new();
	j = journal();
	(void)close(j.dir_fd);
	j.rec.b.size_bytes = 100;
	set_record(&j.rec);
	assert_int_equal(recover(&report, NULL), 0);
	/* Torn, but in another file than the journal's. */
	start_torn();
	replace_kernel();
	put_kernel(KERNEL, "", 0, MIB);
	assert_true(recover(&report, NULL) < 0);
	assert_int_equal(report.recovery, IK_RECOVERY_NOT_OURS);
}

static void names_that_are_no_files(void **state IK_UNUSED)
{
	struct ik_report report = {0};
	struct ik_err err = {0};

	start_official();
	put_dir(session.drive.fd, TOOLS IK_NAME_JOURNAL);
	assert_true(install(&ours, &report, &err) < 0);
	assert_int_equal(err.code, IK_E_FILE_IS_DIRECTORY);
	assert_true(recover(&report, NULL) < 0);
	assert_int_equal(unlinkat(session.drive.fd, TOOLS IK_NAME_JOURNAL, AT_REMOVEDIR), 0);
	start_installed();
	assert_int_equal(linkat(session.drive.fd, TOOLS IK_NAME_JOURNAL, session.drive.fd,
				TOOLS "second-name", 0),
			 0);
	assert_true(install(&newer, &report, &err) < 0);
	assert_int_equal(err.code, IK_E_FILE_UNTRUSTED);
	assert_int_equal(unlinkat(session.drive.fd, TOOLS "second-name", 0), 0);
	(void)unlinkat(session.drive.fd, TOOLS IK_NAME_NEW, 0);
	put_dir(session.drive.fd, TOOLS IK_NAME_NEW);
	assert_true(install(&newer, &report, NULL) < 0);
	assert_int_equal(unlinkat(session.drive.fd, TOOLS IK_NAME_NEW, AT_REMOVEDIR), 0);
	assert_true(is(&ours));
}

/* A lock that is held says busy also over a torn kernel; a lock that fails does not hide it. */
static void locks_over_a_torn_kernel(void **state IK_UNUSED)
{
	struct ik_report report = {0};
	struct ik_err err = {0};
	struct ik_dlock lock = {0};
	int fd = tools_fd();

	start_torn();
	assert_int_equal(ik_dlock_take(fd, "other", NULL, &lock, NULL), 0);
	faults = (struct faults){
		.on = true, .only = "ik_sys_create", .at = 1, .lasting = true, .errnum = EEXIST};
	(void)recover(&report, &err);
	faults_off();
	ik_dlock_release(&lock);
	assert_int_equal(close(fd), 0);
	start_torn();
	for (int with = 0; with < 2; with++) {
		err = (struct ik_err){0};
		faults = (struct faults){.on = true,
					 .only = "ik_sys_create",
					 .at = 1,
					 .lasting = true,
					 .errnum = EROFS};
		assert_true(recover(&report, with ? &err : NULL) < 0);
		faults_off();
		assert_int_equal(err.code, with ? IK_E_RECOVERY_NEEDED : IK_E_NONE);
	}
	start_official();
	faults = (struct faults){
		.on = true, .only = "ik_sys_create", .at = 1, .lasting = true, .errnum = EROFS};
	assert_true(install(&ours, &report, NULL) < 0);
	faults_off();
	assert_true(is(&official));
}

static void no_room(void **state IK_UNUSED)
{
	struct ik_report report = {0};
	struct ik_err err = {0};

	start_official();
	faults = (struct faults){.on = true, .only = "ik_sys_free_bytes", .at = 1};
	assert_true(install(&ours, &report, &err) < 0);
	faults_off();
	assert_int_equal(err.code, IK_E_SPACE_LOW);
	assert_true(is(&official));
}

static int stop(void *ctx, const char *what, uint64_t done IK_UNUSED, uint64_t total IK_UNUSED)
{
	return strcmp(what, ctx) == 0 ? -ECANCELED : 0;
}

/* The user stops it: only before anything was changed. */
static void stopped(void **state IK_UNUSED)
{
	static const char *const whats[] = {"copying", "verifying", "writing"};

	for (size_t i = 0; i < IK_ARRAY_SIZE(whats); i++) {
		struct ik_report report = {0};
		struct ik_err err = {0};
		bool writing = i == 2;
		int r;

		start_official();
		work_progress =
			(struct ik_progress){.tick = stop, .ctx = (void *)(uintptr_t)whats[i]};
		r = install(&ours, &report, &err);
		work_progress = (struct ik_progress){0};
		assert_int_equal(r < 0, !writing);
		assert_int_equal(err.code, writing ? IK_E_NONE : IK_E_INTERRUPTED);
		assert_true(is(writing ? &ours : &official));
	}
}

/* The head cannot be put back after its first write: every call of a kind fails from one moment on. */
static void failures_that_last(void **state IK_UNUSED)
{
	static const char *const names[] = {"ik_sys_pwrite",	"ik_sys_fsync",	    "ik_sys_pread",
					    "ik_sys_ftruncate", "ik_sys_set_mtime", "ik_file_id_of",
					    "ik_path_identify"};

	for (size_t i = 0; i < IK_ARRAY_SIZE(names); i++) {
		bool more = true;

		for (long n = 1; more; n++) {
			struct ik_report report = {0};
			struct ik_err err = {0};

			faults_off();
			start_official();
			faults = (struct faults){.on = true,
						 .only = names[i],
						 .at = n,
						 .lasting = true,
						 .errnum = EIO};
			(void)install(&ours, &report, n & 1 ? &err : NULL);
			more = faults.fired;
			faults_off();
			assert_int_equal(recover(&report, NULL), 0);
			assert_true(is(&official) || is(&ours) || is(&foreign));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(odd_sizes),
		cmocka_unit_test(torn_by_others_is_restored_on_request),
		cmocka_unit_test(zeros_that_stay),
		cmocka_unit_test(seen_running),
		cmocka_unit_test(sparse_journals),
		cmocka_unit_test(names_that_are_no_files),
		cmocka_unit_test(locks_over_a_torn_kernel),
		cmocka_unit_test(no_room),
		cmocka_unit_test(stopped),
		cmocka_unit_test(failures_that_last),
	};

	return cmocka_run_group_tests_name("rare", tests, world_set_up, world_tear_down);
}
