/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A backup is trusted for what was read back from it now, never for its name alone; a name with a
 * digest in it must agree with the content.
 */
#include "store/backup.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "codec/relver.h"
#include "io/afile.h"
#include "io/fault.h"
#include "io/stage.h"
#include "os/dirlist.h"
#include "store/names.h"

void ik_backups_done(struct ik_backups *b)
{
	if (!b)
		return;
	free(b->list);
	b->list = NULL;
	b->count = 0;
}

/* What a file name says: the origin, and where the digest begins in it (NULL = none). */
static enum ik_kind origin_of(const char *file, const char **ret_hex)
{
	*ret_hex = NULL;
	if (strcasecmp(file, IK_NAME_OFFICIAL) == 0)
		return IK_KIND_OFFICIAL;
	if (strcasecmp(file, IK_NAME_PREV) == 0)
		return IK_KIND_OURS;
	if (strlen(file) !=
		    strlen(IK_NAME_OFFICIAL_MORE) + IK_NAME_SHORT_HEX + strlen(IK_NAME_SUFFIX) &&
	    strlen(file) !=
		    strlen(IK_NAME_FOREIGN_MORE) + IK_NAME_SHORT_HEX + strlen(IK_NAME_SUFFIX))
		return IK_KIND_UNKNOWN;
	if (strncasecmp(file, IK_NAME_OFFICIAL_MORE, strlen(IK_NAME_OFFICIAL_MORE)) == 0) {
		*ret_hex = file + strlen(IK_NAME_OFFICIAL_MORE);
		return IK_KIND_OFFICIAL;
	}
	if (strncasecmp(file, IK_NAME_FOREIGN_MORE, strlen(IK_NAME_FOREIGN_MORE)) == 0) {
		*ret_hex = file + strlen(IK_NAME_FOREIGN_MORE);
		return IK_KIND_FOREIGN;
	}
	return IK_KIND_UNKNOWN;
}

static void describe(struct ik_backup *backup, const char *name_hex)
{
	char hex[IK_SHA256_HEX];

	ik_digest_hex(&backup->image.whole, hex);
	backup->good = backup->image.kind != IK_KIND_TORN &&
		       (!name_hex || strncasecmp(name_hex, hex, IK_NAME_SHORT_HEX) == 0);
	if (strcasecmp(backup->file, IK_NAME_PREV) == 0)
		(void)snprintf(backup->id, sizeof(backup->id), "previous");
	else
		(void)snprintf(backup->id, sizeof(backup->id), "%s-%.12s",
			       ik_kind_name(backup->origin), name_hex ? name_hex : hex);
}

/* Looks at one directory entry; 1 = it is a backup. */
static int load_one(int dir_fd, const char *file, const struct ik_progress *progress,
		    struct ik_backup *ret, struct ik_err *err)
{
	struct ik_backup backup = {0};
	struct ik_err seen = {0};
	const char *hex;
	int r;

	backup.origin = origin_of(file, &hex);
	if (backup.origin == IK_KIND_UNKNOWN)
		return 0; /* so the name is one of ours, which all are short */
	(void)snprintf(backup.file, sizeof(backup.file), "%.*s", IK_BACKUP_NAME_BYTES - 1, file);
	r = ik_target_look(dir_fd, file, IK_TARGET_DIGEST, progress, &backup.image, &seen);
	if (seen.code == IK_E_INTERRUPTED || r == -ENOMEM) {
		if (err)
			*err = seen;
		return r;
	}
	if (r < 0 || backup.image.kind == IK_KIND_MISSING)
		return 0;
	backup.first_official = strcasecmp(file, IK_NAME_OFFICIAL) == 0;
	(void)origin_of(backup.file, &hex);
	describe(&backup, hex);
	*ret = backup;
	return 1;
}

static int rank(const struct ik_backup *b)
{
	return b->origin == IK_KIND_OFFICIAL ? 0 : b->origin == IK_KIND_FOREIGN ? 1 : 2;
}

