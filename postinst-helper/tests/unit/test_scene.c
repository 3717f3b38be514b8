/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow/session and flow/scene: settings, modes and profiles, right and wrong, and a target that another program has open.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "faults.h"
#include "flow/dry.h"
#include "flow/recover.h"
#include "flow/remove.h"
#include "flow/status.h"
#include "flow/wcfg.h"
#include "flowworld.h"

/* ---- the session ---- */

static void open_session(const struct ik_options *options, enum ik_code want)
{
	struct ik_session ik_autosession again = {.drive = {.fd = -EBADF}};
	int r;

	memset(&job_err, 0, sizeof(job_err));
	r = ik_session_open(options, &again, &job_err);
	if (r < 0)
		again.drive.fd = -EBADF;
	assert_int_equal(job_err.code, want);
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
	assert_int_equal(ik_scene_open_for(&session, &mode, &scene, &job_err), -ENOENT);
	assert_int_equal(job_err.code, IK_E_MODE_UNKNOWN);
	assert_int_equal(ik_scene_need_mode(&scene, NULL), -ENOENT);
	ik_scene_close(&scene);
	assert_int_equal(run_job(ik_status_job, NULL, NULL), 0); /* looking is always possible */
	assert_int_equal(job_report.mode, IK_MODE_AUTO);
	assert_int_equal(job_report.target.kind, IK_KIND_MISSING);
	assert_true(job_report.note_count > 0);
	assert_true(run_job(ik_status_look_job, NULL, NULL) < 0);
	assert_int_equal(job_err.code, IK_E_MODE_UNKNOWN);
	remove_tree("Users/Bob");
	session.env.flavour = IK_WSL_STORE;
	assert_int_equal(ik_scene_open_for(&session, &mode, &scene, &job_err), 0);
	assert_int_equal(mode, IK_MODE_WSLCONFIG);
	ik_scene_close(&scene);
	session.env.flavour = IK_WSL_INBOX;
	memset(&job_err, 0, sizeof(job_err));
	assert_int_equal(ik_scene_open_for(&session, &mode, &scene, &job_err), -ENOENT);
	assert_int_equal(job_err.code, IK_E_TARGET_MISSING);
	assert_non_null(strstr(job_err.hint, "wsl --update"));
	memset(&job_err, 0, sizeof(job_err));
	assert_int_equal(ik_scene_open_target(&scene, NULL, &(int){-1}, &(struct ik_file_id){0},
					      &job_err),
			 -ENOENT);
	assert_int_equal(job_err.code, IK_E_TARGET_MISSING);
	ik_scene_close(&scene);
	ik_scene_close(NULL);
	remove_tree("Windows/System32/lxss/tools");
	put_text(session.drive.fd, "Windows/System32/lxss/tools", "a file");
	assert_int_equal(run_job(ik_status_job, NULL, NULL), 0);
	assert_int_equal(ik_scene_open_for(&session, &mode, &scene, NULL), -ENOENT);
	ik_scene_close(&scene);
	session.conf.target = IK_CONF_TARGET_LXSS;
	assert_true(run_job(ik_remove_job, NULL, NULL) < 0); /* not "nothing to do" */
	assert_true(job_err.code != IK_E_NONE);
	assert_int_equal(job_report.action, IK_ACTION_NONE);
	remove_tree("Windows/System32/lxss/tools");
	put_dir(session.drive.fd, "Windows/System32/lxss/tools");
}

