/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A parsed .wslconfig and what can be asked of it. Changing it is wsledit's work.
 */
#include "codec/wslconf.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/macro.h"
#include "codec/wsldoc.h"

static bool has_name(const char *name, const char *section, const char *key)
{
	size_t len = strlen(section);

	if (strncasecmp(name, section, len) != 0)
		return false;
	if (!key)
		return name[len] == '\0';
	return name[len] == '.' && strcasecmp(name + len + 1, key) == 0;
}

bool ik_wsldoc_is(const struct ik_wslconf *conf, const struct ik_wslgram_entry *entry,
		  enum ik_wslgram_kind kind, const char *section, const char *key)
{
	return entry->kind == kind && has_name(ik_wslgram_name(&conf->gram, entry), section, key);
}

const struct ik_wslgram_entry *ik_wsldoc_find(const struct ik_wslconf *conf, const char *section,
					      const char *key)
{
	enum ik_wslgram_kind kind = key ? IK_WSLGRAM_KEY : IK_WSLGRAM_SECTION;

	for (size_t i = 0; i < conf->gram.n_entries; i++)
		if (ik_wsldoc_is(conf, &conf->gram.entries[i], kind, section, key))
			return &conf->gram.entries[i];
	return NULL;
}

/* One valid key line, for finding repeated names by sorting. */
struct named {
	const char *name;
	size_t index;
};

static int compare_named(const void *x, const void *y)
{
	const struct named *a = x, *b = y;
	int order = strcasecmp(a->name, b->name);

	return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

/* Marks every key whose name an earlier one has. repeated: one flag per entry, zeroed. */
static int find_repeated(const struct ik_wslgram *gram, bool *repeated)
{
	ik_autofree struct named *keys = calloc(gram->n_entries + 1, sizeof(*keys));
	size_t n = 0;

	if (!keys)
		return -ENOMEM;
	for (size_t i = 0; i < gram->n_entries; i++)
		if (gram->entries[i].kind == IK_WSLGRAM_KEY)
			keys[n++] = (struct named){ik_wslgram_name(gram, &gram->entries[i]), i};
	qsort(keys, n, sizeof(*keys), compare_named);
	for (size_t i = 1; i < n; i++)
		if (strcasecmp(keys[i - 1].name, keys[i].name) == 0)
			repeated[keys[i].index] = true;
	return 0;
}

static void add_warning(struct ik_wslconf *conf, enum ik_wslconf_warning_kind kind, unsigned line,
			const char *name)
{
	struct ik_wslconf_warning *w = &conf->warnings[conf->n_warnings++];

	w->kind = kind;
	w->line = line;
	(void)snprintf(w->name, sizeof(w->name), "%.79s", name); /* letters, digits and dots */
}

static int collect_warnings(struct ik_wslconf *conf)
{
	const struct ik_wslgram *gram = &conf->gram;
	ik_autofree bool *repeated = calloc(gram->n_entries + 1, sizeof(*repeated));
	unsigned lines = 1;

	/* At most one per entry, and one for text behind the end. */
	conf->warnings = calloc(gram->n_entries + 1, sizeof(*conf->warnings));
	if (!repeated || !conf->warnings || find_repeated(gram, repeated) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < gram->n_entries; i++) {
		const struct ik_wslgram_entry *e = &gram->entries[i];
		const char *name = ik_wslgram_name(gram, e);

		if (e->kind == IK_WSLGRAM_BAD)
			add_warning(conf, e->bad, e->line, name);
		else if (e->kind == IK_WSLGRAM_KEY && !strchr(name, '.'))
			add_warning(conf, IK_WSLCONF_NO_SECTION, e->line, name);
		else if (repeated[i])
			add_warning(conf, IK_WSLCONF_DUPLICATE_KEY, e->line, name);
	}
	for (size_t i = 0; i < conf->text.n; i++)
		lines += conf->text.unit[i] == '\n';
	if (conf->text.has_tail)
		add_warning(conf, IK_WSLCONF_AFTER_END, lines, "");
	return 0;
}

static int load(struct ik_wslconf *conf, const void *bytes, size_t len_bytes, struct ik_err *err)
{
	int r;

	ik_strbuf_append(&conf->bytes, bytes, len_bytes);
	if (ik_strbuf_error(&conf->bytes) < 0)
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, ENOMEM, "cannot read .wslconfig");
	r = ik_wsltext_decode((const uint8_t *)ik_strbuf_str(&conf->bytes), len_bytes, &conf->text,
			      err);
	if (r < 0)
		return r;
	r = ik_wslgram_parse(&conf->text, &conf->gram, err);
	if (r < 0)
		return r;
	if (collect_warnings(conf) < 0)
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, ENOMEM, "cannot read .wslconfig");
	return 0;
}

