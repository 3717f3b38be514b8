/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `prepare`: what a Windows administrator must do once for mode `lxss`, as commands to paste; with
 * --run they are started through interop, which shows the UAC question. Only a person at a terminal may
 * do that: nothing in `maint` ever starts a Windows program.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "cli/commands.h"
#include "cli/render.h"

/* BUILTIN\Administrators by SID: its name is another one in every language. */
#define ADMINS "*S-1-5-32-544"

static const struct ik_cli_option options[] = {
	{"run", NULL, IK_VALUE_RUN,
	 "start the commands as administrator (asks on the Windows screen)"},
	{0},
};

static const char *const lines[] = {
	"takeown /a /f \"%c:\\Windows\\System32\\lxss\\tools\"",
	"takeown /a /f \"%c:\\Windows\\System32\\lxss\\tools\\kernel\"",
	"icacls \"%c:\\Windows\\System32\\lxss\\tools\" /grant " ADMINS ":(OI)(CI)F",
	"icacls \"%c:\\Windows\\System32\\lxss\\tools\\kernel\" /grant " ADMINS ":F",
};

static char letter_of(const struct ik_cli *cli)
{
	return cli->session.drive.fd >= 0 ? cli->session.drive.letter :
					    cli->session.conf.drive_letter;
}

static void line_text(size_t i, char letter, char *buf, size_t size)
{
	/* Each line has exactly one place for the letter. */
	const char *at = strstr(lines[i], "%c");

	(void)snprintf(buf, size, "%.*s%c%s", (int)(at - lines[i]), lines[i], letter, at + 2);
}

static json_t *commands(char letter)
{
	json_t *list = json_array();
	char text[256];

	for (size_t i = 0; list && i < IK_ARRAY_SIZE(lines); i++) {
		line_text(i, letter, text, sizeof(text));
		ik_ignore(json_array_append_new(list, json_string(text))); /* no memory: fewer */
	}
	return list;
}

/* The one command line for cmd.exe, quoted for PowerShell's single quotes (it holds none itself). */
static void join_commands(char letter, struct ik_strbuf *out)
{
	char text[256];

	for (size_t i = 0; i < IK_ARRAY_SIZE(lines); i++) {
		line_text(i, letter, text, sizeof(text));
		ik_strbuf_printf(out, "%s%s", i ? " && " : "", text);
	}
}

/* Starts PowerShell from the drive itself, never from a PATH. */
static int start(struct ik_cli *cli, struct ik_err *err)
{
	struct ik_strbuf ik_autostrbuf program = {0}, all = {0}, script = {0};
	int status = 0, r;
	pid_t child;

	ik_strbuf_printf(&program, "%s/Windows/System32/WindowsPowerShell/v1.0/powershell.exe",
			 cli->session.drive.path);
	join_commands(letter_of(cli), &all);
	ik_strbuf_printf(&script,
			 "$p = Start-Process cmd.exe -Verb RunAs -Wait -PassThru -ArgumentList '/c "
			 "%s'; exit $p.ExitCode",
			 ik_strbuf_str(&all));
	/* Half a command must not run as administrator. */
	if (ik_strbuf_error(&program) < 0 || ik_strbuf_error(&all) < 0 ||
	    ik_strbuf_error(&script) < 0)
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, ENOMEM, "preparing");
	child = fork();
	if (child == 0) {
		execl(program.data, "powershell.exe", "-NoProfile", "-Command", script.data,
		      (char *)NULL);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return ik_err_set(err, IK_E_INTEROP_FAILED, errno, "starting PowerShell");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	r = ik_err_set(err, IK_E_INTEROP_FAILED, 0, "Windows did not carry the commands out");
	ik_err_hint(err, "paste the commands that `immensity-kernel prepare` prints into a Windows "
			 "terminal started with \"Run as administrator\"");
	return r;
}

static int run(struct ik_cli *cli, struct ik_err *err)
{
	char letter = letter_of(cli);

	cli->data = json_pack("{s:o, s:b}", "commands", commands(letter), "started",
			      cli->value[IK_VALUE_RUN] != NULL && !cli->options.dry_run);
	if (!cli->value[IK_VALUE_RUN] || cli->options.dry_run)
		return 0;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return ik_err_set(err, IK_E_ARGUMENT_BAD, 0,
				  "`prepare --run` is for a person at a terminal");
	if (ik_session_need_drive(&cli->session, err) < 0)
		return -ENODEV;
	return start(cli, err);
}

static void print(struct ik_cli *cli)
{
	char text[256];

	if (cli->value[IK_VALUE_RUN] && !cli->options.dry_run) {
		printf("prepared; next step: `sudo immensity-kernel install` from a WSL terminal started "
		       "with \"Run as administrator\"\n");
		return;
	}
	printf("Once, in a Windows terminal (cmd) started with \"Run as administrator\":\n\n");
	for (size_t i = 0; i < IK_ARRAY_SIZE(lines); i++) {
		line_text(i, letter_of(cli), text, sizeof(text));
		printf("    %s\n", text);
	}
	printf("\nThen `sudo immensity-kernel install` from a WSL terminal started the same way.\n"
	       "Mode wslconfig (Store WSL) needs none of this.\n");
}

const struct ik_command ik_cmd_prepare = {
	.name = "prepare",
	.args = "",
	.summary = "Print, or run, what a Windows administrator must do once",
	.options = options,
	.run = run,
	.print = print,
};
