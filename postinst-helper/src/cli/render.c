/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text is short and says the next step; it never invites a shutdown before the journal says DONE.
 */
#include "cli/render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/strbuf.h"
#include "codec/relver.h"
#include "os/digest.h"

static bool json_is_short; /* an allocation failed, so that something is missing in a value */

static void *json_allocate(size_t size)
{
	void *got = malloc(size);

	if (!got)
		json_is_short = true;
	return got;
}

void ik_render_set_up(void)
{
	json_set_alloc_funcs(json_allocate, free);
}

static json_t *text_or_null(const char *text)
{
	json_t *value;

	if (!text || !text[0])
		return json_null();
	value = json_string(text);
	if (!value) { /* not UTF-8: shown with escapes */
		struct ik_strbuf ik_autostrbuf safe = {0};

		ik_strbuf_append_escaped(&safe, text, strlen(text));
		value = json_string(ik_strbuf_str(&safe));
	}
	return value ? value : json_null();
}

static json_t *digest_or_null(const struct ik_report_image *image)
{
	struct ik_sha256 digest;
	char hex[IK_SHA256_HEX];

	if (!image->has_sha256)
		return json_null();
	memcpy(digest.bytes, image->sha256, sizeof(digest.bytes));
	ik_digest_hex(&digest, hex);
	return json_string(hex);
}

/* Sizes of what is not there are null, not 0. */
static json_t *size_or_null(const struct ik_report_image *image)
{
	return image->size_bytes ? json_integer((json_int_t)image->size_bytes) : json_null();
}

json_t *ik_json_image(const struct ik_report_image *image)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "path", text_or_null(image->path),
			 "windows_path", text_or_null(image->windows_path), "sha256",
			 digest_or_null(image), "size_bytes", size_or_null(image), "format",
			 text_or_null(image->format), "release", text_or_null(image->release));
}

json_t *ik_json_target(const struct ik_report_image *image)
{
	/* Something that cannot even be looked at is somebody else's. */
	enum ik_kind kind = image->kind == IK_KIND_UNKNOWN ? IK_KIND_FOREIGN : image->kind;
	json_t *target = json_pack("{s:o, s:s}", "path", text_or_null(image->path), "state",
				   ik_kind_name(kind));
	json_t *rest = ik_json_image(image);

	if (target && rest)
		ik_ignore(json_object_update_missing(target, rest)); /* no memory: less to show */
	json_decref(rest);
	return target;
}

json_t *ik_json_backups(const struct ik_report *report)
{
	json_t *list = json_array();

	for (unsigned i = 0; list && i < report->backup_count; i++) {
		const struct ik_report_backup *b = &report->backups[i];
		json_t *item = json_pack("{s:s, s:s, s:b, s:I}", "id", b->id, "origin",
					 ik_kind_name(b->image.kind), "good", b->good,
					 "mtime_unix_s", (json_int_t)b->mtime_unix_s);
		json_t *rest = ik_json_image(&b->image);

		if (item && rest)
			ik_ignore(json_object_update_missing(item, rest)); /* as above */
		json_decref(rest);
		ik_ignore(json_array_append_new(list, item)); /* as above */
	}
	return list;
}

json_t *ik_json_notes(const struct ik_report *report)
{
	json_t *list = json_array();

	for (unsigned i = 0; list && i < report->note_count; i++)
		ik_ignore(json_array_append_new(list, text_or_null(report->notes[i])));
	return list;
}

static json_t *steps(const struct ik_report *report)
{
	json_t *list = json_array();

	for (unsigned i = 0; list && i < report->step_count; i++)
		ik_ignore(json_array_append_new(list, text_or_null(report->steps[i])));
	return list;
}

bool ik_render_restart_needed(const struct ik_cli *cli)
{
	const struct ik_report_image *target = &cli->report.target;
	const char *running = cli->session.env.release;

	if (!running || target->kind == IK_KIND_MISSING || target->kind == IK_KIND_TORN ||
	    target->kind == IK_KIND_UNKNOWN)
		return false;
	if (target->release[0])
		return strcmp(target->release, running) != 0;
	return target->kind == IK_KIND_OFFICIAL && ik_relver_is_ours(running);
}

static const char *mode_name(const struct ik_report *report)
{
	return report->mode == IK_MODE_AUTO ? "unknown" : ik_mode_name(report->mode);
}

