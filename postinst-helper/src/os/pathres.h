/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opening beneath a pinned directory: no symlink, no magic link, no "..", no other mount.
 * Foreign paths (Windows drive, package directory) are opened through this module only.
 * It must not know which files the program has.
 *
 * A path is relative, uses '/', and has no empty, "." or ".." component.
 */
#ifndef IK_OS_PATHRES_H
#define IK_OS_PATHRES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/strbuf.h"

/* Who a file is and how it looked when it was asked. */
struct ik_file_id {
	uint64_t dev;	       /* st_dev */
	uint64_t ino;	       /* st_ino; on drvfs the NTFS file id */
	uint64_t nlink;	       /* hard links */
	uint64_t size_bytes;   /* st_size */
	uint32_t mode;	       /* st_mode */
	uint32_t uid;	       /* owner, invented on drvfs without `metadata` */
	struct timespec mtime; /* time of last change */
};

/*
 * Purpose     opens a path beneath a directory. Uses openat2 with all RESOLVE flags; only where the
 *             kernel has no openat2 it walks component by component with O_NOFOLLOW.
 * Parameters  dir_fd: pinned directory, borrowed
 *             flags: O_* ; O_CLOEXEC, O_NOFOLLOW and O_NOCTTY are added, and O_NONBLOCK while opening,
 *             so that a planted FIFO cannot hang us. No O_CREAT: new files are ik_sys_create()'s.
 *             ret_fd: given to the caller
 * Errors      IK_E_PATH_BAD: not a path of the form above; IK_E_PATH_MISSING; IK_E_PATH_SYMLINK;
 *             IK_E_PATH_ESCAPES: leaves the directory or crosses a mount; IK_E_PATH_DENIED: EACCES,
 *             EPERM or EROFS (no right, or a Windows program has it open);
 *             IK_E_FILE_NOT_DIRECTORY: a component is no directory; IK_E_IO_FAILED: the rest
 */
int ik_path_open(int dir_fd, const char *path, int flags, int *ret_fd,
		 struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     opens a directory beneath a directory, readable, for *at calls. path "." is allowed
 *             and gives a second descriptor of dir_fd itself.
 * Errors      as ik_path_open()
 */
int ik_path_open_dir(int dir_fd, const char *path, int *ret_fd, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     opens a regular file beneath a directory and tells its identity.
 * Parameters  flags: as ik_path_open(); ret_id: may be NULL
 * Errors      as ik_path_open(), and IK_E_FILE_IS_DIRECTORY, IK_E_FILE_IS_FIFO,
 *             IK_E_FILE_IS_DEVICE, IK_E_FILE_IS_SOCKET for what else stands there
 */
int ik_path_open_regular(int dir_fd, const char *path, int flags, int *ret_fd,
			 struct ik_file_id *ret_id, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     asks for the identity of a path without opening its content; refuses like
 *             ik_path_open_regular() what is not a regular file.
 * Errors      as ik_path_open_regular()
 */
int ik_path_identify(int dir_fd, const char *path, struct ik_file_id *ret_id,
		     struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     tells whether a regular file, directory or anything else has this name.
 * Returns     1 yes, 0 nothing there; a symlink counts as "something there"
 * Errors      IK_E_PATH_BAD, IK_E_IO_FAILED
 */
int ik_path_exists(int dir_fd, const char *path, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     reads a symlink that must name one component of the same directory, such as
 *             stable -> 7.3.4-1-immensity-….
 * Parameters  name: the link, a single component; ret_target: appended
 * Errors      IK_E_PATH_MISSING; IK_E_PATH_BAD: target with '/' or "..", or not a symlink
 */
int ik_path_read_link(int dir_fd, const char *name, struct ik_strbuf *ret_target,
		      struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     tells the identity behind a descriptor.
 * Errors      IK_E_IO_FAILED. Never ask a descriptor whose file was renamed: drvfs says ENOENT.
 */
int ik_file_id_of(int fd, struct ik_file_id *ret_id, struct ik_err *err) IK_MUST_CHECK;

/* Purpose     same file? Compares device and inode only. */
bool ik_file_id_is_same(const struct ik_file_id *a, const struct ik_file_id *b);

/* Room for one name with its NUL. */
#define IK_PATH_NAME_BYTES 256

/*
 * Purpose     copies the component at *path into part and moves *path behind it and its slash.
 * Returns     false when there is none, or not one that ik_path_is_component() takes
 */
bool ik_path_next_component(const char **path, char part[IK_PATH_NAME_BYTES]);

/* Purpose     is this one path component, fit for a Windows drive: not empty, ".", "..", no '/'. */
bool ik_path_is_component(const char *name);

/* Purpose     is this a relative path made of such components? */
bool ik_path_is_relative(const char *path);

#endif