static void profiles(void **state IK_UNUSED)
{
	static char gone[] = "C:\\Users\\Gone", ann[] = "C:\\Users\\Ann";
	static char elsewhere[] = "D:\\Users\\Ann", linked[] = "C:\\Users\\Link";

	store_mode();
	(void)snprintf(session.conf.profile, sizeof(session.conf.profile), "%s/Users/Ann",
		       drive_path);
	assert_int_equal(run_job(ik_status_job, NULL, NULL), 0);
	assert_non_null(strstr(job_report.profile, "/Users/Ann"));
	(void)snprintf(session.conf.profile, sizeof(session.conf.profile), "/tmp");
	assert_int_equal(run_job(ik_status_job, NULL, NULL), 0);
	assert_string_equal(job_report.profile, "");
	assert_int_equal(job_report.target.kind, IK_KIND_MISSING);
	session.conf.profile[0] = '\0';
	session.drive.given = false;
	session.env.user_profile = gone; /* renamed since: the only other one is it */
	assert_int_equal(run_job(ik_status_job, NULL, NULL), 0);
	assert_non_null(strstr(job_report.profile, "/Users/Ann"));
	session.env.user_profile = elsewhere; /* the one on this drive is somebody else's */
	assert_true(run_job(ik_wcfg_install_job, ours_path, NULL) < 0);
	assert_int_equal(job_err.code, IK_E_PROFILE_MISSING);
	put_link(session.drive.fd, "Users/Link", "Ann"); /* cannot be used: nor is another one */
	session.env.user_profile = linked;
	assert_true(run_job(ik_wcfg_install_job, ours_path, NULL) < 0);
	assert_int_equal(job_err.code, IK_E_PATH_SYMLINK);
	assert_int_equal(unlinkat(session.drive.fd, "Users/Link", 0), 0);
	session.env.user_profile = ann;
	put_text(session.drive.fd, "Users/Bob/NTUSER.DAT", "x");
	assert_int_equal(run_job(ik_status_job, NULL, NULL), 0);
	assert_non_null(strstr(job_report.profile, "/Users/Ann"));
	remove_tree("Users/Bob");
	session.env.user_profile = NULL;
	assert_int_equal(renameat(session.drive.fd, "Users", session.drive.fd, "Benutzer"), 0);
	put_text(session.drive.fd, "Users", "a file");
	assert_true(run_job(ik_wcfg_install_job, ours_path, NULL) < 0);
	assert_non_null(strstr(job_err.hint, "--profile"));
	assert_int_equal(unlinkat(session.drive.fd, "Users", 0), 0);
	assert_int_equal(renameat(session.drive.fd, "Benutzer", session.drive.fd, "Users"), 0);
}

/* What could not be looked at is not what is not there: not for a removal, and not for a recovery. */
static void what_cannot_be_looked_at(void **state IK_UNUSED)
{
	static const struct {
		enum ik_mode mode;
		enum ik_code seen, code;
		int r;
	} cases[] = {
		{IK_MODE_LXSS, IK_E_NONE, IK_E_NONE, 0},
		{IK_MODE_LXSS, IK_E_IO_FAILED, IK_E_RECOVERY_NEEDED, -EIO},
		{IK_MODE_LXSS, IK_E_PATH_DENIED, IK_E_RECOVERY_NEEDED, -EIO},
		{IK_MODE_LXSS, IK_E_PATH_SYMLINK, IK_E_PATH_SYMLINK, -ENOENT},
		{IK_MODE_AUTO, IK_E_IO_FAILED, IK_E_IO_FAILED, -ENOENT},
	};

	for (size_t i = 0; i < IK_ARRAY_SIZE(cases); i++) {
		struct ik_scene scene = {.mode = cases[i].mode,
					 .lxss_err = {.code = cases[i].seen},
					 .profile_err = {.code = cases[i].seen}};

		memset(&job_err, 0, sizeof(job_err));
		assert_int_equal(ik_recover_unseen(&scene, &job_err), cases[i].r);
		assert_int_equal(job_err.code, cases[i].code);
		assert_int_equal(ik_recover_unseen(&scene, NULL), cases[i].r);
		assert_int_equal(ik_scene_profile_error(&scene, NULL) < 0, cases[i].r < 0);
		scene.has_profile = true;
		assert_int_equal(ik_scene_profile_error(&scene, &job_err), 0);
		scene = (struct ik_scene){.profile_err = {.code = IK_E_PROFILE_MISSING}};
		assert_int_equal(ik_scene_profile_error(&scene, &job_err), 0);
		scene.keys = 2;
		assert_int_equal(ik_scene_profile_error(&scene, &job_err), -ENOENT);
		scene.keys = 0;
		scene.profile_named = true;
		assert_int_equal(ik_scene_profile_error(&scene, NULL), -ENOENT);
	}
	/* A profile that is a link: our kernel= may stand in it. */
	store_mode();
	put_link(session.drive.fd, "Users/Link", "Ann");
	(void)snprintf(session.conf.profile, sizeof(session.conf.profile), "%s/Users/Link",
		       drive_path);
	assert_true(run_job(ik_remove_job, NULL, NULL) < 0);
	assert_int_equal(job_err.code, IK_E_PATH_SYMLINK);
	session.conf.profile[0] = '\0';
	assert_int_equal(unlinkat(session.drive.fd, "Users/Link", 0), 0);
	assert_int_equal(run_job(ik_remove_job, NULL, NULL), 0);
}

