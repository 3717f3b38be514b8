/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The jobs of flow/ where something stands in their way: no drive, no right, no lock, odd profiles, keys and images, a
 * signal. Each must say why, and leave what it did not make. What failing calls leave is test_jobs.
 */
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faults.h"
#include "flow/act.h"
#include "flow/dry.h"
#include "flow/lxss.h"
#include "flow/remove.h"
#include "flow/source.h"
#include "flow/status.h"
#include "flow/wcfg.h"
#include "flow/wimg.h"
#include "flow/worker.h"
#include "flow/wview.h"
#include "txnworld.h"

#define PROFILE	  "Users/Ann/"
#define WSLCONFIG PROFILE ".wslconfig"
#define OWN	  PROFILE "AppData/Local/immensity-kernel"
#define OWN_KEY	  "C:\\\\Users\\\\Ann\\\\AppData\\\\Local\\\\immensity-kernel"

static struct ik_session fresh;
static struct ik_report report;
static struct ik_err err;
static char ours_path[160], newer_path[160];
static bool fired_last; /* did the last job meet its fault? */

static int remember(void **state)
{
	int r = world_set_up(state);

	fresh = session;
	(void)snprintf(ours_path, sizeof(ours_path), "%s/ours", tmp.path);
	(void)snprintf(newer_path, sizeof(newer_path), "%s/newer", tmp.path);
	return r;
}

static int forget(void **state)
{
	session = fresh;
	return world_tear_down(state);
}

static int remove_one(const char *path, const struct stat *st IK_UNUSED, int type IK_UNUSED,
		      struct FTW *at IK_UNUSED)
{
	return remove(path);
}

