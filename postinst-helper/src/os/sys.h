/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every system call of the program that changes something, as thin functions without policy.
 * EINTR is retried here and only here. These functions give no error object: the caller knows the
 * names and writes the message. `make lint` refuses such calls anywhere else.
 *
 * Common to all: returns 0 (or the documented count) or a negative errno; ret_ parameters are
 * untouched on failure; every descriptor is close-on-exec.
 */
#ifndef IK_OS_SYS_H
#define IK_OS_SYS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

#include "base/macro.h"

/*
 * Purpose     the raw openat2 call.
 * Parameters  flags: O_* without O_CLOEXEC, which is added; mode: for O_CREAT, else 0
 *             resolve: RESOLVE_* bits of <linux/openat2.h>
 * Errors      -ENOSYS: kernel without it; -EAGAIN: a race inside RESOLVE_BENEATH, try again
 */
int ik_sys_openat2(int dir_fd, const char *path, int flags, mode_t mode, uint64_t resolve,
		   int *ret_fd) IK_MUST_CHECK;

/*
 * Purpose     opens one path component without following a symlink.
 * Parameters  name: a single component; flags: O_* (O_CLOEXEC, O_NOFOLLOW are added)
 */
int ik_sys_openat(int dir_fd, const char *name, int flags, mode_t mode, int *ret_fd) IK_MUST_CHECK;

/*
 * Purpose     opens a path for reading, following symlinks: only for paths that the administrator
 *             named or that belong to the system, never for one beneath a Windows drive.
 * Parameters  flags: O_DIRECTORY or 0 and the like; O_RDONLY, O_CLOEXEC, O_NOCTTY are added
 */
int ik_sys_open_read(const char *path, int flags, int *ret_fd) IK_MUST_CHECK;

/*
 * Purpose     creates a file that did not exist, open for reading and writing.
 * Parameters  name: a single component beneath dir_fd
 * Errors      -EEXIST: the name is taken, also by a symlink or (on Windows drives) in other case
 */
int ik_sys_create(int dir_fd, const char *name, mode_t mode, int *ret_fd) IK_MUST_CHECK;

/*
 * Purpose     reads up to len bytes at an offset; a short read is continued until end of file.
 * Returns     bytes read; less than len only at end of file
 */
ssize_t ik_sys_pread(int fd, void *buf, size_t len, uint64_t off) IK_MUST_CHECK;

/*
 * Purpose     writes all len bytes at an offset; a short write is continued.
 * Errors      -ENOSPC: the system wrote nothing and said nothing; others: as the system says.
 *             After a failure any part of the bytes may be in the file.
 */
int ik_sys_pwrite(int fd, const void *buf, size_t len, uint64_t off) IK_MUST_CHECK;

/* Purpose     writes all len bytes at the file position (append mode, pipes). Errors as above. */
int ik_sys_write(int fd, const void *buf, size_t len) IK_MUST_CHECK;

/*
 * Purpose     reads from the position until end of file or until max bytes are there.
 * Parameters  max: most bytes to take; more in the file is -EFBIG
 *             ret_buf: given to the caller, one NUL byte behind the data
 */
int ik_sys_read_all(int fd, size_t max, char **ret_buf, size_t *ret_len) IK_MUST_CHECK;

/* Purpose     sets the size of an open file. */
int ik_sys_ftruncate(int fd, uint64_t size_bytes) IK_MUST_CHECK;

/*
 * Purpose     the one flush: fsync on a descriptor that is open for writing (never fdatasync, which
 *             Windows servers reduce to nearly nothing).
 * Errors      after a failure the file must be written again; a later success proves nothing
 */
int ik_sys_fsync(int fd) IK_MUST_CHECK;

/*
 * Purpose     flushes a directory as far as the file system can; the result is ignored on purpose:
 *             Windows drives may refuse it, and NTFS journals names anyway.
 */
void ik_sys_fsync_dir(int dir_fd);

/* Purpose     renames over; flags do not exist on Windows drives, so there are none here. */
int ik_sys_rename(int from_dir_fd, const char *from, int to_dir_fd, const char *to) IK_MUST_CHECK;

/* Purpose     removes a file name (not a directory). */
int ik_sys_unlink(int dir_fd, const char *name) IK_MUST_CHECK;

/* Purpose     removes an empty directory. */
int ik_sys_rmdir(int dir_fd, const char *name) IK_MUST_CHECK;

/* Purpose     makes one directory; -EEXIST when the name is taken. */
int ik_sys_mkdir(int dir_fd, const char *name, mode_t mode) IK_MUST_CHECK;

/* Purpose     makes a hard link inside or between directories; symlinks are not followed. */
int ik_sys_link(int from_dir_fd, const char *from, int to_dir_fd, const char *to) IK_MUST_CHECK;

/* Purpose     sets the time of last change of an open file; the time of last access stays. */
int ik_sys_set_mtime(int fd, const struct timespec *mtime) IK_MUST_CHECK;

/* Purpose     sets the permission bits of an open file or directory. */
int ik_sys_fchmod(int fd, mode_t mode) IK_MUST_CHECK;

/*
 * Purpose     takes a flock without waiting.
 * Parameters  operation: LOCK_EX, LOCK_SH or LOCK_UN
 * Errors      -EWOULDBLOCK: held by somebody else
 */
int ik_sys_flock(int fd, int operation) IK_MUST_CHECK;

/* Purpose     makes an anonymous file in memory that can be sealed; name is for /proc only. */
int ik_sys_memfd(const char *name, int *ret_fd) IK_MUST_CHECK;

/* Purpose     seals a memfd for ever: no write, no grow, no shrink, no further seals. */
int ik_sys_seal(int fd) IK_MUST_CHECK;

/* Purpose     tells whether a descriptor carries all four seals; 1 yes, 0 no. */
int ik_sys_is_sealed(int fd) IK_MUST_CHECK;

/*
 * Purpose     drops clean pages of a file from the page cache, so that the next read asks the
 *             server. A hint: dirty pages stay, so flush first. Cannot fail in a way that matters.
 */
void ik_sys_drop_cache(int fd);

/*
 * Purpose     free space that an unprivileged writer may use.
 * Parameters  fd: any file or directory of the file system
 */
int ik_sys_free_bytes(int fd, uint64_t *ret_bytes) IK_MUST_CHECK;

#endif