int ik_wslconf_parse(const void *bytes, size_t len_bytes, struct ik_wslconf **ret,
		     struct ik_err *err)
{
	struct ik_wslconf *conf;
	int r;

	if (len_bytes > IK_WSLCONF_MAX_BYTES)
		return ik_err_set(err, IK_E_WSLCONF_TOO_BIG, 0,
				  "the .wslconfig is left alone: it is longer than 1 MiB");
	conf = calloc(1, sizeof(*conf));
	if (!conf)
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, ENOMEM, "cannot read .wslconfig");
	r = load(conf, bytes, len_bytes, err);
	if (r < 0) {
		ik_wslconf_free(conf);
		return r;
	}
	*ret = conf;
	return 0;
}

struct ik_wslconf *ik_wslconf_free(struct ik_wslconf *conf)
{
	if (!conf)
		return NULL;
	ik_strbuf_done(&conf->bytes);
	ik_wsltext_done(&conf->text);
	ik_wslgram_done(&conf->gram);
	free(conf->warnings);
	free(conf);
	return NULL;
}

const uint8_t *ik_wslconf_bytes(const struct ik_wslconf *conf, size_t *ret_len_bytes)
{
	*ret_len_bytes = conf->bytes.len;
	return (const uint8_t *)ik_strbuf_str(&conf->bytes);
}

enum ik_wslconf_encoding ik_wslconf_encoding(const struct ik_wslconf *conf)
{
	return conf->text.encoding;
}

void ik_wslconf_get(const struct ik_wslconf *conf, const char *section, const char *key,
		    struct ik_wslconf_value *ret)
{
	const struct ik_wslgram_entry *found = ik_wsldoc_find(conf, section, key);
	struct ik_wslconf_value v = {.present = found != NULL};

	for (size_t i = 0; i < conf->gram.n_entries; i++) {
		const struct ik_wslgram_entry *e = &conf->gram.entries[i];

		v.bad_lines += ik_wsldoc_is(conf, e, IK_WSLGRAM_BAD, section, key);
		if (e != found)
			v.duplicates += ik_wsldoc_is(conf, e, IK_WSLGRAM_KEY, section, key);
	}
	if (found) {
		v.text = ik_wslgram_value(&conf->gram, found);
		v.line = found->line;
		v.is_mangled = found->is_mangled;
		v.has_control = found->has_control;
	}
	*ret = v;
}

bool ik_wslconf_is_safe_mode(const struct ik_wslconf *conf)
{
	struct ik_wslconf_value v;

	ik_wslconf_get(conf, "wsl2", "safeMode", &v);
	return v.present && (strcasecmp(v.text, "true") == 0 || strcmp(v.text, "1") == 0);
}

const struct ik_wslconf_warning *ik_wslconf_warning(const struct ik_wslconf *conf, size_t index)
{
	return index < conf->n_warnings ? &conf->warnings[index] : NULL;
}

const char *ik_wslconf_warning_name(enum ik_wslconf_warning_kind kind)
{
	static const char *const names[] = {
		[IK_WSLCONF_BAD_KEY] = "bad-key",
		[IK_WSLCONF_BAD_SECTION] = "bad-section",
		[IK_WSLCONF_NO_EQUALS] = "no-equals",
		[IK_WSLCONF_BAD_ESCAPE] = "bad-escape",
		[IK_WSLCONF_OPEN_QUOTE] = "open-quote",
		[IK_WSLCONF_DUPLICATE_KEY] = "duplicate-key",
		[IK_WSLCONF_NO_SECTION] = "no-section",
		[IK_WSLCONF_AFTER_END] = "after-end",
	};

	return (unsigned)kind < IK_ARRAY_SIZE(names) ? names[kind] : "unknown";
}