static void remove_tree(const char *where)
{
	char path[300];

	(void)snprintf(path, sizeof(path), "%s/%s", drive_path, where);
	(void)nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static int start(void **state IK_UNUSED)
{
	faults_off();
	session = fresh;
	session.env.release = NULL;
	session.conf.target = IK_CONF_TARGET_LXSS;
	remove_tree(WSLCONFIG);
	remove_tree(WSLCONFIG ".immensity-prev");
	remove_tree(WSLCONFIG ".immensity-undo");
	remove_tree(OWN);
	start_official();
	memset(&err, 0, sizeof(err));
	memset(&report, 0, sizeof(report));
	return 0;
}

static void store_mode(void)
{
	session.conf.target = IK_CONF_TARGET_WSLCONFIG;
}

/* Runs a job in this process, with an image when there is a path. */
static int run_job(int (*fn)(struct ik_job *, struct ik_report *, struct ik_err *),
		   const char *image, const char *backup)
{
	struct ik_source ik_autosource source = {.sealed = {.fd = -EBADF}};
	struct ik_job job = {.session = &session, .backup = backup, .digests = true};
	struct faults kept = faults;
	int r;

	faults_off();
	if (image) {
		assert_int_equal(ik_source_open_file(image, &source, NULL), 0);
		job.source = &source;
	}
	memset(&err, 0, sizeof(err));
	memset(&report, 0, sizeof(report));
	faults = kept;
	r = fn(&job, &report, &err);
	fired_last = faults.fired != NULL;
	faults_off();
	return r;
}

static bool has_note(const char *part)
{
	for (unsigned i = 0; i < report.note_count; i++) {
		if (strstr(report.notes[i], part))
			return true;
	}
	return false;
}

/* ---- what comes before any job ---- */

typedef int (*act_fn)(void);

static int act_install(void)
{
	return ik_act_install(&session, ours_path, &report, &err);
}

static int act_restore(void)
{
	return ik_act_restore(&session, "official", &report, &err);
}

static int act_remove(void)
{
	return ik_act_remove(&session, true, &report, &err);
}

static int act_recover(void)
{
	return ik_act_recover(&session, &report, &err);
}

static int act_official(void)
{
	return ik_act_official(&session, true, &report, &err);
}

static const act_fn acts[] = {act_install, act_restore, act_remove, act_recover, act_official};

static void without_a_drive_nothing_is_remembered(void **state IK_UNUSED)
{
	session.drive.fd = -EBADF;
	(void)ik_err_set(&session.drive_err, IK_E_WSL_ABSENT, 0, "this is not WSL 2");
	for (size_t i = 0; i < IK_ARRAY_SIZE(acts); i++) {
		memset(&err, 0, sizeof(err));
		assert_int_equal(acts[i](), -ENODEV);
		assert_int_equal(err.code, IK_E_WSL_ABSENT);
		assert_false(session.state.last_error.present);
	}
	assert_int_equal(ik_act_install(&session, ours_path, &report, NULL), -ENODEV);
	assert_int_equal(ik_act_status(&session, false, &report, NULL), -ENODEV);
	(void)ik_err_set(&session.drive_err, IK_E_DRIVE_MISSING, 0, "no drive");
	assert_int_equal(act_install(), -ENODEV);
	assert_true(session.state.pending.present); /* it may be there at the next boot */
	assert_string_equal(session.state.pending.code, "drive-missing");
	session.state.pending.since_unix_s = 5;
	assert_int_equal(act_install(), -ENODEV);
	assert_int_equal(session.state.pending.since_unix_s, 5); /* since then, not since now */
	assert_int_equal(ik_scene_open(&session, &(struct ik_scene){.lxss.fd = -EBADF}, &err),
			 -ENODEV);
}

static void without_root_nothing_is_done(void **state IK_UNUSED)
{
	if (geteuid() != 0)
		skip();
	session.conf.drive[0] = '\0';
	assert_int_equal(seteuid(65534), 0);
	for (size_t i = 0; i < IK_ARRAY_SIZE(acts); i++) {
		memset(&err, 0, sizeof(err));
		assert_true(acts[i]() < 0);
		assert_int_equal(err.code, IK_E_ROOT_NEEDED);
		assert_string_equal(err.hint, "run it with `sudo`");
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
				fail_msg("%s", err.message);
			if (acts[i] != act_recover)
				assert_int_equal(report.action, IK_ACTION_PLANNED);
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
	assert_string_equal(report.steps[0], "nothing: the very image is in place");
	assert_int_equal(run_job(ik_dry_install_job, newer_path, NULL), 0);
	assert_true(report.step_count > 4);
	put_kernel(KERNEL, newer.data, newer.size, 0);
	assert_true(run_job(ik_dry_install_job, ours_path, NULL) < 0);
	assert_int_equal(err.code, IK_E_TARGET_NEWER);
	start_torn();
	assert_int_equal(run_job(ik_dry_restore_job, NULL, "official"), 0);
	assert_string_equal(report.steps[0], "recover the interrupted update first");
}

static void without_a_lock_nothing_is_done(void **state IK_UNUSED)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/ours", tmp.path); /* a file, no directory */
	session.options.state_dir = session.state_dir = path;
	for (size_t i = 0; i < IK_ARRAY_SIZE(acts); i++) {
		memset(&err, 0, sizeof(err));
		assert_true(acts[i]() < 0);
		assert_true(err.code != IK_E_NONE);
	}
	assert_true(has_note("the state could not be saved"));
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

	memset(&err, 0, sizeof(err));
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
	r = ik_worker_run(work, &job, &report, &err);
	assert_int_equal(waitpid(sender, NULL, 0), sender);
	return r;
}

/* The four stop a copy cleanly; a death half-way is told as one. */
static void signals_stop_a_copy(void **state IK_UNUSED)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(shared, MAP_FAILED);
	for (size_t i = 0; i < IK_ARRAY_SIZE(signals); i++) {
		assert_int_equal(stopped_by(signals[i]), -ECANCELED);
		assert_int_equal(err.code, IK_E_INTERRUPTED);
	}
	assert_true(stopped_by(SIGKILL) < 0);
	assert_int_equal(err.code, IK_E_PRIV_CHILD_DIED);
	assert_int_equal(report.action, IK_ACTION_NONE); /* nothing was answered */
	assert_int_equal(munmap(shared, 4096), 0);
}

/* ---- the session ---- */

static void open_session(const struct ik_options *options, enum ik_code want)
{
	struct ik_session ik_autosession again = {.drive = {.fd = -EBADF}};
	int r;

	memset(&err, 0, sizeof(err));
	r = ik_session_open(options, &again, &err);
	if (r < 0)
		again.drive.fd = -EBADF;
	assert_int_equal(err.code, want);
	assert_int_equal(r < 0, want != IK_E_NONE);
	if (r >= 0 && again.drive.fd < 0) {
		assert_true(again.drive_err.code != IK_E_NONE);
		assert_int_equal(ik_session_need_drive(&again, NULL), -ENODEV);
	}
}