/* Our key in another user's profile: taken back from there, but never set there. */
static void another_users_profile(void **state IK_UNUSED)
{
	ik_autofree char *before = NULL, *after = NULL;

	store_mode();
	assert_int_equal(run_job(ik_wcfg_install_job, ours_path, NULL), 0);
	before = get_file(session.drive.fd, WSLCONFIG, NULL);
	put_text(session.drive.fd, "Users/Bob/NTUSER.DAT", "x");
	assert_true(run_job(ik_wcfg_install_job, newer_path, NULL) < 0);
	assert_int_equal(job_err.code, IK_E_PROFILE_MISSING);
	assert_non_null(strstr(job_err.message, "more than one"));
	assert_non_null(strstr(job_err.hint, "--profile"));
	assert_true(run_job(ik_dry_install_job, newer_path, NULL) < 0);
	assert_int_equal(job_err.code, IK_E_PROFILE_MISSING);
	after = get_file(session.drive.fd, WSLCONFIG, NULL);
	assert_string_equal(after, before);
	assert_int_equal(run_job(ik_status_job, NULL, NULL), 0);
	assert_non_null(strstr(job_report.profile, "/Users/Ann"));
	assert_int_equal(run_job(ik_wcfg_restore_job, NULL, "official"), 0);
	(void)snprintf(session.conf.profile, sizeof(session.conf.profile), "%s/Users/Ann",
		       drive_path);
	assert_int_equal(run_job(ik_wcfg_install_job, newer_path, NULL), 0);
	session.conf.profile[0] = '\0';
	assert_int_equal(run_job(ik_remove_job, NULL, NULL), 0);
	assert_int_equal(job_report.action, IK_ACTION_REMOVED);
	remove_tree("Users/Bob");
}

/* Ours in several profiles, or in one that is named and gone: a removal does not say that there is nothing. */
static void a_removal_passes_no_profile_over(void **state IK_UNUSED)
{
	store_mode();
	put_text(session.drive.fd, "Users/Bob/NTUSER.DAT", "x");
	assert_int_equal(run_job(ik_remove_job, NULL, NULL), 0); /* several, none with ours */
	put_text(session.drive.fd, "Users/Ann/.wslconfig.immensity-undo", "x");
	put_text(session.drive.fd, "Users/Bob/.wslconfig.immensity-undo", "x");
	for (int target = 0; target < 3; target++) {
		static const enum ik_conf_target targets[] = {
			IK_CONF_TARGET_AUTO, IK_CONF_TARGET_WSLCONFIG, IK_CONF_TARGET_LXSS};

		session.conf.target = targets[target];
		assert_true(run_job(ik_remove_job, NULL, NULL) < 0);
		assert_int_equal(job_err.code, IK_E_PROFILE_MISSING);
		assert_non_null(strstr(job_err.hint, "--profile"));
	}
	store_mode();
	remove_tree("Users/Bob");
	(void)snprintf(session.conf.profile, sizeof(session.conf.profile), "%s/Users/Bob",
		       drive_path);
	assert_true(run_job(ik_remove_job, NULL, NULL) < 0);
	assert_int_equal(job_err.code, IK_E_PROFILE_MISSING);
	session.conf.target = IK_CONF_TARGET_LXSS; /* no trace of ours there: not asked for */
	assert_int_equal(run_job(ik_remove_job, NULL, NULL), 0);
	session.conf.profile[0] = '\0';
	assert_int_equal(run_job(ik_remove_job, NULL, NULL), 0);
	assert_int_equal(job_report.action, IK_ACTION_REMOVED);
}

