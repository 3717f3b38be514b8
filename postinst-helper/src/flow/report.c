/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Filling and checking a report. Everything is bounded: a report never allocates.
 */
#include "flow/report.h"

#include <stdarg.h>
#include <stdio.h>

#define TERMINATE(text) ((text)[sizeof(text) - 1] = '\0')

void ik_report_step(struct ik_report *report, const char *fmt, ...)
{
	va_list args;

	if (report->step_count >= IK_REPORT_STEPS)
		return;
	va_start(args, fmt);
	(void)vsnprintf(report->steps[report->step_count++], sizeof(report->steps[0]), fmt, args);
	va_end(args);
}

void ik_report_note(struct ik_report *report, const char *fmt, ...)
{
	va_list args;

	if (report->note_count >= IK_REPORT_NOTES)
		return;
	va_start(args, fmt);
	(void)vsnprintf(report->notes[report->note_count++], sizeof(report->notes[0]), fmt, args);
	va_end(args);
}

void ik_report_finding(struct ik_report *report, enum ik_level level, const char *code,
		       const char *remedy, const char *fmt, ...)
{
	struct ik_report_finding *finding;
	va_list args;

	if (report->finding_count >= IK_REPORT_FINDINGS)
		return;
	finding = &report->findings[report->finding_count++];
	finding->level = level;
	(void)snprintf(finding->code, sizeof(finding->code), "%s", code);
	(void)snprintf(finding->remedy, sizeof(finding->remedy), "%s", remedy ? remedy : "");
	va_start(args, fmt);
	(void)vsnprintf(finding->message, sizeof(finding->message), fmt, args);
	va_end(args);
}

static void sanitize_image(struct ik_report_image *image)
{
	if ((unsigned)image->kind > IK_KIND_TORN)
		image->kind = IK_KIND_UNKNOWN;
	TERMINATE(image->format);
	TERMINATE(image->release);
	TERMINATE(image->path);
	TERMINATE(image->windows_path);
}

static void sanitize_lists(struct ik_report *report)
{
	report->backup_count = IK_MIN(report->backup_count, IK_REPORT_BACKUPS);
	report->finding_count = IK_MIN(report->finding_count, IK_REPORT_FINDINGS);
	report->step_count = IK_MIN(report->step_count, IK_REPORT_STEPS);
	report->note_count = IK_MIN(report->note_count, IK_REPORT_NOTES);
	for (unsigned i = 0; i < report->backup_count; i++) {
		TERMINATE(report->backups[i].id);
		sanitize_image(&report->backups[i].image);
	}
	for (unsigned i = 0; i < report->finding_count; i++) {
		if ((unsigned)report->findings[i].level > IK_LEVEL_PROBLEM)
			report->findings[i].level = IK_LEVEL_PROBLEM;
		TERMINATE(report->findings[i].code);
		TERMINATE(report->findings[i].message);
		TERMINATE(report->findings[i].remedy);
	}
	for (unsigned i = 0; i < report->step_count; i++)
		TERMINATE(report->steps[i]);
	for (unsigned i = 0; i < report->note_count; i++)
		TERMINATE(report->notes[i]);
}

void ik_report_sanitize(struct ik_report *report)
{
	if (report->result > 0)
		report->result = 0;
	if ((unsigned)report->err.code >= IK_CODE_COUNT)
		report->err.code = IK_E_INTERNAL_BUG;
	TERMINATE(report->err.message);
	TERMINATE(report->err.hint);
	if ((unsigned)report->action > IK_ACTION_HELD)
		report->action = IK_ACTION_NONE;
	if ((unsigned)report->mode > IK_MODE_WSLCONFIG)
		report->mode = IK_MODE_AUTO;
	if ((unsigned)report->recovery > IK_RECOVERY_NO_TARGET)
		report->recovery = IK_RECOVERY_NOTHING;
	TERMINATE(report->profile);
	TERMINATE(report->journal);
	sanitize_image(&report->target);
	sanitize_lists(report);
}

const char *ik_action_name(enum ik_action action)
{
	static const char *const names[] = {
		[IK_ACTION_NONE] = "none",	     [IK_ACTION_INSTALLED] = "installed",
		[IK_ACTION_UNCHANGED] = "unchanged", [IK_ACTION_NEWER] = "newer-installed",
		[IK_ACTION_RESTORED] = "restored",   [IK_ACTION_REMOVED] = "removed",
		[IK_ACTION_RECOVERED] = "recovered", [IK_ACTION_PLANNED] = "planned",
		[IK_ACTION_HELD] = "held",
	};

	return names[action];
}
