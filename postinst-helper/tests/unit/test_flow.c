/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The jobs of flow/ where something stands in their way: no drive, no right, no lock, a signal. Each must say why, and leave
 * what it did not make. Mode wslconfig is test_wslmode, settings and profiles are test_scene; what failing calls leave is
 * test_jobs.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"
#include "flow/act.h"
#include "flow/dry.h"
#include "flow/lxss.h"
#include "flow/source.h"
#include "flow/wedit.h"
#include "flow/wimg.h"
#include "flow/worker.h"
#include "flowworld.h"

/* ---- what comes before any job ---- */

typedef int (*act_fn)(void);

static int act_install(void)
{
	return ik_act_install(&session, ours_path, &job_report, &job_err);
}

static int act_restore(void)
{
	return ik_act_restore(&session, "official", &job_report, &job_err);
}

static int act_remove(void)
{
	return ik_act_remove(&session, true, &job_report, &job_err);
}

static int act_recover(void)
{
	return ik_act_recover(&session, &job_report, &job_err);
}

static int act_official(void)
{
	return ik_act_official(&session, true, &job_report, &job_err);
}

static const act_fn acts[] = {act_install, act_restore, act_remove, act_recover, act_official};

static void without_a_drive_nothing_is_remembered(void **state IK_UNUSED)
{
	session.drive.fd = -EBADF;
	(void)ik_err_set(&session.drive_err, IK_E_WSL_ABSENT, 0, "this is not WSL 2");
	for (size_t i = 0; i < IK_ARRAY_SIZE(acts); i++) {
		memset(&job_err, 0, sizeof(job_err));
		assert_int_equal(acts[i](), -ENODEV);
		assert_int_equal(job_err.code, IK_E_WSL_ABSENT);
		assert_false(session.state.last_error.present);
	}
	assert_int_equal(ik_act_install(&session, ours_path, &job_report, NULL), -ENODEV);
	assert_int_equal(ik_act_status(&session, false, &job_report, NULL), -ENODEV);
	(void)ik_err_set(&session.drive_err, IK_E_DRIVE_MISSING, 0, "no drive");
	assert_int_equal(act_install(), -ENODEV);
	assert_true(session.state.pending.present); /* it may be there at the next boot */
	assert_string_equal(session.state.pending.code, "drive-missing");
	session.state.pending.since_unix_s = 5;
	assert_int_equal(ik_state_save(session.state_dir, &session.state, NULL), 0);
	assert_int_equal(act_install(), -ENODEV);
	assert_int_equal(session.state.pending.since_unix_s, 5); /* since then, not since now */
	assert_int_equal(ik_scene_open(&session, &(struct ik_scene){.lxss.fd = -EBADF}, &job_err),
			 -ENODEV);
}

static void without_root_nothing_is_done(void **state IK_UNUSED)
{
	if (geteuid() != 0)
		skip();
	session.conf.drive[0] = '\0';
	assert_int_equal(seteuid(65534), 0);
	for (size_t i = 0; i < IK_ARRAY_SIZE(acts); i++) {
		memset(&job_err, 0, sizeof(job_err));
		assert_true(acts[i]() < 0);
		assert_int_equal(job_err.code, IK_E_ROOT_NEEDED);
		assert_string_equal(job_err.hint, "run it with `sudo`");
	}
	assert_int_equal(seteuid(0), 0);
	assert_true(is(&official));
}

static void a_dry_run_changes_nothing(void **state IK_UNUSED)
{
	session.options.dry_run = true;
	for (int store = 0; store < 2; store++) {
		for (size_t i = 0; i < IK_ARRAY_SIZE(acts); i++) {
			if (acts[i]() < 0)
				fail_msg("%s", job_err.message);
			if (acts[i] != act_recover)
				assert_int_equal(job_report.action, IK_ACTION_PLANNED);
			assert_true(is(&official));
		}
		assert_null(get_file(session.drive.fd, TOOLS IK_NAME_JOURNAL, NULL));
		assert_null(get_file(session.drive.fd, WSLCONFIG, NULL));
		store_mode();
	}
	session.options.dry_run = false;
	start_installed();
	session.conf.target = IK_CONF_TARGET_LXSS;
	assert_int_equal(run_job(ik_dry_install_job, ours_path, NULL), 0);
	assert_string_equal(job_report.steps[0], "nothing: the very image is in place");
	assert_int_equal(run_job(ik_dry_install_job, newer_path, NULL), 0);
	assert_true(job_report.step_count > 4);
	put_kernel(KERNEL, newer.data, newer.size, 0);
	assert_true(run_job(ik_dry_install_job, ours_path, NULL) < 0);
	assert_int_equal(job_err.code, IK_E_TARGET_NEWER);
	start_torn();
	assert_int_equal(run_job(ik_dry_restore_job, NULL, "official"), 0);
	assert_string_equal(job_report.steps[0], "recover the interrupted update first");
}

