/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A thin cover over readdir(3), whose errors show in errno alone; see dirlist.h. */
#include "os/dirlist.h"

#include <errno.h>

int ik_dirlist_open(int *fd, DIR **ret, struct ik_err *err)
{
	DIR *dir = fdopendir(*fd);

	if (!dir)
		return ik_err_set(err, IK_E_IO_FAILED, errno, "cannot list a directory");
	(void)ik_steal_fd(fd); /* closedir() closes it */
	*ret = dir;
	return 0;
}

int ik_dirlist_next(DIR *dir, const char **ret_name, struct ik_err *err)
{
	const struct dirent *entry;

	errno = 0;
	entry = readdir(dir);
	if (entry) {
		*ret_name = entry->d_name;
		return 1;
	}
	return errno ? ik_err_set(err, IK_E_IO_FAILED, errno, "listing a directory") : 0;
}

void ik_dirlist_close(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir); /* only read from */
	*dir = NULL;
}
