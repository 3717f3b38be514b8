/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `status`, `backups` and `verify`: three views of the same collection.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/render.h"
#include "flow/act.h"
#include "flow/remember.h"
#include "os/clock.h"

static json_t *text_or_null(const char *text)
{
	json_t *value = text && text[0] ? json_string(text) : NULL;

	return value ? value : json_null();
}

static json_t *environment(const struct ik_wslenv *env)
{
	return json_pack("{s:i, s:s, s:b, s:o, s:o}", "wsl", env->wsl, "flavour",
			 ik_wsl_flavour_name(env->flavour), "container", env->container,
			 "wsl_version", text_or_null(env->wsl_version), "distro",
			 text_or_null(env->distro));
}

static json_t *drive(const struct ik_drive *d)
{
	char letter[] = {d->letter, '\0'};

	if (d->fd < 0)
		return json_null();
	return json_pack("{s:o, s:o, s:s, s:b}", "path", text_or_null(d->path), "fstype",
			 text_or_null(d->fstype), "letter", letter, "read_only", d->read_only);
}

static json_t *event(const struct ik_state_event *e)
{
	if (!e->present)
		return json_null();
	return json_pack("{s:s, s:s, s:s, s:o, s:I}", "command", e->command, "code", e->code,
			 "message", e->message, "hint", text_or_null(e->hint), "since_unix_s",
			 (json_int_t)e->since_unix_s);
}

static json_t *installed(const struct ik_state *state)
{
	if (!state->installed)
		return json_null();
	return json_pack("{s:s, s:s, s:s, s:o, s:I}", "mode", state->mode, "release",
			 state->release, "sha256", state->sha256, "path", text_or_null(state->path),
			 "since_unix_s", (json_int_t)state->installed_unix_s);
}

static json_t *status_data(const struct ik_cli *cli)
{
	const struct ik_report *r = &cli->report;
	const struct ik_state *state = &cli->session.state;
	bool looked = cli->session.drive.fd >= 0;

	return json_pack(
		"{s:o, s:o, s:s, s:o, s:o, s:b, s:b, s:b, s:o, s:o, s:o, s:o, s:b, s:o, s:o}",
		"environment", environment(&cli->session.env), "drive", drive(&cli->session.drive),
		"mode", r->mode == IK_MODE_AUTO ? "unknown" : ik_mode_name(r->mode), "target",
		looked ? ik_json_target(&r->target) : json_null(), "running_release",
		text_or_null(cli->session.env.release), "pending", state->pending.present,
		"restart_needed", looked && ik_render_restart_needed(cli), "recovery_needed",
		r->recovery_needed, "journal", text_or_null(r->journal), "backups",
		ik_json_backups(r), "pending_detail", event(&state->pending), "last_error",
		event(&state->last_error), "official_hold", state->official_hold, "installed",
		installed(state), "profile", text_or_null(r->profile));
}

/* Sets data also on failure: the environment is known in any case. */
static int run_status(struct ik_cli *cli, struct ik_err *err)
{
	int r = ik_act_status(&cli->session, true, &cli->report, err);

	cli->data = status_data(cli);
	if (cli->data)
		ik_ignore(json_object_set_new(cli->data, "notes", ik_json_notes(&cli->report)));
	return r;
}

static void print_settings(const struct ik_cli *cli)
{
	static const char *const origins[] = {"default", "configuration, line", "option"};
	const struct ik_conf *conf = &cli->session.conf;

	for (int i = 0; i < (int)IK_CONF_N_KEYS; i++) {
		const struct ik_conf_source *source = &conf->source[i];
		char value[IK_CONF_VALUE_BYTES];

		printf("  %s=%s (%s", ik_conf_key_name((enum ik_conf_key)i),
		       ik_conf_describe(conf, (enum ik_conf_key)i, value, sizeof(value)),
		       origins[source->origin]);
		printf(source->origin == IK_CONF_FILE ? " %u)\n" : ")\n", source->line);
	}
	printf("Evidence:\n%s", ik_strbuf_str(&cli->session.env.evidence));
}

static void print_state(const struct ik_cli *cli)
{
	const struct ik_state *state = &cli->session.state;

	if (cli->report.recovery_needed)
		printf("RECOVERY NEEDED   run `sudo immensity-kernel recover` now\n");
	if (state->official_hold)
		printf("Held              Microsoft's kernel%s until `immensity-kernel official off`\n",
		       ik_remember_is_pending(state, IK_REMEMBER_HOLD) ?
			       ", which is not in use yet," :
			       "");
	if (state->pending.present)
		printf("PENDING           %s\nNext step         %s\n", state->pending.message,
		       state->pending.hint);
	if (state->last_error.present)
		printf("Last error        %s: %s\n", state->last_error.command,
		       state->last_error.message);
}

static void print_status(struct ik_cli *cli)
{
	const struct ik_report *r = &cli->report;
	const struct ik_session *s = &cli->session;

	ik_print_image("Windows boots", &r->target);
	if (r->target.windows_path[0])
		printf("                  %s\n", r->target.windows_path);
	printf("Running           %s\n", s->env.release ? s->env.release : "unknown");
	printf("Mode              %s; WSL %d (%s); drive %c: at %s (%s%s)\n",
	       r->mode == IK_MODE_AUTO ? "undecided" : ik_mode_name(r->mode), s->env.wsl,
	       ik_wsl_flavour_name(s->env.flavour), s->drive.letter, s->drive.path,
	       s->drive.fstype[0] ? s->drive.fstype : "?", s->drive.read_only ? ", read-only" : "");
	printf("Backups           %u (`immensity-kernel backups` lists them)\n", r->backup_count);
	print_state(cli);
	ik_print_notes(r);
	if (!s->state.pending.present && !r->recovery_needed && ik_render_restart_needed(cli))
		printf("Next step         `wsl --shutdown` from Windows; WSL then starts with it\n");
	if (cli->verbose)
		print_settings(cli);
}

