/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The writing half of wslconf. A change is one splice of bytes; the result is parsed again, and it counts
 * only if WSL would read the wanted value and everything else as before. Otherwise conf stays as it was.
 */
#include "codec/wslconf.h"

#include <string.h>
#include <strings.h>

#include "base/macro.h"
#include "codec/wsldoc.h"
#include "codec/wslsplice.h"
#include "codec/wslundo.h"

static void conf_freep(struct ik_wslconf **conf)
{
	*conf = ik_wslconf_free(*conf);
}

#define AUTOSPLICE IK_CLEANUP(ik_wslsplice_done)
#define AUTOCONF   IK_CLEANUP(conf_freep)
#define AUTOUNDO   IK_CLEANUP(ik_wslundo_done)

static size_t offset_of(const struct ik_wslconf *conf, size_t unit)
{
	return conf->text.off[unit];
}

static bool is_plain(const char *value)
{
	for (const char *p = value; *p; p++)
		if (*p < 0x20 || *p > 0x7e)
			return false;
	return value[0] != '\0';
}

/* Blanks at either end are dropped and "#" starts a comment, unless quoted. */
static bool needs_quotes(const char *value)
{
	return strchr(value, '#') || value[0] == ' ' || value[strlen(value) - 1] == ' ';
}

int ik_wslconf_encode_value(const char *value, struct ik_strbuf *out, struct ik_err *err)
{
	const char *quote;

	if (!is_plain(value))
		return ik_err_set(err, IK_E_WSLCONF_VALUE, 0,
				  "a value in .wslconfig must be printable ASCII and not empty");
	quote = needs_quotes(value) ? "\"" : "";
	ik_strbuf_puts(out, quote);
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			ik_strbuf_putc(out, '\\');
		ik_strbuf_putc(out, *value);
	}
	ik_strbuf_puts(out, quote);
	return 0;
}

/* A line "key=value" in the file's encoding. */
struct line {
	const char *section, *key, *value;
	struct ik_strbuf encoded; /* the value as it must stand in the file */
};

static void line_done(struct line *line)
{
	ik_strbuf_done(&line->encoded);
}

#define AUTOLINE IK_CLEANUP(line_done)

/* Fills s with lead + "key=value" + a line end; tells where the value starts in it. */
static size_t put_line(const struct ik_wslconf *conf, const struct line *line, const char *lead,
		       struct ik_wslsplice *s)
{
	size_t value_off;

	ik_wsltext_encode(&conf->text, lead, &s->bytes);
	ik_wsltext_encode(&conf->text, line->key, &s->bytes);
	ik_wsltext_encode(&conf->text, "=", &s->bytes);
	value_off = s->bytes.len;
	ik_wsltext_encode(&conf->text, ik_strbuf_str(&line->encoded), &s->bytes);
	ik_wsltext_encode(&conf->text, "\n", &s->bytes);
	return value_off;
}

static size_t plan_replace(const struct ik_wslconf *conf, const struct ik_wslgram_entry *found,
			   const struct line *line, struct ik_wslsplice *s)
{
	s->off = offset_of(conf, found->value_start);
	s->len = offset_of(conf, found->value_end) - s->off;
	ik_wsltext_encode(&conf->text, ik_strbuf_str(&line->encoded), &s->bytes);
	return 0;
}

/*
 * What may have to stand before a new line, in the order tried: nothing; a line end; a blank and a line end,
 * because a backslash at the very end of the file would join lines (the blank keeps it as invalid as it was).
 * Only the grammar can tell which one is right, so each is tried until the result reads as wanted.
 */
static const char *const leads[] = {"", "\n", " \n"};

