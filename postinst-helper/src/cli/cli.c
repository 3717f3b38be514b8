/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two passes over the arguments: up to the command, then the rest with the command's own options.
 * Options that all commands share are taken in both.
 */
#include "cli/cli.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/bar.h"
#include "cli/commands.h"
#include "cli/render.h"

static const struct ik_command *const commands[] = {
	&ik_cmd_status,	 &ik_cmd_install, &ik_cmd_restore, &ik_cmd_official,
	&ik_cmd_verify,	 &ik_cmd_recover, &ik_cmd_backups, &ik_cmd_doctor,
	&ik_cmd_prepare, &ik_cmd_remove,  &ik_cmd_maint,
};

/* Long options are numbered above the characters; a command's own start at OWN. */
enum {
	OPT_JSON = 256,
	OPT_DRY_RUN,
	OPT_DRIVE,
	OPT_DRIVE_LETTER,
	OPT_TARGET,
	OPT_PROFILE,
	OPT_CONFIG,
	OPT_STATE_DIR,
	OPT_FORCE,
	OPT_HELP,
	OPT_VERSION,
	OWN = 512,
};

static const struct {
	const char *name, *arg, *help;
	int number;
} shared_options[] = {
	{"json", NULL, "one JSON object on standard output, also on failure", OPT_JSON},
	{"dry-run", NULL, "print the plan and change nothing", OPT_DRY_RUN},
	{"drive", "DIR", "treat DIR as the root of the Windows system drive", OPT_DRIVE},
	{"drive-letter", "X", "its letter (default C)", OPT_DRIVE_LETTER},
	{"target", "MODE", "auto, lxss or wslconfig", OPT_TARGET},
	{"profile", "DIR", "Linux path of the Windows user's profile", OPT_PROFILE},
	{"config", "FILE", "instead of /etc/immensity-kernel.conf", OPT_CONFIG},
	{"state-dir", "DIR", "instead of /var/lib/immensity-kernel", OPT_STATE_DIR},
	{"force", NULL, "replace a newer or a foreign kernel, or a foreign kernel=", OPT_FORCE},
	{"verbose", NULL, "say more (-v)", 'v'},
	{"help", NULL, "this text; after a command, its own", OPT_HELP},
	{"version", NULL, "version of the program", OPT_VERSION},
};

#define OPTIONS_MAX (IK_ARRAY_SIZE(shared_options) + IK_VALUE_COUNT + 1)

static void build_options(const struct ik_command *command, struct option *list)
{
	size_t n = 0;

	for (size_t i = 0; i < IK_ARRAY_SIZE(shared_options); i++)
		list[n++] = (struct option){shared_options[i].name,
					    shared_options[i].arg ? required_argument : no_argument,
					    NULL, shared_options[i].number};
	for (const struct ik_cli_option *o = command ? command->options : NULL; o && o->name; o++)
		list[n++] = (struct option){o->name, o->arg ? required_argument : no_argument, NULL,
					    OWN + (int)o->value};
	list[n] = (struct option){0};
}

static void print_option(const char *name, const char *arg, const char *help)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "--%s%s%s", name, arg ? " " : "", arg ? arg : "");
	printf("  %-22s %s\n", text, help);
}

static void print_help(const struct ik_command *command)
{
	if (command) {
		printf("usage: immensity-kernel [OPTION...] %s%s%s%s\n%s.\n", command->name,
		       command->options ? " [OPTION...]" : "", command->args[0] ? " " : "",
		       command->args, command->summary);
		if (command->options)
			printf("\n");
		for (const struct ik_cli_option *o = command->options; o && o->name; o++)
			print_option(o->name, o->arg, o->help);
		return;
	}
	printf("usage: immensity-kernel [OPTION...] COMMAND\n"
	       "Makes a Linux kernel the one that WSL 2 boots, and brings Microsoft's back.\n\n");
	for (size_t i = 0; i < IK_ARRAY_SIZE(commands); i++) {
		char text[64];

		(void)snprintf(text, sizeof(text), "%s %s", commands[i]->name, commands[i]->args);
		printf("  %-22s %s\n", text, commands[i]->summary);
	}
	printf("\n");
	for (size_t i = 0; i < IK_ARRAY_SIZE(shared_options); i++)
		print_option(shared_options[i].name, shared_options[i].arg, shared_options[i].help);
	printf("\nSee immensity-kernel(8). Exit status: 0 done, 1 failed and nothing changed, 2 usage,\n"
	       "3 refused, 4 recovery needed, 5 busy, 6 not WSL 2, 7 pending.\n");
}

