/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fills the error object and looks codes up in the table of code.h.
 * It prints nothing: whoever owns stderr does that.
 */
#include "base/err.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	enum ik_exit status;
} code_table[IK_CODE_COUNT] = {
#define X(id, code_name, exit_status) [id] = {code_name, exit_status},
	IK_CODE_TABLE(X)
#undef X
};

/* Adds ": <errno text>" while there is room; a cut message is still a message. */
static void append_errno(char *message, size_t size, int errnum)
{
	size_t used = strlen(message);
	const char *text = strerrordesc_np(errnum);

	if (text)
		(void)snprintf(message + used, size - used, ": %s", text);
	else
		(void)snprintf(message + used, size - used, ": error %d", errnum);
}

int ik_err_set(struct ik_err *err, enum ik_code code, int errnum, const char *fmt, ...)
{
	int positive = errnum < 0 ? -errnum : errnum;
	va_list args;

	if (err) {
		*err = (struct ik_err){.code = code, .errnum = positive};
		va_start(args, fmt);
		(void)vsnprintf(err->message, sizeof(err->message), fmt, args);
		va_end(args);
		if (positive)
			append_errno(err->message, sizeof(err->message), positive);
	}
	return positive ? -positive : -EINVAL;
}

void ik_err_hint(struct ik_err *err, const char *fmt, ...)
{
	va_list args;

	if (!err)
		return;
	va_start(args, fmt);
	(void)vsnprintf(err->hint, sizeof(err->hint), fmt, args);
	va_end(args);
}

void ik_err_prefix(struct ik_err *err, const char *fmt, ...)
{
	char old[sizeof(err->message)];
	size_t used;
	va_list args;

	if (!err || err->code == IK_E_NONE)
		return;
	memcpy(old, err->message, sizeof(old));
	va_start(args, fmt);
	(void)vsnprintf(err->message, sizeof(err->message), fmt, args);
	va_end(args);
	used = strlen(err->message);
	(void)snprintf(err->message + used, sizeof(err->message) - used, ": %s", old);
}

void ik_err_clear(struct ik_err *err)
{
	if (err)
		*err = (struct ik_err){.code = IK_E_NONE};
}

const char *ik_code_name(enum ik_code code)
{
	if ((unsigned int)code >= IK_CODE_COUNT)
		return "unknown";
	return code_table[code].name;
}

enum ik_exit ik_code_exit(enum ik_code code)
{
	if ((unsigned int)code >= IK_CODE_COUNT)
		return IK_EXIT_FAILED;
	return code_table[code].status;
}
