/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replaces a small file so that every moment shows the old bytes or the new ones, whole.
 * It must not know what the file means, and follows no symlink.
 */
#ifndef IK_IO_AFILE_H
#define IK_IO_AFILE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/macro.h"

#define IK_AFILE_TEMP ".immensity-tmp" /* what is added to a name while it is being replaced */

/*
 * Bits of what a run of another distro must be able to write in place: journal, lock, history. On a drive mounted with
 * `metadata` each distro's default user is another owner, and all of them are one Windows user; who may write there at
 * all is decided by Windows (its folder is the administrators'), and without `metadata` everything shows as 0777 anyway.
 */
#define IK_AFILE_SHARED_MODE 0666

/*
 * Purpose     creates a new file with these permission bits, whatever the umask is.
 * Parameters  name: one component; mode: 0644, or IK_AFILE_SHARED_MODE; ret_fd: open for reading and writing
 * Returns     0, or a negative errno as ik_sys_create(): -EEXIST when anything has the name. That the bits cannot be
 *             set is no failure: drives without modes refuse it.
 */
int ik_afile_create(int dir_fd, const char *name, mode_t mode, int *ret_fd) IK_MUST_CHECK;

/*
 * Purpose     writes name + IK_AFILE_TEMP anew, flushes it, reads it back through a new
 *             descriptor, and renames it over name.
 * Parameters  dir_fd: directory of the file; name: one component; data: len bytes, borrowed
 *             mode: permission bits of a new file
 * Errors      IK_E_FILE_*, IK_E_PATH_SYMLINK: something that is no regular file has one of the names;
 *             IK_E_VERIFY_MISMATCH; others by ik_io_fault()
 * Effects     durable on return; a crash leaves the old file and perhaps the temporary one
 */
int ik_afile_replace(int dir_fd, const char *name, const void *data, size_t len, mode_t mode,
		     struct ik_err *err) IK_MUST_CHECK;

/* Purpose     the same, but the name is durable only once the caller has flushed the directory. */
int ik_afile_put(int dir_fd, const char *name, const void *data, size_t len, mode_t mode,
		 struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     reads a whole small file.
 * Parameters  max: larger files are refused; ret_data: given to the caller, NUL behind the data
 * Returns     1 when read, 0 when there is no such file (ret_ untouched)
 * Errors      IK_E_FILE_TOO_BIG; others: pathres
 */
int ik_afile_read(int dir_fd, const char *name, size_t max, char **ret_data, size_t *ret_len,
		  struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     removes a regular file of ours if it is there; anything else by that name is refused.
 * Errors      IK_E_FILE_*, IK_E_PATH_SYMLINK; others by ik_io_fault()
 */
int ik_afile_remove(int dir_fd, const char *name, struct ik_err *err) IK_MUST_CHECK;

#endif
