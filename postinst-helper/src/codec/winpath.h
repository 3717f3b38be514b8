/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Windows paths as text: C:\dir\file on one side, dir/file beneath the drive on the other.
 *
 * Only what this program needs: absolute paths on a drive, names that are safe on NTFS. It looks at no
 * file; whether case matters is for the caller.
 */
#ifndef IK_CODEC_WINPATH_H
#define IK_CODEC_WINPATH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Longest path in either form, with its NUL: Windows' MAX_PATH. */
#define IK_WINPATH_BYTES 260u

/*
 * Purpose     Tells whether one path component is a name that Windows keeps as it is.
 * Parameters  name: NUL-terminated UTF-8.
 * Returns     false for "", "." and "..", reserved characters (\ / : * ? " < > |), control characters,
 *             a trailing dot or blank, device names (con, nul, com1 … with or without extension),
 *             more than 255 bytes.
 * Source      Microsoft "Naming Files, Paths, and Namespaces".
 */
bool ik_winpath_is_name(const char *name);

/* True when every byte is printable ASCII: only such a path survives .wslconfig. */
bool ik_winpath_is_ascii(const char *path);

/*
 * Purpose     Makes the Windows form of a path beneath a drive: ('C', "a/b") -> "C:\a\b".
 * Parameters  letter: 'A'…'Z' in either case. relative: components with single "/", none leading
 *             or trailing; "" is the root "C:\". buf: IK_WINPATH_BYTES long.
 * Returns     0.
 * Errors      IK_E_WINPATH_BAD: -EINVAL (letter or a component is not allowed), -ENAMETOOLONG.
 */
int ik_winpath_from_relative(char letter, const char *relative, char *buf,
			     struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     The inverse: "c:\a/b\" -> ('C', "a/b"). Both slashes count; repeated and trailing ones are
 *             dropped; the prefix \\?\ is accepted.
 * Parameters  path: NUL-terminated UTF-8. ret_letter: upper case. buf: IK_WINPATH_BYTES long.
 * Returns     0.
 * Errors      IK_E_WINPATH_BAD: -EINVAL (no drive letter: relative, UNC or device path, variable; or a
 *             component is not allowed), -ENAMETOOLONG.
 */
int ik_winpath_to_relative(const char *path, char *ret_letter, char *buf,
			   struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     Compares two Windows paths as Windows would for ASCII: without case, "/" and "\" alike.
 * Returns     true when they name the same object; false when either is not an absolute drive path.
 *             Bytes beyond ASCII are compared as they are.
 */
bool ik_winpath_is_same(const char *x, const char *y);

#endif
