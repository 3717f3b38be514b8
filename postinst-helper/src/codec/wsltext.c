/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes to UTF-16 units with offsets. Damaged UTF-8 becomes U+FFFD, as in Windows; it never stops the
 * reading, because a comment may hold anything and must survive an edit.
 */
#include "codec/wsltext.h"

#include <string.h>

#include "base/macro.h"

#define CTRL_Z	    0x1au
#define REPLACEMENT 0xfffdu

/* Bytes being read; i is the next one. */
struct source {
	const uint8_t *bytes;
	size_t len;
	size_t i;
};

/* Length and lowest and highest second byte of a UTF-8 sequence by its first byte (Unicode, table 3-7). */
struct utf8_class {
	uint8_t first, last, len, low, high;
};

static const struct utf8_class utf8_classes[] = {
	{0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf}, {0xe1, 0xec, 3, 0x80, 0xbf},
	{0xed, 0xed, 3, 0x80, 0x9f}, {0xee, 0xef, 3, 0x80, 0xbf}, {0xf0, 0xf0, 4, 0x90, 0xbf},
	{0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},
};

static const struct utf8_class *utf8_class_of(uint8_t first)
{
	for (size_t i = 0; i < IK_ARRAY_SIZE(utf8_classes); i++)
		if (first >= utf8_classes[i].first && first <= utf8_classes[i].last)
			return &utf8_classes[i];
	return NULL;
}

/* Reads one code point; a damaged sequence counts as one U+FFFD as far as it was well-formed. */
static uint32_t next_utf8(struct source *s)
{
	uint8_t first = s->bytes[s->i++];
	const struct utf8_class *c;
	uint32_t cp;

	if (first < 0x80)
		return first;
	c = utf8_class_of(first);
	if (!c)
		return REPLACEMENT;
	cp = first & (0xffu >> (c->len + 1));
	for (unsigned k = 1; k < c->len; k++) {
		uint8_t low = k == 1 ? c->low : 0x80, high = k == 1 ? c->high : 0xbf;

		if (s->i >= s->len || s->bytes[s->i] < low || s->bytes[s->i] > high)
			return REPLACEMENT;
		cp = cp << 6 | (s->bytes[s->i++] & 0x3fu);
	}
	return cp;
}

static uint32_t next_utf16(struct source *s)
{
	uint32_t unit = s->bytes[s->i] | (uint32_t)s->bytes[s->i + 1] << 8;

	s->i += 2;
	return unit;
}

/* False at the end; a single byte behind the last UTF-16 unit is no character. */
static bool has_next(const struct source *s, enum ik_wslconf_encoding encoding)
{
	return s->len - s->i >= (encoding == IK_WSLCONF_UTF16LE ? 2u : 1u);
}

static void add_unit(struct ik_wsltext *t, uint16_t unit, size_t off)
{
	t->unit[t->n] = unit;
	t->off[t->n] = (uint32_t)off;
	t->n++;
}

/* Adds a code point that came from offset off; CR LF shrinks to one unit at the CR. */
static void add_code_point(struct ik_wsltext *t, uint32_t cp, size_t off)
{
	if (cp == '\n' && t->n > 0 && t->unit[t->n - 1] == '\r') {
		t->unit[t->n - 1] = '\n';
	} else if (cp > 0xffff) {
		add_unit(t, (uint16_t)(0xd800 + ((cp - 0x10000) >> 10)), off);
		add_unit(t, (uint16_t)(0xdc00 + ((cp - 0x10000) & 0x3ff)), off);
	} else {
		add_unit(t, (uint16_t)cp, off);
	}
}

static int refuse(struct ik_err *err, enum ik_code code, const char *why)
{
	(void)ik_err_set(err, code, 0, "the .wslconfig is left alone: %s", why);
	ik_err_hint(err, "Save the file as UTF-8 in an editor and try again.");
	return -EINVAL;
}

