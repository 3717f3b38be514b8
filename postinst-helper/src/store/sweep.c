/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Only names of ours, only regular files.
 */
#include "store/sweep.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "io/afile.h"
#include "os/pathres.h"
#include "store/names.h"

int ik_sweep(int dir_fd, const char *const *names, size_t count, struct ik_err *err)
{
	char temp[256];

	for (size_t i = 0; i < count; i++) {
		int r = ik_afile_remove(dir_fd, names[i], err);

		(void)snprintf(temp, sizeof(temp), "%s%s", names[i], IK_AFILE_TEMP);
		if (r >= 0)
			r = ik_afile_remove(dir_fd, temp, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static void closedirp(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir); /* only read from */
}

void ik_sweep_broken_locks(int dir_fd)
{
	static const char prefix[] = IK_NAME_LOCK "-";
	DIR IK_CLEANUP(closedirp) *dir = NULL;
	ik_autoclose int fd = -EBADF;
	struct dirent *entry;

	if (ik_path_open_dir(dir_fd, ".", &fd, NULL) < 0)
		return;
	dir = fdopendir(fd);
	if (!dir)
		return;
	(void)ik_steal_fd(&fd); /* closedir() closes it */
	while ((entry = readdir(dir))) {
		if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
			ik_ignore(ik_afile_remove(dir_fd, entry->d_name, NULL)); /* next time */
	}
}
