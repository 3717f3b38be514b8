/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands that change what Windows boots: `install`, `restore`, `official`, `remove`, `recover`.
 */
#include <string.h>

#include "cli/commands.h"
#include "cli/render.h"
#include "flow/act.h"

static const struct ik_cli_option install_options[] = {
	{"image", "FILE", IK_VALUE_IMAGE, "an image of your own instead of the package's"},
	{0},
};

static const struct ik_cli_option restore_options[] = {
	{"to", "ID", IK_VALUE_TO, "official (default), first, previous, or an id from `backups`"},
	{0},
};

static int run_install(struct ik_cli *cli, struct ik_err *err)
{
	int r = ik_act_install(&cli->session, cli->value[IK_VALUE_IMAGE], &cli->report, err);

	cli->data = ik_json_change(cli);
	return r;
}

static int run_restore(struct ik_cli *cli, struct ik_err *err)
{
	const char *to = cli->value[IK_VALUE_TO];
	int r;

	if (to && !to[0])
		return ik_err_set(err, IK_E_ARGUMENT_BAD, 0, "`--to` needs a name");
	r = ik_act_restore(&cli->session, to ? to : "official", &cli->report, err);
	cli->data = ik_json_change(cli);
	return r;
}

static int run_official(struct ik_cli *cli, struct ik_err *err)
{
	bool on = strcmp(cli->arg, "on") == 0;
	int r;

	if (!on && strcmp(cli->arg, "off") != 0)
		return ik_err_set(err, IK_E_ARGUMENT_BAD, 0,
				  "`official` takes \"on\" or \"off\", not \"%s\"", cli->arg);
	r = ik_act_official(&cli->session, on, &cli->report, err);
	cli->data = ik_json_change(cli);
	return r;
}

static int run_remove(struct ik_cli *cli, struct ik_err *err)
{
	int r = ik_act_remove(&cli->session, false, &cli->report, err);

	cli->data = ik_json_change(cli);
	return r;
}

static int run_recover(struct ik_cli *cli, struct ik_err *err)
{
	int r = ik_act_recover(&cli->session, &cli->report, err);

	cli->data = ik_json_change(cli);
	return r;
}

const struct ik_command ik_cmd_install = {
	.name = "install",
	.args = "",
	.summary = "Make the packaged kernel the one that Windows boots",
	.options = install_options,
	.run = run_install,
	.print = ik_print_change,
};

const struct ik_command ik_cmd_restore = {
	.name = "restore",
	.args = "",
	.summary = "Put a backup back",
	.options = restore_options,
	.run = run_restore,
	.print = ik_print_change,
};

const struct ik_command ik_cmd_official = {
	.name = "official",
	.args = "on|off",
	.summary = "Use Microsoft's kernel for a while, then return to ours",
	.wants_arg = true,
	.run = run_official,
	.print = ik_print_change,
};

const struct ik_command ik_cmd_remove = {
	.name = "remove",
	.args = "",
	.summary = "Put Microsoft's kernel back and remove our files from Windows",
	.run = run_remove,
	.print = ik_print_change,
};

const struct ik_command ik_cmd_recover = {
	.name = "recover",
	.args = "",
	.summary = "Finish or undo an interrupted update",
	.run = run_recover,
	.print = ik_print_change,
};
