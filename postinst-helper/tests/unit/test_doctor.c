/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow/doctor: each finding is provoked by a drive, a profile or an environment in that state, and must come with its
 * level, its object and its remedy. How findings are printed is test_cli.
 */
#include "flow/doctor.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "faults.h"
#include "txnworld.h"

#define WSLCONFIG "Users/Ann/.wslconfig"

static struct ik_report report;
static struct ik_err err;
static struct ik_session fresh; /* as the session was opened */

static int remember(void **state)
{
	int r = world_set_up(state);

	fresh = session;
	return r;
}

static int forget(void **state)
{
	session = fresh;
	return world_tear_down(state);
}

/* Mode lxss, Microsoft's kernel, no .wslconfig, nothing known of WSL. */
static int start(void **state IK_UNUSED)
{
	faults_off();
	session = fresh;
	session.env.release = NULL;
	session.conf.target = IK_CONF_TARGET_LXSS;
	(void)unlinkat(session.drive.fd, WSLCONFIG, 0);
	start_official();
	return 0;
}

static const struct ik_report_finding *find(const char *code)
{
	for (unsigned i = 0; i < report.finding_count; i++) {
		if (strcmp(report.findings[i].code, code) == 0)
			return &report.findings[i];
	}
	return NULL;
}

static void look(void)
{
	memset(&err, 0, sizeof(err));
	if (ik_doctor_run(&session, &report, &err) < 0)
		fail_msg("%s", err.message);
}

/* Looks, and expects a finding; `remedy` is a part of it, "" = none is given. */
static void expect(enum ik_level level, const char *code, const char *message, const char *remedy)
{
	const struct ik_report_finding *f;

	look();
	f = find(code);
	if (!f) {
		fail_msg("no finding %s", code);
		return;
	}
	assert_int_equal(f->level, level);
	assert_non_null(strstr(f->message, message));
	if (remedy[0])
		assert_non_null(strstr(f->remedy, remedy));
	else
		assert_string_equal(f->remedy, "");
}

static void drives(void **state IK_UNUSED)
{
	expect(IK_LEVEL_OK, "drive", drive_path, "");
	session.drive.read_only = true;
	expect(IK_LEVEL_PROBLEM, "drive-readonly", "mounted read-only", "/etc/wsl.conf");
	session.drive.read_only = false;
	faults = (struct faults){.on = true, .only = "ik_sys_free_bytes", .at = 1};
	expect(IK_LEVEL_PROBLEM, "space-low", "only 0 MiB are free on drive C:", "free some space");
	faults =
		(struct faults){.on = true, .only = "ik_sys_free_bytes", .at = 1, .errnum = ENOSYS};
	expect(IK_LEVEL_OK, "drive", drive_path, ""); /* unknown is not low */
}

static void modes(void **state IK_UNUSED)
{
	expect(IK_LEVEL_OK, "mode", "mode lxss", "");
	if (geteuid() == 0) {
		/* As on 9p without the right: the worker is somebody whom the file does not let in. */
		session.drive.user = (struct ik_priv_user){.uid = 65534, .gid = 65534};
		expect(IK_LEVEL_WARNING, "target-not-writable", "System32/lxss/tools",
		       "Run as administrator");
		session.drive.user = fresh.drive.user;
	}
	session.conf.target = IK_CONF_TARGET_WSLCONFIG;
	expect(IK_LEVEL_INFO, "lxss-unused", "remnant", "");
	assert_null(find("target-not-writable"));
	assert_int_equal(unlinkat(session.drive.fd, KERNEL, 0), 0);
	look();
	assert_null(find("lxss-unused"));
	session.conf.target = IK_CONF_TARGET_LXSS;
	expect(IK_LEVEL_PROBLEM, "target-missing", "tools/kernel", "wsl --update");
}

static void profiles(void **state IK_UNUSED)
{
	(void)renameat(session.drive.fd, "Users/Ann", session.drive.fd, "Users/Default");
	expect(IK_LEVEL_INFO, "profile", "no Windows user profile", "--profile");
	session.conf.target = IK_CONF_TARGET_WSLCONFIG;
	expect(IK_LEVEL_PROBLEM, "profile", "no Windows user profile", "--profile");
	expect(IK_LEVEL_PROBLEM, "profile-missing", "no Windows user profile", "--profile");
	(void)renameat(session.drive.fd, "Users/Default", session.drive.fd, "Users/Ann");
	put_text(session.drive.fd, "Users/Bob/NTUSER.DAT", "x");
	expect(IK_LEVEL_PROBLEM, "profile", "more than one Windows user profile", "profile=");
	(void)unlinkat(session.drive.fd, "Users/Bob/NTUSER.DAT", 0);
	(void)unlinkat(session.drive.fd, "Users/Bob", AT_REMOVEDIR);
	session.conf.target = IK_CONF_TARGET_AUTO;
	look();
	assert_non_null(find("mode"));
}

