/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an image is. It must not know where it lies.
 */
#ifndef IK_STORE_KIND_H
#define IK_STORE_KIND_H

#include <stdbool.h>

enum ik_kind {
	IK_KIND_UNKNOWN,  /* not looked at */
	IK_KIND_MISSING,  /* no file */
	IK_KIND_OFFICIAL, /* Microsoft's, judged by its release */
	IK_KIND_OURS,	  /* one of our builds, judged by its release */
	IK_KIND_FOREIGN,  /* complete, but neither */
	IK_KIND_TORN,	  /* no valid head: half written or damaged */
};

/*
 * Purpose     says what an image is.
 * Parameters  exists: there is a file; head_valid: its first 4 KiB are a kernel's
 *             release: its release text, "" when none was found
 */
enum ik_kind ik_kind_of(bool exists, bool head_valid, const char *release);

/* Purpose     name for JSON and records; static string. */
const char *ik_kind_name(enum ik_kind kind);

/* Purpose     the inverse; IK_KIND_UNKNOWN for any other text. */
enum ik_kind ik_kind_parse(const char *name);

#endif
