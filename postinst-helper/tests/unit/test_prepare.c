/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli: what `prepare` prints, `prepare --run` with programs that play PowerShell, and the bar on a pseudo-terminal.
 */
#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/bar.h"
#include "cliworld.h"
#include "faults.h"

#define POWERSHELL "Windows/System32/WindowsPowerShell/v1.0/powershell.exe"

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
	r = ik_cmd_prepare.run(&cli, &cli_err);
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
	assert_int_equal(ik_cmd_prepare.run(&cli, &cli_err), 0);
	assert_string_equal(json_text("started"), "false");
	json_decref(cli.data);
	cli.value[IK_VALUE_RUN] = "";
	cli.options.dry_run = true;
	show(&ik_cmd_prepare);
	says("takeown"); /* a dry run prints what it would run */
	assert_int_equal(ik_cmd_prepare.run(&cli, &cli_err), 0);
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
	assert_true(ik_cmd_prepare.run(&cli, &cli_err) < 0); /* a script is no person */
	assert_int_equal(cli_err.code, IK_E_ARGUMENT_BAD);
	json_decref(cli.data);
	(void)snprintf(way, sizeof(way), "#!/bin/sh\nprintf '%%s\\n' \"$@\" >%s/args\n", tmp.path);
	put_powershell(way);
	memset(&cli_err, 0, sizeof(cli_err));
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
		memset(&cli_err, 0, sizeof(cli_err));
		assert_true(prepare_at_terminal() < 0);
		assert_int_equal(cli_err.code, IK_E_INTEROP_FAILED);
		assert_non_null(strstr(cli_err.hint, "paste the commands"));
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
		(void)progress.tick(NULL, "waiting", 0, 0);
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
	assert_non_null(strstr(screen, "\r\033[Kwaiting\r\033[K")); /* nothing is counted */
	assert_string_equal(screen + strlen(screen) - 4, "\r\033[K");
	listen();
	progress = ik_bar(true); /* standard error is a file now */
	ik_bar_end();
	heard();
	assert_null(progress.tick);
	assert_string_equal(printed, "");
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

		memset(&cli_err, 0, sizeof(cli_err));
		faults = (struct faults){.on = true, .only = "memory", .at = n, .errnum = ENOMEM};
		r = prepare_at_terminal();
		more = faults.fired != NULL;
		faults_off();
		if (r < 0 && cli_err.code != IK_E_MEMORY_EXHAUSTED)
			fail_msg("allocation %ld: %s", n, cli_err.message);
		refused += r < 0;
		json_decref(cli.data);
		cli.data = NULL;
	}
	assert_true(refused > 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, cli_start, cli_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(prepare_prints_commands),	       TEST(prepare_starts_powershell),
		TEST(prepare_says_what_to_do_by_hand), TEST(a_bar_is_for_terminals),
		TEST(no_memory_for_powershell),
	};

	return cmocka_run_group_tests_name("prepare", tests, world_set_up, world_tear_down);
}
