/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli: what a user reads of changes, findings and maint, with which status the program ends, and what it says where
 * there is no memory.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cliworld.h"
#include "faults.h"

/* ---- changes, doctor, maint ---- */

static void changes_say_what_comes_next(void **state IK_UNUSED)
{
	static char running[] = "5.15.90.1-microsoft-standard-WSL2";

	cli.session.env.release = running;
	set_target(IK_KIND_OURS, OURS);
	cli.report.action = IK_ACTION_NONE;
	show(&ik_cmd_recover);
	says("nothing to do\n");
	says_not("Windows boots");
	cli.report.action = IK_ACTION_HELD;
	show(&ik_cmd_official);
	says("until `immensity-kernel official off`");
	says("Next step: `wsl --shutdown`");
	set_target(IK_KIND_OFFICIAL, running);
	show(&ik_cmd_official);
	says_not("Next step");
	cli.report.action = IK_ACTION_PLANNED;
	ik_report_step(&cli.report, "copy");
	ik_report_step(&cli.report, "rename");
	show(&ik_cmd_install);
	assert_string_equal(printed, "1. copy\n2. rename\n");
	show(&ik_cmd_maint);
	assert_string_equal(printed, "1. copy\n2. rename\n");
	cli.report.action = IK_ACTION_REMOVED;
	set_target(IK_KIND_OFFICIAL, "");
	show(&ik_cmd_maint);
	says("removed: Windows boots Microsoft's kernel; backups of Microsoft's kernels are kept");
	cli.report.action = IK_ACTION_INSTALLED;
	set_target(IK_KIND_OURS, OURS);
	show(&ik_cmd_maint);
	says("installed: Windows boots " OURS "; run `wsl --shutdown` from Windows to start it");
	cli.data = ik_json_change(&cli);
	assert_string_equal(json_text("mode"), "unknown");
	assert_string_equal(json_text("plan.1"), "rename");
}

static void findings_are_shown(void **state IK_UNUSED)
{
	ik_report_finding(&cli.report, IK_LEVEL_OK, "fine", NULL, "all is well");
	ik_report_finding(&cli.report, IK_LEVEL_PROBLEM, "bad", "mend it", "it is broken");
	show(&ik_cmd_doctor);
	assert_string_equal(printed,
			    "ok       all is well\nproblem  it is broken\n         -> mend it\n");
	start_torn();
	assert_int_equal(ik_cmd_doctor.run(&cli, &cli_err), 0);
	assert_string_equal(json_text("findings.0.level"), "ok");
	assert_string_equal(json_text("findings.0.remedy"), "null");
}

static void maint_turns_refusals_into_success(void **state IK_UNUSED)
{
	static const struct {
		int status, want;
		const char *event, *text;
	} rows[] = {
		{IK_EXIT_OK, IK_EXIT_OK, "configure", ""},
		{IK_EXIT_FAILED, IK_EXIT_FAILED, "configure", "next step: do this"},
		{IK_EXIT_RECOVERY, IK_EXIT_RECOVERY, "boot", "next step: do this"},
		{IK_EXIT_REFUSED, IK_EXIT_OK, "configure", "why; next step: do this"},
		{IK_EXIT_BUSY, IK_EXIT_OK, "upgrade", "why; next step: do this"},
		{IK_EXIT_PENDING, IK_EXIT_OK, "configure",
		 "the package is installed, Windows not changed yet: why; next step: do this"},
		{IK_EXIT_NOT_APPLICABLE, IK_EXIT_OK, "configure", "why\n"},
		{IK_EXIT_NOT_APPLICABLE, IK_EXIT_OK, "boot", ""},
	};

	(void)ik_err_set(&cli_err, IK_E_IO_FAILED, 0, "why");
	ik_err_hint(&cli_err, "do this");
	for (size_t i = 0; i < IK_ARRAY_SIZE(rows); i++) {
		int status;

		cli.value[IK_VALUE_EVENT] = rows[i].event;
		listen();
		status = ik_cmd_maint.settle(&cli, rows[i].status, &cli_err);
		heard();
		assert_int_equal(status, rows[i].want);
		if (rows[i].text[0])
			says(rows[i].text);
		else
			assert_string_equal(printed, "");
	}
	(void)ik_err_set(&cli_err, IK_E_STATE_BAD, EIO, "unreadable");
	listen();
	assert_int_equal(ik_cmd_maint.settle(&cli, IK_EXIT_FAILED, &cli_err), IK_EXIT_OK);
	heard();
	says("unreadable");
	(void)ik_err_set(&cli_err, IK_E_IO_FAILED, 0, "why");
	ik_err_hint(&cli_err, "do this");
	/* At boot it was the recovery, or the install after one. */
	cli.session.state.pending = (struct ik_state_event){.present = true, .command = "recover"};
	listen();
	assert_int_equal(ik_cmd_maint.settle(&cli, IK_EXIT_PENDING, &cli_err), IK_EXIT_OK);
	heard();
	says("an interrupted update is not finished yet: why; next step: do this");
	cli_err.hint[0] = '\0';
	listen();
	assert_int_equal(ik_cmd_maint.settle(&cli, IK_EXIT_REFUSED, &cli_err), IK_EXIT_OK);
	heard();
	says_not("next step");
}