static int run_backups(struct ik_cli *cli, struct ik_err *err)
{
	int r = ik_act_status(&cli->session, true, &cli->report, err);

	if (r >= 0)
		cli->data = json_pack("{s:o}", "backups", ik_json_backups(&cli->report));
	return r;
}

static void print_backups(struct ik_cli *cli)
{
	const struct ik_report *report = &cli->report;

	if (report->backup_count == 0)
		printf("no backups yet; the first install makes one\n");
	for (unsigned i = 0; i < report->backup_count; i++) {
		const struct ik_report_backup *b = &report->backups[i];
		struct ik_sha256 digest;
		char hex[IK_SHA256_HEX], when[21];

		memcpy(digest.bytes, b->image.sha256, sizeof(digest.bytes));
		ik_digest_hex(&digest, hex);
		ik_clock_iso(b->mtime_unix_s, when);
		printf("%-34s %-8s %8" PRIu64 " KiB  %s  %.12s  %s%s\n", b->id,
		       ik_kind_name(b->image.kind), b->image.size_bytes >> 10, when, hex,
		       b->image.release[0] ? b->image.release : "-",
		       b->good	     ? "" :
		       b->unreadable ? "  UNREADABLE" :
				       "  DAMAGED");
	}
}

/* What cannot be looked at, or is not there although kernel= names it, was not verified. */
static int judge_sight(const struct ik_report *report, struct ik_err *err)
{
	int r;

	if (report->unseen) {
		r = ik_err_set(err, IK_E_IO_FAILED, EIO,
			       "the kernel could not be looked at: %.300s",
			       report->note_count ? report->notes[report->note_count - 1] : "");
		ik_err_hint(err, "run `immensity-kernel doctor`, then `verify` again");
		return r;
	}
	if (report->target.kind != IK_KIND_MISSING || !report->target.windows_path[0])
		return 0;
	r = ik_err_set(err, IK_E_VERIFY_MISMATCH, ENOENT, "\"%.300s\" does not exist",
		       report->target.windows_path);
	ik_err_hint(err, "run `sudo immensity-kernel install`, or correct kernel= in .wslconfig");
	return r;
}

static int judge_backup(const struct ik_report_backup *backup, struct ik_err *err)
{
	int r = ik_err_set(err, IK_E_BACKUP_BAD, EIO, "backup \"%s\" (%.200s) %s", backup->id,
			   backup->image.path,
			   backup->unreadable ? "cannot be read" : "is damaged");

	ik_err_hint(err, "it will not be used; `immensity-kernel backups` lists all, and "
			 "`restore --to ID` takes a good one");
	return r;
}

/* Checks what can be checked: the target against what was installed, each backup against its name. */
static int judge(struct ik_cli *cli, struct ik_err *err)
{
	const struct ik_report *report = &cli->report;
	const struct ik_state *state = &cli->session.state;
	struct ik_sha256 digest;
	char hex[IK_SHA256_HEX];
	int r = judge_sight(report, err);

	if (r < 0)
		return r;
	memcpy(digest.bytes, report->target.sha256, sizeof(digest.bytes));
	ik_digest_hex(&digest, hex);
	if (report->recovery_needed || report->target.kind == IK_KIND_TORN) {
		r = ik_err_set(err, IK_E_RECOVERY_NEEDED, EIO, "\"%.300s\" is damaged",
			       report->target.path);
		ik_err_hint(err, "run `sudo immensity-kernel recover`; from Windows, "
				 "immensity-restore.cmd beside the kernel, or `wsl --update`");
	} else if (report->target.kind == IK_KIND_OURS && state->installed &&
		   strcmp(state->release, report->target.release) == 0 &&
		   strcmp(state->sha256, hex) != 0) {
		r = ik_err_set(err, IK_E_VERIFY_MISMATCH, EIO,
			       "\"%.300s\" is not what was installed", report->target.path);
		ik_err_hint(err, "run `sudo immensity-kernel install` to put it right");
	}
	for (unsigned i = 0; r >= 0 && i < report->backup_count; i++) {
		if (report->backups[i].good)
			continue;
		return judge_backup(&report->backups[i], err);
	}
	return r;
}

static int run_verify(struct ik_cli *cli, struct ik_err *err)
{
	int r = ik_act_status(&cli->session, true, &cli->report, err);

	if (r < 0)
		return r;
	cli->data =
		json_pack("{s:o, s:o, s:s}", "target", ik_json_target(&cli->report.target),
			  "backups", ik_json_backups(&cli->report), "journal", cli->report.journal);
	return judge(cli, err);
}

static void print_verify(struct ik_cli *cli)
{
	ik_print_image("verified", &cli->report.target);
	print_backups(cli);
}

const struct ik_command ik_cmd_status = {
	.name = "status",
	.args = "",
	.summary = "Say what is installed, what runs, and what is pending",
	.run = run_status,
	.print = print_status,
};

const struct ik_command ik_cmd_backups = {
	.name = "backups",
	.args = "",
	.summary = "List the kernels that can be restored",
	.run = run_backups,
	.print = print_backups,
};

const struct ik_command ik_cmd_verify = {
	.name = "verify",
	.args = "",
	.summary = "Read the kernel and all backups back from the drive and compare digests",
	.run = run_verify,
	.print = print_verify,
};
