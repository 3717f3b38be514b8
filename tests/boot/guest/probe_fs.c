// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Probes of files: file systems and file operations that WSL's init, systemd and our installer
 * rely on.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "probe.h"

/* /dev/fuse opens and a file system of that type is mounted; nobody answers its requests. */
int probe_fuse(int argc, char **argv)
{
	char options[128];
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	(void)argc;
	(void)argv;
	if (fd < 0)
		return probe_fail("open /dev/fuse");
	mkdir("/tmp/fuse", 0755);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	if (mount("probe", "/tmp/fuse", "fuse", MS_NOSUID | MS_NODEV, options) < 0)
		return probe_fail("mount -t fuse");
	if (umount2("/tmp/fuse", MNT_DETACH) < 0)
		return probe_fail("umount");
	rmdir("/tmp/fuse");
	close(fd);
	return 0;
}

/* A pseudo terminal of the devpts on /dev/pts carries text. */
int probe_pty(int argc, char **argv)
{
	char text[16] = "";
	int user, master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	(void)argc;
	(void)argv;
	if (master < 0)
		return probe_fail("open /dev/ptmx");
	if (grantpt(master) < 0 || unlockpt(master) < 0)
		return probe_fail("unlockpt");
	user = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (user < 0)
		return probe_fail(ptsname(master));
	if (write(user, "pty", 3) != 3 || read(master, text, sizeof(text) - 1) != 3 ||
	    strcmp(text, "pty") != 0)
		return probe_wrong("what was written to the terminal did not arrive");
	return 0;
}

/* probe xattr DIR: extended attributes and access control lists can be set there. */
int probe_xattr(int argc, char **argv)
{
	/* version 2, then tag, rights, id: user::rw- user:1000:r-- group::r-- mask::r-- other::--- */
	static const unsigned char acl[] = {
		// clang-format off
		2, 0, 0, 0,
		0x01, 0, 6, 0, 0xff, 0xff, 0xff, 0xff,
		0x02, 0, 4, 0, 0xe8, 0x03, 0, 0,
		0x04, 0, 4, 0, 0xff, 0xff, 0xff, 0xff,
		0x10, 0, 4, 0, 0xff, 0xff, 0xff, 0xff,
		0x20, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
		// clang-format on
	};
	char path[256], value[16] = "";
	int fd;

	if (argc < 2)
		return probe_wrong("usage: probe xattr DIR");
	snprintf(path, sizeof(path), "%s/attributed", argv[1]);
	fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0644);
	if (fd < 0)
		return probe_fail(path);
	if (fsetxattr(fd, "trusted.probe", "value", 5, 0) < 0)
		return probe_fail("trusted.probe");
	if (fgetxattr(fd, "trusted.probe", value, sizeof(value)) != 5 ||
	    strcmp(value, "value") != 0)
		return probe_wrong("the attribute reads back differently");
	if (fsetxattr(fd, "system.posix_acl_access", acl, sizeof(acl), 0) < 0)
		return probe_fail("system.posix_acl_access");
	close(fd);
	return unlink(path) < 0 ? probe_fail("unlink") : 0;
}

/* File handles and fanotify, which systemd asks for. */
int probe_handles(int argc, char **argv)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} id = {.handle = {.handle_bytes = MAX_HANDLE_SZ}};
	int mount_id, fd;

	(void)argc;
	(void)argv;
	if (name_to_handle_at(AT_FDCWD, "/tmp", &id.handle, &mount_id, 0) < 0)
		return probe_fail("name_to_handle_at");
	fd = fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC, O_RDONLY);
	if (fd < 0)
		return probe_fail("fanotify_init");
	if (fanotify_mark(fd, FAN_MARK_ADD, FAN_CLOSE_WRITE, AT_FDCWD, "/tmp") < 0)
		return probe_fail("fanotify_mark");
	close(fd);
	return 0;
}

/*
 * probe rewrite FILE TEXT: overwrites FILE in place, cuts it to the text's length and flushes it,
 * as our installer treats the kernel on the drive: same inode, same hard links.
 */
int probe_rewrite(int argc, char **argv)
{
	struct stat before, after;
	size_t length;
	int fd;

	if (argc < 3)
		return probe_wrong("usage: probe rewrite FILE TEXT");
	length = strlen(argv[2]);
	fd = open(argv[1], O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &before) < 0)
		return probe_fail(argv[1]);
	if (pwrite(fd, argv[2], length, 0) != (ssize_t)length)
		return probe_fail("pwrite");
	if (fsync(fd) < 0)
		return probe_fail("fsync");
	if (ftruncate(fd, (off_t)length) < 0)
		return probe_fail("ftruncate");
	if (fsync(fd) < 0 || close(fd) < 0)
		return probe_fail("fsync after ftruncate");
	if (stat(argv[1], &after) < 0)
		return probe_fail("stat");
	if (after.st_ino != before.st_ino || after.st_nlink != before.st_nlink ||
	    after.st_size != (off_t)length)
		return probe_wrong("inode, link count or size is not what it should be");
	return 0;
}
