/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists a directory, and tells its end from a listing that broke off: who overlooks half of the names may take the wrong
 * one for the only one. It knows nothing about what the names mean.
 */
#ifndef IK_OS_DIRLIST_H
#define IK_OS_DIRLIST_H

#include <dirent.h>

#include "base/err.h"
#include "base/macro.h"

/*
 * Purpose     begins to list an open directory.
 * Parameters  fd: open for reading; on success it is taken over and becomes -EBADF
 *             ret: given to the caller (ik_dirlist_close(), ik_autodirlist)
 * Errors      IK_E_IO_FAILED
 */
int ik_dirlist_open(int *fd, DIR **ret, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     the next name, "." and ".." among them.
 * Parameters  ret_name: lives until the next call
 * Returns     1; 0 at the end
 * Errors      IK_E_IO_FAILED: the listing broke off
 */
int ik_dirlist_next(DIR *dir, const char **ret_name, struct ik_err *err) IK_MUST_CHECK;

/* For cleanup; accepts one that was never opened. */
void ik_dirlist_close(DIR **dir);
#define ik_autodirlist IK_CLEANUP(ik_dirlist_close)

#endif
