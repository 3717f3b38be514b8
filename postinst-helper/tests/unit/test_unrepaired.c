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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ground_that_was_not_opened),
		cmocka_unit_test(never_opened),
	};

	return cmocka_run_group_tests_name("unrepaired", tests, world_set_up, world_tear_down);
}
