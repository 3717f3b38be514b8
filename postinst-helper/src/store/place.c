/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each directory is opened once, from the drive's root, and used by descriptor from then on.
 */
#include "store/place.h"

#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "io/fault.h"
#include "os/pathcase.h"
#include "os/pathres.h"
#include "os/sys.h"
#include "store/names.h"

void ik_place_close(struct ik_place *place)
{
	if (place)
		place->fd = ik_close(place->fd);
}

/* Fills the names of a place; the descriptor is the caller's business. */
static int set_relative(const struct ik_drive *drive, const char *relative, struct ik_place *place,
			struct ik_err *err)
{
	if (snprintf(place->relative, sizeof(place->relative), "%s", relative) >=
	    (int)sizeof(place->relative))
		return ik_err_set(err, IK_E_PATH_BAD, ENAMETOOLONG, "path \"%.64s…\"", relative);
	if (ik_winpath_from_relative(drive->letter, relative, place->windows, NULL) < 0)
		place->windows[0] = '\0';
	return 0;
}

int ik_place_open(const struct ik_drive *drive, const char *relative, struct ik_place *ret,
		  struct ik_err *err)
{
	struct ik_place ik_autoplace place = {.fd = -EBADF};
	int r = set_relative(drive, relative, &place, err);

	if (r >= 0)
		r = ik_path_open_dir(drive->fd, relative[0] ? relative : ".", &place.fd, err);
	if (r < 0)
		return r;
	*ret = place;
	place.fd = -EBADF;
	return 0;
}

int ik_place_lxss(const struct ik_drive *drive, struct ik_place *ret, struct ik_err *err)
{
	struct ik_strbuf ik_autostrbuf path = {0};
	struct ik_err seen = {0};
	char *slash;
	int r = ik_path_resolve_nocase(drive->fd, IK_NAME_TARGET, &path, &seen);

	if (seen.code == IK_E_PATH_MISSING)
		return 0;
	if (r < 0) {
		if (err)
			*err = seen;
		return r;
	}
	/* What was found differs from what was looked for in case alone: slashes and lengths are known. */
	slash = strrchr(path.data, '/');
	*slash = '\0';
	r = ik_place_open(drive, path.data, ret, err);
	if (r < 0)
		return r;
	(void)snprintf(ret->name, sizeof(ret->name), "%s", slash + 1);
	return 1;
}

static int no_memory(struct ik_err *err, const char *what)
{
	return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, ENOMEM, "looking for \"%s\"", what);
}

/* Finds the real spelling of base/rest beneath the drive; base itself must exist. */
static int own_path(const struct ik_drive *drive, const char *base, const char *rest,
		    struct ik_strbuf *ret, struct ik_err *err)
{
	struct ik_strbuf ik_autostrbuf wanted = {0};
	struct ik_err seen = {0};
	int r;

	ik_strbuf_printf(&wanted, "%s%s%s", base, base[0] ? "/" : "", rest);
	if (ik_strbuf_error(&wanted) < 0)
		return no_memory(err, rest);
	r = ik_path_resolve_nocase(drive->fd, ik_strbuf_str(&wanted), ret, &seen);
	if (seen.code == IK_E_PATH_MISSING) {
		ik_strbuf_reset(ret);
		ik_strbuf_puts(ret, ik_strbuf_str(&wanted));
		return ik_strbuf_error(ret) < 0 ? no_memory(err, rest) : 0;
	}
	if (r < 0 && err)
		*err = seen;
	return r;
}

/* Makes every missing directory of a relative path. */
static int make_path(const struct ik_drive *drive, const char *relative, struct ik_err *err)
{
	char part[IK_PLACE_BYTES];
	ik_autoclose int dir = -EBADF;
	int r = ik_path_open_dir(drive->fd, ".", &dir, err);

	while (r >= 0 && *relative) {
		ik_autoclose int next = -EBADF;
		struct ik_err seen = {0};
		size_t len = strcspn(relative, "/");

		(void)snprintf(part, sizeof(part), "%.*s", (int)len, relative);
		r = ik_path_open_dir(dir, part, &next, &seen);
		if (seen.code == IK_E_PATH_MISSING) {
			r = ik_sys_mkdir(dir, part, 0755);
			if (r < 0 && r != -EEXIST)
				return ik_io_fault(r, err, "creating directory \"%s\"", part);
			r = ik_path_open_dir(dir, part, &next, &seen);
		}
		if (r < 0) {
			if (err)
				*err = seen;
			return r;
		}
		dir = ik_close(dir);
		dir = ik_steal_fd(&next);
		relative += len + (relative[len] == '/');
	}
	return r;
}

int ik_place_own(const struct ik_drive *drive, const struct ik_place *profile, bool create,
		 bool *ret_shared, struct ik_place *ret, struct ik_err *err)
{
	struct ik_strbuf ik_autostrbuf path = {0};
	struct ik_place place = {.fd = -EBADF};
	bool shared = !ik_winpath_is_ascii(profile->relative);
	int r;

	if (shared)
		r = own_path(drive, "", IK_NAME_SHARED_DATA "/" IK_NAME_OWN_DIR, &path, err);
	else
		r = own_path(drive, profile->relative, IK_NAME_LOCAL_DATA "/" IK_NAME_OWN_DIR,
			     &path, err);
	if (r < 0)
		return r;
	*ret_shared = shared;
	r = set_relative(drive, ik_strbuf_str(&path), &place, err);
	if (r >= 0 && create)
		r = make_path(drive, place.relative, err);
	if (r < 0)
		return r;
	*ret = place;
	if (!create) {
		r = ik_path_exists(drive->fd, place.relative, err);
		if (r <= 0)
			return r;
	}
	r = ik_path_open_dir(drive->fd, place.relative, &ret->fd, err);
	return r < 0 ? r : 1;
}

int ik_place_windows_file(const struct ik_drive *drive, const struct ik_place *place,
			  const char *file, char *buf, struct ik_err *err)
{
	char relative[IK_PLACE_BYTES + 256];

	(void)snprintf(relative, sizeof(relative), "%s/%s", place->relative, file);
	return ik_winpath_from_relative(drive->letter, relative, buf, err);
}
