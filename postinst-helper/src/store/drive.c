/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A candidate counts only when Windows/System32 is in it: /mnt/c may be an ordinary directory.
 */
#include "store/drive.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "codec/mountopt.h"
#include "os/mounts.h"
#include "os/pathcase.h"
#include "os/pathres.h"
#include "os/sys.h"
#include "store/names.h"

#define MOUNTINFO      "/proc/self/mountinfo"
#define VIRTIOFS_LINKS "/run/wsl/virtiofs"

void ik_drive_close(struct ik_drive *drive)
{
	if (drive)
		drive->fd = ik_close(drive->fd);
}

/* Where nobody can tell, that is an error, not a "no". */
static int has_system32(int fd, const char *where, struct ik_err *err)
{
	struct ik_strbuf ik_autostrbuf path = {0};
	struct ik_err seen = {0};
	int r = ik_path_resolve_nocase(fd, IK_NAME_SYSTEM32, &path, &seen);

	if (r == -ENOMEM)
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, r, "looking for Windows");
	if (seen.code != IK_E_IO_FAILED && seen.code != IK_E_PATH_DENIED)
		return r >= 0;
	r = ik_err_set(err, IK_E_DRIVE_MISSING, r, "drive \"%s\" cannot be looked at: %s", where,
		       seen.message);
	ik_err_hint(err, "run the command again; if it stays so, `wsl --shutdown` from Windows");
	return r;
}

int ik_drive_open(const char *path, char letter, struct ik_drive *ret, struct ik_err *err)
{
	struct ik_drive ik_autodrive drive = {.fd = -EBADF, .letter = letter, .given = true};
	ik_autofree char *fstype = NULL;
	struct statvfs vfs;
	int r;

	r = ik_sys_open_read(path, O_DIRECTORY, &drive.fd);
	if (r < 0) {
		r = ik_err_set(err, IK_E_DRIVE_MISSING, r, "drive \"%s\"", path);
		ik_err_hint(err, "name the directory where the Windows system drive is mounted");
		return r;
	}
	if (snprintf(drive.path, sizeof(drive.path), "%s", path) >= (int)sizeof(drive.path))
		return ik_err_set(err, IK_E_ARGUMENT_BAD, ENAMETOOLONG, "drive \"%.64s…\"", path);
	r = has_system32(drive.fd, path, err);
	if (r < 0)
		return r;
	if (r == 0) {
		r = ik_err_set(err, IK_E_DRIVE_NOT_SYSTEM, ENOENT,
			       "\"%s\" is no Windows system drive: it has no Windows/System32",
			       path);
		ik_err_hint(err, "name the drive that Windows itself is on");
		return r;
	}
	drive.read_only = fstatvfs(drive.fd, &vfs) == 0 && (vfs.f_flag & ST_RDONLY);
	if (ik_mount_fstype_of(MOUNTINFO, drive.fd, &fstype, NULL) >= 0)
		(void)snprintf(drive.fstype, sizeof(drive.fstype), "%s", fstype);
	r = ik_priv_choose_user(false, drive.user, drive.fd, &drive.user, err);
	if (r < 0)
		return r;
	*ret = drive;
	drive.fd = -EBADF;
	return 0;
}

/* Takes apart what a mount line says of itself; false = not a whole drive. */
static bool mount_facts(const struct ik_mount *mount, char *ret_letter, bool *ret_has_ids,
			struct ik_priv_user *ret_ids)
{
	struct ik_mountopt_drvfs drvfs;
	char aname[512];
	const char *value;
	size_t len;

	*ret_has_ids = false;
	*ret_letter = ik_mountopt_drive_letter(mount->windows_path);
	if (mount->kind == IK_MOUNT_9P && ik_mountopt_find(mount->options, "aname", &value, &len) &&
	    len < sizeof(aname)) {
		(void)snprintf(aname, sizeof(aname), "%.*s", (int)len, value);
		if (ik_mountopt_drvfs(aname, &drvfs, NULL) > 0) {
			*ret_letter = drvfs.drive_letter;
			*ret_has_ids = drvfs.has_uid;
			ret_ids->uid = drvfs.uid;
			ret_ids->gid = drvfs.has_gid ? drvfs.gid : drvfs.uid;
		}
	}
	return *ret_letter != 0;
}

