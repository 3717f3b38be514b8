/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli: what a user reads of each state, in text and in JSON, and with which status the program ends; the bar on a
 * pseudo-terminal; `prepare --run` with programs that play PowerShell. Where states come from is test_doctor and test_jobs.
 */
#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/bar.h"
#include "cli/commands.h"
#include "cli/render.h"
#include "faults.h"
#include "txnworld.h"

#define POWERSHELL "Windows/System32/WindowsPowerShell/v1.0/powershell.exe"

static struct ik_cli cli;
static struct ik_err err;
static char *text; /* what was printed, both streams */
static int kept_out = -1, kept_err = -1, text_fd = -1;

/* ---- what is printed goes to a file ---- */

static void listen(void)
{
	(void)fflush(stdout);
	kept_out = dup(STDOUT_FILENO);
	kept_err = dup(STDERR_FILENO);
	text_fd = openat(tmp.fd, "said", O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
	assert_true(kept_out >= 0 && kept_err >= 0 && text_fd >= 0);
	(void)dup2(text_fd, STDOUT_FILENO);
	(void)dup2(text_fd, STDERR_FILENO);
}

static void heard(void)
{
	(void)fflush(stdout);
	(void)dup2(kept_out, STDOUT_FILENO);
	(void)dup2(kept_err, STDERR_FILENO);
	(void)close(kept_out);
	(void)close(kept_err);
	(void)close(text_fd);
	free(text);
	text = get_file(tmp.fd, "said", NULL);
	assert_non_null(text);
}

static void show(const struct ik_command *command)
{
	listen();
	command->print(&cli);
	heard();
}

static void says(const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void says_not(const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" is in:\n%s", part, text);
}

/* The whole program in this process; its status. The list ends with NULL. */
static int program(const char *const *args)
{
	char *argv[24] = {(char *)(uintptr_t) "immensity-kernel"};
	int argc = 1, status;

	for (; args[argc - 1]; argc++)
		argv[argc] = (char *)(uintptr_t)args[argc - 1];
	listen();
	status = ik_cli_main(argc, argv);
	heard();
	return status;
}

#define PROGRAM(...)                                                                            \
	program((const char *const[]){"--drive", drive_path, "--state-dir", state_path,         \
				      "--config", "/dev/null", "--target", "lxss", __VA_ARGS__, \
				      NULL})

static int start(void **state IK_UNUSED)
{
	faults_off();
	memset(&cli, 0, sizeof(cli));
	memset(&err, 0, sizeof(err));
	cli.session = session;
	cli.session.env.release = NULL;
	start_official();
	return 0;
}

static int stop(void **state IK_UNUSED)
{
	json_decref(cli.data);
	cli.data = NULL;
	free(text);
	text = NULL;
	return 0;
}

static void set_target(enum ik_kind kind, const char *release)
{
	cli.report.target.kind = kind;
	(void)snprintf(cli.report.target.release, sizeof(cli.report.target.release), "%s", release);
}

/* ---- status ---- */

static void status_names_the_kernel(void **state IK_UNUSED)
{
	static const struct {
		enum ik_kind kind;
		const char *want;
	} rows[] = {
		{IK_KIND_UNKNOWN, "cannot be examined"}, {IK_KIND_MISSING, "missing"},
		{IK_KIND_OFFICIAL, "Microsoft's, r1"},	 {IK_KIND_OURS, "ours, r1"},
		{IK_KIND_FOREIGN, "somebody else's"},	 {IK_KIND_TORN, "DAMAGED"},
	};

	for (size_t i = 0; i < IK_ARRAY_SIZE(rows); i++) {
		set_target(rows[i].kind, "r1");
		show(&ik_cmd_status);
		says(rows[i].want);
	}
	says("Running           unknown");
	says("Mode              undecided; WSL 0 (none); drive C: at ");
	set_target(IK_KIND_OFFICIAL, "");
	show(&ik_cmd_status);
	says("Windows boots     Microsoft's\n");
	(void)snprintf(cli.report.target.windows_path, 32, "C:\\kernel");
	cli.report.mode = IK_MODE_WSLCONFIG;
	cli.session.drive.read_only = true;
	(void)snprintf(cli.session.drive.fstype, sizeof(cli.session.drive.fstype), "9p");
	show(&ik_cmd_status);
	says("                  C:\\kernel\n");
	says("Mode              wslconfig");
	says("(9p, read-only)");
	cli.session.drive.fstype[0] = '\0';
	show(&ik_cmd_status);
	says("(?, read-only)");
}

static void status_says_the_next_step(void **state IK_UNUSED)
{
	static char running[] = OURS;
	struct ik_state *known = &cli.session.state;

	set_target(IK_KIND_OFFICIAL, "5.15.90.1-microsoft-standard-WSL2");
	cli.session.env.release = running;
	show(&ik_cmd_status);
	says("Running           " OURS);
	says("Next step         `wsl --shutdown`");
	cli.report.recovery_needed = true;
	show(&ik_cmd_status);
	says("RECOVERY NEEDED   run `sudo immensity-kernel recover` now");
	says_not("wsl --shutdown");
	cli.report.recovery_needed = false;
	known->official_hold = true;
	known->pending = (struct ik_state_event){
		.present = true, .message = "no right", .hint = "ask for it"};
	known->last_error = (struct ik_state_event){
		.present = true, .command = "restore", .message = "no backup"};
	ik_report_note(&cli.report, "look here");
	show(&ik_cmd_status);
	says("Held              Microsoft's kernel until `immensity-kernel official off`");
	says("PENDING           no right\nNext step         ask for it");
	says("Last error        restore: no backup");
	says("look here");
	says_not("wsl --shutdown");
}

static void restart_is_needed_when_another_runs(void **state IK_UNUSED)
{
	static char ours_runs[] = OURS, theirs_runs[] = "5.15.90.1-microsoft-standard-WSL2";
	const struct {
		char *running;
		enum ik_kind kind;
		const char *release;
		bool want;
	} rows[] = {
		{NULL, IK_KIND_OURS, OURS, false},
		{ours_runs, IK_KIND_OURS, OURS, false},
		{ours_runs, IK_KIND_OURS, "7.3.5-1-immensity-microsoft-standard-WSL2", true},
		{theirs_runs, IK_KIND_OURS, OURS, true},
		{theirs_runs, IK_KIND_MISSING, "", false},
		{theirs_runs, IK_KIND_TORN, OURS, false},
		{theirs_runs, IK_KIND_UNKNOWN, OURS, false},
		/* Without kernel= Windows boots WSL's own, whose release is not known here. */
		{theirs_runs, IK_KIND_OFFICIAL, "", false},
		{ours_runs, IK_KIND_OFFICIAL, "", true},
		{ours_runs, IK_KIND_FOREIGN, "", false},
	};

	for (size_t i = 0; i < IK_ARRAY_SIZE(rows); i++) {
		cli.session.env.release = rows[i].running;
		set_target(rows[i].kind, rows[i].release);
		assert_int_equal(ik_render_restart_needed(&cli), rows[i].want);
	}
}

static void verbose_names_every_setting(void **state IK_UNUSED)
{
	cli.verbose = true;
	cli.session.conf.source[IK_CONF_SERIES] =
		(struct ik_conf_source){.origin = IK_CONF_FILE, .line = 7};
	ik_strbuf_puts(&cli.session.env.evidence, "proc/cmdline: a sign\n");
	show(&ik_cmd_status);
	says("  target=lxss (option)");
	says("(default)");
	says("(configuration, line 7)");
	says("Evidence:");
	ik_strbuf_done(&cli.session.env.evidence);
	session.env.evidence = (struct ik_strbuf){.data = NULL};
}

static const char *json_text(const char *path)
{
	static char value[600];
	json_t *at = cli.data;
	char way[128];

	(void)snprintf(way, sizeof(way), "%s", path);
	for (char *part = strtok(way, "."); part && at; part = strtok(NULL, "."))
		at = json_is_array(at) ? json_array_get(at, (size_t)atoi(part)) :
					 json_object_get(at, part);
	(void)snprintf(value, sizeof(value), "%s",
		       !at		  ? "absent" :
		       json_is_null(at)	  ? "null" :
		       json_is_true(at)	  ? "true" :
		       json_is_false(at)  ? "false" :
		       json_is_string(at) ? json_string_value(at) :
					    "?");
	return value;
}

static void status_in_json(void **state IK_UNUSED)
{
	struct ik_state *known = &cli.session.state;

	*known = (struct ik_state){.installed = true, .mode = "lxss", .release = OURS};
	known->pending = (struct ik_state_event){.present = true,
						 .command = "install",
						 .code = "path-denied",
						 .message = "no right"};
	assert_int_equal(ik_cmd_status.run(&cli, &err), 0);
	assert_string_equal(json_text("target.state"), "official");
	assert_string_equal(json_text("pending_detail.code"), "path-denied");
	assert_string_equal(json_text("pending_detail.hint"), "null");
	assert_string_equal(json_text("installed.release"), OURS);
	assert_string_equal(json_text("installed.path"), "null");
	assert_string_equal(json_text("last_error"), "null");
	assert_string_equal(json_text("running_release"), "null");
	json_decref(cli.data);
	cli.session.drive.fd = -EBADF;
	(void)ik_err_set(&cli.session.drive_err, IK_E_DRIVE_MISSING, 0, "no drive");
	assert_int_equal(ik_cmd_status.run(&cli, &err), -ENODEV);
	assert_string_equal(json_text("drive"), "null");
	assert_string_equal(json_text("target"), "null");
	assert_string_equal(json_text("restart_needed"), "false");
	assert_int_equal(ik_cmd_backups.run(&cli, &err), -ENODEV);
	assert_int_equal(ik_cmd_verify.run(&cli, &err), -ENODEV);
}

/* A note with the name of a file that is no UTF-8 is still shown. */
static void names_that_are_no_text(void **state IK_UNUSED)
{
	ik_report_note(&cli.report, "a\xff"
				    "b");
	ik_report_note(&cli.report, "%s", "");
	cli.data = ik_json_notes(&cli.report);
	assert_string_equal(json_text("0"), "a\\xffb");
	assert_string_equal(json_text("1"), "null");
}

/* ---- backups and verify ---- */

static void backups_are_listed(void **state IK_UNUSED)
{
	struct ik_report_backup *list = cli.report.backups;

	show(&ik_cmd_backups);
	says("no backups yet; the first install makes one");
	cli.report.backup_count = 2;
	list[0] = (struct ik_report_backup){.id = "official-1", .good = true};
	list[0].image = (struct ik_report_image){.kind = IK_KIND_OFFICIAL, .size_bytes = 2 << 20};
	list[1] = (struct ik_report_backup){.id = "foreign-2", .image.kind = IK_KIND_FOREIGN};
	(void)snprintf(list[1].image.release, 32, "6.6-x");
	show(&ik_cmd_backups);
	says("official-1 ");
	says("  -\n");
	says("2048 KiB");
	says("6.6-x  DAMAGED\n");
	show(&ik_cmd_verify);
	says("verified ");
	says("foreign-2 ");
}

static void expect_verify(int want, enum ik_code code, const char *hint)
{
	memset(&err, 0, sizeof(err));
	json_decref(cli.data);
	cli.data = NULL;
	assert_int_equal(ik_cmd_verify.run(&cli, &err), want);
	assert_int_equal(err.code, code);
	assert_non_null(strstr(err.hint, hint));
}

static void verify_compares_with_what_was_installed(void **state IK_UNUSED)
{
	struct ik_state *known = &cli.session.state;
	struct ik_sha256 digest;

	expect_verify(0, IK_E_NONE, "");
	start_installed();
	expect_verify(0, IK_E_NONE, ""); /* nothing is known of the install */
	known->installed = true;
	(void)snprintf(known->release, sizeof(known->release), "another");
	(void)snprintf(known->sha256, sizeof(known->sha256), "%064d", 0);
	expect_verify(0, IK_E_NONE, ""); /* another distribution installed this one */
	(void)snprintf(known->release, sizeof(known->release), OURS);
	expect_verify(-EIO, IK_E_VERIFY_MISMATCH, "immensity-kernel install");
	ik_digest_of_bytes(ours.data, ours.size, &digest);
	ik_digest_hex(&digest, known->sha256);
	expect_verify(0, IK_E_NONE, "");
	start_torn_by_others();
	expect_verify(-EIO, IK_E_RECOVERY_NEEDED, "immensity-restore.cmd");
	start_torn();
	expect_verify(-EIO, IK_E_RECOVERY_NEEDED, "wsl --update");
	start_installed();
	put_kernel(TOOLS "immensity-official-000000000000.img", official.data, official.size, 0);
	expect_verify(-EIO, IK_E_BACKUP_BAD, "it will not be used");
	(void)unlinkat(session.drive.fd, TOOLS "immensity-official-000000000000.img", 0);
}

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
	assert_string_equal(text, "1. copy\n2. rename\n");
	show(&ik_cmd_maint);
	assert_string_equal(text, "1. copy\n2. rename\n");
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
	assert_string_equal(text,
			    "ok       all is well\nproblem  it is broken\n         -> mend it\n");
	start_torn();
	assert_int_equal(ik_cmd_doctor.run(&cli, &err), 0);
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

	(void)ik_err_set(&err, IK_E_IO_FAILED, 0, "why");
	ik_err_hint(&err, "do this");
	for (size_t i = 0; i < IK_ARRAY_SIZE(rows); i++) {
		int status;

		cli.value[IK_VALUE_EVENT] = rows[i].event;
		listen();
		status = ik_cmd_maint.settle(&cli, rows[i].status, &err);
		heard();
		assert_int_equal(status, rows[i].want);
		if (rows[i].text[0])
			says(rows[i].text);
		else
			assert_string_equal(text, "");
	}
	err.hint[0] = '\0';
	listen();
	assert_int_equal(ik_cmd_maint.settle(&cli, IK_EXIT_REFUSED, &err), IK_EXIT_OK);
	heard();
	says_not("next step");
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

/* ---- prepare ---- */

static void put_powershell(const char *script)
{
	put_text(session.drive.fd, POWERSHELL, script);
	assert_int_equal(fchmodat(session.drive.fd, POWERSHELL, 0755, 0), 0);
}

/* Runs `prepare --run` with a terminal as standard input and error. */
static int prepare_at_terminal(void)
{
	int master, slave, kept_in = dup(STDIN_FILENO), kept = dup(STDERR_FILENO), r;

	assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
	(void)dup2(slave, STDIN_FILENO);
	(void)dup2(slave, STDERR_FILENO);
	r = ik_cmd_prepare.run(&cli, &err);
	(void)dup2(kept_in, STDIN_FILENO);
	(void)dup2(kept, STDERR_FILENO);
	(void)close(kept_in);
	(void)close(kept);
	(void)close(master);
	(void)close(slave);
	return r;
}

static void prepare_prints_commands(void **state IK_UNUSED)
{
	cli.session.drive.letter = 'D';
	show(&ik_cmd_prepare);
	says("    takeown /a /f \"D:\\Windows\\System32\\lxss\\tools\\kernel\"\n");
	says("/grant *S-1-5-32-544:F\n");
	says("sudo immensity-kernel install");
	cli.session.drive.fd = -EBADF; /* the setting's letter, when no drive was found */
	cli.session.conf.drive_letter = 'E';
	show(&ik_cmd_prepare);
	says("\"E:\\Windows");
	assert_int_equal(ik_cmd_prepare.run(&cli, &err), 0);
	assert_string_equal(json_text("started"), "false");
	json_decref(cli.data);
	cli.value[IK_VALUE_RUN] = "";
	cli.options.dry_run = true;
	show(&ik_cmd_prepare);
	says("takeown"); /* a dry run prints what it would run */
	assert_int_equal(ik_cmd_prepare.run(&cli, &err), 0);
	assert_string_equal(json_text("started"), "false");
	json_decref(cli.data);
	cli.options.dry_run = false;
	show(&ik_cmd_prepare);
	says("prepared; next step: `sudo immensity-kernel install`");
	assert_int_equal(prepare_at_terminal(), -ENODEV);
}

static void prepare_starts_powershell(void **state IK_UNUSED)
{
	char way[256];
	ik_autofree char *args = NULL;

	cli.value[IK_VALUE_RUN] = "";
	assert_true(ik_cmd_prepare.run(&cli, &err) < 0); /* a script is no person */
	assert_int_equal(err.code, IK_E_ARGUMENT_BAD);
	json_decref(cli.data);
	(void)snprintf(way, sizeof(way), "#!/bin/sh\nprintf '%%s\\n' \"$@\" >%s/args\n", tmp.path);
	put_powershell(way);
	memset(&err, 0, sizeof(err));
	assert_int_equal(prepare_at_terminal(), 0);
	args = get_file(tmp.fd, "args", NULL);
	assert_non_null(args);
	assert_int_equal(strncmp(args, "-NoProfile\n-Command\n$p = Start-Process cmd.exe", 46), 0);
	assert_non_null(strstr(args, "-Verb RunAs -Wait"));
	assert_non_null(
		strstr(args, "'/c takeown /a /f \"C:\\Windows\\System32\\lxss\\tools\" && "));
	assert_string_equal(json_text("started"), "true");
}

static void prepare_says_what_to_do_by_hand(void **state IK_UNUSED)
{
	static const char *const scripts[] = {"#!/bin/sh\nexit 5\n", "#!/bin/sh\nkill -9 $$\n",
					      "no program\n"};

	cli.value[IK_VALUE_RUN] = "";
	for (size_t i = 0; i <= IK_ARRAY_SIZE(scripts); i++) {
		if (i < IK_ARRAY_SIZE(scripts))
			put_powershell(scripts[i]);
		else
			assert_int_equal(unlinkat(session.drive.fd, POWERSHELL, 0), 0);
		memset(&err, 0, sizeof(err));
		assert_true(prepare_at_terminal() < 0);
		assert_int_equal(err.code, IK_E_INTEROP_FAILED);
		assert_non_null(strstr(err.hint, "paste the commands"));
		json_decref(cli.data);
		cli.data = NULL;
	}
}

/* ---- the bar ---- */

static size_t read_screen(int fd, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size - 1 && (n = read(fd, buf + len, size - 1 - len)) > 0)
		len += (size_t)n;
	buf[len] = '\0';
	return len;
}

