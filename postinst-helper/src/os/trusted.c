/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owner and mode of the file and of every directory on the way to it, then a sealed copy: what was
 * checked is what will be used.
 */
#include "os/trusted.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/pathres.h"
#include "os/sys.h"

/* Could anybody but root (or us, without root) have changed this? */
static int want_trusted(int fd, const char *name, struct ik_err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return ik_err_set(err, IK_E_IO_FAILED, errno, "cannot examine '%s'", name);
	if (st.st_uid != 0 && (geteuid() == 0 || st.st_uid != geteuid()))
		return ik_err_set(err, IK_E_FILE_UNTRUSTED, EPERM,
				  "'%s' belongs to user %u, not to root, refusing", name,
				  (unsigned int)st.st_uid);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return ik_err_set(err, IK_E_FILE_UNTRUSTED, EPERM,
				  "'%s' can be written by others than its owner, refusing", name);
	return 0;
}

/* Checks every directory on the way from dir_fd to the file. */
static int want_trusted_way(int dir_fd, const char *path, struct ik_err *err)
{
	ik_autofree char *part = strdup(path);

	if (!part)
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, ENOMEM, "'%s'", path);
	for (char *slash = strchr(part, '/'); slash; slash = strchr(slash + 1, '/')) {
		ik_autoclose int fd = -EBADF;
		int r;

		*slash = '\0';
		r = ik_path_open_dir(dir_fd, part, &fd, err);
		if (r == 0)
			r = want_trusted(fd, part, err);
		if (r < 0)
			return r;
		*slash = '/';
	}
	return 0;
}

int ik_trusted_seal(const char *dir, const char *path, uint64_t max_bytes, struct ik_sealed *ret,
		    struct ik_err *err)
{
	ik_autoclose int dir_fd = -EBADF;
	ik_autoclose int fd = -EBADF;
	int r = ik_sys_openat(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY, 0, &dir_fd);

	if (r < 0)
		return ik_err_set(err, r == -ENOENT ? IK_E_PATH_MISSING : IK_E_IO_FAILED, r,
				  "cannot open the directory '%s'", dir);
	r = want_trusted(dir_fd, dir, err);
	if (r == 0)
		r = want_trusted_way(dir_fd, path, err);
	if (r == 0)
		r = ik_path_open_regular(dir_fd, path, O_RDONLY, &fd, NULL, err);
	if (r == 0)
		r = want_trusted(fd, path, err);
	if (r == 0)
		r = ik_sealed_copy_fd(fd, path, max_bytes, ret, err);
	if (r < 0)
		ik_err_prefix(err, "beneath '%s'", dir);
	return r;
}