/* 1 = this mount is a Windows system drive and now open; on an error, its letter at least is told. */
static int try_mount(const struct ik_mount *mount, struct ik_drive *ret, struct ik_err *err)
{
	struct ik_drive ik_autodrive drive = {.fd = -EBADF};
	struct ik_priv_user ids = {0};
	bool has_ids;
	int r;

	if (!mount->visible || mount->kind == IK_MOUNT_DRVFS ||
	    !mount_facts(mount, &drive.letter, &has_ids, &ids))
		return 0;
	ret->letter = drive.letter;
	r = ik_mount_open(mount, &drive.fd, err);
	if (r < 0)
		return r;
	r = has_system32(drive.fd, mount->mount_point, err);
	if (r <= 0)
		return r;
	if (snprintf(drive.path, sizeof(drive.path), "%s", mount->mount_point) >=
	    (int)sizeof(drive.path))
		return 0;
	(void)snprintf(drive.fstype, sizeof(drive.fstype), "%s", mount->fstype);
	drive.read_only = mount->read_only;
	r = ik_priv_choose_user(has_ids, ids, drive.fd, &drive.user, err);
	if (r < 0)
		return r;
	*ret = drive;
	drive.fd = -EBADF;
	return 1;
}

static int no_drive(char letter, struct ik_err *err)
{
	char name[] = "any";
	int r;

	if (letter)
		(void)snprintf(name, sizeof(name), "%c:", letter);
	r = ik_err_set(err, IK_E_DRIVE_MISSING, 0, "no Windows system drive is mounted (%s)", name);
	ik_err_hint(err, "mount it (automount in /etc/wsl.conf), then run `immensity-kernel "
			 "install`; or name it with `drive=` in /etc/immensity-kernel.conf");
	return r;
}

int ik_drive_find(char letter, char hint, struct ik_drive *ret, struct ik_err *err)
{
	struct ik_mounts ik_automounts mounts = {0};
	struct ik_drive ik_autodrive best = {.fd = -EBADF};
	struct ik_err last = {0};
	char preferred = hint ? hint : 'C';
	bool ambiguous = false, unseen = false;
	int r = ik_mounts_load(MOUNTINFO, VIRTIOFS_LINKS, &mounts, err);

	for (size_t i = 0; r >= 0 && i < mounts.count; i++) {
		struct ik_drive drive = {.fd = -EBADF};
		int found = try_mount(&mounts.list[i], &drive, &last);

		unseen = unseen || (found < 0 && drive.letter == preferred);
		if (found <= 0)
			continue;
		if ((letter && drive.letter != letter) ||
		    (best.fd >= 0 && (best.letter == preferred || best.letter == drive.letter))) {
			ik_drive_close(&drive);
			continue;
		}
		ambiguous = best.fd >= 0 && drive.letter != preferred;
		ik_drive_close(&best);
		best = drive;
	}
	if (r < 0)
		return r;
	/* The one that would have been taken cannot be looked at: an old Windows on another drive is not meant. */
	if ((best.fd < 0 && last.code != IK_E_NONE) ||
	    (unseen && !letter && best.letter != preferred)) {
		if (err)
			*err = last;
		return -ENODEV;
	}
	if (best.fd < 0)
		return no_drive(letter, err);
	if (ambiguous) {
		r = ik_err_set(err, IK_E_DRIVE_AMBIGUOUS, 0, "several drives hold a Windows");
		ik_err_hint(err, "name the one in use with `drive_letter=` in "
				 "/etc/immensity-kernel.conf");
		return r;
	}
	*ret = best;
	best.fd = -EBADF;
	return 0;
}
