/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Limits of the process that a caller may have set (`ulimit`, systemd's Limit…=), as far as one of them can
 * strike while a file is overwritten. It must not know what is done under them.
 */
#ifndef IK_OS_LIMITS_H
#define IK_OS_LIMITS_H

#include "base/err.h"
#include "base/macro.h"

/*
 * Purpose     gives this process, and the children it starts, what a change needs: size of files, processor time,
 *             number of open files, memory. Call it as root: others may raise a limit no further than to its hard
 *             value.
 * Errors      IK_E_ROOT_NEEDED: a limit is too small and may not be raised; the message names it, the hint says what
 *             to do. The other limits are raised all the same.
 * Effects     limits that are too small: they get the value needed, or as much as is allowed
 */
int ik_limits_raise(struct ik_err *err) IK_MUST_CHECK;

#endif