/* A new line behind the heading of its section, or with a heading of its own at the end. */
static size_t plan_add(const struct ik_wslconf *conf, const struct ik_wslgram_entry *heading,
		       const struct line *line, const char *lead, struct ik_wslsplice *s)
{
	ik_autostrbuf struct ik_strbuf before = {.len = 0};

	ik_strbuf_puts(&before, lead);
	if (!heading)
		ik_strbuf_printf(&before, "[%s]\n", line->section);
	s->off = offset_of(conf, heading ? heading->end : conf->text.n);
	s->bytes.failed |= before.failed;
	return put_line(conf, line, ik_strbuf_str(&before), s);
}

/* Applies s and accepts the result only if it reads as wanted; -EAGAIN when it does not. */
static int try_set(const struct ik_wslconf *conf, const struct ik_wslgram_entry *found,
		   const struct line *line, const struct ik_wslsplice *s, struct ik_wslconf **ret,
		   struct ik_err *err)
{
	AUTOCONF struct ik_wslconf *changed = NULL;
	const struct ik_wslgram_entry *now;
	int r = ik_wslsplice_apply(conf, s, &changed, err);

	if (r < 0)
		return r;
	now = ik_wsldoc_find(changed, line->section, line->key);
	if (!now || strcmp(ik_wslgram_value(&changed->gram, now), line->value) != 0 ||
	    !ik_wslsplice_reads_alike(conf, found, changed, now))
		return -EAGAIN;
	*ret = ik_steal_ptr(changed);
	return 0;
}

/* Finds the splice that makes WSL read the line; *value_off: where the value starts in it. */
static int find_set(const struct ik_wslconf *conf, const struct ik_wslgram_entry *found,
		    const struct line *line, struct ik_wslsplice *s, size_t *value_off,
		    struct ik_wslconf **ret, struct ik_err *err)
{
	const struct ik_wslgram_entry *heading = ik_wsldoc_find(conf, line->section, NULL);
	int r = -EAGAIN;

	if (found) {
		*value_off = plan_replace(conf, found, line, s);
		return try_set(conf, found, line, s, ret, err);
	}
	for (size_t i = 0; i < IK_ARRAY_SIZE(leads) && r == -EAGAIN; i++) {
		ik_strbuf_reset(&s->bytes);
		*value_off = plan_add(conf, heading, line, leads[i], s);
		r = try_set(conf, NULL, line, s, ret, err);
	}
	return r;
}

static int give_undo(const struct ik_wslundo *undo, char **ret, struct ik_err *err)
{
	ik_autostrbuf struct ik_strbuf text = {.len = 0};
	char *given;

	if (!ret)
		return 0;
	ik_wslundo_encode(undo, &text);
	given = ik_strbuf_steal(&text);
	if (!given || undo->value.failed || undo->before.failed || undo->after.failed) {
		free(given);
		return ik_wslsplice_no_memory(err);
	}
	*ret = given;
	return 0;
}

static int record(const struct ik_wslconf *conf, const struct ik_wslsplice *s, size_t value_off,
		  const char *value, char **ret, struct ik_err *err)
{
	AUTOUNDO struct ik_wslundo undo = {
		.is_change = true,
		.is_wide = conf->text.encoding == IK_WSLCONF_UTF16LE,
		.value_off = value_off,
	};

	ik_strbuf_puts(&undo.value, value);
	ik_strbuf_append(&undo.before, ik_strbuf_str(&conf->bytes) + s->off, s->len);
	ik_strbuf_append(&undo.after, s->bytes.data, s->bytes.len);
	return give_undo(&undo, ret, err);
}

