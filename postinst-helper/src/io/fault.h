/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Turns a negative errno from a drive into an error object with the code that fits.
 * It must not know which step failed; the caller's message says that.
 */
#ifndef IK_IO_FAULT_H
#define IK_IO_FAULT_H

#include "base/err.h"
#include "base/macro.h"

/*
 * Purpose     fills an error object for a failed operation on a drive.
 * Parameters  r: negative errno; fmt: what was attempted, on which object
 * Returns     r
 * Errors      IK_E_PATH_DENIED (EACCES, EPERM, EROFS), IK_E_SPACE_LOW (ENOSPC, EDQUOT, EFBIG),
 *             IK_E_IO_FAILED (the rest), each with a hint
 * Source      errno of Windows drives: microsoft/openvmm vm/devices/support/fs/lxutil
 */
int ik_io_fault(int r, struct ik_err *err, const char *fmt, ...) IK_PRINTF(3, 4);

#endif