static void a_bar_is_for_terminals(void **state IK_UNUSED)
{
	int master, slave, kept = dup(STDERR_FILENO);
	struct ik_progress off, progress;
	char screen[4096];

	assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
	assert_int_equal(fcntl(master, F_SETFL, O_NONBLOCK), 0);
	(void)dup2(slave, STDERR_FILENO);
	off = ik_bar(false);
	ik_bar_end(); /* nothing was drawn, nothing is wiped */
	progress = ik_bar(true);
	if (progress.tick) {
		(void)progress.tick(NULL, "copying", 10 << 20, 20 << 20);
		(void)progress.tick(NULL, "copying", 11 << 20, 20 << 20); /* too soon */
		(void)progress.tick(NULL, "copying", 20 << 20, 20 << 20);
		(void)progress.tick(NULL, "reading", 0, 0);
		ik_bar_end();
	}
	(void)dup2(kept, STDERR_FILENO);
	(void)read_screen(master, screen, sizeof(screen));
	(void)close(kept);
	(void)close(master);
	(void)close(slave);
	assert_null(off.tick);
	assert_non_null(progress.tick);
	assert_non_null(
		strstr(screen, "copying    [###############...............]  50% 10/20 MiB"));
	assert_null(strstr(screen, "11/20"));
	assert_non_null(strstr(screen, "[##############################] 100% 20/20 MiB"));
	assert_non_null(strstr(screen, "reading    [..............................] 100% 0/0 MiB"));
	assert_string_equal(screen + strlen(screen) - 4, "\r\033[K");
	listen();
	progress = ik_bar(true); /* standard error is a file now */
	ik_bar_end();
	heard();
	assert_null(progress.tick);
	assert_string_equal(text, "");
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
			ik_ignore(commands[i]->run(&cli, &err));
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

/* In the build for coverage exec itself needs memory, to write its counters: its allocations are left out. */
#ifdef IK_COVERAGE
#define POWERSHELL_CALLS 18
#else
#define POWERSHELL_CALLS 200
#endif

/* `prepare --run` starts nothing when its command line could not be put together. */
static void no_memory_for_powershell(void **state IK_UNUSED)
{
	unsigned refused = 0;
	char script[256];
	bool more = true;

	ik_render_set_up();
	(void)snprintf(
		script, sizeof(script),
		"#!/bin/sh\ncase $3 in *tools\\\\kernel*'exit $p.ExitCode') ;; *) exit 1 ;; esac\n");
	put_powershell(script);
	cli.value[IK_VALUE_RUN] = "";
	for (long n = 1; more && n <= POWERSHELL_CALLS; n++) {
		int r;

		memset(&err, 0, sizeof(err));
		faults = (struct faults){.on = true, .only = "memory", .at = n, .errnum = ENOMEM};
		r = prepare_at_terminal();
		more = faults.fired != NULL;
		faults_off();
		if (r < 0 && err.code != IK_E_MEMORY_EXHAUSTED)
			fail_msg("allocation %ld: %s", n, err.message);
		refused += r < 0;
		json_decref(cli.data);
		cli.data = NULL;
	}
	assert_true(refused > 0);
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

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(status_names_the_kernel),
		TEST(status_says_the_next_step),
		TEST(restart_is_needed_when_another_runs),
		TEST(verbose_names_every_setting),
		TEST(status_in_json),
		TEST(names_that_are_no_text),
		TEST(backups_are_listed),
		TEST(verify_compares_with_what_was_installed),
		TEST(changes_say_what_comes_next),
		TEST(findings_are_shown),
		TEST(maint_turns_refusals_into_success),
		TEST(maint_checks_its_arguments),
		TEST(prepare_prints_commands),
		TEST(prepare_starts_powershell),
		TEST(prepare_says_what_to_do_by_hand),
		TEST(a_bar_is_for_terminals),
		TEST(statuses),
		TEST(output_that_cannot_be_written),
		TEST(no_memory_for_commands),
		TEST(no_memory_for_powershell),
		TEST(no_memory_for_json),
	};

	return cmocka_run_group_tests_name("cli", tests, world_set_up, world_tear_down);
}
