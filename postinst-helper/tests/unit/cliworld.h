/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A command of cli/, or the whole program, run inside the test's process on the drive of txnworld, and what it printed.
 * It must not know what a test expects.
 */
#ifndef IK_TEST_CLIWORLD_H
#define IK_TEST_CLIWORLD_H

#include "cli/commands.h"
#include "cli/render.h"
#include "txnworld.h"

extern struct ik_cli cli;
extern struct ik_err cli_err;
extern char *printed; /* on both streams, between listen() and heard() */

/* Setup and teardown of one test: the official kernel, an empty report, nothing printed. */
int cli_start(void **state);
int cli_stop(void **state);

void listen(void);
void heard(void);

/* Prints the command's report as text. */
void show(const struct ik_command *command);

/* Is this part of what was printed? */
void says(const char *part);
void says_not(const char *part);

/* The whole program; its status. The list ends with NULL. */
int program(const char *const *args);

/* The same on the test's drive. */
#define PROGRAM(...)                                                                            \
	program((const char *const[]){"--drive", drive_path, "--state-dir", state_path,         \
				      "--config", "/dev/null", "--target", "lxss", __VA_ARGS__, \
				      NULL})

/* The text at a path of the JSON in cli.data. */
const char *json_text(const char *path);

/* What the report says of the kernel. */
void set_target(enum ik_kind kind, const char *release);

#endif
