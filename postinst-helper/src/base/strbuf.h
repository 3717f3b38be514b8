/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A byte string that grows. Running out of memory sticks to the object and is asked for once, at
 * the end, so that twenty appends need one check. It must not know encodings or lines.
 */
#ifndef IK_BASE_STRBUF_H
#define IK_BASE_STRBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/macro.h"

/* All-zero is a valid empty string. data is NUL-terminated whenever it is not NULL. */
struct ik_strbuf {
	char *data;  /* owned; NULL while nothing was appended */
	size_t len;  /* bytes without the NUL */
	size_t cap;  /* allocated bytes */
	bool failed; /* an append found no memory; later appends do nothing */
};

/*
 * Purpose     appends bytes, NUL bytes included.
 * Parameters  bytes: len bytes, borrowed, may be NULL when len is 0
 * Errors      out of memory: sb->failed, see ik_strbuf_error()
 */
void ik_strbuf_append(struct ik_strbuf *sb, const void *bytes, size_t len);

/* Purpose     appends a NUL-terminated text. */
void ik_strbuf_puts(struct ik_strbuf *sb, const char *text);

/* Purpose     appends one byte. */
void ik_strbuf_putc(struct ik_strbuf *sb, char c);

/* Purpose     appends formatted text. */
void ik_strbuf_printf(struct ik_strbuf *sb, const char *fmt, ...) IK_PRINTF(2, 3);

/* Purpose     like ik_strbuf_printf() with a va_list. */
void ik_strbuf_vprintf(struct ik_strbuf *sb, const char *fmt, va_list args) IK_PRINTF(2, 0);

/*
 * Purpose     appends text with every control character and byte that is not printable ASCII or
 *             part of valid-looking UTF-8 written as \xNN, so that a file name cannot steer a terminal.
 * Parameters  text: len bytes, borrowed
 */
void ik_strbuf_append_escaped(struct ik_strbuf *sb, const char *text, size_t len);

/* Purpose     empties the string and forgets a failure; keeps the memory. */
void ik_strbuf_reset(struct ik_strbuf *sb);

/*
 * Purpose     tells whether any append failed.
 * Returns     0, or -ENOMEM
 */
int ik_strbuf_error(const struct ik_strbuf *sb) IK_MUST_CHECK;

/*
 * Purpose     gives the text for reading; never NULL.
 * Returns     borrowed until the next change; "" when empty
 */
const char *ik_strbuf_str(const struct ik_strbuf *sb);

/*
 * Purpose     hands the memory over and empties the object.
 * Returns     given to the caller (free()); NULL when an append failed or memory is short
 */
char *ik_strbuf_steal(struct ik_strbuf *sb);

/* Purpose     frees the memory; sb may be NULL. Fits ik_autostrbuf. */
void ik_strbuf_done(struct ik_strbuf *sb);

#define ik_autostrbuf IK_CLEANUP(ik_strbuf_done)

#endif
