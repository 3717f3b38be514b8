/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Says whether a drive is in a safe state: the kernel is one of the whole known images, or it is
 * recognisably invalid while the journal is armed and a backup with the old image and the rescue script
 * are readable. It reads files only and shares no decision with the program under test.
 */
#ifndef CRASH_JUDGE_H
#define CRASH_JUDGE_H

#include <stdbool.h>

#include "world.h"

enum content {
	IS_A, /* byte for byte, or followed by zeros only */
	IS_B,
	IS_C,	 /* the foreign image */
	IS_TORN, /* no valid head */
	IS_MISSING,
	IS_MIXED, /* a valid head over something that is no known image: the one unforgivable state */
};

/* What may be there. */
struct known {
	const struct image *a;	      /* before */
	const struct image *b;	      /* wanted */
	const struct image *c;	      /* foreign, may be NULL */
	const struct image *official; /* must never be lost; may be NULL */
	bool linked;		      /* the hard link must be kept */
};

struct verdict {
	enum content content;
	bool padded; /* zeros behind the image */
	bool safe;
	char why[300]; /* when not safe */
};

/* Judges the drive as it lies there. */
void judge(const struct world *w, const struct known *k, struct verdict *ret);

const char *content_name(enum content c);

/* Has the drive's journal an armed record? */
bool journal_is_armed(const struct world *w);

/* Does the journal note zeros behind the kernel? Then the next recovery cuts them off. */
bool journal_notes_zeros(const struct world *w);

#endif
