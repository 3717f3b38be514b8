/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whoever may not be looked at is no profile of this user; whoever could not be looked at for want of
 * memory is not passed over, since one profile is trusted and two are not.
 */
#include "store/profile.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/strbuf.h"
#include "os/dirlist.h"
#include "os/pathcase.h"
#include "os/pathres.h"
#include "store/names.h"

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
	r = ik_place_open(drive, text, ret, &seen);
	if (seen.code == IK_E_PATH_MISSING)
		return no_profile(err, path);
	if (r < 0 && err)
		*err = seen;
	return r;
}

int ik_profile_named(const struct ik_drive *drive, const char *path, struct ik_place *ret,
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

int ik_profile_of_windows(const struct ik_drive *drive, const char *path, struct ik_place *ret,
			  struct ik_err *err)
{
	struct ik_strbuf ik_autostrbuf real = {0};
	char relative[IK_WINPATH_BYTES];
	struct ik_err seen = {0};
	char letter;
	int r;

	/* WSL reads that user's .wslconfig alone: nobody else's takes its place. */
	if (ik_winpath_to_relative(path, &letter, relative, NULL) < 0 || letter != drive->letter) {
		r = ik_err_set(err, IK_E_PROFILE_MISSING, EXDEV,
			       "the Windows profile \"%.200s\" is not on drive %c:", path,
			       drive->letter);
		ik_err_hint(err, "only a profile on the Windows system drive can be used");
		return r;
	}
	r = ik_path_resolve_nocase(drive->fd, relative, &real, &seen);
	if (seen.code == IK_E_PATH_MISSING)
		return 0;
	if (r >= 0)
		r = ik_place_open(drive, ik_strbuf_str(&real), ret, &seen);
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

/*
 * What cannot be opened or looked into belongs to somebody else, and is no profile of this user. But who
 * has no memory to look must not take the other profile for the only one.
 */
static int unless_memory(int r, int otherwise, struct ik_err *err)
{
	if (r != -ENOMEM)
		return otherwise;
	return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, ENOMEM, "looking for \"Users\"");
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
	r = ik_place_open(drive, relative, &place, NULL);
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

/*
 * Lists Users. A profile in which our kernel= was set is found before any other: a removal must find it although
 * nobody names the profile any more.
 */
static int count_profiles(const struct ik_drive *drive, const char *users, DIR *dir,
			  struct ik_profile_count *count, struct ik_place *found,
			  struct ik_err *err)
{
	const char *name;
	int r;

	while ((r = ik_dirlist_next(dir, &name, err)) > 0) {
		struct ik_place ik_autoplace place = {.fd = -EBADF};

		r = try_profile(drive, users, name, &place, err);
		if (r == 0)
			continue;
		if (r > 0)
			r = has_name(place.fd, IK_NAME_WSLC_UNDO, err);
		if (r < 0)
			return r;
		count->all++;
		if (r == 0 && count->ours > 0)
			continue;
		count->ours += r > 0;
		ik_place_close(found);
		*found = place;
		place.fd = -EBADF;
	}
	return r;
}

/* Opens Users for a listing. 1; 0 = there is none, or nobody may know. */
static int open_users(const struct ik_drive *drive, struct ik_strbuf *ret_name, DIR **ret,
		      struct ik_err *err)
{
	ik_autoclose int fd = -EBADF;
	int r = ik_path_resolve_nocase(drive->fd, "Users", ret_name, NULL);

	if (r >= 0)
		r = ik_path_open_dir(drive->fd, ik_strbuf_str(ret_name), &fd, NULL);
	if (r < 0)
		return unless_memory(r, 0, err);
	r = ik_dirlist_open(&fd, ret, err);
	return r < 0 ? r : 1;
}

int ik_profile_find(const struct ik_drive *drive, struct ik_profile_count *ret_count,
		    struct ik_place *ret, struct ik_err *err)
{
	struct ik_strbuf ik_autostrbuf users = {0};
	struct ik_place ik_autoplace found = {.fd = -EBADF};
	struct ik_profile_count count = {0};
	DIR ik_autodirlist *dir = NULL;
	int r;

	*ret_count = count;
	r = open_users(drive, &users, &dir, err);
	if (r > 0)
		r = count_profiles(drive, ik_strbuf_str(&users), dir, &count, &found, err);
	if (r < 0)
		return r;
	*ret_count = count;
	if (count.all) {
		*ret = found;
		found.fd = -EBADF;
	}
	return 0;
}

/* A link in Users is one of Windows' own for old programs. */
static int show_one(const struct ik_drive *drive, const char *users, const char *name,
		    int (*fn)(void *ctx, const struct ik_place *profile), void *ctx)
{
	struct ik_place ik_autoplace place = {.fd = -EBADF};
	char relative[IK_PLACE_BYTES];
	struct ik_err seen = {0};

	/* "Users" and a name: far shorter than its place */
	(void)snprintf(relative, sizeof(relative), "%s/%s", users, name);
	if (ik_place_open(drive, relative, &place, &seen) == -ENOMEM)
		return -ENOMEM;
	if (seen.code != IK_E_NONE && seen.code != IK_E_PATH_DENIED && seen.code != IK_E_IO_FAILED)
		return 0;
	(void)snprintf(place.relative, sizeof(place.relative), "%s", relative);
	return fn(ctx, &place);
}

int ik_profile_each(const struct ik_drive *drive,
		    int (*fn)(void *ctx, const struct ik_place *profile), void *ctx,
		    struct ik_err *err)
{
	struct ik_strbuf ik_autostrbuf users = {0};
	DIR ik_autodirlist *dir = NULL;
	const char *name;
	int r = open_users(drive, &users, &dir, err);

	while (r > 0 && (r = ik_dirlist_next(dir, &name, err)) > 0) {
		int shown = is_template(name) ?
				    0 :
				    show_one(drive, ik_strbuf_str(&users), name, fn, ctx);

		if (shown < 0)
			return unless_memory(-ENOMEM, 0, err);
	}
	return r;
}
