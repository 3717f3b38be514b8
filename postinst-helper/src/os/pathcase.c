/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every directory on the way is listed, for the spelling that is really there.
 */
#include "os/pathcase.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "os/dirlist.h"
#include "os/pathres.h"
#include "os/sys.h"

/* Goes through the names; an exact one ends the search. Returns how many fit, or an error. */
static int count_matches(DIR *dir, const char *wanted, char found[IK_PATH_NAME_BYTES],
			 struct ik_err *err)
{
	const char *name;
	int r, hits = 0;

	while ((r = ik_dirlist_next(dir, &name, err)) > 0) {
		bool exact = strcmp(name, wanted) == 0;

		if (!exact && strcasecmp(name, wanted) != 0)
			continue;
		if (exact || hits == 0)
			(void)snprintf(found, IK_PATH_NAME_BYTES, "%s", name);
		if (exact)
			return 1;
		hits++;
	}
	return r < 0 ? r : hits;
}

/*
 * Finds the entry of one directory that equals `wanted` without regard to ASCII case. An exact name
 * wins; two others are ambiguous. Windows drives find the other spelling themselves: that it can be
 * looked up does not say that it is spelled so.
 */
static int match_entry(int dir_fd, const char *wanted, char found[IK_PATH_NAME_BYTES],
		       struct ik_err *err)
{
	ik_autoclose int fd = -EBADF;
	DIR ik_autodirlist *dir = NULL;
	struct stat st;
	bool there = fstatat(dir_fd, wanted, &st, AT_SYMLINK_NOFOLLOW) == 0;
	int hits;

	if (ik_sys_openat(dir_fd, ".", O_RDONLY | O_DIRECTORY, 0, &fd) < 0) {
		/* no right to list it: the name as it was asked for has to do */
		(void)snprintf(found, IK_PATH_NAME_BYTES, "%s", wanted);
		return there ? 0 : ik_path_open(dir_fd, wanted, O_PATH, &fd, err);
	}
	hits = ik_dirlist_open(&fd, &dir, err);
	if (hits < 0)
		return hits;
	hits = count_matches(dir, wanted, found, err);
	/* In another alphabet's case, or the list broke off: what can be looked up can be used all the same. */
	if (hits <= 0 && there) {
		ik_err_clear(err);
		(void)snprintf(found, IK_PATH_NAME_BYTES, "%s", wanted);
		return 0;
	}
	if (hits == 0)
		return ik_err_set(err, IK_E_PATH_MISSING, ENOENT, "there is no '%s'", wanted);
	if (hits > 1)
		return ik_err_set(err, IK_E_PATH_AMBIGUOUS, EEXIST,
				  "several names differ from '%s' only in case, refusing", wanted);
	return hits < 0 ? hits : 0;
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
