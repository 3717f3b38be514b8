/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a command is, and what it is given. Only this layer prints, reads argv, or knows exit statuses.
 */
#ifndef IK_CLI_CLI_H
#define IK_CLI_CLI_H

#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/macro.h"
#include "flow/report.h"
#include "flow/session.h"

/* Options of single commands. */
enum ik_cli_value {
	IK_VALUE_IMAGE,
	IK_VALUE_TO,
	IK_VALUE_EVENT,
	IK_VALUE_FORMAT,
	IK_VALUE_SERIES,
	IK_VALUE_RUN,
	IK_VALUE_COUNT,
};

/* One option of a command; a list of them ends with a NULL name. */
struct ik_cli_option {
	const char *name; /* without "--" */
	const char *arg;  /* name of its argument for the help; NULL = takes none */
	enum ik_cli_value value;
	const char *help;
};

/* One run of the program. */
struct ik_cli {
	struct ik_options options;
	bool json;
	bool verbose;
	const char *value[IK_VALUE_COUNT]; /* "" for a given option without argument */
	const char *arg;		   /* the command's argument, NULL = none */
	struct ik_session session;
	struct ik_report report;
	json_t *data; /* owned; what the command wants to say in JSON; NULL = null */
	bool quiet;   /* the command has nothing to say */
};

/* What a command exports. */
struct ik_command {
	const char *name;
	const char *args;		     /* for the help: "" or "on|off" */
	const char *summary;		     /* one line */
	const struct ik_cli_option *options; /* NULL = none */
	bool wants_arg;			     /* exactly one argument; otherwise none */
	bool no_session;		     /* needs neither configuration nor drive */
	/*
	 * Does the work and fills cli->data. Text for people is printed by `print`, on success only.
	 */
	int (*run)(struct ik_cli *cli, struct ik_err *err);
	void (*print)(struct ik_cli *cli);
	/* May turn an error into a success with a message (maint); NULL = never. */
	int (*settle)(struct ik_cli *cli, int status, const struct ik_err *err);
};

/*
 * Purpose     the whole program.
 * Returns     the exit status
 */
int ik_cli_main(int argc, char **argv);

#endif
