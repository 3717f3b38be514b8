/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A .wslconfig's bytes as the character stream that WSL's C runtime delivers, each character with the place
 * it came from, so that an editor can cut bytes exactly.
 *
 * It knows encodings and line ends, not the grammar.
 */
#ifndef IK_CODEC_WSLTEXT_H
#define IK_CODEC_WSLTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "codec/wslconf.h"

struct ik_wsltext {
	enum ik_wslconf_encoding encoding;
	size_t n;	/* number of units */
	uint16_t *unit; /* UTF-16 units; CR LF is one '\n'; owned */
	uint32_t *
		off; /* n + 1 byte offsets: where unit i starts; off[n] is where WSL stops reading */
	bool has_tail; /* a Ctrl-Z ended the text and more than blanks and line ends follows it */
	bool is_crlf;  /* line end to write: CR LF unless most lines end in LF alone */
};

/*
 * Purpose     Decodes a file. ret is to be released by ik_wsltext_done().
 * Errors      IK_E_WSLCONF_NUL, IK_E_WSLCONF_ENCODING, IK_E_WSLCONF_TOO_BIG, IK_E_MEMORY_EXHAUSTED.
 * Source      Microsoft C runtime: fopen with "rt,ccs=UTF-8" (encoding by byte order mark, else
 *             UTF-8; CR LF becomes LF; Ctrl-Z ends the text).
 */
int ik_wsltext_decode(const uint8_t *bytes, size_t len_bytes, struct ik_wsltext *ret,
		      struct ik_err *err) IK_MUST_CHECK;

/* Frees what ret holds; text may be all-zero. */
void ik_wsltext_done(struct ik_wsltext *text);

/* Appends ASCII text in the file's encoding; '\n' becomes the file's line end. */
void ik_wsltext_encode(const struct ik_wsltext *text, const char *ascii, struct ik_strbuf *out);

#endif