static int find_encoding(const uint8_t *bytes, size_t len, enum ik_wslconf_encoding *ret,
			 size_t *ret_mark_len, struct ik_err *err)
{
	*ret = IK_WSLCONF_UTF8;
	*ret_mark_len = 0;
	if (len >= 2 && memcmp(bytes, "\xfe\xff", 2) == 0)
		return refuse(err, IK_E_WSLCONF_ENCODING,
			      "it is UTF-16 big-endian, which WSL cannot read");
	if (len >= 2 && memcmp(bytes, "\xff\xfe", 2) == 0) {
		*ret = IK_WSLCONF_UTF16LE;
		*ret_mark_len = 2;
	} else if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
		*ret = IK_WSLCONF_UTF8_BOM;
		*ret_mark_len = 3;
	}
	return 0;
}

static uint32_t next_code_point(struct source *s, enum ik_wslconf_encoding encoding)
{
	return encoding == IK_WSLCONF_UTF16LE ? next_utf16(s) : next_utf8(s);
}

/* Looks behind a Ctrl-Z for text that its owner may believe to count. */
static int read_tail(struct source *s, struct ik_wsltext *t, struct ik_err *err)
{
	while (has_next(s, t->encoding)) {
		uint32_t cp = next_code_point(s, t->encoding);

		if (cp == 0)
			return refuse(err, IK_E_WSLCONF_NUL, "it holds NUL characters");
		if (cp != CTRL_Z && cp != ' ' && cp != '\t' && cp != '\r' && cp != '\n')
			t->has_tail = true;
	}
	return 0;
}

static int read_units(struct source *s, struct ik_wsltext *t, struct ik_err *err)
{
	while (has_next(s, t->encoding)) {
		size_t off = s->i;
		uint32_t cp = next_code_point(s, t->encoding);

		if (cp == 0)
			return refuse(err, IK_E_WSLCONF_NUL,
				      "it holds NUL characters (UTF-16 without its mark?)");
		if (cp == CTRL_Z) {
			t->off[t->n] = (uint32_t)off;
			return read_tail(s, t, err);
		}
		add_code_point(t, cp, off);
	}
	t->off[t->n] = (uint32_t)s->i;
	return 0;
}

/* A line end is two characters of the file exactly when it was CR LF. */
static bool prefers_crlf(const struct ik_wsltext *t)
{
	size_t width = t->encoding == IK_WSLCONF_UTF16LE ? 2 : 1, crlf = 0, lf = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (t->unit[i] != '\n')
			continue;
		if (t->off[i + 1] - t->off[i] > width)
			crlf++;
		else
			lf++;
	}
	return crlf >= lf;
}

int ik_wsltext_decode(const uint8_t *bytes, size_t len_bytes, struct ik_wsltext *ret,
		      struct ik_err *err)
{
	struct source s = {.bytes = bytes, .len = len_bytes};
	struct ik_wsltext t = {.n = 0};
	int r;

	if (len_bytes > IK_WSLCONF_MAX_BYTES)
		return refuse(err, IK_E_WSLCONF_TOO_BIG, "it is longer than 1 MiB");
	r = find_encoding(bytes, len_bytes, &t.encoding, &s.i, err);
	if (r < 0)
		return r;
	/* Never more units than bytes: a surrogate pair comes from two or four of them. */
	t.unit = malloc((len_bytes + 1) * sizeof(*t.unit));
	t.off = malloc((len_bytes + 1) * sizeof(*t.off));
	if (!t.unit || !t.off)
		r = ik_err_set(err, IK_E_MEMORY_EXHAUSTED, ENOMEM, "cannot read the .wslconfig");
	if (r == 0)
		r = read_units(&s, &t, err);
	if (r < 0) {
		ik_wsltext_done(&t);
		return r;
	}
	t.is_crlf = prefers_crlf(&t);
	*ret = t;
	return 0;
}

void ik_wsltext_done(struct ik_wsltext *text)
{
	free(text->unit);
	free(text->off);
	*text = (struct ik_wsltext){.n = 0};
}

void ik_wsltext_encode(const struct ik_wsltext *text, const char *ascii, struct ik_strbuf *out)
{
	bool is_wide = text->encoding == IK_WSLCONF_UTF16LE;

	for (; *ascii; ascii++) {
		if (*ascii == '\n' && text->is_crlf)
			ik_strbuf_append(out, "\r\0", is_wide ? 2 : 1);
		ik_strbuf_append(out, (const char[]){*ascii, '\0'}, is_wide ? 2 : 1);
	}
}