/* The profile has moved to another drive, or is not to be told from others any more: our key stands somewhere. */
static void a_removal_asks_for_a_profile_that_was(void **state IK_UNUSED)
{
	static char elsewhere[] = "D:\\Users\\Ann";

	session.conf.target = IK_CONF_TARGET_AUTO;
	session.env.flavour = IK_WSL_STORE;
	session.drive.given = false;
	session.env.user_profile = elsewhere;
	assert_true(run_job(ik_remove_job, NULL, NULL) < 0);
	assert_int_equal(job_err.code, IK_E_PROFILE_MISSING);
	assert_non_null(strstr(job_err.message, "not on drive C:"));
	assert_int_equal(job_report.action, IK_ACTION_NONE);
	assert_true(job_report.key_stays && !job_report.lxss_stays);
	session.conf.target = IK_CONF_TARGET_LXSS; /* never by that key */
	assert_int_equal(run_job(ik_remove_job, NULL, NULL), 0);
	session.env.user_profile = NULL;
	put_text(session.drive.fd, "Users/Bob/NTUSER.DAT", "x");
	for (int installed = 0; installed < 2; installed++) {
		session.state.installed = installed;
		(void)snprintf(session.state.mode, sizeof(session.state.mode), "wslconfig");
		for (int target = 0; target < 2; target++) {
			session.conf.target = target ? IK_CONF_TARGET_LXSS : IK_CONF_TARGET_AUTO;
			assert_int_equal(run_job(ik_remove_job, NULL, NULL) < 0, installed);
			assert_int_equal(job_err.code,
					 installed ? IK_E_PROFILE_MISSING : IK_E_NONE);
		}
		(void)snprintf(session.state.mode, sizeof(session.state.mode), "lxss");
		assert_int_equal(run_job(ik_remove_job, NULL, NULL), 0);
	}
	remove_tree("Users/Bob");
}

/* A kernel of ours in lxss that cannot be put back: with Store WSL, a remnant that nothing uses. */
static void half_a_removal(void **state IK_UNUSED)
{
	static const struct {
		enum ik_wsl_flavour flavour;
		enum ik_conf_target target;
		bool fails;
	} rows[] = {
		{IK_WSL_STORE, IK_CONF_TARGET_WSLCONFIG, false},
		{IK_WSL_STORE, IK_CONF_TARGET_AUTO, false},
		{IK_WSL_STORE, IK_CONF_TARGET_LXSS, true},
		{IK_WSL_UNKNOWN, IK_CONF_TARGET_WSLCONFIG, true},
		{IK_WSL_INBOX, IK_CONF_TARGET_AUTO, true},
	};

	for (size_t i = 0; i < IK_ARRAY_SIZE(rows); i++) {
		(void)flow_start(NULL);
		store_mode();
		assert_int_equal(run_job(ik_wcfg_install_job, ours_path, NULL), 0);
		put_kernel(KERNEL, ours.data, ours.size, 0); /* and no backup */
		session.env.flavour = rows[i].flavour;
		session.conf.target = rows[i].target;
		assert_int_equal(run_job(ik_remove_job, NULL, NULL) < 0, rows[i].fails);
		assert_int_equal(job_err.code, rows[i].fails ? IK_E_BACKUP_MISSING : IK_E_NONE);
		assert_int_equal(job_report.lxss_stays, rows[i].fails);
		assert_false(job_report.key_stays);
		assert_int_equal(has_note("remnant"), !rows[i].fails);
		assert_null(get_file(session.drive.fd, WSLCONFIG, NULL));
	}
}

