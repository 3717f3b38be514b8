/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The predicate "safe state"; see judge.h. */
#include "judge.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "codec/jrec.h"
#include "store/names.h"

#define HEAD 4096

const char *content_name(enum content c)
{
	static const char *const names[] = {"old image", "new image", "foreign image",
					    "torn",	 "missing",   "mixed"};

	return names[c];
}

static bool all_zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

static bool matches(const struct image *image, const uint8_t *t, size_t size, bool *ret_padded)
{
	if (!image || size < image->size || memcmp(t, image->data, image->size) != 0 ||
	    !all_zero(t + image->size, size - image->size))
		return false;
	*ret_padded = size > image->size;
	return true;
}

/* Would a loader take this head? bzImage: 0xAA55 and HdrS; ELF magic; arm64 magic. */
static bool head_is_valid(const uint8_t *t, size_t size)
{
	if (size < HEAD)
		return false;
	return (!memcmp(t + 0x202, "HdrS", 4) && t[0x1fe] == 0x55 && t[0x1ff] == 0xaa) ||
	       !memcmp(t, "\177ELF", 4) || !memcmp(t + 56, "ARM\x64", 4);
}

/*
 * Only the head, 4 KiB in one write, may be half there, sector by sector, over a whole body: the
 * loader's fields and the body then belong to one image, and recovery finishes it.
 */
static bool only_head_is_torn(const struct image *image, const uint8_t *t, size_t size)
{
	if (!image || size < image->size ||
	    memcmp(t + HEAD, image->data + HEAD, image->size - HEAD) != 0)
		return false;
	for (size_t at = 0; at < HEAD; at += 512)
		if (!all_zero(t + at, 512) && memcmp(t + at, image->data + at, 512) != 0)
			return false;
	return all_zero(t + image->size, size - image->size);
}

static enum content look(const struct known *k, const uint8_t *t, size_t size, bool *ret_padded)
{
	if (!t)
		return IS_MISSING;
	if (matches(k->a, t, size, ret_padded))
		return IS_A;
	if (matches(k->b, t, size, ret_padded))
		return IS_B;
	if (matches(k->c, t, size, ret_padded))
		return IS_C;
	if (!head_is_valid(t, size) || only_head_is_torn(k->b, t, size) ||
	    only_head_is_torn(k->a, t, size))
		return IS_TORN;
	return IS_MIXED;
}

static void tools_dir(const struct world *w, char *path, size_t size)
{
	snprintf(path, size, "%s/" WORLD_TOOLS, w->drive);
}

static bool file_is(const char *dir, const char *name, const struct image *image)
{
	char path[1024];
	struct stat st;
	size_t size;
	uint8_t *data;
	bool same;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (!image || lstat(path, &st) < 0 || (size_t)st.st_size != image->size)
		return false; /* no need to read it */
	data = read_whole(dir, name, &size);
	same = data && size == image->size && !memcmp(data, image->data, size);

	free(data);
	return same;
}

static bool read_journal(const struct world *w, struct ik_jrec *rec)
{
	char dir[512];
	size_t size;
	uint8_t *data;
	int r;

	tools_dir(w, dir, sizeof(dir));
	data = read_whole(dir, IK_NAME_JOURNAL, &size);
	r = data ? ik_jrec_choose(data, size, rec, NULL) : -1;
	free(data);
	return r >= 0;
}

bool journal_is_armed(const struct world *w)
{
	struct ik_jrec rec;

	return read_journal(w, &rec) && rec.state == IK_JREC_ARMED;
}

bool journal_notes_zeros(const struct world *w)
{
	struct ik_jrec rec;

	return read_journal(w, &rec) && (rec.flags & IK_JREC_F_PADDED);
}

static void bad(struct verdict *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void bad(struct verdict *v, const char *fmt, ...)
{
	va_list args;

	v->safe = false;
	va_start(args, fmt);
	vsnprintf(v->why, sizeof(v->why), fmt, args);
	va_end(args);
}

/* A torn kernel needs three things beside it. */
static void judge_torn(const struct world *w, const struct known *k, struct verdict *v)
{
	struct ik_jrec rec = {.state = 0};
	char dir[512];
	size_t size;
	uint8_t *script;

	tools_dir(w, dir, sizeof(dir));
	script = read_whole(dir, IK_NAME_SCRIPT, &size);
	if (!read_journal(w, &rec) || rec.state != IK_JREC_ARMED)
		bad(v, "torn, but the journal is not armed (state %d)", (int)rec.state);
	else if (!file_is(dir, rec.a.file, k->a))
		bad(v, "torn, but the backup '%s' is not the old image", rec.a.file);
	else if (!script || size < 100)
		bad(v, "torn, but the rescue script is missing");
	free(script);
}

static bool is_official_somewhere(const char *dir, const struct image *official)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	bool found = false;

	while (d && !found && (e = readdir(d)))
		found = file_is(dir, e->d_name, official);
	if (d)
		closedir(d);
	return found;
}

static void judge_names(const struct known *k, const char *dir, struct verdict *v)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.' && strcmp(e->d_name, "kernel") != 0 &&
		    strncmp(e->d_name, IK_NAME_PREFIX, strlen(IK_NAME_PREFIX)) != 0)
			bad(v, "a file that is not ours: '%s'", e->d_name);
	if (d)
		closedir(d);
	if (k->official && !is_official_somewhere(dir, k->official) && v->content != IS_MISSING)
		bad(v, "the official image is lost");
}

static void judge_link(const struct world *w, struct verdict *v)
{
	char t[512], other[512];
	struct stat a, b;

	snprintf(t, sizeof(t), "%s/" WORLD_T, w->drive);
	snprintf(other, sizeof(other), "%s/" WORLD_LINK, w->drive);
	if (stat(t, &a) < 0 || stat(other, &b) < 0 || a.st_ino != b.st_ino || a.st_nlink != 2)
		bad(v, "the hard link is broken");
}

void judge(const struct world *w, const struct known *k, struct verdict *ret)
{
	char dir[512];
	size_t size = 0;
	uint8_t *t;

	*ret = (struct verdict){.safe = true};
	tools_dir(w, dir, sizeof(dir));
	t = read_whole(dir, "kernel", &size);
	ret->content = look(k, t, size, &ret->padded);
	free(t);
	if (ret->content == IS_TORN)
		judge_torn(w, k, ret);
	if (ret->content == IS_MIXED)
		bad(ret, "a valid head over a mixture");
	if (ret->content == IS_MISSING)
		bad(ret, "the kernel is missing");
	judge_names(k, dir, ret);
	if (k->linked)
		judge_link(w, ret);
}