static void without_a_lock_nothing_is_done(void **state IK_UNUSED)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/ours", tmp.path); /* a file, no directory */
	session.options.state_dir = session.state_dir = path;
	for (size_t i = 0; i < IK_ARRAY_SIZE(acts); i++) {
		memset(&job_err, 0, sizeof(job_err));
		assert_true(acts[i]() < 0);
		assert_true(job_err.code != IK_E_NONE);
	}
	assert_true(has_note("the state could not be saved"));
	assert_true(is(&official));
}

/* The result of an act where the limit on the size of files is too small and stays so. */
static int act_limited(act_fn act)
{
	int r;

	memset(&job_err, 0, sizeof(job_err));
	call_fails("setrlimit", 1, EPERM);
	r = act();
	assert_true(call_met());
	return r;
}

/* In a process of its own, for the limit stays. */
static int acts_under_a_limit(void *arg IK_UNUSED)
{
	struct rlimit small = {1 << 20, 1 << 20};

	if (setrlimit(RLIMIT_FSIZE, &small) < 0)
		return 1;
	for (size_t i = 0; i < IK_ARRAY_SIZE(acts); i++) {
		bool idle = acts[i] == act_recover; /* nothing to recover: nothing to refuse */
		int r = act_limited(acts[i]);

		if ((r < 0) == idle || (r < 0 && job_err.code != IK_E_ROOT_NEEDED) ||
		    !is(&official) || get_file(session.drive.fd, TOOLS IK_NAME_JOURNAL, NULL))
			return 2;
	}
	if (strcmp(session.state.last_error.code, "root-needed") != 0 && geteuid() == 0)
		return 3;
	return ik_act_status(&session, true, &job_report, NULL) < 0 ? 4 : 0;
}

/* Nothing else is told of a kernel that is half written; and it is not touched. */
static int acts_on_a_torn_one(void *arg IK_UNUSED)
{
	struct rlimit small = {1 << 20, 1 << 20};

	if (setrlimit(RLIMIT_FSIZE, &small) < 0)
		return 1;
	for (size_t i = 0; i < IK_ARRAY_SIZE(acts); i++) {
		if (act_limited(acts[i]) >= 0 || job_err.code != IK_E_RECOVERY_NEEDED ||
		    !strstr(job_err.message, "ulimit -f"))
			return 2;
		if (!head_is_zero() || record().state != IK_JREC_ARMED)
			return 3;
	}
	return 0;
}

/* A limit that strikes in the middle would strike the repair as well. */
static void under_a_small_limit_nothing_is_begun(void **state IK_UNUSED)
{
	assert_int_equal(in_child(acts_under_a_limit, NULL), 0);
	start_torn();
	assert_int_equal(in_child(acts_on_a_torn_one, NULL), 0);
	if (act_recover() < 0)
		fail_msg("%s", job_err.message);
	assert_true(is(&official));
}

/* The worker may not signal anybody, so somebody else does; both see this page. */
static struct {
	volatile pid_t worker;
} * shared;

/* Works until a signal stops it, but not for ever. */
static int work(struct ik_job *job, struct ik_report *ret IK_UNUSED, struct ik_err *why)
{
	shared->worker = getpid();
	for (long i = 0; i < 400000000; i++) {
		if (i % 4096 == 0 &&
		    ik_progress_tick(&job->progress, "copying", 1, 2) == -ECANCELED)
			return ik_err_set(why, IK_E_INTERRUPTED, ECANCELED, "stopped");
	}
	return 0;
}

