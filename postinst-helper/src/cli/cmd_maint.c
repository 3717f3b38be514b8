/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `maint`: what maintainer scripts and the boot-time unit call. A Windows that refuses is never the
 * package manager's failure: statuses 3, 5, 6 and 7 become 0, with one clear line.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/render.h"
#include "flow/act.h"
#include "flow/remember.h"
#include "flow/source.h"

static const struct ik_cli_option options[] = {
	{"event", "EVENT", IK_VALUE_EVENT, "configure, upgrade, remove, purge or boot"},
	{"format", "deb|rpm", IK_VALUE_FORMAT, "who calls"},
	{"series", "NAME", IK_VALUE_SERIES, "stable or longterm"},
	{0},
};

static bool is_event(const struct ik_cli *cli, const char *name)
{
	return cli->value[IK_VALUE_EVENT] && strcmp(cli->value[IK_VALUE_EVENT], name) == 0;
}

static int check(const struct ik_cli *cli, struct ik_err *err)
{
	static const char *const events[] = {"configure", "upgrade", "remove", "purge", "boot"};
	const char *format = cli->value[IK_VALUE_FORMAT];

	if (format && strcmp(format, "deb") != 0 && strcmp(format, "rpm") != 0)
		return ik_err_set(err, IK_E_ARGUMENT_BAD, 0, "`--format` is deb or rpm, not \"%s\"",
				  format);
	for (size_t i = 0; i < IK_ARRAY_SIZE(events); i++) {
		if (is_event(cli, events[i]))
			return 0;
	}
	return ik_err_set(err, IK_E_ARGUMENT_BAD, 0,
			  "`--event` is configure, upgrade, remove, purge or boot");
}

static int install(struct ik_cli *cli, struct ik_err *err)
{
	if (!cli->session.conf.install) {
		ik_log(IK_LOG_INFO, "install=no: Windows is left alone");
		ik_act_forget_install(&cli->session); /* nothing tries it again */
		return 0;
	}
	return ik_act_install(&cli->session, NULL, &cli->report, err);
}

/* Start of the VM: finish what was interrupted, then try again what was pending. */
static int boot(struct ik_cli *cli, struct ik_err *err)
{
	int r = ik_act_recover(&cli->session, &cli->report, err);

	/* A flush that failed is not asked again in the same run. */
	if (r < 0 || cli->report.unflushed ||
	    !ik_remember_is_pending(&cli->session.state, IK_REMEMBER_INSTALL) ||
	    !ik_source_has_package(NULL))
		return r;
	return install(cli, err);
}

static bool is_removal(const struct ik_cli *cli)
{
	return is_event(cli, "remove") || is_event(cli, "purge");
}

/* The other one of two series; NULL = the one that goes is the last. */
static const char *other_series(const struct ik_cli *cli)
{
	const char *going = cli->value[IK_VALUE_SERIES];
	const char *other = going && strcmp(going, "stable") == 0 ? "longterm" : "stable";

	return going && ik_source_has_package(other) ? other : NULL;
}

/* The series whose kernel takes the place of the one that goes; NULL = none, Windows gets its own back. */
static const char *heir(const struct ik_cli *cli)
{
	return cli->session.conf.install ? other_series(cli) : NULL;
}

/* Does Windows boot the kernel of the series that goes? Where that cannot be seen, what was installed last tells. */
static bool is_in_use(struct ik_cli *cli)
{
	const char *going = cli->value[IK_VALUE_SERIES], *now = cli->report.target.release;
	const struct ik_state *state = &cli->session.state;
	const struct ik_state_event *pending = &state->pending;
	struct ik_err unseen = {0};

	if (ik_act_status(&cli->session, false, &cli->report, &unseen) < 0 || !now[0])
		now = state->release;
	/* An upgrade of it that still waits is to replace its former kernel. */
	return ik_source_is_of(going, now) ||
	       (ik_remember_is_pending(state, IK_REMEMBER_INSTALL) &&
		strcmp(pending->series, going) == 0 && state->installed &&
		strcmp(state->release, now) == 0);
}

/* What waited for a first start in WSL 2 goes with its package. */
static int remove_last(struct ik_cli *cli, struct ik_err *err)
{
	int r = ik_act_remove(&cli->session, is_event(cli, "purge"), &cli->report, err);

	if (r < 0 && ik_code_exit(err->code) == IK_EXIT_NOT_APPLICABLE)
		ik_act_forget_install(&cli->session);
	return r;
}

/*
 * One of two series goes: the other one's kernel takes its place, although it may be older. What is in use of neither
 * series, or of the one that stays, goes by the ordinary rules; with install=no it is left alone.
 */
static int remove_series(struct ik_cli *cli, struct ik_err *err)
{
	const char *other = other_series(cli);
	bool in_use = other && is_in_use(cli);

	if (!other || (in_use && !heir(cli)))
		return remove_last(cli, err);
	(void)snprintf(cli->session.conf.series, sizeof(cli->session.conf.series), "%s", other);
	if (in_use)
		cli->session.conf.allow_downgrade = cli->session.downgrade = true;
	return install(cli, err);
}

static int run(struct ik_cli *cli, struct ik_err *err)
{
	int r = check(cli, err);

	if (r < 0)
		return r;
	cli->session.asker = is_event(cli, "boot") ? IK_ASKER_BOOT : IK_ASKER_PACKAGE;
	if (is_event(cli, "boot"))
		r = boot(cli, err);
	else if (is_removal(cli))
		r = remove_series(cli, err);
	else
		r = install(cli, err);
	cli->data = ik_json_change(cli);
	return r;
}

