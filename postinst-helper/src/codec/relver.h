/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel releases and package versions: order, kind, and whether WSL takes them.
 *
 * Text only; it does not know what is installed or running.
 */
#ifndef IK_CODEC_RELVER_H
#define IK_CODEC_RELVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* End of every release of ours: "7.3.4-1-immensity-microsoft-standard-WSL2". */
#define IK_RELVER_BRAND	 "immensity"
#define IK_RELVER_SUFFIX "microsoft-standard-WSL2"

enum ik_relver_kind {
	IK_RELVER_OTHER = 0,
	IK_RELVER_OURS,	    /* X.Y.Z-REV-immensity[-…]-microsoft-standard-WSL2 */
	IK_RELVER_OFFICIAL, /* X.Y.Z[.N]-microsoft-standard[-WSL2]: Microsoft's naming */
};

/* A release or version taken apart; order looks at the numbers only. */
struct ik_relver {
	unsigned number[4]; /* X, Y, Z and the fourth of 6.6.87.2; missing ones are 0 */
	unsigned rc;	    /* N of -rcN; 0 = final, which sorts above every rc */
	unsigned revision;  /* N of "-N" behind the version: our packaging revision; 0 = none */
	enum ik_relver_kind kind;
};

/*
 * Purpose     Takes a release ("7.3.4-1-immensity-…") or a package version ("7.3.4-1") apart.
 * Parameters  text: NUL-terminated, at most 64 bytes of [0-9A-Za-z.+_~-].
 * Errors      IK_E_RELEASE_BAD: does not start with X.Y, a number is over 999999, or a character is odd.
 */
int ik_relver_parse(const char *text, struct ik_relver *ret, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     A total order on what was parsed: X, Y, Z, fourth number, rc (final is highest), revision.
 * Returns     -1, 0 or 1 as x is older than, as old as, or newer than y. The kind does not count: the
 *             caller decides whether ours and Microsoft's may be compared at all.
 */
int ik_relver_compare(const struct ik_relver *x, const struct ik_relver *y);

/* True for a release of ours; false for NULL, "" and anything that does not parse. */
bool ik_relver_is_ours(const char *release);

/*
 * Purpose     Refuses a release that WSL would choke on.
 * Parameters  release: NUL-terminated; "" is refused (unknown).
 * Errors      IK_E_RELEASE_BAD; the message names the rule: must begin with X.Y.Z (WSL's service
 *             parses it); must not hold "Microsoft" (WSL takes that for WSL 1); must hold "WSL2"
 *             (systemd) and "microsoft" (scripts); no "+" at the end; at most 64 bytes of
 *             printable ASCII without blanks or "/".
 */
int ik_relver_check(const char *release, struct ik_err *err) IK_MUST_CHECK;

#endif