/* The program goes with the package: nothing is advised that needs it. */
static void maint_tells_the_way_out_of_a_refused_removal(void **state IK_UNUSED)
{
	static const struct {
		const char *event, *remembered;
		enum ik_conf_target target;
		enum ik_mode seen;
		bool key, script;
	} rows[] = {
		{"remove", "", IK_CONF_TARGET_AUTO, IK_MODE_AUTO, true, true},
		{"remove", "lxss", IK_CONF_TARGET_AUTO, IK_MODE_AUTO, false, true},
		{"purge", "wslconfig", IK_CONF_TARGET_AUTO, IK_MODE_AUTO, true, false},
		{"remove", "lxss", IK_CONF_TARGET_WSLCONFIG, IK_MODE_AUTO, true, false},
		{"remove", "", IK_CONF_TARGET_LXSS, IK_MODE_AUTO, false, true},
		{"purge", "wslconfig", IK_CONF_TARGET_AUTO, IK_MODE_LXSS, false, true},
	};
	static const int statuses[] = {IK_EXIT_PENDING, IK_EXIT_BUSY, IK_EXIT_REFUSED};

	(void)ik_err_set(&cli_err, IK_E_PATH_DENIED, 0, "why");
	ik_err_hint(&cli_err, "run `immensity-kernel install`");
	for (size_t i = 0; i < IK_ARRAY_SIZE(rows) * IK_ARRAY_SIZE(statuses); i++) {
		size_t row = i / IK_ARRAY_SIZE(statuses);

		cli.value[IK_VALUE_EVENT] = rows[row].event;
		cli.session.conf.target = rows[row].target;
		cli.report.mode = rows[row].seen;
		(void)snprintf(cli.session.state.mode, sizeof(cli.session.state.mode), "%s",
			       rows[row].remembered);
		listen();
		assert_int_equal(ik_cmd_maint.settle(&cli, statuses[i % IK_ARRAY_SIZE(statuses)],
						     &cli_err),
				 IK_EXIT_OK);
		heard();
		says("our kernel stays in use on Windows: why; next step: ");
		says("remove it from a WSL terminal started with \"Run as administrator\"");
		says_not("is installed");
		says_not("immensity-kernel install");
		(rows[row].key ? says : says_not)("%UserProfile%\\.wslconfig");
		(rows[row].script ? says : says_not)("immensity-restore.cmd as administrator");
	}
	/* The half that failed, whatever the settings say. */
	cli.session.conf.target = IK_CONF_TARGET_WSLCONFIG;
	for (int half = 1; half < 4; half++) {
		cli.report.key_stays = half & 1;
		cli.report.lxss_stays = half & 2;
		listen();
		assert_int_equal(ik_cmd_maint.settle(&cli, IK_EXIT_REFUSED, &cli_err), IK_EXIT_OK);
		heard();
		(half & 1 ? says : says_not)("%UserProfile%\\.wslconfig");
		(half & 2 ? says : says_not)("immensity-restore.cmd as administrator");
	}
	cli.report.key_stays = cli.report.lxss_stays = false;
}

