/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Temporary file in the same directory, flush, read back, rename: nothing here is clever.
 */
#include "io/afile.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "io/fault.h"
#include "io/reread.h"
#include "os/digest.h"
#include "os/pathres.h"
#include "os/sys.h"

int ik_afile_create(int dir_fd, const char *name, mode_t mode, int *ret_fd)
{
	ik_autoclose int fd = -EBADF;
	int r = ik_sys_create(dir_fd, name, mode, &fd);

	if (r < 0)
		return r;
	ik_ignore(ik_sys_fchmod(fd, mode)); /* Windows drives may refuse, and need not */
	*ret_fd = ik_steal_fd(&fd);
	return 0;
}

int ik_afile_remove(int dir_fd, const char *name, struct ik_err *err)
{
	struct ik_file_id id;
	struct ik_err seen = {0};
	int r = ik_path_identify(dir_fd, name, &id, &seen);

	if (seen.code == IK_E_PATH_MISSING)
		return 0;
	if (r < 0) {
		if (err)
			*err = seen;
		return r;
	}
	r = ik_sys_unlink(dir_fd, name);
	return r < 0 && r != -ENOENT ? ik_io_fault(r, err, "removing \"%s\"", name) : 0;
}

/* What stands at the final name must be a regular file or nothing: never rename over a link. */
static int check_place(int dir_fd, const char *name, struct ik_err *err)
{
	struct ik_file_id id;
	struct ik_err seen = {0};
	int r = ik_path_identify(dir_fd, name, &id, &seen);

	if (r >= 0 || seen.code == IK_E_PATH_MISSING)
		return 0;
	if (err)
		*err = seen;
	return r;
}

static int write_temp(int dir_fd, const char *temp, const void *data, size_t len, mode_t mode,
		      struct ik_err *err)
{
	ik_autoclose int fd = -EBADF;
	int r = ik_afile_create(dir_fd, temp, mode, &fd);

	if (r < 0)
		return ik_io_fault(r, err, "creating \"%s\"", temp);
	r = ik_sys_pwrite(fd, data, len, 0);
	if (r < 0)
		return ik_io_fault(r, err, "writing \"%s\"", temp);
	r = ik_sys_fsync(fd);
	return r < 0 ? ik_io_fault(r, err, "flushing \"%s\"", temp) : 0;
}

int ik_afile_put(int dir_fd, const char *name, const void *data, size_t len, mode_t mode,
		 struct ik_err *err)
{
	struct ik_sha256 digest;
	char temp[256];
	int r;

	ik_digest_of_bytes(data, len, &digest);
	if (snprintf(temp, sizeof(temp), "%s%s", name, IK_AFILE_TEMP) >= (int)sizeof(temp))
		return ik_err_set(err, IK_E_PATH_BAD, ENAMETOOLONG, "name \"%s\"", name);
	r = check_place(dir_fd, name, err);
	if (r >= 0)
		r = ik_afile_remove(dir_fd, temp, err);
	if (r < 0)
		return r;
	r = write_temp(dir_fd, temp, data, len, mode, err);
	if (r >= 0)
		r = ik_reread_expect(dir_fd, temp, len, &digest, NULL, err);
	if (r >= 0) {
		r = ik_sys_rename(dir_fd, temp, dir_fd, name);
		if (r >= 0)
			return 0;
		r = ik_io_fault(r, err, "renaming \"%s\" to \"%s\"", temp, name);
	}
	ik_ignore(ik_afile_remove(dir_fd, temp, NULL)); /* the first error counts */
	return r;
}

int ik_afile_replace(int dir_fd, const char *name, const void *data, size_t len, mode_t mode,
		     struct ik_err *err)
{
	int r = ik_afile_put(dir_fd, name, data, len, mode, err);

	if (r >= 0)
		ik_sys_fsync_dir(dir_fd);
	return r;
}

int ik_afile_read(int dir_fd, const char *name, size_t max, char **ret_data, size_t *ret_len,
		  struct ik_err *err)
{
	ik_autoclose int fd = -EBADF;
	struct ik_err seen = {0};
	int r = ik_path_open_regular(dir_fd, name, O_RDONLY, &fd, NULL, &seen);

	if (seen.code == IK_E_PATH_MISSING)
		return 0;
	if (r < 0) {
		if (err)
			*err = seen;
		return r;
	}
	r = ik_sys_read_all(fd, max, ret_data, ret_len);
	if (r == -EFBIG)
		return ik_err_set(err, IK_E_FILE_TOO_BIG, EFBIG, "\"%s\" is over %zu bytes", name,
				  max);
	return r < 0 ? ik_io_fault(r, err, "reading \"%s\"", name) : 1;
}
