/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A backup is trusted for what was read back from it now, never for its name alone; a name with a
 * digest in it must agree with the content, and any other with what is written down about it.
 */
#include "store/backup.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "codec/relver.h"
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
	/* Without a digest in its name it must at least be whole, and what the name says: a cut image is "foreign". */
	backup->good = name_hex ? backup->image.kind != IK_KIND_TORN &&
					  strncasecmp(name_hex, hex, IK_NAME_SHORT_HEX) == 0 :
		       backup->origin == IK_KIND_OURS ?
				  backup->image.image.release[0] != '\0' : /* of a whole image only */
				  backup->image.kind == backup->origin;
	if (strcasecmp(backup->file, IK_NAME_PREV) == 0)
		(void)snprintf(backup->id, sizeof(backup->id), "previous");
	else
		(void)snprintf(backup->id, sizeof(backup->id), "%s-%.12s",
			       ik_kind_name(backup->origin), name_hex ? name_hex : hex);
}

/*
 * Is it certain that the name stands for no backup? It went away, or is no regular file. All else that hinders a look
 * (a missing right, a scanner, a bad sector, a server that is tired) leaves open what is there.
 */
static bool is_no_backup(const struct ik_err *seen)
{
	return seen->code == IK_E_PATH_MISSING || seen->code == IK_E_PATH_SYMLINK ||
	       seen->code == IK_E_FILE_IS_DIRECTORY || seen->code == IK_E_FILE_IS_FIFO ||
	       seen->code == IK_E_FILE_IS_DEVICE || seen->code == IK_E_FILE_IS_SOCKET;
}

/* What is known of a backup that cannot be read: its name, and what that says. */
static void describe_unreadable(struct ik_backup *backup, const char *name_hex)
{
	memset(&backup->image, 0, sizeof(backup->image));
	backup->unreadable = true;
	if (backup->origin == IK_KIND_OURS)
		(void)snprintf(backup->id, sizeof(backup->id), "previous");
	else
		(void)snprintf(backup->id, sizeof(backup->id), "%s-%.12s",
			       ik_kind_name(backup->origin), name_hex ? name_hex : "unreadable");
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
	if (r < 0 ? is_no_backup(&seen) : backup.image.kind == IK_KIND_MISSING)
		return 0;
	backup.first_official = strcasecmp(file, IK_NAME_OFFICIAL) == 0;
	(void)origin_of(backup.file, &hex);
	if (r < 0)
		describe_unreadable(&backup, hex);
	else
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

/* Holds the list against what is written down about some of it. */
static int compare_seal(int dir_fd, struct ik_backups *b, struct ik_err *err)
{
	struct ik_seal seal;
	int r = ik_seal_load(dir_fd, &seal, err);

	if (r < 0)
		return r;
	b->seal = seal.state;
	for (size_t i = 0; i < b->count; i++) {
		struct ik_backup *one = &b->list[i];

		if (one->good && ik_seal_contradicts(&seal, one->file, &one->image.whole,
						     one->image.id.size_bytes))
			one->good = false;
	}
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
	if (r >= 0)
		r = compare_seal(dir_fd, &out, err);
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

static int missing(const char *name, struct ik_err *err)
{
	int r = ik_err_set(err, IK_E_BACKUP_MISSING, ENOENT, "no backup \"%s\"", name);

	ik_err_hint(err, "`immensity-kernel backups` lists them; from Windows, `wsl "
			 "--update` brings Microsoft's kernel back");
	return r;
}

static int not_good(const char *name, const struct ik_backup *found, struct ik_err *err)
{
	int r = ik_err_set(err, IK_E_BACKUP_BAD, EIO, "backup \"%s\" (%s) %s", name, found->file,
			   found->unreadable ? "cannot be read" : "is damaged");

	ik_err_hint(err,
		    found->unreadable ?
			    "end what holds it open or mend its rights and try again, or choose "
			    "another one from `immensity-kernel backups` with `restore --to ID`" :
			    "choose another one from `immensity-kernel backups`");
	return r;
}

/*
 * The newest one of an origin. That is not "the newest of those that could be read": an unreadable one may be newer, and
 * to put an older kernel back would look like success. A damaged one is of no use whatever happens, so a good one serves.
 */
static int newest(const struct ik_backups *b, enum ik_kind origin, const struct ik_backup **ret,
		  struct ik_err *err)
{
	const struct ik_backup *found = NULL, *lost = NULL;

	for (size_t i = 0; i < b->count; i++) {
		const struct ik_backup *one = &b->list[i];

		if (one->origin != origin)
			continue;
		if (one->good)
			found = one; /* sorted by release: the last one is the newest */
		else if (!lost || one->unreadable)
			lost = one;
	}
	if (lost && (lost->unreadable || !found))
		return not_good(ik_kind_name(origin), lost, err);
	if (!found)
		return missing(ik_kind_name(origin), err);
	*ret = found;
	return 0;
}

int ik_backups_original(const struct ik_backups *b, const struct ik_backup **ret,
			struct ik_err *err)
{
	for (size_t i = 0; i < b->count; i++) {
		if (b->list[i].origin == IK_KIND_OFFICIAL)
			return newest(b, IK_KIND_OFFICIAL, ret, err);
	}
	return newest(b, IK_KIND_FOREIGN, ret, err);
}

const struct ik_backup *ik_backups_newest_good(const struct ik_backups *b)
{
	const struct ik_backup *found = NULL;

	for (size_t i = 0; i < b->count; i++) {
		if (b->list[i].origin == IK_KIND_OFFICIAL && b->list[i].good)
			found = &b->list[i];
	}
	return found;
}

/* Does the entry answer to that name? */
static bool answers(const struct ik_backup *backup, const char *name,
		    const struct ik_sha256 *previous)
{
	if (strcmp(name, "first") == 0)
		return backup->first_official;
	if (strcmp(name, "previous") == 0 && previous)
		return !backup->unreadable && ik_digest_is_equal(&backup->image.whole, previous);
	return strncmp(backup->id, name, strlen(name)) == 0;
}

int ik_backups_select(const struct ik_backups *b, const char *name,
		      const struct ik_sha256 *previous, const struct ik_backup **ret,
		      struct ik_err *err)
{
	const struct ik_backup *found = NULL;
	bool word = strcmp(name, "first") == 0 || strcmp(name, "previous") == 0;

	if (strcmp(name, "official") == 0)
		return newest(b, IK_KIND_OFFICIAL, ret, err);
	for (size_t i = 0; i < b->count; i++) {
		if (!answers(&b->list[i], name, previous))
			continue;
		if (found && !word && strcmp(found->id, b->list[i].id) != 0)
			return ik_err_set(err, IK_E_ARGUMENT_BAD, 0,
					  "\"%s\" fits more than one backup", name);
		if (!found || !found->good || b->list[i].good)
			found = &b->list[i];
	}
	if (!found)
		return missing(name, err);
	if (!found->good)
		return not_good(name, found, err);
	*ret = found;
	return 0;
}

int ik_backups_enter(struct ik_backups *b, const char *file, const struct ik_target *image,
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