/* Takes one option; 1 = the program is done (help, version). */
static int take_option(struct ik_cli *cli, const struct ik_command *command, int number)
{
	struct ik_options *o = &cli->options;

	switch (number) {
	case OPT_JSON:
		cli->json = true;
		return 0;
	case OPT_DRY_RUN:
		o->dry_run = true;
		return 0;
	case OPT_DRIVE:
		o->drive = optarg;
		return 0;
	case OPT_DRIVE_LETTER:
		o->drive_letter = optarg;
		return 0;
	case OPT_TARGET:
		o->target = optarg;
		return 0;
	case OPT_PROFILE:
		o->profile = optarg;
		return 0;
	case OPT_CONFIG:
		o->config = optarg;
		return 0;
	case OPT_STATE_DIR:
		o->state_dir = optarg;
		return 0;
	case OPT_FORCE:
		o->force = true;
		return 0;
	case 'v':
		cli->verbose = true;
		return 0;
	case OPT_HELP:
		print_help(command);
		return 1;
	case OPT_VERSION:
		printf("immensity-kernel %s\n", IK_VERSION);
		return 1;
	default: /* one of the command's own: getopt gives no other number */
		cli->value[number - OWN] = optarg ? optarg : "";
		return 0;
	}
}

static int misuse(const char *what, const char *name)
{
	ik_log(IK_LOG_ERROR, "%s%s%s%s; see `immensity-kernel --help`", what, name ? " \"" : "",
	       name ? name : "", name ? "\"" : "");
	return 2;
}

/* One pass; 0 = go on, 1 = done, 2 = misuse. optind is left at the first other argument. */
static int parse_pass(struct ik_cli *cli, const struct ik_command *command, int argc, char **argv,
		      const char *shorts)
{
	struct option list[OPTIONS_MAX];
	int number, r;

	build_options(command, list);
	optind = 0; /* glibc: start afresh */
	opterr = 0;
	while ((number = getopt_long(argc, argv, shorts, list, NULL)) != -1) {
		if (number == ':')
			return misuse("missing argument of", argv[optind - 1]);
		if (number == '?')
			return misuse("unknown option", argv[optind - 1]);
		r = take_option(cli, command, number);
		if (r != 0)
			return r;
	}
	return 0;
}

static const struct ik_command *find_command(const char *name)
{
	for (size_t i = 0; i < IK_ARRAY_SIZE(commands); i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	}
	return NULL;
}

/* Parses everything; *ret is the command. */
static int parse(struct ik_cli *cli, int argc, char **argv, const struct ik_command **ret)
{
	const struct ik_command *command;
	int r = parse_pass(cli, NULL, argc, argv, "+:v");

	if (r != 0)
		return r;
	if (optind >= argc)
		return misuse("no command", NULL);
	command = find_command(argv[optind]);
	if (!command)
		return misuse("unknown command", argv[optind]);
	argc -= optind;
	argv += optind;
	*ret = command;
	r = parse_pass(cli, command, argc, argv, ":v");
	if (r != 0)
		return r;
	if (command->wants_arg && argc - optind != 1)
		return misuse("expected one argument:", command->args);
	if (!command->wants_arg && optind < argc)
		return misuse("unexpected argument", argv[optind]);
	cli->arg = command->wants_arg ? argv[optind] : NULL;
	return 0;
}

/* Prints what there is to print, and says which status it ends with. */
static int conclude(struct ik_cli *cli, const struct ik_command *command, int r,
		    const struct ik_err *err)
{
	int status = r < 0 ? (int)ik_code_exit(err->code) : IK_EXIT_OK;

	if (r < 0 && status == IK_EXIT_OK)
		status = IK_EXIT_FAILED;
	if (cli->json) {
		if (ik_render_json(cli, command->name, r < 0 ? err : NULL) < 0)
			status = status == IK_EXIT_OK ? IK_EXIT_FAILED : status;
	} else if (r >= 0 && !cli->quiet) {
		command->print(cli);
	}
	if (command->settle)
		return command->settle(cli, status, err);
	if (r < 0 && !cli->json)
		ik_print_notes(&cli->report); /* what was done before it failed */
	if (r < 0)
		ik_render_error(err);
	return status;
}

int ik_cli_main(int argc, char **argv)
{
	struct ik_cli cli = {.session = {.drive = {.fd = -EBADF}}};
	const struct ik_command *command = NULL;
	struct ik_err err = {0};
	int r = parse(&cli, argc, argv, &command), status;

	if (r != 0)
		return r == 1 ? IK_EXIT_OK : IK_EXIT_USAGE;
	ik_render_set_up();
	ik_log_set_level(cli.verbose ? IK_LOG_DEBUG : IK_LOG_INFO);
	cli.options.series = cli.value[IK_VALUE_SERIES];
	if (!command->no_session)
		r = ik_session_open(&cli.options, &cli.session, &err);
	if (r >= 0) {
		cli.session.progress = ik_bar(!cli.json);
		r = command->run(&cli, &err);
		ik_bar_end();
	}
	status = conclude(&cli, command, r, &err);
	json_decref(cli.data);
	ik_session_close(&cli.session);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		ik_log(IK_LOG_ERROR, "cannot write to standard output");
		return status == IK_EXIT_OK ? IK_EXIT_FAILED : status;
	}
	return status;
}
