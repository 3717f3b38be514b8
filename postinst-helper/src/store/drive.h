/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Windows system drive: found among the mounts or given by the user, pinned as a descriptor.
 * It must not know what is done there.
 */
#ifndef IK_STORE_DRIVE_H
#define IK_STORE_DRIVE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/macro.h"
#include "os/priv.h"

#define IK_DRIVE_PATH_BYTES 512

struct ik_drive {
	int fd;				/* root directory; owned */
	char path[IK_DRIVE_PATH_BYTES]; /* for messages only */
	char fstype[32];		/* "9p", "virtiofs", …; "" when unknown */
	char letter;			/* 'A'…'Z' */
	bool read_only;			/* mounted read-only */
	bool given;			/* named by the user, not found */
	struct ik_priv_user user;	/* whom the worker becomes */
};

/*
 * Purpose     opens a directory that the user named as the drive's root.
 * Parameters  path: absolute or relative; letter: drive letter it stands for
 * Errors      IK_E_DRIVE_MISSING: no such directory; IK_E_DRIVE_NOT_SYSTEM: no Windows/System32 in it
 */
int ik_drive_open(const char *path, char letter, struct ik_drive *ret,
		  struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     looks for the system drive among the mounts.
 * Parameters  letter: the only one accepted, 0 = any; hint: preferred if several fit, 0 = 'C'
 * Errors      IK_E_DRIVE_MISSING; IK_E_DRIVE_AMBIGUOUS; IK_E_DRIVE_HIDDEN; os/mounts
 */
int ik_drive_find(char letter, char hint, struct ik_drive *ret, struct ik_err *err) IK_MUST_CHECK;

/* Purpose     closes it; drive may be NULL. */
void ik_drive_close(struct ik_drive *drive);

#define ik_autodrive IK_CLEANUP(ik_drive_close)

#endif
