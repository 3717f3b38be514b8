/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Directories are listed only where the exact name is not there; Windows drives find it themselves.
 */
#include "os/pathcase.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "os/pathres.h"
#include "os/sys.h"

/*
 * Finds the entry of one directory that equals `wanted` without regard to ASCII case. An exact name
 * wins; two others are ambiguous. Windows drives find the exact name themselves.
 */
static int match_entry(int dir_fd, const char *wanted, char found[IK_PATH_NAME_BYTES],
		       struct ik_err *err)
{
	ik_autoclose int fd = -EBADF;
	struct stat st;
	struct dirent *entry;
	int hits = 0;
	DIR *dir;

	if (fstatat(dir_fd, wanted, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		(void)snprintf(found, IK_PATH_NAME_BYTES, "%s", wanted);
		hits = 1;
	}
	if (ik_sys_openat(dir_fd, ".", O_RDONLY | O_DIRECTORY, 0, &fd) < 0) {
		/* no right to list it: the exact name has to do */
		(void)snprintf(found, IK_PATH_NAME_BYTES, "%s", wanted);
		return hits ? 0 : ik_path_open(dir_fd, wanted, O_PATH, &fd, err);
	}
	dir = fdopendir(fd);
	if (!dir)
		return ik_err_set(err, IK_E_IO_FAILED, errno, "cannot list a directory");
	(void)ik_steal_fd(&fd); /* closedir() closes it */
	while ((entry = readdir(dir))) {
		if (strcmp(entry->d_name, wanted) == 0) {
			(void)snprintf(found, IK_PATH_NAME_BYTES, "%s", wanted);
			hits = 1;
			break;
		}
		if (strcasecmp(entry->d_name, wanted) == 0) {
			if (hits == 0)
				(void)snprintf(found, IK_PATH_NAME_BYTES, "%s", entry->d_name);
			hits++;
		}
	}
	(void)closedir(dir); /* only read from */
	if (hits == 0)
		return ik_err_set(err, IK_E_PATH_MISSING, ENOENT, "there is no '%s'", wanted);
	if (hits > 1)
		return ik_err_set(err, IK_E_PATH_AMBIGUOUS, EEXIST,
				  "several names differ from '%s' only in case, refusing", wanted);
	return 0;
}

int ik_path_resolve_nocase(int dir_fd, const char *path, struct ik_strbuf *ret_path,
			   struct ik_err *err)
{
	ik_autostrbuf struct ik_strbuf real = {.data = NULL};
	ik_autoclose int here = -EBADF;
	const char *rest = path;
	char part[IK_PATH_NAME_BYTES], found[IK_PATH_NAME_BYTES];
	int r;

	if (!ik_path_is_relative(path))
		return ik_err_set(err, IK_E_PATH_BAD, EINVAL,
				  "'%s' is not a plain relative path, refusing", path);
	while (ik_path_next_component(&rest, part)) {
		r = match_entry(here < 0 ? dir_fd : here, part, found, err);
		if (r < 0) {
			ik_err_prefix(err, "looking for '%s'", path);
			return r;
		}
		ik_strbuf_printf(&real, "%s%s", real.len ? "/" : "", found);
		if (!*rest || ik_strbuf_error(&real) < 0)
			break;
		here = ik_close(here);
		r = ik_path_open_dir(dir_fd, ik_strbuf_str(&real), &here, err);
		if (r < 0)
			return r;
	}
	ik_strbuf_append(ret_path, ik_strbuf_str(&real), real.len);
	if (ik_strbuf_error(&real) < 0 || ik_strbuf_error(ret_path) < 0)
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, ENOMEM, "looking for '%s'", path);
	return 0;
}
