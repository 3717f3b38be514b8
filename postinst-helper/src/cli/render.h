/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Turns reports into JSON and text. Keys stand in fixed order, units are in their names, codes are
 * never localised. The shape is docs/output.schema.json.
 */
#ifndef IK_CLI_RENDER_H
#define IK_CLI_RENDER_H

#include <jansson.h>

#include "cli/cli.h"

/* Purpose     to be called once, before the first JSON value is made. */
void ik_render_set_up(void);

/*
 * Purpose     prints the one JSON object: schema, command, ok, error, data.
 * Parameters  err: NULL on success
 * Returns     0, or negative when there is no memory, or was none for a value of it: never half an answer
 */
int ik_render_json(const struct ik_cli *cli, const char *command,
		   const struct ik_err *err) IK_MUST_CHECK;

/* Purpose     prints an error and its hint to standard error. */
void ik_render_error(const struct ik_err *err);

/* Purpose     parts of "data"; each gives a new object, NULL when there is no memory. */
json_t *ik_json_image(const struct ik_report_image *image);
json_t *ik_json_target(const struct ik_report_image *image);
json_t *ik_json_backups(const struct ik_report *report);
json_t *ik_json_notes(const struct ik_report *report);

/* Purpose     the data of a changing command: action, mode, target, what comes next. */
json_t *ik_json_change(const struct ik_cli *cli);

/* Purpose     is the kernel that Windows boots next another one than the running one? */
bool ik_render_restart_needed(const struct ik_cli *cli);

/* Purpose     what a changing command did, for people, on standard output. */
void ik_print_change(struct ik_cli *cli);

/* Purpose     the notes of a report, one line each. */
void ik_print_notes(const struct ik_report *report);

/* Purpose     one line that names a kernel: "ours 7.3.4-1-…". */
void ik_print_image(const char *label, const struct ik_report_image *image);

#endif
