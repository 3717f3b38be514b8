/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Removes files of ours from a directory by name, with what a crash may have left beside them: the
 * temporary file of an atomic replacement, and locks that were being broken.
 * It must not know which files are worth keeping.
 */
#ifndef IK_STORE_SWEEP_H
#define IK_STORE_SWEEP_H

#include <stddef.h>

#include "base/err.h"
#include "base/macro.h"

/*
 * Purpose     removes each name and its leftovers; what is not there is no error.
 * Errors      IK_E_FILE_*, IK_E_PATH_SYMLINK: no regular file has the name, which stays; by ik_io_fault()
 */
int ik_sweep(int dir_fd, const char *const *names, size_t count, struct ik_err *err) IK_MUST_CHECK;

/* Purpose     removes locks that a killed process was breaking; only to be called under the lock. */
void ik_sweep_broken_locks(int dir_fd);

#endif
