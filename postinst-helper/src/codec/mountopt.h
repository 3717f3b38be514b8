/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes mount fields of WSL drives apart: octal escapes, `aname=drvfs;path=C:\;…`, drive letters.
 *
 * Pure text work; which mounts exist is os/mounts' business.
 */
#ifndef IK_CODEC_MOUNTOPT_H
#define IK_CODEC_MOUNTOPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define IK_MOUNTOPT_PATH_BYTES 260u /* Windows' MAX_PATH, with its NUL */

/* What a 9p mount of a drive says about itself. */
struct ik_mountopt_drvfs {
	char path[IK_MOUNTOPT_PATH_BYTES]; /* as written: "C:\", "c:", "C:\dir", "\\server\share" */
	char drive_letter; /* 'A'…'Z', upper case; 0 when path is not a whole drive */
	bool has_uid, has_gid;
	uint32_t uid, gid;			  /* the last of several counts, as for WSL */
	char symlinkroot[IK_MOUNTOPT_PATH_BYTES]; /* "" when absent */
};

/*
 * Purpose     Decodes the escapes of /proc/self/mountinfo: a backslash and exactly three octal digits
 *             (up to \377) is one byte; any other backslash stays.
 * Parameters  in: NUL-terminated. out, out_bytes: result with its NUL; may be the same memory as in.
 * Returns     Length of the result without its NUL.
 * Errors      IK_E_MOUNTOPT_BAD: -ENAMETOOLONG (does not fit) or -EINVAL (decodes to a NUL byte).
 */
int ik_mountopt_unescape(const char *in, char *out, size_t out_bytes,
			 struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     Splits the value of a 9p mount's aname option.
 * Parameters  aname: text behind "aname=", NUL-terminated; a raw backslash is one (octal escapes
 *             must be gone). ret: filled on a positive answer.
 * Returns     1 for a drive ("drvfs"), 0 for any other share ("drivers", "lib", "tools", …).
 * Errors      IK_E_MOUNTOPT_BAD: -EINVAL (a drive without path=, bad number, control character) or
 *             -ENAMETOOLONG.
 */
int ik_mountopt_drvfs(const char *aname, struct ik_mountopt_drvfs *ret,
		      struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     Finds the value of one option in a comma-separated list as mountinfo prints it.
 * Parameters  options: NUL-terminated, borrowed. name: e.g. "aname", without "=".
 *             ret_value, ret_len: where the value lies in options; length in bytes.
 * Returns     true when the option is there with a value; the last of several counts.
 */
bool ik_mountopt_find(const char *options, const char *name, const char **ret_value,
		      size_t *ret_len);

/* The letter of "X:", "X:\" or "X:/" in upper case; 0 for any other text. text may be NULL. */
char ik_mountopt_drive_letter(const char *text);

#endif
