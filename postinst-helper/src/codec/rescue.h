/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The texts a user needs when WSL is dead: a batch file that puts a backup back, and a readme.
 *
 * Both are ASCII with CR LF. The batch file runs elevated, so everything in it is baked in:
 * names, sizes, digests. This module writes text only; nothing here runs or looks at anything.
 */
#ifndef IK_CODEC_RESCUE_H
#define IK_CODEC_RESCUE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "os/digest.h"

#define IK_RESCUE_MAX_IMAGES 4u

/* One image that the script can put in place. */
struct ik_rescue_image {
	const char *verb; /* [a-z]+: "previous", "official", "new"; the first one is the default */
	const char *file; /* name beside the target */
	uint64_t size_bytes;
	struct ik_sha256 sha256;
	const char *release; /* for people; "" or NULL = unknown */
};

struct ik_rescue {
	const char *target_file; /* "kernel" as spelt on the drive */
	const char *lock_file;	 /* "immensity-lock" */
	const char *script_file; /* "immensity-restore.cmd" */
	const char *dir_windows; /* C:\Windows\System32\lxss\tools, for the readme's commands */
	const char *tool_version;
	size_t n_images; /* 1 … IK_RESCUE_MAX_IMAGES */
	struct ik_rescue_image images[IK_RESCUE_MAX_IMAGES];
};

/*
 * Purpose     Writes the batch file.
 * Parameters  out: appended to.
 * Errors      IK_E_RESCUE_BAD: a name, verb or text holds a character that is special to
 *             cmd.exe, is not ASCII, or is too long.
 * Effects     Its exit statuses: 0 restored or nothing to do · 1 failed, target not changed · 2 usage ·
 *             3 refused (not elevated, lock in use, backup damaged) · 4 target damaged: run again or
 *             follow the readme.
 */
int ik_rescue_script(const struct ik_rescue *rescue, struct ik_strbuf *out,
		     struct ik_err *err) IK_MUST_CHECK;

/* Writes immensity-README.txt; parameters and errors as above. */
int ik_rescue_readme(const struct ik_rescue *rescue, struct ik_strbuf *out,
		     struct ik_err *err) IK_MUST_CHECK;

#endif
