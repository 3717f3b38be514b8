/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `doctor`: findings, each with its remedy.
 */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/render.h"
#include "flow/doctor.h"

static const char *level_name(enum ik_level level)
{
	static const char *const names[] = {
		[IK_LEVEL_OK] = "ok",
		[IK_LEVEL_INFO] = "info",
		[IK_LEVEL_WARNING] = "warning",
		[IK_LEVEL_PROBLEM] = "problem",
	};

	return names[level];
}

static json_t *findings(const struct ik_report *report)
{
	json_t *list = json_array();

	for (unsigned i = 0; list && i < report->finding_count; i++) {
		const struct ik_report_finding *f = &report->findings[i];
		json_t *item = json_pack("{s:s, s:s, s:s, s:s*}", "level", level_name(f->level),
					 "code", f->code, "message", f->message, "remedy",
					 f->remedy[0] ? f->remedy : NULL);

		if (item && !f->remedy[0])
			ik_ignore(json_object_set_new(item, "remedy", json_null()));
		ik_ignore(json_array_append_new(list, item)); /* no memory: less to show */
	}
	return list;
}

static int run(struct ik_cli *cli, struct ik_err *err)
{
	int r = ik_doctor_run(&cli->session, &cli->report, err);

	cli->data = json_pack("{s:o}", "findings", findings(&cli->report));
	return r;
}

static void print(struct ik_cli *cli)
{
	const struct ik_report *report = &cli->report;

	for (unsigned i = 0; i < report->finding_count; i++) {
		const struct ik_report_finding *f = &report->findings[i];

		printf("%-8s %s\n", level_name(f->level), f->message);
		if (f->remedy[0])
			printf("         -> %s\n", f->remedy);
	}
}

const struct ik_command ik_cmd_doctor = {
	.name = "doctor",
	.args = "",
	.summary = "Look for what keeps the kernel from being used, with remedies",
	.run = run,
	.print = print,
};
