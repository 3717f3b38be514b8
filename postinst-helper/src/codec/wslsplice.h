/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One replacement in the bytes of a .wslconfig, and the comparison of what WSL reads before and after it.
 * Helper of wsledit only.
 */
#ifndef IK_CODEC_WSLSPLICE_H
#define IK_CODEC_WSLSPLICE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "codec/wsldoc.h"

struct ik_wslsplice {
	size_t off, len;	/* bytes that go */
	struct ik_strbuf bytes; /* bytes that come */
};

/* Frees what it holds; s may be all-zero. */
void ik_wslsplice_done(struct ik_wslsplice *s);

/*
 * Purpose     Parses the changed bytes as a new document; conf stays as it is.
 * Errors      IK_E_MEMORY_EXHAUSTED; others: passed through from ik_wslconf_parse().
 */
int ik_wslsplice_apply(const struct ik_wslconf *conf, const struct ik_wslsplice *s,
		       struct ik_wslconf **ret, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     Tells whether WSL reads the same keys and values, in the same order, from both.
 * Parameters  skip_x, skip_y: an entry of x, of y, that does not count; may be NULL
 */
bool ik_wslsplice_reads_alike(const struct ik_wslconf *x, const struct ik_wslgram_entry *skip_x,
			      const struct ik_wslconf *y, const struct ik_wslgram_entry *skip_y);

/* Exchanges the contents of two documents; the former ones are freed with other. */
void ik_wslsplice_adopt(struct ik_wslconf *conf, struct ik_wslconf *other);

/* The error of a change for which there is no memory. */
int ik_wslsplice_no_memory(struct ik_err *err);

#endif
