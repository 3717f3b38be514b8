/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names without regard to ASCII case, as Windows sees them, on file systems that do distinguish. It must
 * not follow symlinks (os/pathres opens).
 */
#ifndef IK_OS_PATHCASE_H
#define IK_OS_PATHCASE_H

#include "base/err.h"
#include "base/strbuf.h"

/*
 * Purpose     finds the real spelling of a path without regard to ASCII case, component by
 *             component; an exact match wins over others.
 * Parameters  path: wanted spelling, e.g. "Windows/System32/lxss/tools/kernel"
 *             ret_path: the real spelling is appended
 * Errors      IK_E_PATH_MISSING; IK_E_PATH_AMBIGUOUS: two spellings and none is exact;
 *             others as ik_path_open()
 */
int ik_path_resolve_nocase(int dir_fd, const char *path, struct ik_strbuf *ret_path,
			   struct ik_err *err) IK_MUST_CHECK;

#endif