json_t *ik_json_change(const struct ik_cli *cli)
{
	const struct ik_report *report = &cli->report;

	return json_pack("{s:s, s:s, s:o, s:b, s:o, s:b, s:I, s:o, s:o}", "action",
			 ik_action_name(report->action), "mode", mode_name(report), "target",
			 ik_json_target(&report->target), "pending",
			 cli->session.state.pending.present, "running_release",
			 text_or_null(cli->session.env.release), "restart_needed",
			 ik_render_restart_needed(cli), "bootless_window_us",
			 (json_int_t)report->window_us, "plan", steps(report), "notes",
			 ik_json_notes(report));
}

static json_t *error_object(const struct ik_err *err)
{
	if (!err)
		return json_null();
	return json_pack("{s:s, s:i, s:o, s:o}", "code", ik_code_name(err->code), "errno",
			 err->errnum, "message", text_or_null(err->message), "hint",
			 text_or_null(err->hint));
}

int ik_render_json(const struct ik_cli *cli, const char *command, const struct ik_err *err)
{
	json_t *root = json_pack("{s:i, s:s, s:b, s:o, s:O?}", "schema", IK_JSON_SCHEMA, "command",
				 command, "ok", err == NULL, "error", error_object(err), "data",
				 cli->data);
	int r = root && !json_is_short ? json_dumpf(root, stdout, JSON_INDENT(2)) : -1;

	json_decref(root);
	if (r < 0) {
		ik_log(IK_LOG_ERROR, "out of memory while printing");
		return -ENOMEM;
	}
	(void)putchar('\n'); /* a failure shows at the final flush */
	return 0;
}

void ik_render_error(const struct ik_err *err)
{
	ik_log(IK_LOG_ERROR, "%s", err->message);
	if (err->hint[0])
		ik_log(IK_LOG_INFO, "next step: %s", err->hint);
}

void ik_print_notes(const struct ik_report *report)
{
	for (unsigned i = 0; i < report->note_count; i++)
		ik_log(IK_LOG_WARNING, "%s", report->notes[i]);
}

void ik_print_image(const char *label, const struct ik_report_image *image)
{
	static const char *const words[] = {
		[IK_KIND_UNKNOWN] = "cannot be examined", [IK_KIND_MISSING] = "missing",
		[IK_KIND_OFFICIAL] = "Microsoft's",	  [IK_KIND_OURS] = "ours",
		[IK_KIND_FOREIGN] = "somebody else's",	  [IK_KIND_TORN] = "DAMAGED",
	};

	printf("%-18s%s%s%s\n", label, words[image->kind], image->release[0] ? ", " : "",
	       image->release);
}

static void print_plan(const struct ik_report *report)
{
	for (unsigned i = 0; i < report->step_count; i++)
		printf("%u. %s\n", i + 1, report->steps[i]);
}

static const char *outcome(const struct ik_report *report)
{
	static const char *const texts[] = {
		[IK_ACTION_NONE] = "nothing to do",
		[IK_ACTION_INSTALLED] = "installed",
		[IK_ACTION_UNCHANGED] = "nothing to do, already in place",
		[IK_ACTION_NEWER] = "nothing to do, newer already installed",
		[IK_ACTION_RESTORED] = "restored",
		[IK_ACTION_REMOVED] = "removed",
		[IK_ACTION_RECOVERED] = "recovered",
		[IK_ACTION_PLANNED] = "planned",
		[IK_ACTION_HELD] =
			"Microsoft's kernel in use until `immensity-kernel official off`",
	};

	/* The user's own kernel= may be back. */
	if (report->action == IK_ACTION_HELD && report->target.kind != IK_KIND_OFFICIAL)
		return "our kernel is not in use until `immensity-kernel official off`";
	return texts[report->action];
}

void ik_print_change(struct ik_cli *cli)
{
	const struct ik_report *report = &cli->report;

	if (report->action == IK_ACTION_PLANNED) {
		print_plan(report);
		return;
	}
	ik_print_notes(report);
	printf("%s\n", outcome(report));
	if (report->action == IK_ACTION_NONE)
		return;
	ik_print_image("Windows boots:", &report->target);
	if (ik_render_restart_needed(cli))
		printf("Next step: `wsl --shutdown` from Windows; WSL then starts with it.\n");
}