static void print(struct ik_cli *cli)
{
	const struct ik_report *report = &cli->report;
	bool restart = ik_render_restart_needed(cli);

	ik_print_notes(report);
	if (report->action == IK_ACTION_HELD)
		ik_log(IK_LOG_INFO, "Microsoft's kernel %s until `immensity-kernel official off`",
		       ik_remember_is_pending(&cli->session.state, IK_REMEMBER_HOLD) ?
			       "is wanted, `immensity-kernel official on` waits: Windows is left "
			       "alone" :
			       "stays in use");
	if (report->action == IK_ACTION_HELD || report->action == IK_ACTION_NONE ||
	    report->action == IK_ACTION_UNCHANGED)
		return;
	if (report->action == IK_ACTION_PLANNED) {
		ik_print_change(cli);
		return;
	}
	ik_log(IK_LOG_INFO, "%s: Windows boots %s%s%s", ik_action_name(report->action),
	       report->target.release[0] ? report->target.release : "Microsoft's kernel",
	       restart ? "; run `wsl --shutdown` from Windows to start it" : "",
	       report->action == IK_ACTION_REMOVED ? "; backups of Microsoft's kernels are kept" :
						     "");
}

/* What waits: at boot it may be the recovery, which a success would have settled. */
static const char *lead(const struct ik_cli *cli)
{
	const struct ik_state *state = &cli->session.state;

	if (is_event(cli, "boot") && (ik_remember_is_pending(state, IK_REMEMBER_RECOVER) ||
				      strcmp(state->last_error.command, IK_REMEMBER_RECOVER) == 0))
		return "an interrupted update is not finished yet: ";
	if (is_removal(cli))
		return "the kernel of the removed package stays in use on Windows: ";
	return "the package is installed, Windows not changed yet: ";
}

/* By which way our kernel is in use, as far as this run, the settings or the last success tell. */
static enum ik_mode known_mode(const struct ik_cli *cli)
{
	const struct ik_session *session = &cli->session;

	if (cli->report.mode != IK_MODE_AUTO)
		return cli->report.mode;
	if (session->conf.target == IK_CONF_TARGET_LXSS)
		return IK_MODE_LXSS;
	if (session->conf.target == IK_CONF_TARGET_WSLCONFIG)
		return IK_MODE_WSLCONFIG;
	for (int mode = IK_MODE_LXSS; mode <= IK_MODE_WSLCONFIG; mode++) {
		if (strcmp(session->state.mode, ik_mode_name((enum ik_mode)mode)) == 0)
			return (enum ik_mode)mode;
	}
	return IK_MODE_AUTO;
}

/* What a removal did not manage, if it came so far; else the way by which our kernel is known to be in use. */
static enum ik_mode stays_by(const struct ik_cli *cli)
{
	const struct ik_report *report = &cli->report;

	if (report->key_stays != report->lxss_stays)
		return report->key_stays ? IK_MODE_WSLCONFIG : IK_MODE_LXSS;
	return report->key_stays ? IK_MODE_AUTO : known_mode(cli);
}

/* The program goes with the package: what is advised must work without it. why: NULL = it was said already. */
static void say_not_removed(const struct ik_cli *cli, const char *why)
{
	enum ik_mode mode = stays_by(cli);
	const char *
		key = "delete the line kernel= in %UserProfile%\\.wslconfig, one of kernelModules= as "
		      "well, and run `wsl --shutdown`",
	       *script = "run C:\\Windows\\System32\\lxss\\tools\\immensity-restore.cmd as "
			 "administrator";
	char text[600] = "may still be in use on Windows";

	ik_print_notes(&cli->report); /* what was done before it failed */
	if (why)
		(void)snprintf(text, sizeof(text), "stays in use on Windows: %s", why);
	ik_log(IK_LOG_INFO,
	       "our kernel %s; next step: %s%s%s, or install the package again "
	       "and remove it from a WSL terminal started with \"Run as administrator\"",
	       text, mode == IK_MODE_LXSS ? "" : key, mode == IK_MODE_AUTO ? ", or " : "",
	       mode == IK_MODE_WSLCONFIG ? "" : script);
}

static int settle(struct ik_cli *cli, int status, const struct ik_err *err)
{
	if (err->code == IK_E_STATE_BAD)
		status = IK_EXIT_PENDING; /* nothing was tried: no failure of the package's */
	switch (status) {
	case IK_EXIT_OK:
		return IK_EXIT_OK;
	case IK_EXIT_REFUSED:
	case IK_EXIT_BUSY:
	case IK_EXIT_NOT_APPLICABLE:
	case IK_EXIT_PENDING:
		break;
	default:
		ik_render_error(err);
		/* What needs recovery says the way out by itself. */
		if (status != IK_EXIT_RECOVERY && is_removal(cli) && !heir(cli))
			say_not_removed(cli, NULL);
		return status;
	}
	/* At each boot of a machine that is not WSL 2 there is nothing to say. */
	if (status == IK_EXIT_NOT_APPLICABLE && is_event(cli, "boot"))
		return IK_EXIT_OK;
	if (status != IK_EXIT_NOT_APPLICABLE && is_removal(cli) && !heir(cli)) {
		say_not_removed(cli, err->message);
		return IK_EXIT_OK;
	}
	ik_log(IK_LOG_INFO, "%s%s%s%s", status == IK_EXIT_PENDING ? lead(cli) : "", err->message,
	       err->hint[0] && status != IK_EXIT_NOT_APPLICABLE ? "; next step: " : "",
	       status != IK_EXIT_NOT_APPLICABLE ? err->hint : "");
	return IK_EXIT_OK;
}

const struct ik_command ik_cmd_maint = {
	.name = "maint",
	.args = "",
	.summary = "For package scripts and the boot-time unit only",
	.options = options,
	.run = run,
	.print = print,
	.settle = settle,
};