/* Also a failure, or settings that are wrong, leaves our kernel where it is. */
static void maint_tells_the_way_out_of_a_failed_removal(void **state IK_UNUSED)
{
	static const int statuses[] = {IK_EXIT_FAILED, IK_EXIT_USAGE, IK_EXIT_RECOVERY};

	cli.session.conf.target = IK_CONF_TARGET_AUTO;
	(void)ik_err_set(&cli_err, IK_E_CONF_UNKNOWN_KEY, 0, "why");
	for (size_t i = 0; i < IK_ARRAY_SIZE(statuses); i++) {
		bool told = statuses[i] != IK_EXIT_RECOVERY;

		cli.value[IK_VALUE_EVENT] = "remove";
		listen();
		assert_int_equal(ik_cmd_maint.settle(&cli, statuses[i], &cli_err), statuses[i]);
		heard();
		says("error: why");
		(told ? says : says_not)("our kernel may still be in use on Windows; next step: ");
		(told ? says : says_not)("delete the line kernel=");
		cli.value[IK_VALUE_EVENT] = "upgrade";
		listen();
		assert_int_equal(ik_cmd_maint.settle(&cli, statuses[i], &cli_err), statuses[i]);
		heard();
		says_not("in use on Windows");
	}
}

static void maint_checks_its_arguments(void **state IK_UNUSED)
{
	assert_int_equal(PROGRAM("maint", "--event=boot", "--format=ebuild"), IK_EXIT_USAGE);
	says("`--format` is deb or rpm, not \"ebuild\"");
	assert_int_equal(PROGRAM("maint", "--event=boot", "--format=rpm"), IK_EXIT_OK);
	assert_int_equal(PROGRAM("maint", "--event=start"), IK_EXIT_USAGE);
	says("configure, upgrade, remove, purge or boot");
	assert_int_equal(PROGRAM("--force", "-v", "maint", "--event=configure"), IK_EXIT_FAILED);
	says("no kernel package");
	assert_int_equal(PROGRAM("--json", "--dry-run", "maint", "--event=remove"), IK_EXIT_OK);
	says("\"planned\"");
}

/* ---- the program ---- */

static void statuses(void **state IK_UNUSED)
{
	assert_int_equal(PROGRAM("status"), IK_EXIT_OK);
	says("Microsoft's");
	assert_int_equal(PROGRAM("--json", "restore", "--to", "nothing"), IK_EXIT_FAILED);
	says("\"backup-missing\"");
	assert_int_equal(PROGRAM("restore", "--to", "nothing"), IK_EXIT_FAILED);
	says("next step: ");
	assert_int_equal(PROGRAM("--profile", "/nowhere", "doctor"), IK_EXIT_OK);
	assert_int_equal(PROGRAM("--drive-letter", "Q", "prepare"), IK_EXIT_OK);
	says("\"Q:\\Windows");
	assert_int_equal(PROGRAM("--target", "sideways", "status"), IK_EXIT_USAGE);
	assert_int_equal(PROGRAM("--help", "status"), IK_EXIT_OK);
	says("See immensity-kernel(8)");
	assert_int_equal(PROGRAM("status", "--version"), IK_EXIT_OK);
	says("immensity-kernel " IK_VERSION);
	assert_int_equal(PROGRAM("--nonsense"), IK_EXIT_USAGE);
	assert_int_equal(PROGRAM("official", "maybe"), IK_EXIT_USAGE);
	assert_int_equal(PROGRAM("official", "on", "off"), IK_EXIT_USAGE);
	assert_int_equal(PROGRAM("status", "--image"), IK_EXIT_USAGE);
	assert_int_equal(program((const char *const[]){NULL}), IK_EXIT_USAGE);
	says("no command");
}

