/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli: what a user reads of status, backups and verify, in text and in JSON. Where states come from is test_doctor and
 * test_jobs.
 */
#include <stdio.h>
#include <string.h>

#include "cliworld.h"
#include "store/names.h"

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

static void status_in_json(void **state IK_UNUSED)
{
	struct ik_state *known = &cli.session.state;

	*known = (struct ik_state){.installed = true, .mode = "lxss", .release = OURS};
	known->pending = (struct ik_state_event){.present = true,
						 .command = "install",
						 .code = "path-denied",
						 .message = "no right"};
	assert_int_equal(ik_cmd_status.run(&cli, &cli_err), 0);
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
	assert_int_equal(ik_cmd_status.run(&cli, &cli_err), -ENODEV);
	assert_string_equal(json_text("drive"), "null");
	assert_string_equal(json_text("target"), "null");
	assert_string_equal(json_text("restart_needed"), "false");
	assert_int_equal(ik_cmd_backups.run(&cli, &cli_err), -ENODEV);
	assert_int_equal(ik_cmd_verify.run(&cli, &cli_err), -ENODEV);
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
	memset(&cli_err, 0, sizeof(cli_err));
	json_decref(cli.data);
	cli.data = NULL;
	assert_int_equal(ik_cmd_verify.run(&cli, &cli_err), want);
	assert_int_equal(cli_err.code, code);
	assert_non_null(strstr(cli_err.hint, hint));
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

static void what_was_not_seen_is_not_verified(void **state IK_UNUSED)
{
	start_installed();
	assert_int_equal(unlinkat(session.drive.fd, KERNEL, 0), 0);
	put_link(session.drive.fd, KERNEL, "elsewhere");
	expect_verify(-EIO, IK_E_IO_FAILED, "immensity-kernel doctor");
	assert_int_equal(unlinkat(session.drive.fd, KERNEL, 0), 0);
	start_installed();
	assert_int_equal(unlinkat(session.drive.fd, TOOLS IK_NAME_JOURNAL, 0), 0);
	put_link(session.drive.fd, TOOLS IK_NAME_JOURNAL, "elsewhere");
	expect_verify(-EIO, IK_E_IO_FAILED, "immensity-kernel doctor");
	assert_int_equal(unlinkat(session.drive.fd, TOOLS IK_NAME_JOURNAL, 0), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, cli_start, cli_stop)

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
		TEST(what_was_not_seen_is_not_verified),
	};

	return cmocka_run_group_tests_name("show", tests, world_set_up, world_tear_down);
}