int ik_wslconf_set(struct ik_wslconf *conf, const char *section, const char *key, const char *value,
		   char **ret_undo, struct ik_err *err)
{
	const struct ik_wslgram_entry *found = ik_wsldoc_find(conf, section, key);
	AUTOLINE struct line line = {.section = section, .key = key, .value = value};
	AUTOCONF struct ik_wslconf *changed = NULL;
	AUTOSPLICE struct ik_wslsplice s = {.off = 0};
	size_t value_off = 0;
	int r = ik_wslconf_encode_value(value, &line.encoded, err);

	if (r < 0)
		return r;
	if (found && strcmp(ik_wslgram_value(&conf->gram, found), value) == 0)
		return give_undo(&(struct ik_wslundo){.is_change = false}, ret_undo, err);
	if (ik_strbuf_error(&line.encoded) < 0)
		return ik_wslsplice_no_memory(err);
	r = find_set(conf, found, &line, &s, &value_off, &changed, err);
	if (r == -EAGAIN)
		return ik_err_set(err, IK_E_INTERNAL_BUG, 0,
				  "the changed .wslconfig would not read as intended");
	if (r == 0)
		r = record(conf, &s, value_off, value, ret_undo, err);
	if (r == 0)
		ik_wslsplice_adopt(conf, changed);
	return r;
}

/* Takes the whole line away, its line end included. */
static int remove_line(struct ik_wslconf *conf, const struct ik_wslgram_entry *found,
		       struct ik_err *err)
{
	AUTOCONF struct ik_wslconf *changed = NULL;
	struct ik_wslsplice s = {.off = offset_of(conf, found->start)};
	int r;

	s.len = offset_of(conf, found->end) - s.off;
	r = ik_wslsplice_apply(conf, &s, &changed, err);
	if (r < 0)
		return r;
	if (!ik_wslsplice_reads_alike(conf, found, changed, NULL))
		return ik_err_set(err, IK_E_INTERNAL_BUG, 0,
				  "the changed .wslconfig would not read as intended");
	ik_wslsplice_adopt(conf, changed);
	return 1;
}

/* Puts the former bytes back when the changed ones still stand there; -EAGAIN when it cannot. */
static int put_back(struct ik_wslconf *conf, const struct ik_wslgram_entry *found,
		    const struct ik_wslundo *undo, const char *section, const char *key,
		    struct ik_err *err)
{
	size_t value_at = offset_of(conf, found->value_start);
	AUTOCONF struct ik_wslconf *changed = NULL;
	struct ik_wslsplice s = {.len = undo->after.len, .bytes = undo->before};
	const struct ik_wslgram_entry *now = NULL;
	int r;

	if (undo->is_wide != (conf->text.encoding == IK_WSLCONF_UTF16LE) ||
	    value_at < undo->value_off)
		return -EAGAIN;
	s.off = value_at - undo->value_off;
	if (s.len > conf->bytes.len - s.off ||
	    memcmp(ik_strbuf_str(&conf->bytes) + s.off, undo->after.data, s.len) != 0)
		return -EAGAIN;
	r = ik_wslsplice_apply(conf, &s, &changed, err);
	if (r < 0)
		return r;
	/* value_off 0: a value was replaced, so the key is there again with its former one. */
	if (undo->value_off == 0)
		now = ik_wsldoc_find(changed, section, key);
	if (!ik_wslsplice_reads_alike(conf, found, changed, now))
		return -EAGAIN;
	ik_wslsplice_adopt(conf, changed);
	return 1;
}

int ik_wslconf_unset(struct ik_wslconf *conf, const char *section, const char *key,
		     const char *undo_text, struct ik_err *err)
{
	const struct ik_wslgram_entry *found = ik_wsldoc_find(conf, section, key);
	AUTOUNDO struct ik_wslundo undo = {.is_change = true};
	int r = undo_text ? ik_wslundo_decode(undo_text, &undo, err) : 0;

	if (r < 0)
		return r;
	if (!found || !undo.is_change)
		return 0;
	if (!undo_text)
		return remove_line(conf, found, err);
	if (strcmp(ik_wslgram_value(&conf->gram, found), ik_strbuf_str(&undo.value)) != 0)
		return ik_err_set(err, IK_E_WSLCONF_CHANGED, 0,
				  "%s.%s was given another value since; it is left alone", section,
				  key);
	r = put_back(conf, found, &undo, section, key, err);
	/* The value is still ours, its surroundings are not: only the line goes. */
	return r == -EAGAIN ? remove_line(conf, found, err) : r;
}