/* A full disk behind standard output fails what succeeded, and leaves another failure as it is. */
static void output_that_cannot_be_written(void **state IK_UNUSED)
{
	char *argv[] = {(char *)(uintptr_t) "x",
			(char *)(uintptr_t) "--state-dir",
			state_path,
			(char *)(uintptr_t) "--json",
			(char *)(uintptr_t) "--drive",
			(char *)(uintptr_t) "/nowhere",
			(char *)(uintptr_t) "status",
			NULL};
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC), kept = dup(STDOUT_FILENO), status;

	assert_true(full >= 0);
	(void)fflush(stdout);
	(void)dup2(full, STDOUT_FILENO);
	status = ik_cli_main(7, argv);
	clearerr(stdout);
	(void)dup2(kept, STDOUT_FILENO);
	(void)close(full);
	(void)close(kept);
	assert_int_equal(status, IK_EXIT_PENDING); /* no drive, which matters more */
}

/* What a command makes of JSON while an allocation fails: no crash, and no half list that looks whole. */
static void no_memory_for_commands(void **state IK_UNUSED)
{
	static const struct ik_command *const commands[] = {&ik_cmd_doctor, &ik_cmd_status,
							    &ik_cmd_prepare};

	ik_render_set_up();
	cli.session.env.wsl = 2; /* a finding without a remedy, and one with */
	cli.session.state.pending =
		(struct ik_state_event){.present = true, .message = "no right", .hint = "ask"};
	cli.session.drive.fd = -EBADF; /* without a worker, which would need memory, too */
	(void)ik_err_set(&cli.session.drive_err, IK_E_DRIVE_MISSING, 0, "no drive");
	for (size_t i = 0; i < IK_ARRAY_SIZE(commands); i++) {
		long n = 0;
		bool more;

		do {
			faults = (struct faults){
				.on = true, .only = "memory", .at = ++n, .errnum = ENOMEM};
			ik_ignore(commands[i]->run(&cli, &cli_err));
			more = faults.fired != NULL;
			faults_off();
			if (cli.data && !more)
				assert_true(json_is_object(cli.data));
			json_decref(cli.data);
			cli.data = NULL;
		} while (more);
		assert_true(n > 10);
	}
}

/* Last, since a value that is short is remembered: no memory gives no half object, and never status 0. */
static void no_memory_for_json(void **state IK_UNUSED)
{
	long n = 0;
	int status;

	ik_render_set_up();
	do {
		json_t *made;

		memset(&cli.report, 0, sizeof(cli.report));
		cli.report.backup_count = 1;
		cli.report.backups[0] = (struct ik_report_backup){.id = "a"};
		ik_report_note(&cli.report, "note");
		ik_report_step(&cli.report, "step");
		set_target(IK_KIND_OURS, OURS);
		cli.report.target.has_sha256 = true;
		n++;
		faults = (struct faults){.on = true, .only = "memory", .at = n, .errnum = ENOMEM};
		made = ik_json_change(&cli);
		json_decref(made);
		made = ik_json_backups(&cli.report);
		json_decref(made);
		status = faults.fired != NULL;
		faults_off();
	} while (status);
	assert_true(n > 50);
	listen();
	status = ik_render_json(&cli, "status", NULL);
	heard();
	assert_int_equal(status, -ENOMEM); /* something was missing in a value */
	says("out of memory while printing");
	assert_int_equal(PROGRAM("--json", "status"), IK_EXIT_FAILED);
	says_not("\"ok\"");
	assert_int_equal(
		program((const char *const[]){"--json", "--state-dir", state_path, "status", NULL}),
		IK_EXIT_NOT_APPLICABLE); /* the first failure counts */
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, cli_start, cli_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(changes_say_what_comes_next),
		TEST(findings_are_shown),
		TEST(maint_turns_refusals_into_success),
		TEST(maint_tells_the_way_out_of_a_refused_removal),
		TEST(maint_tells_the_way_out_of_a_failed_removal),
		TEST(maint_checks_its_arguments),
		TEST(statuses),
		TEST(output_that_cannot_be_written),
		TEST(no_memory_for_commands),
		TEST(no_memory_for_json),
	};

	return cmocka_run_group_tests_name("cli", tests, world_set_up, world_tear_down);
}
