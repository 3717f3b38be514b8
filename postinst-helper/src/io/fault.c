/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * On a Windows drive "no right", "read-only" and "in use" are all EACCES: the hint names them all.
 */
#include "io/fault.h"

#include <stdarg.h>
#include <stdio.h>

static enum ik_code code_of(int errnum)
{
	switch (errnum) {
	case EACCES:
	case EPERM:
	case EROFS:
		return IK_E_PATH_DENIED;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return IK_E_SPACE_LOW;
	default:
		return IK_E_IO_FAILED;
	}
}

int ik_io_fault(int r, struct ik_err *err, const char *fmt, ...)
{
	char what[400];
	enum ik_code code = code_of(-r);
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	r = ik_err_set(err, code, r, "%s", what);
	if (code == IK_E_PATH_DENIED)
		ik_err_hint(
			err,
			"Windows gives no right to change it, or a program has it open: run "
			"`immensity-kernel install` from a WSL terminal started with \"Run as "
			"administrator\"; `immensity-kernel prepare` says what else may be needed");
	else if (code == IK_E_SPACE_LOW)
		ik_err_hint(err, "free some space on the Windows drive, then run `immensity-kernel "
				 "install` again");
	else
		ik_err_hint(err, "run `immensity-kernel doctor`; if Windows was just updated, `wsl "
				 "--shutdown` and try again");
	return r;
}
