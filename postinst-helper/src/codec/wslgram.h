/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The grammar of .wslconfig: what WSL's own reader takes from a character stream, with the place of each part.
 *
 * It reproduces WSL's state machine, oddities included, because those decide which kernel boots. It knows no
 * encodings and changes nothing.
 */
#ifndef IK_CODEC_WSLGRAM_H
#define IK_CODEC_WSLGRAM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "codec/wsltext.h"

/*
 * A longer "section.key" is cut here: it equals no name that is ever looked up (those are shorter by far), and a
 * hostile file cannot make the reading costly with long names.
 */
#define IK_WSLGRAM_NAME_BYTES 160u

enum ik_wslgram_kind {
	IK_WSLGRAM_SECTION = 0, /* name: "wsl2" */
	IK_WSLGRAM_KEY,		/* name: "wsl2.kernel", value */
	IK_WSLGRAM_BAD,		/* a line that WSL skips; bad says why, name how far it got */
};

/* One line that is more than blank or comment. Positions are unit indexes. */
struct ik_wslgram_entry {
	enum ik_wslgram_kind kind;
	enum ik_wslconf_warning_kind bad; /* for IK_WSLGRAM_BAD */
	unsigned line;			  /* physical line of its first character, from 1 */
	bool is_mangled;		  /* value: a unit was cut to 8 bits */
	bool has_control;		  /* value: holds a control character */
	size_t name;			  /* offset in texts, NUL-terminated there */
	size_t value;			  /* offset in texts, NUL-terminated there */
	size_t start;			  /* first unit of the line, blanks before it included */
	size_t value_start;		  /* first unit of the raw value */
	size_t value_end; /* behind its last unit that counts; equal to value_start when empty */
	size_t end;	  /* behind the line and its line end */
};

struct ik_wslgram {
	struct ik_wslgram_entry *entries; /* owned */
	size_t n_entries;
	size_t capacity;
	struct ik_strbuf texts; /* all names and values, each with its NUL */
};

/*
 * Purpose     Reads a character stream. ret is to be released by ik_wslgram_done().
 * Returns     0; every stream has a reading.
 * Errors      IK_E_MEMORY_EXHAUSTED.
 * Source      microsoft/WSL src/shared/configfile/configfile.cpp (behaviour only).
 */
int ik_wslgram_parse(const struct ik_wsltext *text, struct ik_wslgram *ret,
		     struct ik_err *err) IK_MUST_CHECK;

/* Frees what it holds; gram may be all-zero. */
void ik_wslgram_done(struct ik_wslgram *gram);

/* Name and value of an entry, borrowed. */
const char *ik_wslgram_name(const struct ik_wslgram *gram, const struct ik_wslgram_entry *entry);
const char *ik_wslgram_value(const struct ik_wslgram *gram, const struct ik_wslgram_entry *entry);

#endif