static void settings_that_are_wrong(void **state IK_UNUSED)
{
	struct ik_options options = session.options;
	char conf[160];

	options.config = "/nowhere/conf";
	open_session(&options, IK_E_CONF_SYNTAX);
	options.config = NULL; /* the system's may be missing */
	open_session(&options, IK_E_NONE);
	options.config = "/";
	open_session(&options, IK_E_CONF_SYNTAX);
	(void)snprintf(conf, sizeof(conf), "%s/conf", tmp.path);
	put_text(tmp.fd, "conf", "nonsense=1\n");
	options.config = conf;
	open_session(&options, IK_E_CONF_UNKNOWN_KEY);
	options.config = "/dev/null";
	options.series = "unstable";
	open_session(&options, IK_E_CONF_VALUE);
	options.series = "stable";
	open_session(&options, IK_E_NONE);
	options.profile = "/nowhere";
	open_session(&options, IK_E_NONE);
	options.drive_letter = "CC";
	open_session(&options, IK_E_CONF_VALUE);
	options = session.options;
	options.drive = "/nowhere"; /* told when a command needs it */
	open_session(&options, IK_E_NONE);
	options.drive = NULL;
	open_session(&options, IK_E_NONE);
	put_text(tmp.fd, "state/state.json", "no JSON");
	open_session(&session.options, IK_E_NONE); /* a damaged state keeps nobody from working */
	(void)unlinkat(tmp.fd, "state/state.json", 0);
}

/* ---- the scene ---- */

static void scenes(void **state IK_UNUSED)
{
	struct ik_scene scene;
	enum ik_mode mode;

	session.conf.target = IK_CONF_TARGET_AUTO;
	put_text(session.drive.fd, "Users/Bob/NTUSER.DAT", "x");
	assert_int_equal(unlinkat(session.drive.fd, KERNEL, 0), 0);
	assert_int_equal(ik_scene_open_for(&session, &mode, &scene, &err), -ENOENT);
	assert_int_equal(err.code, IK_E_MODE_UNKNOWN);
	assert_int_equal(ik_scene_need_mode(&scene, NULL), -ENOENT);
	ik_scene_close(&scene);
	assert_int_equal(run_job(ik_status_job, NULL, NULL), 0); /* looking is always possible */
	assert_int_equal(report.mode, IK_MODE_AUTO);
	assert_int_equal(report.target.kind, IK_KIND_MISSING);
	assert_true(report.note_count > 0);
	assert_true(run_job(ik_status_look_job, NULL, NULL) < 0);
	assert_int_equal(err.code, IK_E_MODE_UNKNOWN);
	remove_tree("Users/Bob");
	session.env.flavour = IK_WSL_STORE;
	assert_int_equal(ik_scene_open_for(&session, &mode, &scene, &err), 0);
	assert_int_equal(mode, IK_MODE_WSLCONFIG);
	ik_scene_close(&scene);
	session.env.flavour = IK_WSL_INBOX;
	memset(&err, 0, sizeof(err));
	assert_int_equal(ik_scene_open_for(&session, &mode, &scene, &err), -ENOENT);
	assert_int_equal(err.code, IK_E_TARGET_MISSING);
	assert_non_null(strstr(err.hint, "wsl --update"));
	memset(&err, 0, sizeof(err));
	assert_int_equal(ik_scene_open_target(&scene, &(int){-1}, &(struct ik_file_id){0}, &err),
			 -ENOENT);
	assert_int_equal(err.code, IK_E_TARGET_MISSING);
	ik_scene_close(&scene);
	ik_scene_close(NULL);
	remove_tree("Windows/System32/lxss/tools");
	put_text(session.drive.fd, "Windows/System32/lxss/tools", "a file");
	assert_int_equal(run_job(ik_status_job, NULL, NULL), 0);
	assert_int_equal(ik_scene_open_for(&session, &mode, &scene, NULL), -ENOENT);
	ik_scene_close(&scene);
	session.conf.target = IK_CONF_TARGET_LXSS;
	assert_true(run_job(ik_remove_job, NULL, NULL) < 0); /* not "nothing to do" */
	assert_true(err.code != IK_E_NONE);
	assert_int_equal(report.action, IK_ACTION_NONE);
	remove_tree("Windows/System32/lxss/tools");
	put_dir(session.drive.fd, "Windows/System32/lxss/tools");
}

