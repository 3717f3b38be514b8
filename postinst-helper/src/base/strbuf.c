/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Growing byte string. Capacity doubles, so n appends cost O(n).
 */
#include "base/strbuf.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Makes room for `more` bytes and a NUL; false leaves the content as it was. */
static bool grow(struct ik_strbuf *sb, size_t more)
{
	size_t need, cap;
	char *data;

	if (sb->failed)
		return false;
	if (__builtin_add_overflow(sb->len, more, &need) || need > SIZE_MAX / 2 - 64) {
		sb->failed = true;
		return false;
	}
	need++;
	if (need <= sb->cap)
		return true;
	cap = IK_MAX(need, sb->cap * 2);
	cap = IK_MAX(cap, (size_t)64);
	data = realloc(sb->data, cap);
	if (!data) {
		sb->failed = true;
		return false;
	}
	sb->data = data;
	sb->cap = cap;
	return true;
}

void ik_strbuf_append(struct ik_strbuf *sb, const void *bytes, size_t len)
{
	if (!grow(sb, len))
		return;
	if (len)
		memcpy(sb->data + sb->len, bytes, len);
	sb->len += len;
	sb->data[sb->len] = '\0';
}

void ik_strbuf_puts(struct ik_strbuf *sb, const char *text)
{
	ik_strbuf_append(sb, text, strlen(text));
}

void ik_strbuf_putc(struct ik_strbuf *sb, char c)
{
	ik_strbuf_append(sb, &c, 1);
}

void ik_strbuf_vprintf(struct ik_strbuf *sb, const char *fmt, va_list args)
{
	va_list again;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, args);
	if (len < 0)
		sb->failed = true;
	else if (grow(sb, (size_t)len)) {
		(void)vsnprintf(sb->data + sb->len, (size_t)len + 1, fmt, again);
		sb->len += (size_t)len;
	}
	va_end(again);
}

void ik_strbuf_printf(struct ik_strbuf *sb, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	ik_strbuf_vprintf(sb, fmt, args);
	va_end(args);
}

/*
 * Length of a well-formed UTF-8 sequence of 2 to 4 bytes at the start of text, else 0. C1 control
 * characters (U+0080 to U+009F) count as not well-formed: terminals act on them.
 * Source: Unicode 15, table 3-7.
 */
static size_t utf8_len(const unsigned char *text, size_t len)
{
	size_t n = text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : 2;
	unsigned int lo = 0x80, hi = 0xbf;

	if (text[0] < 0xc2 || text[0] > 0xf4 || len < n)
		return 0;
	if (text[0] == 0xe0 || text[0] == 0xc2)
		lo = 0xa0;
	if (text[0] == 0xed)
		hi = 0x9f;
	if (text[0] == 0xf0)
		lo = 0x90;
	if (text[0] == 0xf4)
		hi = 0x8f;
	if (text[1] < lo || text[1] > hi)
		return 0;
	for (size_t i = 2; i < n; i++)
		if (text[i] < 0x80 || text[i] > 0xbf)
			return 0;
	return n;
}

void ik_strbuf_append_escaped(struct ik_strbuf *sb, const char *text, size_t len)
{
	const unsigned char *u = (const unsigned char *)text;

	for (size_t i = 0; i < len;) {
		size_t n = u[i] >= 0x80 ? utf8_len(u + i, len - i) : 0;

		if (u[i] >= 0x20 && u[i] < 0x7f)
			n = 1;
		if (n)
			ik_strbuf_append(sb, text + i, n);
		else
			ik_strbuf_printf(sb, "\\x%02x", u[i]);
		i += n ? n : 1;
	}
}

void ik_strbuf_reset(struct ik_strbuf *sb)
{
	sb->len = 0;
	sb->failed = false;
	if (sb->data)
		sb->data[0] = '\0';
}

int ik_strbuf_error(const struct ik_strbuf *sb)
{
	return sb->failed ? -ENOMEM : 0;
}

const char *ik_strbuf_str(const struct ik_strbuf *sb)
{
	return sb->data ? sb->data : "";
}

char *ik_strbuf_steal(struct ik_strbuf *sb)
{
	char *taken = NULL;

	if (!sb->data && !sb->failed)
		taken = calloc(1, 1);
	else if (!sb->failed)
		taken = ik_steal_ptr(sb->data);
	ik_strbuf_done(sb);
	return taken;
}

void ik_strbuf_done(struct ik_strbuf *sb)
{
	if (!sb)
		return;
	free(sb->data);
	*sb = (struct ik_strbuf){.data = NULL};
}
