/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The error object that travels up from the failing line to the command line.
 * The layer that knows the names writes the message; higher layers may put a prefix before it.
 * It must not print anything and knows no exit except through the table in code.h.
 */
#ifndef IK_BASE_ERR_H
#define IK_BASE_ERR_H

#include <stdarg.h>

#include "base/code.h"
#include "base/macro.h"

/* All-zero means "no error". */
struct ik_err {
	enum ik_code code; /* stable code */
	int errnum;	   /* positive errno, or 0 when no system call is to blame */
	char message[512]; /* one line: what was attempted, on which object, why it failed */
	char hint[512];	   /* the next step for the user, or empty */
};

/*
 * Purpose     fills an error object; the failing line is one `return ik_err_set(…)`.
 * Parameters  err: object to fill, may be NULL; a former content is replaced
 *             errnum: errno of the failure, either sign; 0 when there is none
 *             fmt: message without errno text; ": <strerror>" is added when errnum is not 0
 * Returns     -errnum; -EINVAL when errnum is 0: never 0, never positive
 */
int ik_err_set(struct ik_err *err, enum ik_code code, int errnum, const char *fmt, ...)
	IK_PRINTF(4, 5);

/*
 * Purpose     sets the next step for the user; a former hint is replaced.
 * Parameters  err: may be NULL
 */
void ik_err_hint(struct ik_err *err, const char *fmt, ...) IK_PRINTF(2, 3);

/*
 * Purpose     puts "<text>: " before the message, so that the final line reads like a sentence.
 * Parameters  err: may be NULL; without a code nothing happens
 */
void ik_err_prefix(struct ik_err *err, const char *fmt, ...) IK_PRINTF(2, 3);

/*
 * Purpose     empties the object.
 * Parameters  err: may be NULL
 */
void ik_err_clear(struct ik_err *err);

/*
 * Purpose     names a code as JSON prints it.
 * Returns     static string; "unknown" for a number outside the table
 */
const char *ik_code_name(enum ik_code code);

/*
 * Purpose     tells the exit status class of a code.
 * Returns     the table's status; IK_EXIT_FAILED for a number outside the table
 */
enum ik_exit ik_code_exit(enum ik_code code);

#endif