static void targets(void **state IK_UNUSED)
{
	static char other[] = "5.15.90.1-microsoft-standard-WSL2", same[] = OURS;

	expect(IK_LEVEL_OK, "target", "Windows boots official", "");
	put_kernel(KERNEL, foreign.data, foreign.size, 0);
	expect(IK_LEVEL_WARNING, "target-foreign", "6.6.87.2-locietta-WSL2", "--force install");
	put_kernel(KERNEL, "torn", 4, 0);
	expect(IK_LEVEL_PROBLEM, "target-torn", "is damaged", "wsl --update");
	start_installed();
	expect(IK_LEVEL_OK, "target", "Windows boots ours " OURS, "");
	session.env.release = same;
	expect(IK_LEVEL_OK, "target", "Windows boots ours " OURS, "");
	session.env.release = other;
	expect(IK_LEVEL_WARNING, "restart-needed", other, "wsl --shutdown");
	assert_int_equal(unlinkat(session.drive.fd, KERNEL, 0), 0);
	put_link(session.drive.fd, KERNEL, "/dev/null");
	expect(IK_LEVEL_PROBLEM, "target-unknown", KERNEL, "wsl --update");
	assert_null(find("target")); /* never said to be fine */
	assert_non_null(find("kernel-unseen"));
	assert_int_equal(unlinkat(session.drive.fd, KERNEL, 0), 0);
	start_installed();
	assert_int_equal(unlinkat(session.drive.fd, TOOLS IK_NAME_JOURNAL, 0), 0);
	put_link(session.drive.fd, TOOLS IK_NAME_JOURNAL, "elsewhere");
	expect(IK_LEVEL_PROBLEM, "kernel-unseen", "journal", "immensity-kernel recover");
	assert_int_equal(unlinkat(session.drive.fd, TOOLS IK_NAME_JOURNAL, 0), 0);
}

static void copies(void **state IK_UNUSED)
{
	struct ik_report seen = {0};
	char id[96] = "";

	start_torn();
	expect(IK_LEVEL_PROBLEM, "recovery-needed", "journal: armed", "immensity-kernel recover");
	start_installed();
	assert_int_equal(install(&newer, &seen, NULL), 0);
	start_official();
	put_kernel(TOOLS "immensity-official-000000000000.img", official.data, official.size, 0);
	look();
	for (unsigned i = 0; i < report.finding_count; i++) {
		if (strcmp(report.findings[i].code, "backup-bad") == 0)
			(void)snprintf(id, sizeof(id), "%.95s", report.findings[i].message);
	}
	assert_non_null(strstr(id, "official-000000000000"));
	(void)unlinkat(session.drive.fd, TOOLS "immensity-official-000000000000.img", 0);
	look();
	assert_null(find("backup-bad"));
}

static void config_files(void **state IK_UNUSED)
{
	static const struct {
		const char *text;
		enum ik_level level;
		const char *code, *message, *remedy;
	} rows[] = {
		{"[wsl2]\nkernel=C:\\\\k\\tools\n", IK_LEVEL_PROBLEM, "kernel-path-mangled",
		 "an escape such as \\t", "doubled backslashes"},
		{"[wsl2]\nkernel=C:\\\\k\xc3\xb6\n", IK_LEVEL_PROBLEM, "kernel-path-mangled",
		 "characters that WSL cuts", "ASCII"},
		{"[wsl2]\nkernel=C:\\\\k\nkernel=C:\\\\l\n", IK_LEVEL_WARNING, "kernel-duplicate",
		 "stands 2 times", "WSL takes the first"},
		{"[wsl2]\nkernel=C:\\\\k\nkernelModules=C:\\\\m\n", IK_LEVEL_WARNING,
		 "kernel-modules", "line 3", "remove kernelModules="},
		{"[wsl2]\nkernel=C:\\\\k\n", IK_LEVEL_WARNING, "kernel-key-wins",
		 "wins over the kernel in lxss", "target=wslconfig"},
		{"[wsl2]\nsafeMode=true\n", IK_LEVEL_PROBLEM, "safe-mode", "its own kernel",
		 "remove safeMode=true"},
		{"[wsl2]\nbad line\n", IK_LEVEL_WARNING, "no-equals", ".wslconfig line 2",
		 "WSL ignores it"},
		{"[wsl2]\nmemory=1\nmemory=2\n", IK_LEVEL_WARNING, "duplicate-key",
		 "line 3 (\"wsl2.memory\")", "correct"},
		{"[wsl2]\n\xff\xff", IK_LEVEL_WARNING, "bad-key", "line 2", "correct"},
	};

	for (size_t i = 0; i < IK_ARRAY_SIZE(rows); i++) {
		print_message("# %s\n", rows[i].code);
		put_text(session.drive.fd, WSLCONFIG, rows[i].text);
		expect(rows[i].level, rows[i].code, rows[i].message, rows[i].remedy);
	}
	put_text(session.drive.fd, WSLCONFIG, "[wsl2]\nkernelModules=C:\\\\m\n");
	look();
	assert_null(find("kernel-modules"));
	assert_null(find("kernel-modules-alone")); /* inbox WSL knows no such key */
	session.env.flavour = IK_WSL_STORE;
	expect(IK_LEVEL_PROBLEM, "kernel-modules-alone", "line 2", "put a \"#\" before");
	session.env.flavour = fresh.env.flavour;
	session.conf.target = IK_CONF_TARGET_WSLCONFIG;
	expect(IK_LEVEL_PROBLEM, "kernel-modules-alone", "WSL does not start", "with kernel=");
	session.conf.target = IK_CONF_TARGET_LXSS;
	look();
	assert_null(find("kernel-key-wins"));
	put_text(session.drive.fd, WSLCONFIG, "[wsl2]\nkernel=C:\\\\k\n");
	session.conf.target = IK_CONF_TARGET_WSLCONFIG;
	look();
	assert_null(find("kernel-key-wins"));
	expect(IK_LEVEL_PROBLEM, "target-missing", "C:\\k", "correct kernel= in .wslconfig");
	(void)unlinkat(session.drive.fd, WSLCONFIG, 0);
	put_link(session.drive.fd, WSLCONFIG, "dotfiles/wslconfig");
	expect(IK_LEVEL_PROBLEM, "path-symlink", ".wslconfig", "dotfile manager");
}

