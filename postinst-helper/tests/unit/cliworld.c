/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is printed goes to a file; see cliworld.h. */
#include "cliworld.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"

struct ik_cli cli;
struct ik_err cli_err;
char *printed;
static int kept_out = -1, kept_err = -1, text_fd = -1;

void listen(void)
{
	(void)fflush(stdout);
	kept_out = dup(STDOUT_FILENO);
	kept_err = dup(STDERR_FILENO);
	text_fd = openat(tmp.fd, "said", O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
	assert_true(kept_out >= 0 && kept_err >= 0 && text_fd >= 0);
	(void)dup2(text_fd, STDOUT_FILENO);
	(void)dup2(text_fd, STDERR_FILENO);
}

void heard(void)
{
	(void)fflush(stdout);
	(void)dup2(kept_out, STDOUT_FILENO);
	(void)dup2(kept_err, STDERR_FILENO);
	(void)close(kept_out);
	(void)close(kept_err);
	(void)close(text_fd);
	free(printed);
	printed = get_file(tmp.fd, "said", NULL);
	assert_non_null(printed);
}

void show(const struct ik_command *command)
{
	listen();
	command->print(&cli);
	heard();
}

void says(const char *part)
{
	if (!strstr(printed, part))
		fail_msg("\"%s\" is not in:\n%s", part, printed);
}

void says_not(const char *part)
{
	if (strstr(printed, part))
		fail_msg("\"%s\" is in:\n%s", part, printed);
}

int program(const char *const *args)
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

int cli_start(void **state IK_UNUSED)
{
	faults_off();
	memset(&cli, 0, sizeof(cli));
	memset(&cli_err, 0, sizeof(cli_err));
	cli.session = session;
	cli.session.env.release = NULL;
	start_official();
	return 0;
}

int cli_stop(void **state IK_UNUSED)
{
	json_decref(cli.data);
	cli.data = NULL;
	free(printed);
	printed = NULL;
	return 0;
}

void set_target(enum ik_kind kind, const char *release)
{
	cli.report.target.kind = kind;
	(void)snprintf(cli.report.target.release, sizeof(cli.report.target.release), "%s", release);
}

const char *json_text(const char *path)
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
