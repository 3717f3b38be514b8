/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One crash state of a recorded run, computed; see model.h. model.c says which ones there are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model.h"
#include "tap.h"

#define SECTOR 512u

static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u; /* splitmix64 */
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static struct snapshot_entry *by_ino(struct snapshot *s, uint64_t ino)
{
	for (int i = 0; i < s->count; i++)
		if (s->list[i].ino == ino && s->list[i].same_as < 0 && S_ISREG(s->list[i].mode))
			return &s->list[i];
	return NULL;
}

static int index_of(const struct snapshot *s, const char *path)
{
	for (int i = 0; i < s->count; i++)
		if (!strcmp(s->list[i].path, path))
			return i;
	return -1;
}

static struct snapshot_entry *add(struct snapshot *s, const char *path, mode_t mode)
{
	struct snapshot_entry *e;

	s->list = realloc(s->list, sizeof(*e) * (size_t)(s->count + 1));
	if (!s->list)
		tap_die("memory");
	e = &s->list[s->count++];
	*e = (struct snapshot_entry){.mode = mode, .nlink = 1, .same_as = -1};
	snprintf(e->path, sizeof(e->path), "%s", path);
	clock_gettime(CLOCK_REALTIME, &e->mtime);
	return e;
}

/* Takes a name away; a second name of the same file inherits its content. */
static void drop(struct snapshot *s, int index)
{
	struct snapshot_entry gone = s->list[index];
	int heir = -1;

	for (int i = 0; i < s->count && gone.same_as < 0; i++)
		if (s->list[i].same_as == index && heir < 0)
			heir = i;
	if (heir >= 0) {
		s->list[heir].data = gone.data;
		s->list[heir].size = gone.size;
		s->list[heir].sum = gone.sum;
		s->list[heir].borrowed = gone.borrowed;
		s->list[heir].same_as = -1;
		for (int i = 0; i < s->count; i++)
			if (s->list[i].same_as == index)
				s->list[i].same_as = heir;
	} else if (gone.same_as < 0 && !gone.borrowed) {
		free(gone.data);
	}
	memmove(&s->list[index], &s->list[index + 1],
		sizeof(gone) * (size_t)(s->count - index - 1));
	s->count--;
	for (int i = 0; i < s->count; i++)
		if (s->list[i].same_as > index)
			s->list[i].same_as--;
}

static void set_size(struct snapshot_entry *e, uint64_t size)
{
	snapshot_own(e, size);
	if (size > e->size)
		memset(e->data + e->size, 0, size - e->size);
	e->size = size;
}

static void rename_entry(struct snapshot *s, const char *from, const char *to)
{
	int there = index_of(s, to);

	if (there >= 0)
		drop(s, there);
	there = index_of(s, from);
	if (there >= 0)
		snprintf(s->list[there].path, sizeof(s->list[there].path), "%s", to);
}

/* A second name: it must come behind the first one in the list. */
static void link_entry(struct snapshot *s, const char *from, const char *to)
{
	int first = index_of(s, from);
	struct snapshot_entry *e;

	if (first < 0)
		return;
	if (s->list[first].same_as >= 0)
		first = s->list[first].same_as;
	e = add(s, to, s->list[first].mode);
	e->same_as = first;
	e->ino = s->list[first].ino;
}

static void apply_names(struct snapshot *s, const struct op *op)
{
	struct snapshot_entry *e;
	int index;

	switch (op->head.kind) {
	case OP_CREATE:
		if (index_of(s, op->name) < 0)
			add(s, op->name, S_IFREG | 0600)->ino = op->head.ino;
		break;
	case OP_MKDIR:
		add(s, op->name, S_IFDIR | 0755);
		break;
	case OP_UNLINK:
	case OP_RMDIR:
		index = index_of(s, op->name);
		if (index >= 0)
			drop(s, index);
		break;
	case OP_RENAME:
		rename_entry(s, op->name, op->name2);
		break;
	case OP_LINK:
		link_entry(s, op->name, op->name2);
		break;
	case OP_SIZE:
		e = by_ino(s, op->head.ino);
		if (e) {
			set_size(e, op->head.offset);
			clock_gettime(CLOCK_REALTIME, &e->mtime);
		}
		break;
	case OP_TIMES:
		e = by_ino(s, op->head.ino);
		if (e)
			e->mtime = (struct timespec){(time_t)(op->head.offset / 1000000000u),
						     (long)(op->head.offset % 1000000000u)};
		break;
	default:
		break;
	}
}

/* Where an unflushed write stands: which one it is, and how many sectors could be lost before it. */
struct loose {
	int writes;
	uint64_t sectors;
};

/* Does this sector of an unflushed write arrive? */
static bool arrives(const struct choice *c, const struct loose *l, int write_index, uint64_t sector)
{
	switch (c->data) {
	case DATA_ALL:
		return true;
	case DATA_BUT:
		return l->writes != c->which;
	case DATA_ONLY:
		return l->writes == c->which;
	case DATA_RANDOM:
		return mix(c->seed ^ mix((uint64_t)write_index)) & 1;
	case DATA_TORN:
		return mix(c->seed ^ mix((uint64_t)write_index * 1000003u + sector)) & 1;
	case DATA_MASK:
		return c->seed >> l->sectors & 1;
	case DATA_NONE:
	default:
		return false;
	}
}

/*
 * A write moves the file's end if it goes beyond: that is a change of the size, with its place in the
 * order of names. Its bytes arrive sector by sector, never beyond the size that is there.
 */
static void apply_write(struct snapshot *s, const struct op *op, const struct choice *c, int index,
			struct loose *l, bool flushed)
{
	struct snapshot_entry *e = by_ino(s, op->head.ino);
	uint64_t off = op->head.offset, end = off + op->head.data_len;

	if (!e)
		return;
	if (index < c->names && end > e->size)
		set_size(e, end);
	if (index < c->names)
		clock_gettime(CLOCK_REALTIME, &e->mtime);
	for (uint64_t at = off; at < end && at < e->size;) {
		uint64_t stop = (at / SECTOR + 1) * SECTOR;

		stop = stop < end ? stop : end;
		stop = stop < e->size ? stop : e->size;
		if (flushed || arrives(c, l, index, at / SECTOR)) {
			snapshot_own(e, e->size);
			memcpy(e->data + at, op->data + (at - off), stop - at);
		}
		l->sectors += !flushed;
		at = stop;
	}
}

/* ret_loose: what of the unflushed data is in a file that is there, and so could be seen. */
static struct snapshot *build(const struct snapshot *start, const struct oplog *log,
			      const struct choice *c, bool weak, struct loose *ret_loose)
{
	struct snapshot *s = snapshot_copy(start);

	*ret_loose = (struct loose){.writes = 0};
	for (int i = 0; i < c->upto; i++) {
		const struct op *op = &log->list[i];
		bool flushed;

		if (op->head.kind != OP_WRITE) {
			if (i < c->names)
				apply_names(s, op);
			continue;
		}
		flushed = model_is_flushed(log, i, c->upto, weak);
		apply_write(s, op, c, i, ret_loose, flushed);
		ret_loose->writes += !flushed;
	}
	return s;
}

struct snapshot *model_state(const struct snapshot *start, const struct oplog *log,
			     const struct choice *c, bool weak)
{
	struct loose loose;

	return build(start, log, c, weak, &loose);
}

uint64_t model_loose(const struct snapshot *start, const struct oplog *log, const struct choice *c,
		     bool weak)
{
	struct loose loose;

	snapshot_free(build(start, log, c, weak, &loose));
	return loose.sectors;
}
