/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The record of one change of a .wslconfig, as a line of ASCII that can be kept anywhere.
 *
 * It knows what was replaced by what; finding the place again is wslconf's work.
 */
#ifndef IK_CODEC_WSLUNDO_H
#define IK_CODEC_WSLUNDO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"

struct ik_wslundo {
	bool is_change;		 /* false: the set changed nothing, all else is empty */
	bool is_wide;		 /* the bytes are UTF-16LE */
	size_t value_off;	 /* where the value starts in after */
	struct ik_strbuf value;	 /* plain text that was set */
	struct ik_strbuf before; /* bytes that were replaced */
	struct ik_strbuf after;	 /* bytes they became */
};

/* Appends the record as text without a line end; out of memory sticks to out. */
void ik_wslundo_encode(const struct ik_wslundo *undo, struct ik_strbuf *out);

/*
 * Purpose     Reads a record back. ret is to be released by ik_wslundo_done() on success.
 * Errors      IK_E_WSLCONF_UNDO, IK_E_MEMORY_EXHAUSTED.
 */
int ik_wslundo_decode(const char *text, struct ik_wslundo *ret, struct ik_err *err) IK_MUST_CHECK;

/* Frees what it holds; undo may be all-zero. */
void ik_wslundo_done(struct ik_wslundo *undo);

#endif
