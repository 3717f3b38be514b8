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

/* ---- a mixture that cannot be repaired ---- */

/* An official head over our new body, and no good copy of what the journal names. */
static void start_lost_mixture(void)
{
	struct ik_report report = {0};
	int fd;

	start_installed();
	assert_int_equal(install(&newer, &report, NULL), 0);
	set_journal(IK_JREC_ARMED, 0);
	spoil(IK_NAME_PREV);
	fd = openat(session.drive.fd, KERNEL, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, official.data, IK_HEAD_BYTES, 0), IK_HEAD_BYTES);
	assert_int_equal(close(fd), 0);
}

static void a_mixture_is_never_kept(void **state IK_UNUSED)
{
	for (size_t i = 0; i < IK_ARRAY_SIZE(jobs); i++) {
		struct ik_report report = {0};
		struct ik_err err = {0};

		start_lost_mixture();
		assert_true(recover(&report, &err) < 0);
		assert_int_equal(report.recovery, IK_RECOVERY_LOUD);
		if (jobs[i](&report, &err) < 0)
			fail_msg("job %zu: %s", i, err.message);
		assert_true(is(&official));
		assert_int_equal(strange_copies(), 0);
		assert_int_equal(recover(&report, NULL), 0);
		assert_true(is(&official));
	}
}

/* Wherever restoring over it is stopped: it is never taken for a kernel, and the next run succeeds. */
static bool restore_over_mixture(const char *name, long n)
{
	struct ik_report report = {0};
	struct ik_err err = {0}, late = {0};
	bool fired;
	int r, again;

	start_lost_mixture();
	faults = (struct faults){.on = true, .only = name, .at = n, .errnum = EIO};
	r = restore_official(&report, &err);
	fired = faults.fired;
	faults_off();
	if (r < 0 && !is(&official) && ik_code_exit(err.code) != IK_EXIT_RECOVERY)
		fail_msg("%s %ld: %d %s", name, n, r, err.message);
	again = recover(&report, &late);
	if (again >= 0 ? !is(&official) : ik_code_exit(late.code) != IK_EXIT_RECOVERY)
		fail_msg("%s %ld: %d %s; then %d %s", name, n, r, err.message, again, late.message);
	assert_int_equal(restore_official(&report, NULL), 0);
	assert_true(is(&official));
	assert_int_equal(strange_copies(), 0);
	return fired;
}

static void stopped_over_a_mixture(void **state IK_UNUSED)
{
	static const char *const names[] = {"ik_sys_pwrite", "ik_sys_fsync", "ik_sys_openat2",
					    "ik_sys_ftruncate"};

	for (size_t i = 0; i < IK_ARRAY_SIZE(names); i++) {
		long n = 1;

		/* Without the kernel's folder there is nothing to restore at all. */
		if (i == 2)
			n += calls_of_the_scene(names[i]);
		while (restore_over_mixture(names[i], n))
			n++;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ground_that_was_not_opened),
		cmocka_unit_test(never_opened),
		cmocka_unit_test(a_mixture_is_never_kept),
		cmocka_unit_test(stopped_over_a_mixture),
	};

	return cmocka_run_group_tests_name("unrepaired", tests, world_set_up, world_tear_down);
}
