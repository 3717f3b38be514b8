/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Windows user's profile directory: named by the user, named by Windows, or looked for in Users.
 * It must not know what is done in it.
 */
#ifndef IK_STORE_PROFILE_H
#define IK_STORE_PROFILE_H

#include "store/place.h"

/*
 * Purpose     opens a profile directory that the user named.
 * Parameters  path: Linux path beneath the drive
 * Errors      IK_E_PROFILE_MISSING, IK_E_PATH_ESCAPES (not beneath the drive)
 */
int ik_profile_named(const struct ik_drive *drive, const char *path, struct ik_place *ret,
		     struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     opens a profile directory that Windows named, such as C:\Users\me.
 * Returns     1; 0 when it is not there (*ret untouched)
 * Errors      IK_E_PROFILE_MISSING (on another drive or a network share); pathres
 */
int ik_profile_of_windows(const struct ik_drive *drive, const char *path, struct ik_place *ret,
			  struct ik_err *err) IK_MUST_CHECK;

/* How many profiles there are, and in how many of them our kernel= was set. */
struct ik_profile_count {
	unsigned all, ours;
};

/*
 * Purpose     looks for profiles in Users: directories with NTUSER.DAT or .wslconfig that are
 *             nobody's template.
 * Parameters  ret_count: all-zero on failure; ret: one of those in which our kernel= was set, without
 *             any of them the last one found; untouched when there is none
 */
int ik_profile_find(const struct ik_drive *drive, struct ik_profile_count *ret_count,
		    struct ik_place *ret, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     shows each directory in Users that is nobody's template, whether it is a profile in use or not.
 * Parameters  fn: told of each; its fd is negative where it may not be looked into. A negative answer, which can only
 *             be for want of memory, ends the search
 * Errors      IK_E_MEMORY_EXHAUSTED, IK_E_IO_FAILED (the listing broke off)
 */
int ik_profile_each(const struct ik_drive *drive,
		    int (*fn)(void *ctx, const struct ik_place *profile), void *ctx,
		    struct ik_err *err) IK_MUST_CHECK;

#endif
