/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Directories beneath the drive, pinned as descriptors: the one of the lxss kernel, and our own folder
 * for versioned images. It must not know what lies in them, nor how a profile is found (store/profile).
 */
#ifndef IK_STORE_PLACE_H
#define IK_STORE_PLACE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/macro.h"
#include "codec/winpath.h"
#include "store/drive.h"

#define IK_PLACE_BYTES 400 /* a path beneath the drive, with its NUL */

struct ik_place {
	int fd;				/* directory; owned; negative = there is none */
	char relative[IK_PLACE_BYTES];	/* beneath the drive, "/" as separator */
	char windows[IK_WINPATH_BYTES]; /* the same for Windows; "" when it cannot be said */
	char name[64];			/* file in it, where one is meant; else "" */
};

/* Purpose     closes it; place may be NULL. */
void ik_place_close(struct ik_place *place);

#define ik_autoplace IK_CLEANUP(ik_place_close)

/*
 * Purpose     opens a directory beneath the drive, spelled as it is there.
 * Parameters  relative: with "/" as separator; "" for the drive itself; *ret: untouched on failure
 * Errors      IK_E_PATH_BAD (longer than a place holds); pathres: missing, a symlink or another mount
 *             on the way
 */
int ik_place_open(const struct ik_drive *drive, const char *relative, struct ik_place *ret,
		  struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     opens the directory of Windows/System32/lxss/tools/kernel, looked up without regard to
 *             case, and tells the file's real spelling.
 * Returns     1; 0 when the file or a directory on the way is not there (*ret untouched)
 * Errors      pathres: a symlink or another mount on the way
 */
int ik_place_lxss(const struct ik_drive *drive, struct ik_place *ret,
		  struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     opens our own folder: <profile>/AppData/Local/immensity-kernel, or where that path
 *             is not pure ASCII, ProgramData/immensity-kernel.
 * Parameters  create: make it if it is missing; ret_shared: it is the one in ProgramData
 * Returns     1; 0 when it is missing and create is false (then only *ret_shared and the names in
 *             *ret are filled, ret->fd is negative)
 * Errors      pathres; by ik_io_fault()
 */
int ik_place_own(const struct ik_drive *drive, const struct ik_place *profile, bool create,
		 bool *ret_shared, struct ik_place *ret, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     the Windows path of a file in a place.
 * Parameters  buf: IK_WINPATH_BYTES long
 * Errors      codec/winpath
 */
int ik_place_windows_file(const struct ik_drive *drive, const struct ik_place *place,
			  const char *file, char *buf, struct ik_err *err) IK_MUST_CHECK;

#endif
