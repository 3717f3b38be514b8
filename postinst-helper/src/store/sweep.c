/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Only names of ours, only regular files.
 */
#include "store/sweep.h"

#include <stdio.h>
#include <string.h>

#include "io/afile.h"
#include "os/dirlist.h"
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

void ik_sweep_broken_locks(int dir_fd)
{
	static const char prefix[] = IK_NAME_LOCK "-";
	DIR ik_autodirlist *dir = NULL;
	ik_autoclose int fd = -EBADF;
	const char *name;

	if (ik_path_open_dir(dir_fd, ".", &fd, NULL) < 0 || ik_dirlist_open(&fd, &dir, NULL) < 0)
		return;
	while (ik_dirlist_next(dir, &name, NULL) > 0) {
		if (strncmp(name, prefix, strlen(prefix)) == 0)
			ik_ignore(ik_afile_remove(dir_fd, name, NULL)); /* next time */
	}
}
