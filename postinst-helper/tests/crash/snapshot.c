/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Remembers a tree in memory, hard links and times included, and puts it back; see world.h.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"
#include "world.h"

#define HASH_START 14695981039346656037u

static uint64_t hash_word(uint64_t h, const uint8_t *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	h = (h ^ word) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 29;
}

/* Four sums side by side: a processor multiplies the next one while it waits for the last. */
static uint64_t hash_bytes(uint64_t h, const void *data, size_t size)
{
	const uint8_t *p = data;
	uint64_t lane[4] = {h, h + 1, h + 2, h + 3};

	for (; size >= sizeof(lane); p += sizeof(lane), size -= sizeof(lane))
		for (int i = 0; i < 4; i++)
			lane[i] = hash_word(lane[i], p + 8 * i);
	for (int i = 0; i < 4; i++)
		h = hash_word(h, (const uint8_t *)&lane[i]);
	for (; size; p++, size--)
		h = (h ^ *p) * 1099511628211u;
	return h;
}

/* Never 0, which means that it is not known. */
static uint64_t sum_of(const struct snapshot_entry *e)
{
	return hash_bytes(HASH_START, e->data, e->size) | 1;
}

static struct snapshot_entry *add(struct snapshot *s, const char *path, const struct stat *st)
{
	struct snapshot_entry *e;

	s->list = realloc(s->list, sizeof(*e) * (size_t)(s->count + 1));
	if (!s->list)
		tap_die("memory");
	e = &s->list[s->count++];
	*e = (struct snapshot_entry){.mode = st->st_mode,
				     .uid = st->st_uid,
				     .gid = st->st_gid,
				     .ino = st->st_ino,
				     .nlink = st->st_nlink,
				     .mtime = st->st_mtim,
				     .same_as = -1};
	snprintf(e->path, sizeof(e->path), "%s", path);
	return e;
}

