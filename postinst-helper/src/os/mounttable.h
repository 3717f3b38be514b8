/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A mountinfo file as libmount's table. It must not know what the lines mean to anybody.
 */
#ifndef IK_OS_MOUNTTABLE_H
#define IK_OS_MOUNTTABLE_H

#include "base/err.h"
#include "base/macro.h"

struct libmnt_table;

/*
 * Purpose     reads all lines of a mountinfo file; lines that libmount cannot read are left out.
 * Parameters  mountinfo: path; ret: given to the caller, who ends it with mnt_unref_table()
 * Errors      IK_E_MOUNTS_UNREADABLE, IK_E_MEMORY_EXHAUSTED
 */
int ik_mounttable_read(const char *mountinfo, struct libmnt_table **ret,
		       struct ik_err *err) IK_MUST_CHECK;

#endif
