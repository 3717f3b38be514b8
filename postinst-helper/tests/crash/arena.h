/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A place of its own for a crash suite: private mount and process namespaces, a tmpfs that goes away
 * with it, empty /run/lock and /var/log, and file systems made of image files.
 * It must not know the program under test.
 */
#ifndef CRASH_ARENA_H
#define CRASH_ARENA_H

#include <stdbool.h>
#include <stddef.h>

enum arena_fs {
	ARENA_TMPFS,
	ARENA_EXT4, /* loop mount */
	ARENA_NTFS, /* ntfs-3g on an image file */
	ARENA_FUSE, /* the recorder as a plain pass-through, direct I/O as WSL's virtiofs */
};

/*
 * Enters the arena: returns in a child process that lives in it; the caller's process waits for it and
 * ends with its status. Everything in it dies with it. Without root the suite is skipped.
 */
void arena_enter(void);

/* Directory of the arena's tmpfs; static. */
const char *arena_dir(void);

/* Mounts an empty file system at <arena>/<name>; path gets the mount point. */
void arena_mount(enum arena_fs fs, const char *name, char *path, size_t size);

/* Unmounts it again. */
void arena_unmount(const char *path);

const char *arena_fs_name(enum arena_fs fs);

/* Path of a helper program that lies beside the running one. */
void arena_helper(const char *name, char *path, size_t size);

#endif
