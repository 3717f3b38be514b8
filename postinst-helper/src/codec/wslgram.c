/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * WSL's reader, rebuilt as small functions over a cursor. What looks like a mistake is kept on purpose:
 * a lone CR ends a value but not a bad line; a rejected "[section" line leaves its letters in the buffer that
 * the next keys take their section from; every character is cut to 8 bits.
 */
#include "codec/wslgram.h"

#include <string.h>

#include "base/macro.h"

#define END (-1)

struct reader {
	const struct ik_wsltext *text;
	struct ik_wslgram *gram;
	size_t i;	/* next unit */
	int ch;		/* current unit, END behind the last one */
	size_t counted; /* units whose line ends are in line */
	unsigned line;
	/* WSL's one buffer for "section" and "section.key"; may hold NULs. Its length is the true
	 * one, but no name that counts is longer than what is kept: see IK_WSLGRAM_NAME_BYTES. */
	char name[IK_WSLGRAM_NAME_BYTES];
	size_t name_len;
	size_t section_len;
	bool out_of_memory;
};

static int next(struct reader *r)
{
	r->ch = r->i < r->text->n ? r->text->unit[r->i] : END;
	r->i += r->ch != END;
	return r->ch;
}

static bool is_blank(int ch)
{
	return ch == ' ' || ch == '\t';
}

