/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is official or foreign gets a name that nothing else has; only our own former image is replaced, and that late:
 * whatever is refused before the overwriting must not cost it.
 */
#include "store/keep.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "io/afile.h"
#include "io/fault.h"
#include "io/stage.h"
#include "os/pathres.h"
#include "os/sys.h"
#include "store/names.h"
#include "store/seal.h"

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

/*
 * Writes the first official image's digest down where that is not done yet: its copy was just proved, or found good. A
 * crash before it is harmless; the next run does it.
 */
static int seal_first(int dir_fd, struct ik_backups *b, struct ik_err *err)
{
	int r = 0;

	for (size_t i = 0; b->seal == IK_SEAL_NONE && r >= 0 && i < b->count; i++) {
		if (!b->list[i].first_official || !b->list[i].good)
			continue;
		r = ik_seal_put(dir_fd, &b->list[i].image.whole, err);
		if (r >= 0)
			b->seal = IK_SEAL_WHOLE;
	}
	return r;
}

/* Somebody deleted the first official image: what is written down of it must not speak of the next one. */
static int unseal(int dir_fd, struct ik_backups *b, struct ik_err *err)
{
	int r = b->seal == IK_SEAL_NONE ? 0 : ik_seal_drop(dir_fd, err);

	if (r >= 0)
		b->seal = IK_SEAL_NONE;
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
		return seal_first(dir_fd, b, err);
	}
	r = name_copy(dir_fd, b, image, ret_file, err);
	if (r >= 0 && strcmp(ret_file, IK_NAME_OFFICIAL) == 0)
		r = unseal(dir_fd, b, err);
	if (r < 0)
		return r;
	stage.name = ret_file;
	stage.waits = strcmp(ret_file, IK_NAME_PREV) == 0;
	r = ik_stage_copy(&stage, progress, err);
	if (r >= 0)
		r = ik_backups_enter(b, ret_file, image, err);
	if (r >= 0)
		r = seal_first(dir_fd, b, err);
	return r < 0 ? r : stage.waits;
}

/*
 * NTFS writes its log when a file is flushed, and may ignore the flush of a directory: the head that is zeroed next must
 * not reach the disk before this name.
 */
static int flush_name(int dir_fd, struct ik_err *err)
{
	ik_autoclose int fd = -EBADF;
	int r = ik_path_open_regular(dir_fd, IK_NAME_PREV, O_RDWR, &fd, NULL, err);

	if (r < 0)
		return r;
	r = ik_sys_fsync(fd);
	if (r < 0)
		return ik_io_fault(r, err, "flushing \"%s\"", IK_NAME_PREV);
	ik_sys_fsync_dir(dir_fd);
	return 0;
}

int ik_backup_place(int dir_fd, struct ik_err *err)
{
	int r = ik_sys_rename(dir_fd, IK_NAME_TEMP, dir_fd, IK_NAME_PREV);

	if (r < 0)
		return ik_io_fault(r, err, "renaming \"%s\" to \"%s\"", IK_NAME_TEMP, IK_NAME_PREV);
	return flush_name(dir_fd, err);
}