static void profiles(void **state IK_UNUSED)
{
	static char gone[] = "C:\\Users\\Gone", ann[] = "C:\\Users\\Ann";

	store_mode();
	(void)snprintf(session.conf.profile, sizeof(session.conf.profile), "%s/Users/Ann",
		       drive_path);
	assert_int_equal(run_job(ik_status_job, NULL, NULL), 0);
	assert_non_null(strstr(report.profile, "/Users/Ann"));
	(void)snprintf(session.conf.profile, sizeof(session.conf.profile), "/tmp");
	assert_int_equal(run_job(ik_status_job, NULL, NULL), 0);
	assert_string_equal(report.profile, "");
	assert_int_equal(report.target.kind, IK_KIND_MISSING);
	session.conf.profile[0] = '\0';
	session.drive.given = false;
	session.env.user_profile = gone; /* renamed since: the only other one is it */
	assert_int_equal(run_job(ik_status_job, NULL, NULL), 0);
	assert_non_null(strstr(report.profile, "/Users/Ann"));
	session.env.user_profile = ann;
	put_text(session.drive.fd, "Users/Bob/NTUSER.DAT", "x");
	assert_int_equal(run_job(ik_status_job, NULL, NULL), 0);
	assert_non_null(strstr(report.profile, "/Users/Ann"));
	remove_tree("Users/Bob");
	session.env.user_profile = NULL;
	assert_int_equal(renameat(session.drive.fd, "Users", session.drive.fd, "Benutzer"), 0);
	put_text(session.drive.fd, "Users", "a file");
	assert_true(run_job(ik_wcfg_install_job, ours_path, NULL) < 0);
	assert_non_null(strstr(err.hint, "--profile"));
	assert_int_equal(unlinkat(session.drive.fd, "Users", 0), 0);
	assert_int_equal(renameat(session.drive.fd, "Benutzer", session.drive.fd, "Users"), 0);
}

