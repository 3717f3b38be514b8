/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mounts that can be a Windows drive, as mountinfo shows them, with WSL's own rules on what
 * hides what. Which drive letter a line means is decided above, by codec/mountopt and store/drive.
 * It must not know drive letters, and never assumes /mnt/c.
 */
#ifndef IK_OS_MOUNTS_H
#define IK_OS_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

enum ik_mount_kind {
	IK_MOUNT_DRVFS,	   /* WSL 1; the source is the Windows path */
	IK_MOUNT_9P,	   /* WSL 2; `aname=drvfs…` among the options */
	IK_MOUNT_VIRTIOFS, /* WSL 2; windows_path comes from the link in /run/wsl/virtiofs */
};

/* One candidate. All texts are owned, NUL-terminated, octal escapes decoded; never NULL. */
struct ik_mount {
	enum ik_mount_kind kind;
	int id;		    /* mount id of mountinfo */
	uint64_t dev;	    /* st_dev of files in it */
	bool visible;	    /* no later mount hides it */
	bool read_only;	    /* `ro` for this mount or its super block */
	char *mount_point;  /* absolute path */
	char *fstype;	    /* "drvfs", "9p", "virtiofs" */
	char *source;	    /* e.g. "C:\", "drvfs", "drvfsC0" */
	char *root;	    /* "/" except for aggregate virtiofs: "/<GUID>" */
	char *options;	    /* mount and super options as printed, comma-separated */
	char *windows_path; /* 9p over hvsocket and drvfs: the source; virtiofs: target of its link;
			       9p over virtio: "" (see `path=` in the options) */
};

struct ik_mounts {
	struct ik_mount *list; /* owned; in mountinfo's order */
	size_t count;
};

/*
 * Purpose     reads the candidates from a mountinfo file.
 * Parameters  mountinfo: path, normally "/proc/self/mountinfo"
 *             virtiofs_links: path of the directory with the links, normally "/run/wsl/virtiofs";
 *             may be NULL
 * Effects     none; 9p lines without `aname=drvfs`, bind mounts of sub-directories and the hidden
 *             aggregate mounts are left out
 * Errors      IK_E_MOUNTS_UNREADABLE, IK_E_MEMORY_EXHAUSTED
 * Source      microsoft/WSL: src/linux/init/config.cpp, util.cpp, drvfs.cpp at 3e27a6a5
 */
int ik_mounts_load(const char *mountinfo, const char *virtiofs_links, struct ik_mounts *ret,
		   struct ik_err *err) IK_MUST_CHECK;

/* Purpose     frees the list; m may be NULL. */
void ik_mounts_done(struct ik_mounts *m);

#define ik_automounts IK_CLEANUP(ik_mounts_done)

/*
 * Purpose     opens the root of a mount and proves that the path really is that mount: device number
 *             and, where the kernel tells it, the mount id.
 * Parameters  ret_fd: directory descriptor, given to the caller
 * Errors      IK_E_DRIVE_HIDDEN: something else is there now; IK_E_IO_FAILED
 */
int ik_mount_open(const struct ik_mount *mount, int *ret_fd, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     tells the type name of the mount that a directory lies in, for status output with
 *             --drive.
 * Parameters  mountinfo: as above; dir_fd: any directory; ret_fstype: given to the caller
 * Errors      IK_E_MOUNTS_UNREADABLE when no line fits
 */
int ik_mount_fstype_of(const char *mountinfo, int dir_fd, char **ret_fstype,
		       struct ik_err *err) IK_MUST_CHECK;

/* What one line says; texts too long for their place are cut. */
struct ik_mount_line {
	char fstype[64];
	char source[256];
	char options[1024]; /* mount and super options */
};

/*
 * Purpose     describes the topmost mount on exactly this path.
 * Parameters  mountinfo: as above; mount_point: absolute path as mountinfo prints it
 * Returns     1 found, 0 nothing is mounted there (then *ret is unspecified)
 * Errors      IK_E_MOUNTS_UNREADABLE
 */
int ik_mount_line_at(const char *mountinfo, const char *mount_point, struct ik_mount_line *ret,
		     struct ik_err *err) IK_MUST_CHECK;

#endif
