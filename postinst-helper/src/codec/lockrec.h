/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text of the lock file on the Windows drive (level 2 of the lock): who holds it.
 *
 * Always IK_LOCKREC_BYTES long, so that a heartbeat rewrites it in place without changing its size.
 * It does not judge whether a lock is stale; that needs clocks.
 */
#ifndef IK_CODEC_LOCKREC_H
#define IK_CODEC_LOCKREC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "os/digest.h"

#define IK_LOCKREC_BYTES 512u

struct ik_lockrec {
	char tool_version[32];
	char boot_id[37]; /* of the holder's VM */
	char distro
		[64]; /* WSL distribution, "" = unknown; other than [ -~] becomes "?" on encode */
	uint32_t pid;
	uint64_t pid_start_ticks; /* field 22 of /proc/<pid>/stat: tells a reused pid */
	char nonce[33];		  /* 32 lower-case hexadecimal digits, random per acquisition */
	uint64_t beat;		  /* grows with each heartbeat */
	struct ik_sha256 sha256;  /* of the image being installed; zero = none */
	int64_t written_unix_s;	  /* holder's clock: for people only */
};

/*
 * Purpose     Writes the lock's text.
 * Parameters  bytes: IK_LOCKREC_BYTES long, all of it is written (readable in Windows' type).
 * Errors      IK_E_LOCKREC_BAD (a field is malformed).
 */
int ik_lockrec_encode(const struct ik_lockrec *rec, uint8_t *bytes,
		      struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     Reads a lock file; decode(encode(x)) == x for every valid x.
 * Errors      IK_E_LOCKREC_BAD: not one of ours, or torn. Such a file is still a lock: its bytes are
 *             compared over time like any other.
 */
int ik_lockrec_decode(const uint8_t *bytes, size_t len_bytes, struct ik_lockrec *ret,
		      struct ik_err *err) IK_MUST_CHECK;

/* Whether two records are of the same acquisition (nonce and boot id); the beat may differ. */
bool ik_lockrec_is_same_holder(const struct ik_lockrec *x, const struct ik_lockrec *y);

#endif
