/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What became of a scene: is it safe, did it reach its end, does recovery lead back; see scene.h. Nothing here knows how a
 * scene was made.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scene.h"

static bool same(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
	return a && b && a_size == b_size && memcmp(a, b, a_size) == 0;
}

/* The file that kernel= names, read as plainly as possible; false when the text has no such line. */
static bool named_kernel(const struct scene *s, const char *text, char *path, size_t size)
{
	const char *value = strstr(text, "\nkernel");
	size_t n;

	if (!value || !(value = strchr(value, '=')))
		return false;
	value += 1 + strspn(value + 1, " \t\"");
	if (value[1] != ':')
		return false;
	n = (size_t)snprintf(path, size, "%s", s->w.drive);
	for (value += 2; *value && !strchr("\r\n\"#", *value) && n < size - 1; value++) {
		if (*value == '\\' && path[n - 1] == '/')
			continue;
		path[n++] = *value == '\\' ? '/' : *value;
	}
	while (path[n - 1] == ' ')
		n--;
	path[n] = '\0';
	return true;
}

/* .wslconfig is the old or the new text, whole, and what it names is a whole kernel. */
static bool store_is_safe(const struct scene *s, char *why, size_t size)
{
	size_t text_size = 0, kernel_size = 0;
	uint8_t *text = read_whole(s->profile, ".wslconfig", &text_size), *kernel = NULL;
	char path[512];
	bool old = same(text, text_size, s->old_text, s->old_size);
	bool now = s->new_text && same(text, text_size, s->new_text, s->new_size);
	bool good = old || now || !s->new_text;

	if (!good)
		snprintf(why, size, ".wslconfig is neither the old nor the new text (%zu bytes)",
			 text_size);
	if (good && text && named_kernel(s, (char *)text, path, sizeof(path))) {
		kernel = read_whole("/", path + 1, &kernel_size);
		good = same(kernel, kernel_size, s->first.data, s->first.size) ||
		       same(kernel, kernel_size, s->second.data, s->second.size);
		if (!good)
			snprintf(why, size, "kernel= names '%s', which is no whole image", path);
	}
	free(text);
	free(kernel);
	return good;
}

static enum scene_end store_end(const struct scene *s)
{
	size_t size = 0;
	uint8_t *text = read_whole(s->profile, ".wslconfig", &size);
	enum scene_end end = END_OTHER;

	if (same(text, size, s->new_text, s->new_size))
		end = END_NEW;
	else if (same(text, size, s->old_text, s->old_size))
		end = END_OLD;
	free(text);
	return end;
}

static enum scene_end end_of(const struct verdict *v)
{
	if (v->padded)
		return END_OTHER;
	return v->content == IS_B ? END_NEW : v->content == IS_A ? END_OLD : END_OTHER;
}

/* Is it safe, and where did it end? The drive is read once for both. */
static bool look(const struct scene *s, enum scene_end *ret_end, char *why, size_t size)
{
	struct verdict v;

	if (s->store) {
		*ret_end = store_end(s);
		return store_is_safe(s, why, size);
	}
	judge(&s->w, &s->k, &v);
	*ret_end = end_of(&v);
	if (!v.safe)
		snprintf(why, size, "%s (%s)", v.why, content_name(v.content));
	return v.safe;
}

bool scene_is_safe(const struct scene *s, char *why, size_t size)
{
	enum scene_end end;

	return look(s, &end, why, size);
}

enum scene_end scene_end(const struct scene *s)
{
	struct verdict v;

	if (s->store)
		return store_end(s);
	judge(&s->w, &s->k, &v);
	return end_of(&v);
}

static bool settle_fail(char *why, size_t size, const char *what, int status, const char *output)
{
	snprintf(why, size, "%s (status %d): %.200s", what, status, output);
	return false;
}

/* A second recovery finds nothing to do: it writes nothing on the drive but its own lock. */
static bool recover_is_idempotent(const struct scene *s)
{
	struct snapshot *before = snapshot_take(s->w.drive), *after;
	const char *words[6] = {"--target", s->store ? "wslconfig" : "lxss", "recover"};
	char output[2048];
	bool good = scene_run(s, words, output, sizeof(output)) == 0;

	after = snapshot_take(s->w.drive);
	good = good && snapshot_hash(before) == snapshot_hash(after);
	snapshot_free(before);
	snapshot_free(after);
	return good;
}

bool scene_recovers(const struct scene *s, char *why, size_t size)
{
	const char *words[6] = {"--target", s->store ? "wslconfig" : "lxss", "recover"};
	char output[4096];
	int r = scene_run(s, words, output, sizeof(output));
	enum scene_end end;

	if (r != 0)
		return settle_fail(why, size, "recover failed", r, output);
	if (!look(s, &end, why, size))
		return false;
	if (end == END_OTHER)
		return settle_fail(why, size, "recover left neither old nor new", r, output);
	if (!s->store && journal_is_armed(&s->w))
		return settle_fail(why, size, "recover left the journal armed", r, output);
	if (!s->store && !s->any_time && scene_mtime(s) != s->mtime)
		return settle_fail(why, size, "recover left another time of change", r, output);
	return true;
}

/* What a user had before the first install, whatever happened since. */
static bool gives_back(const struct scene *s, char *why, size_t size)
{
	const char *words[6] = {"--target", "wslconfig", "remove"};
	char output[4096];
	size_t text_size = 0;
	int r = scene_run(s, words, output, sizeof(output));
	uint8_t *text = read_whole(s->profile, ".wslconfig", &text_size);
	bool good = r == 0 &&
		    same(text, text_size, (const uint8_t *)s->user_text, strlen(s->user_text));

	free(text);
	return good || settle_fail(why, size, "a removal does not give the user's .wslconfig back",
				   r, output);
}

bool scene_settle(const struct scene *s, char *why, size_t size)
{
	char output[4096];
	int r = 0;
	bool safe;
	enum scene_end end;

	if (!scene_recovers(s, why, size))
		return false;
	if (!recover_is_idempotent(s))
		return settle_fail(why, size, "a second recover changed something", r, output);
	r = scene_run(s, s->again, output, sizeof(output));
	if (r != 0)
		return settle_fail(why, size, "the command failed afterwards", r, output);
	safe = look(s, &end, why, size);
	if (safe && end != END_NEW)
		return settle_fail(why, size, "the command did not reach its end", r, output);
	return safe && s->store ? gives_back(s, why, size) : safe;
}