/* The mode was changed after the install: what is ours goes from either place. */
static void a_removal_after_a_change_of_mode(void **state IK_UNUSED)
{
	store_mode();
	assert_int_equal(run_job(ik_wcfg_install_job, ours_path, NULL), 0);
	session.conf.target = IK_CONF_TARGET_LXSS;
	assert_int_equal(run_job(ik_remove_job, NULL, NULL), 0);
	assert_int_equal(job_report.action, IK_ACTION_REMOVED);
	assert_null(get_file(session.drive.fd, WSLCONFIG, NULL));
	assert_int_equal(faccessat(session.drive.fd, OWN, F_OK, 0), -1);
	/* Ours by the key alone. */
	put_text(session.drive.fd, WSLCONFIG, "[wsl2]\nkernel=" OWN_KEY "\\\\kernel-1.0-0\n");
	assert_int_equal(run_job(ik_remove_job, NULL, NULL), 0);
	assert_int_equal(job_report.action, IK_ACTION_REMOVED);
	/* A link is refused where something of ours is, and none of our business where nothing is. */
	remove_tree(WSLCONFIG);
	put_link(session.drive.fd, WSLCONFIG, "dotfile");
	assert_int_equal(run_job(ik_remove_job, NULL, NULL), 0);
	assert_int_equal(job_report.action, IK_ACTION_UNCHANGED);
	put_text(session.drive.fd, WSLCONFIG ".immensity-undo", "x");
	assert_true(run_job(ik_remove_job, NULL, NULL) < 0);
	assert_int_equal(job_err.code, IK_E_PATH_SYMLINK);
	assert_non_null(strstr(job_err.hint, "immensity-kernel remove"));
	remove_tree(WSLCONFIG);
	remove_tree(WSLCONFIG ".immensity-undo");
	/* The other way round. */
	start_installed();
	store_mode();
	assert_int_equal(run_job(ik_remove_job, NULL, NULL), 0);
	assert_int_equal(job_report.action, IK_ACTION_REMOVED);
	assert_true(is(&official));
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
	assert_int_equal(ik_scene_open_target(&scene, NULL, &fd, &id, &job_err), -EACCES);
	assert_int_equal(job_err.code, IK_E_PATH_DENIED);
	assert_non_null(strstr(job_err.hint, "immensity-kernel prepare"));
	assert_true(faults.count >= 5);
	faults.count = 0;
	assert_int_equal(ik_scene_open_target(&scene, NULL, &fd, &id, NULL), -EACCES);
	faults.count = 0;
	faults.lasting = false; /* once: the next try succeeds */
	assert_int_equal(ik_scene_open_target(&scene, NULL, &fd, &id, &job_err), 0);
	faults_off();
	assert_int_equal(close(fd), 0);
}

#define TEST(f) cmocka_unit_test_setup(f, flow_start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(settings_that_are_wrong),
		TEST(scenes),
		TEST(profiles),
		TEST(what_cannot_be_looked_at),
		TEST(another_users_profile),
		TEST(a_removal_passes_no_profile_over),
		TEST(a_removal_asks_for_a_profile_that_was),
		TEST(half_a_removal),
		TEST(a_removal_after_a_change_of_mode),
		TEST(a_target_that_is_in_use),
	};

	return cmocka_run_group_tests_name("scene", tests, flow_set_up, flow_tear_down);
}