/* isalpha() in the C locale: nothing beyond ASCII is a letter. */
static bool is_letter(int ch)
{
	return (ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z');
}

static bool is_word(int ch)
{
	return is_letter(ch) || (ch >= '0' && ch <= '9');
}

static bool is_line_end(int ch)
{
	return ch == END || ch == '\n' || ch == '\r';
}

/* To the '\n' or the end: comments and bad lines are not ended by a lone CR. */
static void skip_line(struct reader *r)
{
	while (r->ch != '\n' && r->ch != END)
		next(r);
}

static void skip_blanks(struct reader *r)
{
	while (is_blank(r->ch))
		next(r);
}

static unsigned line_of(struct reader *r, size_t unit)
{
	for (; r->counted < unit; r->counted++)
		r->line += r->text->unit[r->counted] == '\n';
	return r->line;
}

static void add_to_name(struct reader *r, char c)
{
	if (r->name_len < sizeof(r->name))
		r->name[r->name_len] = c;
	r->name_len++;
}

static struct ik_wslgram_entry *add_entry(struct reader *r, enum ik_wslgram_kind kind, size_t start)
{
	struct ik_wslgram *g = r->gram;
	struct ik_wslgram_entry *e;

	if (g->n_entries == g->capacity) {
		size_t capacity = g->capacity * 2 + 16;

		e = realloc(g->entries, capacity * sizeof(*e));
		if (!e) {
			r->out_of_memory = true;
			return NULL;
		}
		g->entries = e;
		g->capacity = capacity;
	}
	e = &g->entries[g->n_entries++];
	*e = (struct ik_wslgram_entry){.kind = kind, .start = start, .line = line_of(r, start)};
	/* As a C string: a NUL in the buffer hides what follows, for WSL as well. */
	e->name = g->texts.len;
	ik_strbuf_append(&g->texts, r->name,
			 strnlen(r->name, IK_MIN(r->name_len, sizeof(r->name))));
	ik_strbuf_putc(&g->texts, '\0');
	e->value = g->texts.len - 1; /* "" until it is known */
	return e;
}

static void add_bad(struct reader *r, enum ik_wslconf_warning_kind why, size_t start)
{
	struct ik_wslgram_entry *e = add_entry(r, IK_WSLGRAM_BAD, start);

	skip_line(r);
	if (e) {
		e->bad = why;
		e->end = r->i;
	}
}

/* Takes letters and digits into the name, the current one included whatever it is. */
static void take_word(struct reader *r)
{
	do
		add_to_name(r, (char)r->ch);
	while (is_word(next(r)));
}

/* "[" is the current character. */
static void parse_section(struct reader *r, size_t start)
{
	struct ik_wslgram_entry *e;

	if (!is_letter(next(r)))
		return add_bad(r, IK_WSLCONF_BAD_SECTION, start);
	r->name_len = 0;
	take_word(r);
	if (r->ch != ']')
		return add_bad(r, IK_WSLCONF_BAD_SECTION, start);
	next(r);
	skip_blanks(r);
	if (!is_line_end(r->ch) && r->ch != '#')
		return add_bad(r, IK_WSLCONF_BAD_SECTION, start);
	r->section_len = r->name_len;
	e = add_entry(r, IK_WSLGRAM_SECTION, start);
	if (r->ch == '#')
		skip_line(r);
	if (e)
		e->end = r->i;
}

/* What a backslash and the character behind it stand for; 0 = nothing, END = no escape. */
static int escaped(int ch)
{
	switch (ch) {
	case '\\':
	case '"':
		return ch;
	case 'b':
		return '\b';
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case '\n': /* joins two lines */
		return 0;
	default:
		return END;
	}
}

/* What has been read of a value. */
struct value {
	size_t start, end; /* units */
	size_t text;	   /* offset in texts */
	size_t kept;	   /* bytes up to the last character that is no blank */
	bool in_quote;
	bool is_mangled;
};

/* Takes the current character; false when it is a backslash that makes the line invalid. */
static bool take_value_char(struct reader *r, struct value *v)
{
	struct ik_strbuf *out = &r->gram->texts;
	int ch = r->ch, meant;

	if (ch == '"') {
		v->in_quote = !v->in_quote;
	} else if (ch == '\\') {
		/* Not next(): after a bad escape WSL goes on from the backslash, one character later. */
		int follower = r->i < r->text->n ? r->text->unit[r->i++] : END;

		meant = escaped(follower);
		if (meant == END)
			return false;
		if (meant != 0)
			ik_strbuf_putc(out, (char)meant);
	} else {
		v->is_mangled |= ch > 0x7f;
		ik_strbuf_putc(out, (char)ch);
	}
	if (!is_blank(ch)) {
		v->kept = out->len - v->text;
		v->end = r->i;
	}
	return true;
}

/* Cuts the value to what counts and files it with its entry. */
static void store_value(struct reader *r, const struct value *v, struct ik_wslgram_entry *e)
{
	struct ik_strbuf *out = &r->gram->texts;

	e->value_start = v->start;
	e->value_end = v->end;
	e->is_mangled = v->is_mangled;
	if (out->failed)
		return;
	out->len = v->text + v->kept;
	ik_strbuf_putc(out, '\0');
	e->value = v->text;
	for (const char *p = ik_strbuf_str(out) + v->text; *p; p++)
		e->has_control |= (*p > 0 && *p < 0x20) || *p == 0x7f;
}

/* The value; its first character is the current one. The entry becomes a bad one when it must. */
static void parse_value(struct reader *r, struct ik_wslgram_entry *e)
{
	struct value v = {.text = r->gram->texts.len};

	v.start = v.end = r->ch == END ? r->i : r->i - 1;
	while (!is_line_end(r->ch) && (r->ch != '#' || v.in_quote)) {
		if (!take_value_char(r, &v)) {
			e->kind = IK_WSLGRAM_BAD;
			e->bad = IK_WSLCONF_BAD_ESCAPE;
			skip_line(r);
			return;
		}
		next(r);
	}
	store_value(r, &v, e);
	if (v.in_quote) {
		e->kind = IK_WSLGRAM_BAD;
		e->bad = IK_WSLCONF_OPEN_QUOTE;
		skip_line(r);
	} else if (r->ch == '#') {
		skip_line(r);
	}
}

/* A letter is the current character. */
static void parse_key(struct reader *r, size_t start)
{
	struct ik_wslgram_entry *e;

	/* The section is whatever the buffer's first letters are now, padded with NULs. */
	while (r->name_len < IK_MIN(r->section_len, sizeof(r->name)))
		add_to_name(r, '\0');
	r->name_len = r->section_len;
	if (r->name_len > 0)
		add_to_name(r, '.');
	take_word(r);
	skip_blanks(r);
	if (r->ch != '=')
		return add_bad(r, IK_WSLCONF_NO_EQUALS, start);
	next(r);
	skip_blanks(r);
	e = add_entry(r, IK_WSLGRAM_KEY, start);
	if (!e)
		return;
	parse_value(r, e);
	e->end = r->i;
}

/* One line that is not blank; the first character that is no blank is the current one. */
static void parse_line(struct reader *r, size_t start)
{
	if (r->ch == '#')
		skip_line(r);
	else if (r->ch == '[')
		parse_section(r, start);
	else if (is_letter(r->ch))
		parse_key(r, start);
	else
		add_bad(r, IK_WSLCONF_BAD_KEY, start);
}

int ik_wslgram_parse(const struct ik_wsltext *text, struct ik_wslgram *ret, struct ik_err *err)
{
	struct ik_wslgram gram = {.entries = NULL};
	struct reader r = {.text = text, .gram = &gram, .line = 1};

	while (r.i < text->n && !r.out_of_memory) {
		size_t start = r.i;

		next(&r);
		skip_blanks(&r);
		if (!is_line_end(r.ch))
			parse_line(&r, start);
	}
	if (r.out_of_memory || ik_strbuf_error(&gram.texts) < 0) {
		ik_wslgram_done(&gram);
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, ENOMEM, "cannot read .wslconfig");
	}
	*ret = gram;
	return 0;
}

void ik_wslgram_done(struct ik_wslgram *gram)
{
	free(gram->entries);
	ik_strbuf_done(&gram->texts);
	*gram = (struct ik_wslgram){.entries = NULL};
}

const char *ik_wslgram_name(const struct ik_wslgram *gram, const struct ik_wslgram_entry *entry)
{
	return ik_strbuf_str(&gram->texts) + entry->name;
}

const char *ik_wslgram_value(const struct ik_wslgram *gram, const struct ik_wslgram_entry *entry)
{
	return ik_strbuf_str(&gram->texts) + entry->value;
}