static void take_content(struct snapshot *s, struct snapshot_entry *e, const char *root)
{
	char full[1024];

	snprintf(full, sizeof(full), "%s/%s", root, e->path);
	if (S_ISREG(e->mode)) {
		for (int i = 0; i < s->count - 1; i++)
			if (e->nlink > 1 && S_ISREG(s->list[i].mode) && s->list[i].ino == e->ino &&
			    s->list[i].same_as < 0)
				e->same_as = i;
		if (e->same_as < 0)
			e->data = read_whole(root, e->path, &e->size);
	} else if (S_ISLNK(e->mode)) {
		e->data = calloc(1, 512);
		if (e->data && readlink(full, (char *)e->data, 511) > 0)
			e->size = strlen((char *)e->data);
	}
	if (e->data)
		e->sum = sum_of(e);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names in order, so that two equal trees give equal lists. */
static int names_of(const char *path, char ***ret)
{
	DIR *dir = opendir(path);
	struct dirent *d;
	char **names = NULL;
	int n = 0;

	while (dir && (d = readdir(dir))) {
		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		names = realloc(names, sizeof(*names) * (size_t)(n + 1));
		names[n++] = strdup(d->d_name);
	}
	if (dir)
		closedir(dir);
	if (n)
		qsort(names, (size_t)n, sizeof(*names), by_name);
	*ret = names;
	return n;
}

static void walk(struct snapshot *s, const char *root, const char *relative)
{
	char full[1024], path[256];
	char **names;
	int n;

	snprintf(full, sizeof(full), "%s/%s", root, relative);
	n = names_of(full, &names);
	for (int i = 0; i < n; i++) {
		struct stat st;

		snprintf(path, sizeof(path), "%s%s%s", relative, *relative ? "/" : "", names[i]);
		snprintf(full, sizeof(full), "%s/%s", root, path);
		if (lstat(full, &st) == 0) {
			take_content(s, add(s, path, &st), root);
			if (S_ISDIR(st.st_mode))
				walk(s, root, path);
		}
		free(names[i]);
	}
	free(names);
}

struct snapshot *snapshot_take(const char *root)
{
	struct snapshot *s = calloc(1, sizeof(*s));

	walk(s, root, "");
	return s;
}

struct snapshot *snapshot_copy(const struct snapshot *from)
{
	struct snapshot *s = calloc(1, sizeof(*s));

	if (s)
		s->list = calloc((size_t)from->count + 1, sizeof(*s->list));
	if (!s || !s->list)
		tap_die("memory");
	s->count = from->count;
	for (int i = 0; i < from->count; i++) {
		s->list[i] = from->list[i];
		s->list[i].borrowed = true;
	}
	return s;
}

void snapshot_own(struct snapshot_entry *e, size_t size)
{
	size_t room = (size > e->size ? size : e->size) + 1;
	uint8_t *data;

	e->sum = 0;
	if (!e->borrowed && size <= e->size)
		return;
	data = realloc(e->borrowed ? NULL : e->data, room);
	if (!data)
		tap_die("memory");
	if (e->borrowed && e->data)
		memcpy(data, e->data, e->size);
	e->data = data;
	e->borrowed = false;
}

/* Is this very file there already? Its inode is kept then: journals remember inode numbers. */
static bool is_there(const struct snapshot_entry *e, const char *full)
{
	struct stat st;

	return lstat(full, &st) == 0 && st.st_ino == e->ino &&
	       (st.st_mode & S_IFMT) == (e->mode & S_IFMT);
}

static void make_entry(const struct snapshot *s, const struct snapshot_entry *e, const char *root,
		       const char *full)
{
	char other[1024];
	int r;

	if (S_ISDIR(e->mode)) {
		r = mkdir(full, e->mode & 07777);
	} else if (e->same_as >= 0) {
		snprintf(other, sizeof(other), "%s/%s", root, s->list[e->same_as].path);
		r = link(other, full);
	} else if (S_ISREG(e->mode)) {
		r = mknod(full, S_IFREG | 0600, 0);
	} else if (S_ISLNK(e->mode)) {
		r = symlink((char *)e->data, full);
	} else {
		r = mknod(full, e->mode, 0);
	}
	if (r < 0)
		tap_die("cannot put back %s", full);
}

/* What has not changed is not written: that would cost the next flush, and this suite, its time. */
static void write_changes(const struct snapshot_entry *e, const char *full)
{
	static uint8_t there[1 << 16];
	int fd = open(full, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	bool good = fd >= 0 && fstat(fd, &st) == 0;

	for (size_t at = 0; good && at < e->size; at += sizeof(there)) {
		size_t n = e->size - at < sizeof(there) ? e->size - at : sizeof(there);

		if (pread(fd, there, n, (off_t)at) != (ssize_t)n || memcmp(there, e->data + at, n))
			good = pwrite(fd, e->data + at, n, (off_t)at) == (ssize_t)n;
	}
	if (!good || ((size_t)st.st_size > e->size && ftruncate(fd, (off_t)e->size) < 0))
		tap_die("cannot put back the content of %s", full);
	close(fd);
}

static void put_back(const struct snapshot *s, const struct snapshot_entry *e, const char *root)
{
	struct timespec times[2] = {e->mtime, e->mtime};
	char full[1024];

	snprintf(full, sizeof(full), "%s/%s", root, e->path);
	if (!is_there(e, full))
		make_entry(s, e, root, full);
	if (e->uid || e->gid)
		(void)!lchown(full, e->uid, e->gid);
	if (!S_ISREG(e->mode) || e->same_as >= 0)
		return;
	write_changes(e, full);
	(void)chmod(full, e->mode & 07777);
	(void)utimensat(AT_FDCWD, full, times, AT_SYMLINK_NOFOLLOW);
}

static const struct snapshot_entry *find(const struct snapshot *s, const char *path)
{
	for (int i = 0; i < s->count; i++)
		if (!strcmp(s->list[i].path, path))
			return &s->list[i];
	return NULL;
}

/* Removes what the snapshot does not have, or has with another inode. */
static void prune(const struct snapshot *s, const char *root, const char *relative)
{
	char full[1024], path[256];
	char **names;
	int n;

	snprintf(full, sizeof(full), "%s/%s", root, relative);
	n = names_of(full, &names);
	for (int i = 0; i < n; i++) {
		const struct snapshot_entry *e;

		snprintf(path, sizeof(path), "%s%s%s", relative, *relative ? "/" : "", names[i]);
		snprintf(full, sizeof(full), "%s/%s", root, path);
		e = find(s, path);
		if (!e || !is_there(e, full))
			remove_tree(full);
		else if (S_ISDIR(e->mode))
			prune(s, root, path);
		free(names[i]);
	}
	free(names);
}

void snapshot_restore(const struct snapshot *s, const char *root)
{
	prune(s, root, "");
	for (int i = 0; i < s->count; i++)
		put_back(s, &s->list[i], root);
}

uint64_t snapshot_hash(const struct snapshot *s)
{
	uint64_t h = HASH_START;

	for (int i = 0; i < s->count; i++) {
		const struct snapshot_entry *e = &s->list[i];
		uint64_t sum = e->data && !e->sum ? sum_of(e) : e->sum;

		h = hash_bytes(h, e->path, strlen(e->path));
		h = hash_bytes(h, &sum, sizeof(sum));
		h = hash_bytes(h, &e->size, sizeof(e->size));
	}
	return h;
}

void snapshot_free(struct snapshot *s)
{
	if (!s)
		return;
	for (int i = 0; i < s->count; i++)
		if (!s->list[i].borrowed)
			free(s->list[i].data);
	free(s->list);
	free(s);
}