/* A file that another program has open is waited for, then pending with a hint. */
static void a_target_that_is_in_use(void **state IK_UNUSED)
{
	struct ik_scene ik_autoscene scene = {.lxss = {.fd = -EBADF}, .profile = {.fd = -EBADF}};
	int fd = -EBADF;
	struct ik_file_id id;

	assert_int_equal(ik_scene_open(&session, &scene, NULL), 0);
	faults = (struct faults){
		.on = true, .only = "ik_sys_openat2", .at = 1, .errnum = EACCES, .lasting = true};
	assert_int_equal(ik_scene_open_target(&scene, &fd, &id, &err), -EACCES);
	assert_int_equal(err.code, IK_E_PATH_DENIED);
	assert_non_null(strstr(err.hint, "immensity-kernel prepare"));
	assert_true(faults.count >= 5);
	faults.count = 0;
	assert_int_equal(ik_scene_open_target(&scene, &fd, &id, NULL), -EACCES);
	faults.count = 0;
	faults.lasting = false; /* once: the next try succeeds */
	assert_int_equal(ik_scene_open_target(&scene, &fd, &id, &err), 0);
	faults_off();
	assert_int_equal(close(fd), 0);
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

/* ---- mode wslconfig ---- */

/* Whose is the key, and what is said of the file that it names? */
static void keys(void **state IK_UNUSED)
{
	static const struct {
		const char *key;
		enum ik_kind kind;
		const char *path; /* a part of it; "" = none is known */
	} rows[] = {
		{"", IK_KIND_OFFICIAL, ""}, /* empty: as without one */
		{"D:\\\\k", IK_KIND_FOREIGN, ""},
		{"\\\\\\\\server\\\\k", IK_KIND_FOREIGN, ""},
		{"k", IK_KIND_FOREIGN, ""},
		{"C:\\\\nowhere\\\\k", IK_KIND_MISSING, ""},
		{"C:\\\\Windows", IK_KIND_FOREIGN, "/Windows"},
		{"c:\\\\windows\\\\SYSTEM32\\\\lxss\\\\tools\\\\kernel", IK_KIND_FOREIGN,
		 "/Windows/System32/lxss/tools/kernel"},
		{OWN_KEY, IK_KIND_MISSING, ""},
		{OWN_KEY "x\\\\kernel-1-000000000000", IK_KIND_MISSING, ""},
		{OWN_KEY "\\\\sub\\\\kernel-1-000000000000", IK_KIND_MISSING, ""},
		{OWN_KEY "\\\\vmlinux", IK_KIND_MISSING, ""},
		{OWN_KEY "\\\\kernel-1-000000000000", IK_KIND_MISSING, "/kernel-1-000000000000"},
	};

	store_mode();
	for (size_t i = 0; i < IK_ARRAY_SIZE(rows); i++) {
		char text[600];

		print_message("# %s\n", rows[i].key);
		(void)snprintf(text, sizeof(text), "[wsl2]\nkernel=%s\n", rows[i].key);
		put_text(session.drive.fd, WSLCONFIG, text);
		assert_int_equal(run_job(ik_status_job, NULL, NULL), 0);
		assert_int_equal(report.target.kind, rows[i].kind);
		assert_non_null(strstr(report.target.path, rows[i].path));
		if (!rows[i].path[0])
			assert_string_equal(report.target.path, "");
	}
	/* Of ours, but longer than any name of ours: not ours. */
	{
		char text[600], name[200];

		memset(name, 'x', sizeof(name) - 1);
		name[sizeof(name) - 1] = '\0';
		(void)snprintf(text, sizeof(text), "[wsl2]\nkernel=%s\\\\kernel-%s\n", OWN_KEY,
			       name);
		put_text(session.drive.fd, WSLCONFIG, text);
		assert_true(run_job(ik_wcfg_install_job, ours_path, NULL) < 0);
		assert_int_equal(err.code, IK_E_WSLCONF_FOREIGN_KERNEL);
	}
}

/* The first file in our folder whose name begins with this. */
static void own_file(const char *part, char *ret, size_t size)
{
	struct ik_wimgs ik_autowimgs images = {0};
	int fd = openat(session.drive.fd, OWN, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ret[0] = '\0';
	assert_int_equal(ik_wimgs_load(fd, true, NULL, &images, NULL), 0);
	for (size_t i = 0; i < images.count; i++) {
		if (strncmp(images.list[i].file, part, strlen(part)) == 0)
			(void)snprintf(ret, size, "%s", images.list[i].file);
	}
	(void)close(fd);
}

static void images_are_chosen_by_name(void **state IK_UNUSED)
{
	char file[128], path[256];

	store_mode();
	assert_true(run_job(ik_wcfg_restore_job, NULL, "previous") < 0);
	assert_int_equal(err.code, IK_E_BACKUP_MISSING);
	assert_int_equal(run_job(ik_wcfg_restore_job, NULL, "first"), 0); /* it is in use already */
	assert_int_equal(run_job(ik_wcfg_install_job, ours_path, NULL), 0);
	assert_true(run_job(ik_wcfg_restore_job, NULL, "previous") < 0); /* that was WSL's own */
	assert_int_equal(run_job(ik_wcfg_install_job, newer_path, NULL), 0);
	assert_int_equal(run_job(ik_wcfg_restore_job, NULL, "previous"), 0);
	assert_string_equal(report.target.release, OURS);
	assert_int_equal(run_job(ik_wcfg_restore_job, NULL, "KERNEL-7.3.5"), 0);
	assert_string_equal(report.target.release, newer.release);
	assert_true(run_job(ik_wcfg_restore_job, NULL, "kernel-9") < 0);
	assert_int_equal(err.code, IK_E_BACKUP_MISSING);
	assert_non_null(strstr(err.hint, "immensity-kernel backups"));
	own_file("kernel-7.3.4", file, sizeof(file));
	(void)snprintf(path, sizeof(path), OWN "/%s", file);
	put_kernel(path, official.data, official.size,
		   0); /* a kernel, but not what the name says */
	assert_true(run_job(ik_wcfg_restore_job, NULL, "kernel-7.3.4") < 0);
	assert_int_equal(err.code, IK_E_BACKUP_BAD);
	assert_int_equal(run_job(ik_status_job, NULL, NULL), 0);
	assert_int_equal(report.backup_count, 2);
	assert_true(report.backups[0].good != report.backups[1].good);
	assert_string_equal(report.target.release, newer.release);
}

static void room_is_asked_for_first(void **state IK_UNUSED)
{
	store_mode();
	faults = (struct faults){.on = true, .only = "ik_sys_free_bytes", .at = 1};
	assert_true(run_job(ik_wcfg_install_job, ours_path, NULL) < 0);
	assert_int_equal(err.code, IK_E_SPACE_LOW);
	assert_non_null(strstr(err.message, "0 MiB free"));
	assert_non_null(strstr(err.hint, "free some space"));
	assert_null(get_file(session.drive.fd, WSLCONFIG, NULL));
	/* A drive that cannot say how much is free is tried. */
	faults =
		(struct faults){.on = true, .only = "ik_sys_free_bytes", .at = 1, .errnum = ENOSYS};
	assert_int_equal(run_job(ik_wcfg_install_job, ours_path, NULL), 0);
	assert_string_equal(report.target.release, OURS);
}

/* What is not ours in our folder is no image of ours, and stays; the folder then stays, too. */
static void other_files_in_our_folder(void **state IK_UNUSED)
{
	char name[160] = "kernel-1.", path[300];

	store_mode();
	assert_int_equal(run_job(ik_wcfg_install_job, ours_path, NULL), 0);
	memset(name + 9, 'x', 125);
	(void)snprintf(path, sizeof(path), OWN "/%s", name);
	put_text(session.drive.fd, path, "too long a name");
	put_text(session.drive.fd, OWN "/kernel-notes", "no version");
	put_text(session.drive.fd, OWN "/notes.txt", "mine");
	put_dir(session.drive.fd, OWN "/kernel-1.0-folder");
	put_text(session.drive.fd, OWN "/kernel-1.0-x", "no kernel");
	assert_int_equal(run_job(ik_status_job, NULL, NULL), 0);
	assert_int_equal(report.backup_count, 2);
	assert_int_equal(report.backups[0].good + report.backups[1].good, 1);
	assert_int_equal(run_job(ik_remove_job, NULL, NULL), 0);
	assert_int_equal(report.action, IK_ACTION_REMOVED);
	assert_int_equal(faccessat(session.drive.fd, OWN "/notes.txt", F_OK, 0), 0);
	assert_int_equal(faccessat(session.drive.fd, OWN "/kernel-notes", F_OK, 0), 0);
	assert_int_equal(faccessat(session.drive.fd, OWN "/kernel-1.0-folder", F_OK, 0), 0);
	assert_null(get_file(session.drive.fd, WSLCONFIG, NULL));
}

/* Images that the key, the former key or the running kernel needs are kept, the oldest others go. */
static void images_are_pruned(void **state IK_UNUSED)
{
	static const char *const names[] = {"kernel-1.0-a", "kernel-2.0-b", "kernel-3.0-c",
					    "kernel-4.0-d"};
	const char *named[] = {"KERNEL-1.0-A", NULL}, *none[] = {NULL};
	struct ik_wimgs ik_autowimgs images = {0};
	int fd;

	for (size_t i = 0; i < IK_ARRAY_SIZE(names); i++) {
		struct timespec times[2] = {{.tv_sec = 1000 + (time_t)(i / 2), .tv_nsec = (long)i},
					    {.tv_sec = 1000 + (time_t)(i / 2), .tv_nsec = (long)i}};
		char path[128];

		(void)snprintf(path, sizeof(path), OWN "/%s", names[i]);
		put_file(session.drive.fd, path, i == 1 ? newer.data : ours.data,
			 i == 1 ? newer.size : ours.size);
		assert_int_equal(utimensat(session.drive.fd, path, times, 0), 0);
	}
	fd = openat(session.drive.fd, OWN, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(ik_wimgs_load(fd, false, NULL, &images, NULL), 0);
	assert_int_equal(images.count, 4);
	for (size_t i = 0; i < images.count; i++)
		assert_string_equal(images.list[i].file, names[3 - i]); /* newest first */
	ik_wimgs_prune(fd, &images, 1, named, newer.release);
	assert_int_equal(faccessat(fd, "kernel-4.0-d", F_OK, 0), 0); /* newest */
	assert_int_equal(faccessat(fd, "kernel-3.0-c", F_OK, 0), -1);
	assert_int_equal(faccessat(fd, "kernel-2.0-b", F_OK, 0), 0); /* runs */
	assert_int_equal(faccessat(fd, "kernel-1.0-a", F_OK, 0), 0); /* named */
	ik_wimgs_prune(fd, &images, 0, none, NULL);
	assert_int_equal(faccessat(fd, "kernel-4.0-d", F_OK, 0), -1);
	(void)close(fd);
}

/* What the user did to .wslconfig meanwhile stays; a file of our making goes when it is blank. */
static void the_users_changes_stay(void **state IK_UNUSED)
{
	size_t len = 0;
	ik_autofree char *kept = NULL, *made = NULL, *way = NULL;

	store_mode();
	assert_int_equal(run_job(ik_wcfg_install_job, ours_path, NULL), 0);
	made = get_file(session.drive.fd, WSLCONFIG, &len);
	{
		char text[1000];

		(void)snprintf(text, sizeof(text), "%s[user]\nname=ann\n", made);
		put_text(session.drive.fd, WSLCONFIG, text);
	}
	assert_int_equal(run_job(ik_remove_job, NULL, NULL), 0);
	kept = get_file(session.drive.fd, WSLCONFIG, &len);
	assert_non_null(kept);
	assert_non_null(strstr(kept, "name=ann"));
	assert_null(strstr(kept, "immensity"));
	(void)unlinkat(session.drive.fd, WSLCONFIG, 0);
	/* Without its record the key is dropped all the same. */
	assert_int_equal(run_job(ik_wcfg_install_job, ours_path, NULL), 0);
	assert_int_equal(unlinkat(session.drive.fd, WSLCONFIG ".immensity-undo", 0), 0);
	assert_int_equal(run_job(ik_wcfg_restore_job, NULL, "official"), 0);
	assert_int_equal(report.target.kind, IK_KIND_OFFICIAL);
	/* Left traces, but no key and no folder: they go. */
	remove_tree(OWN);
	put_text(session.drive.fd, WSLCONFIG ".immensity-undo", "x");
	assert_int_equal(run_job(ik_remove_job, NULL, NULL), 0);
	assert_int_equal(report.action, IK_ACTION_REMOVED);
	way = get_file(session.drive.fd, WSLCONFIG ".immensity-undo", NULL);
	assert_null(way);
}

/* A foreign key comes back on removal even if its file is gone; then the user is warned. */
static void a_foreign_key_comes_back_with_a_warning(void **state IK_UNUSED)
{
	static const char text[] = "[wsl2]\nkernel=C:\\\\gone\\\\k\n";
	ik_autofree char *back = NULL;

	store_mode();
	put_text(session.drive.fd, WSLCONFIG, text);
	session.conf.replace_foreign = true;
	assert_int_equal(run_job(ik_wcfg_install_job, ours_path, NULL), 0);
	assert_int_equal(run_job(ik_remove_job, NULL, NULL), 0);
	back = get_file(session.drive.fd, WSLCONFIG, NULL);
	assert_string_equal(back, text);
	assert_true(has_note("WSL will not start until that line is corrected"));
}

/* The user's own kernel= is never lost for want of memory: removal is done as a whole, or can be done again. */
static void a_foreign_key_survives_a_lack_of_memory(void **state IK_UNUSED)
{
	static const char text[] = "[wsl2]\nkernel=C:\\\\mine\\\\k # mine\n";
	bool more = true;

	store_mode();
	session.conf.replace_foreign = true;
	for (long n = 1; more; n++) {
		ik_autofree char *back = NULL;

		put_text(session.drive.fd, WSLCONFIG, text);
		assert_int_equal(run_job(ik_wcfg_install_job, ours_path, NULL), 0);
		faults = (struct faults){.on = true, .only = "memory", .at = n, .errnum = ENOMEM};
		(void)run_job(ik_remove_job, NULL, NULL);
		more = fired_last;
		assert_int_equal(run_job(ik_remove_job, NULL, NULL), 0);
		back = get_file(session.drive.fd, WSLCONFIG, NULL);
		if (!back || strcmp(back, text) != 0)
			fail_msg("allocation %ld: %s", n, back ? back : "gone");
	}
}

#define TEST(f) cmocka_unit_test_setup(f, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_a_drive_nothing_is_remembered),
		TEST(without_root_nothing_is_done),
		TEST(a_dry_run_changes_nothing),
		TEST(without_a_lock_nothing_is_done),
		TEST(signals_stop_a_copy),
		TEST(settings_that_are_wrong),
		TEST(scenes),
		TEST(profiles),
		TEST(a_target_that_is_in_use),
		TEST(reports_are_bounded),
		TEST(keys),
		TEST(images_are_chosen_by_name),
		TEST(room_is_asked_for_first),
		TEST(other_files_in_our_folder),
		TEST(images_are_pruned),
		TEST(the_users_changes_stay),
		TEST(a_foreign_key_comes_back_with_a_warning),
		TEST(a_foreign_key_survives_a_lack_of_memory),
	};

	return cmocka_run_group_tests_name("flow", tests, remember, forget);
}
