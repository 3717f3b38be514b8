/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow/txnjob, flow/txn and flow/remove over a kernel of which recovery could say only that it is half written: what
 * may go on, on which ground, and what is never kept as a kernel.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"
#include "flow/lxss.h"
#include "flow/recover.h"
#include "flow/remove.h"
#include "io/reread.h"
#include "txnworld.h"

static int remove_all(struct ik_report *report, struct ik_err *err)
{
	struct ik_job job = {.session = &session, .purge = false, .progress = work_progress};
	int r = ik_remove_job(&job, report, err);

	faults.on = false;
	return r;
}

static int restore_official(struct ik_report *report, struct ik_err *err)
{
	return restore("official", report, err);
}

static int (*const jobs[])(struct ik_report *, struct ik_err *) = {restore_official, remove_all};

/* ---- ground that was never opened ---- */

/* A directory is stdin, as where a caller was started in one that way: a descriptor that nobody set would mean it. */
static int take_stdin(void)
{
	int saved = dup(STDIN_FILENO), fd;

	put_dir(tmp.fd, "stdin");
	fd = openat(tmp.fd, "stdin", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(saved >= 0 && fd >= 0);
	assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	assert_int_equal(close(fd), 0);
	return saved;
}

static void give_stdin_back(int saved)
{
	assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
	assert_int_equal(close(saved), 0);
}

/* The calls of a name that look for the kernel's folder, before anything of ours is opened. */
static long calls_of_the_scene(const char *name)
{
	struct ik_scene ik_autoscene scene = {.lxss = {.fd = -EBADF}, .profile = {.fd = -EBADF}};
	long n;

	faults = (struct faults){.on = true, .only = name};
	assert_int_equal(ik_scene_open(&session, &scene, NULL), 0);
	n = faults.count;
	faults_off();
	return n;
}

/* A call fails over a dead kernel: nothing of ours gets into stdin, and the kernel is called what it is. */
static bool opening_fails(size_t job, const char *name, long n)
{
	struct ik_report report = {0};
	struct ik_err err = {0};
	bool fired;
	int r;

	start_torn();
	faults = (struct faults){.on = true, .only = name, .at = n, .errnum = EIO};
	r = jobs[job](&report, &err);
	fired = faults.fired;
	faults_off();
	assert_int_not_equal(faccessat(STDIN_FILENO, IK_NAME_JOURNAL, F_OK, 0), 0);
	assert_int_equal(r < 0, err.code != IK_E_NONE);
	if (head_is_zero() && err.code != IK_E_RECOVERY_NEEDED)
		fail_msg("job %zu, %s %ld: %d %s", job, name, n, r, err.message);
	return fired;
}

static void ground_that_was_not_opened(void **state IK_UNUSED)
{
	static const char *const names[] = {"ik_sys_openat2", "ik_sys_create", "ik_sys_read_all"};
	int saved = take_stdin();

	for (size_t i = 0; i < IK_ARRAY_SIZE(names); i++)
		for (size_t job = 0; job < IK_ARRAY_SIZE(jobs); job++)
			/* A removal looks at the kernel itself before it opens anything. */
			for (long n = calls_of_the_scene(names[i]) + 1 +
				      (i == 0 ? 2 * (long)job : 0);
			     opening_fails(job, names[i], n); n++)
				;
	give_stdin_back(saved);
}

/* What was never opened has no descriptor, and closing it does nothing. */
static void never_opened(void **state IK_UNUSED)
{
	struct ik_lxss lxss = IK_LXSS_NONE;

	assert_true(lxss.dir_fd < 0 && lxss.lock.dir_fd < 0 && lxss.journal.dir_fd < 0);
	assert_true(ik_journal_mark(&lxss.journal, IK_JREC_IDLE, 0, NULL, NULL) < 0);
	ik_lxss_close(&lxss);
	ik_lxss_close(NULL);
}

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
		cmocka_unit_test(ground_that_was_not_opened),
		cmocka_unit_test(never_opened),
		cmocka_unit_test(mending_is_not_stopped),
		cmocka_unit_test(recovery_that_is_stopped),
		cmocka_unit_test(unread_is_not_bad),
		cmocka_unit_test(no_file_is_no_copy),
		cmocka_unit_test(copies_while_judging),
	};

	return cmocka_run_group_tests_name("unrepaired", tests, world_set_up, world_tear_down);
}
