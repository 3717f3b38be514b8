/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The drive of a virtual machine: an ntfs-3g volume in an image file, furnished once for a scene and copied
 * for each of the machine's lives. It also tells where a transaction is, by what lies on the drive.
 */
#ifndef CRASH_VMDRIVE_H
#define CRASH_VMDRIVE_H

#include "scene.h"

/* Where a transaction is, as the drive shows it. */
enum phase {
	BEFORE, /* journal not armed, old head */
	ARMED,	/* armed, old head */
	ZEROED, /* no head */
	HEADED, /* armed, new head */
	CLOSED, /* not armed, new head */
	PHASES,
};

#define VMDRIVE_WORDS 32

struct vmdrive {
	struct scene s;
	int worker;		     /* set by the caller: each has its own files */
	const char *options;	     /* and how ntfs-3g mounts */
	char start[160], image[160]; /* the furnished volume, and the copy of it that is used */
	char mount_point[128];
	char tools[256]; /* the kernel's directory */
	char data[128];	 /* the guest's other share: the images "first" and "second" */
	char words[VMDRIVE_WORDS][512];
	char *command[VMDRIVE_WORDS + 1];
	struct stat kernel; /* at the start */
	unsigned int random;
};

/*
 * Makes the volume of so many bytes (as truncate takes them) and furnishes it for the scene; it is not
 * mounted afterwards. The command gets its directories: the words "drvfs=" and "ikdata=" are completed.
 */
void vmdrive_furnish(struct vmdrive *v, const struct scene_kind *kind, const char *program,
		     const char *bytes, char *const *command);

/* Mounts a fresh copy of the furnished volume, and puts the state directory back that belongs to it. */
void vmdrive_reset(const struct vmdrive *v);

/* Mounts the volume as it is; arena_unmount() is the way back. */
void vmdrive_mount(const struct vmdrive *v);

/* Forgets everything; the volume is not mounted. */
void vmdrive_clear(struct vmdrive *v);

/* Where the transaction is now. */
enum phase vmdrive_phase(const struct vmdrive *v);

/* Is the kernel the same file with two names, as at the start? */
bool vmdrive_is_same_file(const struct vmdrive *v);

#endif