static int compare(const void *x, const void *y)
{
	const struct ik_backup *a = x, *b = y;
	struct ik_relver va, vb;
	int r = rank(a) - rank(b);

	if (r == 0 && ik_relver_parse(a->image.image.release, &va, NULL) >= 0 &&
	    ik_relver_parse(b->image.image.release, &vb, NULL) >= 0)
		r = ik_relver_compare(&va, &vb);
	if (r == 0)
		r = (a->image.id.mtime.tv_sec > b->image.id.mtime.tv_sec) -
		    (a->image.id.mtime.tv_sec < b->image.id.mtime.tv_sec);
	return r ? r : strcmp(a->file, b->file);
}

static int append(struct ik_backups *b, const struct ik_backup *backup, struct ik_err *err)
{
	struct ik_backup *list = reallocarray(b->list, b->count + 1, sizeof(*list));

	if (!list)
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, ENOMEM, "listing backups");
	list[b->count++] = *backup;
	b->list = list;
	return 0;
}

int ik_backups_load(int dir_fd, const struct ik_progress *progress, struct ik_backups *ret,
		    struct ik_err *err)
{
	struct ik_backups ik_autobackups out = {0};
	DIR ik_autodirlist *dir = NULL;
	ik_autoclose int fd = -EBADF;
	const char *name;
	int r = ik_path_open_dir(dir_fd, ".", &fd, err);

	if (r >= 0)
		r = ik_dirlist_open(&fd, &dir, err);
	while (r >= 0 && (r = ik_dirlist_next(dir, &name, err)) > 0) {
		struct ik_backup backup;

		r = load_one(dir_fd, name, progress, &backup, err);
		if (r > 0)
			r = append(&out, &backup, err);
	}
	if (r < 0)
		return r;
	if (out.count)
		qsort(out.list, out.count, sizeof(*out.list), compare);
	*ret = out;
	out = (struct ik_backups){0};
	return 0;
}

const struct ik_backup *ik_backups_find(const struct ik_backups *b, const struct ik_sha256 *digest,
					uint64_t size_bytes)
{
	for (size_t i = 0; i < b->count; i++) {
		if (b->list[i].good && b->list[i].image.id.size_bytes == size_bytes &&
		    ik_digest_is_equal(&b->list[i].image.whole, digest))
			return &b->list[i];
	}
	return NULL;
}

/* Does the entry answer to that name? */
static bool answers(const struct ik_backup *backup, const char *name,
		    const struct ik_sha256 *previous)
{
	if (strcmp(name, "official") == 0)
		return backup->origin == IK_KIND_OFFICIAL && backup->good;
	if (strcmp(name, "first") == 0)
		return backup->first_official;
	if (strcmp(name, "previous") == 0 && previous)
		return ik_digest_is_equal(&backup->image.whole, previous);
	return strncmp(backup->id, name, strlen(name)) == 0;
}

int ik_backups_select(const struct ik_backups *b, const char *name,
		      const struct ik_sha256 *previous, const struct ik_backup **ret,
		      struct ik_err *err)
{
	const struct ik_backup *found = NULL;
	bool word = strcmp(name, "official") == 0 || strcmp(name, "first") == 0 ||
		    strcmp(name, "previous") == 0;
	int r;

	for (size_t i = 0; i < b->count; i++) {
		if (!answers(&b->list[i], name, previous))
			continue;
		if (found && !word && strcmp(found->id, b->list[i].id) != 0)
			return ik_err_set(err, IK_E_ARGUMENT_BAD, 0,
					  "\"%s\" fits more than one backup", name);
		found = &b->list[i]; /* sorted by release: the last official one is the newest */
	}
	if (!found) {
		r = ik_err_set(err, IK_E_BACKUP_MISSING, ENOENT, "no backup \"%s\"", name);
		ik_err_hint(err, "`immensity-kernel backups` lists them; from Windows, `wsl "
				 "--update` brings Microsoft's kernel back");
		return r;
	}
	if (!found->good) {
		r = ik_err_set(err, IK_E_BACKUP_BAD, EIO, "backup \"%s\" (%s) is damaged", name,
			       found->file);
		ik_err_hint(err, "choose another one from `immensity-kernel backups`");
		return r;
	}
	*ret = found;
	return 0;
}

