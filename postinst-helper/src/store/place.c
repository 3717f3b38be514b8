/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each directory is opened once, from the drive's root, and used by descriptor from then on.
 */
#include "store/place.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/strbuf.h"
#include "io/fault.h"
#include "os/dirlist.h"
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

static int open_relative(const struct ik_drive *drive, const char *relative, struct ik_place *ret,
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
	r = open_relative(drive, path.data, ret, err);
	if (r < 0)
		return r;
	(void)snprintf(ret->name, sizeof(ret->name), "%s", slash + 1);
	return 1;
}

static int no_profile(struct ik_err *err, const char *path)
{
	int r = ik_err_set(err, IK_E_PROFILE_MISSING, ENOENT, "Windows profile \"%s\"", path);

	ik_err_hint(err, "name it with `--profile /mnt/c/Users/NAME` or `profile=` in "
			 "/etc/immensity-kernel.conf");
	return r;
}

/* The part of a path that lies beneath the drive; NULL when it does not. */
static const char *beneath(const char *root, const char *path)
{
	size_t len = strlen(root);

	while (len > 1 && root[len - 1] == '/')
		len--;
	if (strncmp(path, root, len) != 0 || path[len] != '/')
		return NULL;
	while (path[len] == '/')
		len++;
	return path + len;
}

/* Opens a profile given as text beneath the drive; a trailing slash does no harm. */
static int open_profile(const struct ik_drive *drive, const char *relative, const char *path,
			struct ik_place *ret, struct ik_err *err)
{
	char text[IK_PLACE_BYTES];
	struct ik_err seen = {0};
	size_t len;
	int r;

	if (snprintf(text, sizeof(text), "%s", relative) >= (int)sizeof(text))
		return no_profile(err, path);
	for (len = strlen(text); len > 0 && text[len - 1] == '/'; len--)
		text[len - 1] = '\0';
	r = open_relative(drive, text, ret, &seen);
	if (seen.code == IK_E_PATH_MISSING)
		return no_profile(err, path);
	if (r < 0 && err)
		*err = seen;
	return r;
}

int ik_place_profile(const struct ik_drive *drive, const char *path, struct ik_place *ret,
		     struct ik_err *err)
{
	const char *relative = beneath(drive->path, path);
	int r;

	if (relative)
		return open_profile(drive, relative, path, ret, err);
	r = ik_err_set(err, IK_E_PATH_ESCAPES, 0, "profile \"%s\" is not on drive \"%s\"", path,
		       drive->path);
	ik_err_hint(err, "the profile must lie on the Windows system drive");
	return r;
}

int ik_place_profile_windows(const struct ik_drive *drive, const char *path, struct ik_place *ret,
			     struct ik_err *err)
{
	struct ik_strbuf ik_autostrbuf real = {0};
	char relative[IK_WINPATH_BYTES];
	struct ik_err seen = {0};
	char letter;
	int r;

	if (ik_winpath_to_relative(path, &letter, relative, NULL) < 0 || letter != drive->letter)
		return 0;
	r = ik_path_resolve_nocase(drive->fd, relative, &real, &seen);
	if (seen.code == IK_E_PATH_MISSING)
		return 0;
	if (r >= 0)
		r = open_relative(drive, ik_strbuf_str(&real), ret, &seen);
	if (r < 0 && err)
		*err = seen;
	return r < 0 ? r : 1;
}

static bool is_template(const char *name)
{
	static const char *const names[] = {".",	 "..",		 "Public",     "Default",
					    "All Users", "Default User", "desktop.ini"};

	for (size_t i = 0; i < IK_ARRAY_SIZE(names); i++) {
		if (strcasecmp(names[i], name) == 0)
			return true;
	}
	return false;
}

static int no_memory(struct ik_err *err, const char *what)
{
	return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, ENOMEM, "looking for \"%s\"", what);
}

/*
 * What cannot be opened or looked into belongs to somebody else, and is no profile of this user. But who
 * has no memory to look must not take the other profile for the only one.
 */
static int unless_memory(int r, int otherwise, struct ik_err *err)
{
	return r == -ENOMEM ? no_memory(err, "Users") : otherwise;
}

/* 1 = it is there; 0 = it is not, or nobody may know. */
static int has_name(int fd, const char *name, struct ik_err *err)
{
	struct ik_strbuf ik_autostrbuf real = {0};
	int r = ik_path_resolve_nocase(fd, name, &real, NULL);

	return unless_memory(r, r >= 0, err);
}

/* 1 = the entry is a profile and now open. */
static int try_profile(const struct ik_drive *drive, const char *users, const char *name,
		       struct ik_place *ret, struct ik_err *err)
{
	struct ik_place ik_autoplace place = {.fd = -EBADF};
	char relative[IK_PLACE_BYTES];
	int r;

	if (is_template(name))
		return 0;
	/* "Users" and a name: far shorter than its place */
	(void)snprintf(relative, sizeof(relative), "%s/%s", users, name);
	r = open_relative(drive, relative, &place, NULL);
	if (r < 0)
		return unless_memory(r, 0, err);
	r = has_name(place.fd, "NTUSER.DAT", err);
	if (r == 0)
		r = has_name(place.fd, IK_NAME_WSLCONFIG, err);
	if (r <= 0)
		return r;
	*ret = place;
	place.fd = -EBADF;
	return 1;
}

/* Lists Users: how many profiles there are, and the last one. */
static int count_profiles(const struct ik_drive *drive, const char *users, DIR *dir,
			  struct ik_place *found, struct ik_err *err)
{
	const char *name;
	int r, count = 0;

	while ((r = ik_dirlist_next(dir, &name, err)) > 0) {
		struct ik_place place = {.fd = -EBADF};

		r = try_profile(drive, users, name, &place, err);
		if (r < 0)
			return r;
		if (r == 0)
			continue;
		ik_place_close(found);
		*found = place;
		count++;
	}
	return r < 0 ? r : count;
}

int ik_place_profile_find(const struct ik_drive *drive, unsigned *ret_count, struct ik_place *ret,
			  struct ik_err *err)
{
	struct ik_strbuf ik_autostrbuf users = {0};
	struct ik_place ik_autoplace found = {.fd = -EBADF};
	DIR ik_autodirlist *dir = NULL;
	ik_autoclose int fd = -EBADF;
	int r;

	*ret_count = 0;
	r = ik_path_resolve_nocase(drive->fd, "Users", &users, NULL);
	if (r >= 0)
		r = ik_path_open_dir(drive->fd, ik_strbuf_str(&users), &fd, NULL);
	if (r < 0)
		return unless_memory(r, 0, err);
	r = ik_dirlist_open(&fd, &dir, err);
	if (r >= 0)
		r = count_profiles(drive, ik_strbuf_str(&users), dir, &found, err);
	if (r < 0)
		return r;
	*ret_count = (unsigned)r;
	if (r) {
		*ret = found;
		found.fd = -EBADF;
	}
	return 0;
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
