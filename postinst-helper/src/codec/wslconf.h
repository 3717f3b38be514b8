/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lossless editor of a Windows user's .wslconfig: reads it as WSL does, changes one key, and keeps
 * every other byte (byte order mark, UTF-16, line ends, comments, mistakes).
 *
 * It knows neither the file's path nor what a value means; reading the bytes is wsltext's work, the
 * grammar is wslgram's.
 */
#ifndef IK_CODEC_WSLCONF_H
#define IK_CODEC_WSLCONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"

struct ik_wslconf; /* one file's content; heap, ik_wslconf_free() */

/* Longest file that is read or written. */
#define IK_WSLCONF_MAX_BYTES ((size_t)1 << 20)

enum ik_wslconf_encoding {
	IK_WSLCONF_UTF8 = 0,
	IK_WSLCONF_UTF8_BOM,
	IK_WSLCONF_UTF16LE, /* always with a byte order mark */
};

/* What WSL makes of one key. */
struct ik_wslconf_value {
	bool present;	     /* false: no valid line sets the key; all else is then zero */
	const char *text;    /* as WSL would use it, NUL-terminated; borrowed from the ik_wslconf,
				 valid until its next change */
	unsigned line;	     /* physical line of the key that counts, from 1 */
	unsigned duplicates; /* further valid lines with the same key, which WSL ignores */
	unsigned bad_lines;  /* lines that look like this key but that WSL skips as invalid */
	bool is_mangled;     /* a character beyond ASCII was cut to 8 bits: not what was meant */
	bool has_control;    /* holds a control character, e.g. from "\t" in C:\temp */
};

enum ik_wslconf_warning_kind {
	IK_WSLCONF_BAD_KEY = 0,	  /* line starts with something that is no key */
	IK_WSLCONF_BAD_SECTION,	  /* [...] line that WSL rejects */
	IK_WSLCONF_NO_EQUALS,	  /* key without "=" */
	IK_WSLCONF_BAD_ESCAPE,	  /* backslash before a character that is no escape */
	IK_WSLCONF_OPEN_QUOTE,	  /* odd number of quotes */
	IK_WSLCONF_DUPLICATE_KEY, /* valid, but an earlier line wins */
	IK_WSLCONF_NO_SECTION,	  /* key before any section: matches nothing */
	IK_WSLCONF_AFTER_END,	  /* text behind a Ctrl-Z, which ends the file for WSL */
};

struct ik_wslconf_warning {
	enum ik_wslconf_warning_kind kind;
	unsigned line; /* physical line, from 1 */
	char name[80]; /* key or section concerned, escaped, possibly cut; "" if there is none */
};

/*
 * Purpose     Takes a file's bytes and reads them as WSL does.
 * Parameters  bytes, len_bytes: the whole file, copied; len 0 (or bytes NULL) is an empty file.
 *             ret: given to the caller.
 * Returns     0; any text is accepted, mistakes become warnings.
 * Errors      IK_E_WSLCONF_NUL (NUL character: not text, or UTF-16 without a mark),
 *             IK_E_WSLCONF_ENCODING (UTF-16BE: WSL cannot read it), IK_E_WSLCONF_TOO_BIG (over 1 MiB).
 * Source      .wslconfig grammar: microsoft/WSL src/shared/configfile/configfile.cpp (behaviour only).
 */
int ik_wslconf_parse(const void *bytes, size_t len_bytes, struct ik_wslconf **ret,
		     struct ik_err *err) IK_MUST_CHECK;

/* Frees and returns NULL; conf may be NULL. */
struct ik_wslconf *ik_wslconf_free(struct ik_wslconf *conf);

/*
 * Purpose     The bytes to write: equal to what was parsed as long as nothing was changed.
 * Parameters  ret_len_bytes: number of bytes, not NULL.
 * Returns     Borrowed from conf, valid until its next change; never NULL.
 */
const uint8_t *ik_wslconf_bytes(const struct ik_wslconf *conf, size_t *ret_len_bytes);

enum ik_wslconf_encoding ik_wslconf_encoding(const struct ik_wslconf *conf);

/*
 * Purpose     Looks a key up as WSL would: case-insensitive, the first valid line wins.
 * Parameters  section, key: ASCII letters and digits ("wsl2", "kernel"). ret: always filled.
 */
void ik_wslconf_get(const struct ik_wslconf *conf, const char *section, const char *key,
		    struct ik_wslconf_value *ret);

/* True when WSL would find wsl2.safeMode set to true: it then ignores kernel=. */
bool ik_wslconf_is_safe_mode(const struct ik_wslconf *conf);

/*
 * Purpose     Warnings WSL would give, in file order.
 * Returns     The warning, borrowed; NULL when index is past the last one.
 */
const struct ik_wslconf_warning *ik_wslconf_warning(const struct ik_wslconf *conf, size_t index);

/* Stable name of a kind of warning, e.g. "bad-escape". */
const char *ik_wslconf_warning_name(enum ik_wslconf_warning_kind kind);

/*
 * Purpose     Makes WSL read `value` for a key, changing nothing else: replaces the value in the line
 *             that counts (its spelling, blanks and comment stay), or adds a line behind the section's
 *             heading, or adds the section at the end.
 * Parameters  value: plain text (a path with single backslashes), printable ASCII, not empty.
 *             ret_undo: given, heap, one line of ASCII to be kept for ik_wslconf_unset(); free().
 *             May be NULL. Setting the value that is already read gives an undo of no change.
 *             To move from one value of ours to the next (an upgrade), unset with the kept undo and
 *             set again on the same conf: the new undo then leads back to the user's original.
 * Returns     0; the result was parsed again and reads as `value`.
 * Errors      IK_E_WSLCONF_VALUE (not printable ASCII, or empty), IK_E_WSLCONF_TOO_BIG (result too big).
 *             On failure conf is unchanged.
 */
int ik_wslconf_set(struct ik_wslconf *conf, const char *section, const char *key, const char *value,
		   char **ret_undo, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     Takes a set back. With the undo of that set, the bytes it changed become again exactly
 *             what they were; other changes made since are kept.
 *             Without one (undo NULL), removes the line that counts.
 * Parameters  section, key: as given to ik_wslconf_set(). undo: its ret_undo, or NULL.
 * Returns     1 when something was taken back, 0 when there is nothing to do (the key is not set, or the
 *             undo is of no change).
 * Errors      IK_E_WSLCONF_CHANGED (somebody gave the key another value since; nothing is
 *             changed: it is theirs now), IK_E_WSLCONF_UNDO (the undo text is damaged).
 */
int ik_wslconf_unset(struct ik_wslconf *conf, const char *section, const char *key,
		     const char *undo, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     Writes a plain value as it must stand in .wslconfig: backslashes and quotes escaped,
 *             quoted when it holds "#" or begins or ends with a blank.
 * Parameters  out: appended to.
 * Errors      IK_E_WSLCONF_VALUE as for ik_wslconf_set().
 */
int ik_wslconf_encode_value(const char *value, struct ik_strbuf *out,
			    struct ik_err *err) IK_MUST_CHECK;

#endif