/*
 * Is there no first official image yet? The directory is asked, too: what could not be read a moment ago is in no list
 * (a scanner had it open, a sector was slow), and must not be replaced all the same. 1 = none.
 */
static int is_first(int dir_fd, const struct ik_backups *b, struct ik_err *err)
{
	struct ik_err seen = {0};
	struct ik_file_id id;
	int r;

	for (size_t i = 0; i < b->count; i++) {
		if (b->list[i].first_official)
			return 0;
	}
	r = ik_path_identify(dir_fd, IK_NAME_OFFICIAL, &id, &seen);
	if (seen.code == IK_E_PATH_MISSING)
		return 1;
	if (r < 0 && err)
		*err = seen;
	return r < 0 ? r : 0;
}

/* Name for a new copy of an image: by origin, and for all but our own by digest. */
static int name_copy(int dir_fd, const struct ik_backups *b, const struct ik_target *image,
		     char ret_file[IK_BACKUP_NAME_BYTES], struct ik_err *err)
{
	char hex[IK_SHA256_HEX];
	int first = 0;

	if (image->kind == IK_KIND_OURS) {
		(void)snprintf(ret_file, IK_BACKUP_NAME_BYTES, "%s", IK_NAME_PREV);
		return 0;
	}
	if (image->kind == IK_KIND_OFFICIAL)
		first = is_first(dir_fd, b, err);
	if (first < 0)
		return first;
	ik_digest_hex(&image->whole, hex);
	if (first)
		(void)snprintf(ret_file, IK_BACKUP_NAME_BYTES, "%s", IK_NAME_OFFICIAL);
	else
		(void)snprintf(ret_file, IK_BACKUP_NAME_BYTES, "%s%.12s%s",
			       image->kind == IK_KIND_OFFICIAL ? IK_NAME_OFFICIAL_MORE :
								 IK_NAME_FOREIGN_MORE,
			       hex, IK_NAME_SUFFIX);
	return 0;
}

/* Enters a copy that was just made and proved; one by that name was replaced. */
static int enter(struct ik_backups *b, const char *file, const struct ik_target *image,
		 struct ik_err *err)
{
	struct ik_backup backup = {.image = *image};
	const char *hex;
	int r;

	for (size_t i = 0; i < b->count; i++) {
		if (strcasecmp(b->list[i].file, file) != 0)
			continue;
		b->list[i] = b->list[--b->count];
		break;
	}
	(void)snprintf(backup.file, sizeof(backup.file), "%s", file);
	backup.origin = origin_of(backup.file, &hex);
	backup.first_official = strcasecmp(file, IK_NAME_OFFICIAL) == 0;
	describe(&backup, hex);
	r = append(b, &backup, err);
	if (r >= 0)
		qsort(b->list, b->count, sizeof(*b->list), compare);
	return r;
}

int ik_backup_keep(int dir_fd, struct ik_backups *b, const struct ik_target *image, int fd,
		   const struct ik_progress *progress, char ret_file[IK_BACKUP_NAME_BYTES],
		   struct ik_err *err)
{
	const struct ik_backup *there = ik_backups_find(b, &image->whole, image->id.size_bytes);
	int r;
	struct ik_stage stage = {
		.from_fd = fd,
		.size_bytes = image->id.size_bytes,
		.digest = image->whole,
		.dir_fd = dir_fd,
		.temp = IK_NAME_TEMP,
		.what = "backing up",
		.names_later = true,
	};

	if (there) {
		(void)snprintf(ret_file, IK_BACKUP_NAME_BYTES, "%s", there->file);
		return 0;
	}
	r = name_copy(dir_fd, b, image, ret_file, err);
	if (r < 0)
		return r;
	stage.name = ret_file;
	r = ik_stage_copy(&stage, progress, err);
	return r < 0 ? r : enter(b, ret_file, image, err);
}