static int stopped_by(int number)
{
	struct ik_job job = {.session = &session};
	pid_t sender;
	int r;

	memset(&job_err, 0, sizeof(job_err));
	shared->worker = 0;
	sender = fork();
	assert_true(sender >= 0);
	if (sender == 0) {
		for (int i = 0; i < 10000 && !shared->worker; i++)
			(void)usleep(1000);
		if (shared->worker)
			(void)kill(shared->worker, number);
		_exit(0);
	}
	r = ik_worker_run(work, &job, &job_report, &job_err);
	assert_int_equal(waitpid(sender, NULL, 0), sender);
	return r;
}

/* The four stop a copy cleanly; a death half-way is told as one. */
static void signals_stop_a_copy(void **state IK_UNUSED)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	static const int others[] = {SIGTSTP, SIGTTOU, SIGUSR1, SIGALRM};

	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(shared, MAP_FAILED);
	for (size_t i = 0; i < IK_ARRAY_SIZE(signals); i++) {
		assert_int_equal(stopped_by(signals[i]), -ECANCELED);
		assert_int_equal(job_err.code, IK_E_INTERRUPTED);
	}
	/* Nothing else stops or halts it: neither Ctrl-Z nor a curious "kill -USR1". */
	for (size_t i = 0; i < IK_ARRAY_SIZE(others); i++)
		assert_int_equal(stopped_by(others[i]), 0);
	assert_true(stopped_by(SIGKILL) < 0);
	assert_int_equal(job_err.code, IK_E_PRIV_CHILD_DIED);
	assert_int_equal(job_report.action, IK_ACTION_NONE); /* nothing was answered */
	assert_int_equal(munmap(shared, 4096), 0);
}

/* ---- a report from the worker is not believed blindly ---- */

static void reports_are_bounded(void **state IK_UNUSED)
{
	static struct ik_report r;

	for (int i = 0; i < 64; i++) {
		ik_report_step(&r, "step %d", i);
		ik_report_note(&r, "note %d", i);
		ik_report_finding(&r, IK_LEVEL_INFO, "code", i ? "remedy" : NULL, "finding %d", i);
	}
	assert_int_equal(r.step_count, IK_REPORT_STEPS);
	assert_int_equal(r.note_count, IK_REPORT_NOTES);
	assert_int_equal(r.finding_count, IK_REPORT_FINDINGS);
	assert_string_equal(r.steps[IK_REPORT_STEPS - 1], "step 23");
	assert_string_equal(r.findings[0].remedy, "");
	memset(&r, 0xff, sizeof(r));
	r.result = 7;
	ik_report_sanitize(&r);
	assert_int_equal(r.result, 0);
	assert_int_equal(r.err.code, IK_E_INTERNAL_BUG);
	assert_int_equal(r.action, IK_ACTION_NONE);
	assert_int_equal(r.mode, IK_MODE_AUTO);
	assert_int_equal(r.recovery, IK_RECOVERY_NOTHING);
	assert_int_equal(r.target.kind, IK_KIND_UNKNOWN);
	assert_int_equal(r.backup_count, IK_REPORT_BACKUPS);
	assert_int_equal(r.backups[IK_REPORT_BACKUPS - 1].image.kind, IK_KIND_UNKNOWN);
	assert_int_equal(r.findings[0].level, IK_LEVEL_PROBLEM);
	assert_int_equal(strlen(r.notes[0]), sizeof(r.notes[0]) - 1);
	assert_int_equal(strlen(r.steps[0]), sizeof(r.steps[0]) - 1);
	assert_int_equal(strlen(r.target.path), sizeof(r.target.path) - 1);
	r.findings[0].level = IK_LEVEL_INFO;
	r.result = -5;
	ik_report_sanitize(&r); /* what is right stays */
	assert_int_equal(r.findings[0].level, IK_LEVEL_INFO);
	assert_int_equal(r.result, -5);
	ik_session_close(NULL);
	ik_source_close(NULL);
	ik_wimgs_done(NULL);
	ik_wedit_close(NULL);
	ik_lxss_close(NULL);
}

#define TEST(f) cmocka_unit_test_setup(f, flow_start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_a_drive_nothing_is_remembered),
		TEST(without_root_nothing_is_done),
		TEST(a_dry_run_changes_nothing),
		TEST(without_a_lock_nothing_is_done),
		TEST(under_a_small_limit_nothing_is_begun),
		TEST(signals_stop_a_copy),
		TEST(reports_are_bounded),
	};

	return cmocka_run_group_tests_name("flow", tests, flow_set_up, flow_tear_down);
}