static void environments(void **state IK_UNUSED)
{
	static char version[] = "2.6.1", official_release[] = "5.15.90.1-microsoft-standard-WSL2";
	static char ours_release[] = OURS;

	expect(IK_LEVEL_INFO, "wsl", "not WSL 2", "WSL 2 distribution");
	session.drive.given = false;
	expect(IK_LEVEL_PROBLEM, "wsl", "not WSL 2", "WSL 2 distribution");
	session.env.wsl = 2;
	session.env.flavour = IK_WSL_INBOX;
	expect(IK_LEVEL_OK, "wsl", "WSL 2 (inbox)", "");
	session.env.flavour = IK_WSL_STORE;
	session.env.wsl_version = version;
	expect(IK_LEVEL_OK, "wsl", "WSL 2 (store 2.6.1)", "");
	assert_null(find("running"));
	session.env.release = official_release;
	expect(IK_LEVEL_INFO, "running", official_release, "");
	session.env.release = ours_release;
	look();
	assert_null(find("running"));
	session.state.pending = (struct ik_state_event){
		.present = true, .message = "no right to change it", .hint = "open a terminal"};
	expect(IK_LEVEL_WARNING, "pending", "no right to change it", "open a terminal");
}

/* Without a drive the environment is all that can be said, and the error says why. */
static void no_drive(void **state IK_UNUSED)
{
	session.drive.fd = -EBADF;
	(void)ik_err_set(&session.drive_err, IK_E_DRIVE_MISSING, 0, "no drive");
	memset(&err, 0, sizeof(err));
	assert_int_equal(ik_doctor_run(&session, &report, &err), -ENODEV);
	assert_int_equal(err.code, IK_E_DRIVE_MISSING);
	assert_int_equal(report.finding_count, 1);
	assert_non_null(find("wsl"));
}

/* In the build for coverage the worker needs memory to write its counters, too. */
#ifdef IK_COVERAGE
#define MEMORY_CALLS 2
#else
#define MEMORY_CALLS 20
#endif

/* A worker that cannot be asked is an error, not a clean bill of health. */
static void no_memory(void **state IK_UNUSED)
{
	unsigned failed = 0;

	for (long n = 1; n <= MEMORY_CALLS; n++) {
		int r;

		memset(&err, 0, sizeof(err));
		faults = (struct faults){.on = true, .only = "memory", .at = n, .errnum = ENOMEM};
		r = ik_doctor_run(&session, &report, &err);
		faults_off();
		assert_int_equal(r < 0, err.code != IK_E_NONE);
		failed += r < 0;
	}
	assert_true(failed > 0);
}

#define TEST(f) cmocka_unit_test_setup(f, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(drives),	    TEST(modes),    TEST(profiles),
		TEST(targets),	    TEST(copies),   TEST(config_files),
		TEST(environments), TEST(no_drive), TEST(no_memory),
	};

	return cmocka_run_group_tests_name("doctor", tests, remember, forget);
}
