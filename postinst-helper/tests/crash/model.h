/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a Windows volume may hold after a crash, computed from a recorded run.
 *
 * Names, sizes and times are journalled by NTFS: a crash leaves a prefix of these operations, no
 * shorter than the last flush. File data are not: of each write since the last flush of its file any
 * set of 512-byte sectors may be there; what was never flushed beyond the old valid length reads zero.
 * In the weak profile only fsync on a descriptor open for writing flushes; fdatasync and fsync on a
 * read-only descriptor do nothing.
 */
#ifndef CRASH_MODEL_H
#define CRASH_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "oplog.h"
#include "world.h"

/* Which of the legal states after operation `upto`. */
struct choice {
	int upto;  /* operations that were sent, from 0 */
	int names; /* operations whose names, sizes and times are there; see model_floor() */
	enum {
		DATA_ALL,    /* all writes arrived */
		DATA_NONE,   /* no unflushed write arrived */
		DATA_BUT,    /* all but the unflushed write number `which` */
		DATA_ONLY,   /* none but the unflushed write number `which` */
		DATA_RANDOM, /* each write wholly or not, by `seed` */
		DATA_TORN,   /* each sector by itself, by `seed` */
		DATA_MASK,   /* unflushed sector n when bit n of `seed` is set */
	} data;
	int which;
	uint64_t seed;
};

/* The least number of operations whose names must be there after `upto`: the last flush. */
int model_floor(const struct oplog *log, int upto, bool weak);

/* Was write number `index` (from 0) flushed before operation `upto`? */
bool model_is_flushed(const struct oplog *log, int index, int upto, bool weak);

/* Can a weak server leave other states after `upto` than a strong one? */
bool model_weak_differs(const struct oplog *log, int upto);

typedef void (*model_visit)(const struct choice *choice, bool weak, void *arg);

/*
 * Calls visit() for every kind of state after operation `upto`: with all, no and part of the unflushed
 * data, and with shorter prefixes of the names. rounds: random states of each kind; with more than one,
 * few unflushed sectors (a head, a journal's slot) come in every combination instead.
 */
void model_each(const struct snapshot *start, const struct oplog *log, int upto, bool weak,
		int rounds, model_visit visit, void *arg);

/* One line that names a choice. */
void model_describe(const struct choice *choice, bool weak, char *text, size_t size);

/* The tree after a crash; free with snapshot_free(). */
struct snapshot *model_state(const struct snapshot *start, const struct oplog *log,
			     const struct choice *choice, bool weak);

/* How many sectors could be seen or not in that state? */
uint64_t model_loose(const struct snapshot *start, const struct oplog *log,
		     const struct choice *choice, bool weak);

#endif
