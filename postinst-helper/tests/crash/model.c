/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which crash states a recorded run may leave; see model.h. modelstate.c computes one of them. */
#include "model.h"

#include <stdio.h>

#define MASK_MAX 8u /* so many loose sectors are tried in every combination */

static bool flushes(const struct op *op, bool weak)
{
	if (op->head.kind != OP_FSYNC)
		return false;
	return !weak || (op->head.flags & (OP_F_WRITABLE | OP_F_DATA_ONLY)) == OP_F_WRITABLE;
}

int model_floor(const struct oplog *log, int upto, bool weak)
{
	for (int i = upto; i > 0; i--)
		if (flushes(&log->list[i - 1], weak) &&
		    !(log->list[i - 1].head.flags & OP_F_DATA_ONLY))
			return i;
	return 0;
}

bool model_is_flushed(const struct oplog *log, int index, int upto, bool weak)
{
	for (int i = index + 1; i < upto; i++)
		if (flushes(&log->list[i], weak) &&
		    log->list[i].head.ino == log->list[index].head.ino)
			return true;
	return false;
}

bool model_weak_differs(const struct oplog *log, int upto)
{
	if (model_floor(log, upto, false) != model_floor(log, upto, true))
		return true;
	for (int i = 0; i < upto; i++)
		if (log->list[i].head.kind == OP_WRITE &&
		    model_is_flushed(log, i, upto, false) != model_is_flushed(log, i, upto, true))
			return true;
	return false;
}

static int unflushed(const struct oplog *log, int upto, bool weak)
{
	int n = 0;

	for (int i = 0; i < upto; i++)
		n += log->list[i].head.kind == OP_WRITE && !model_is_flushed(log, i, upto, weak);
	return n;
}

void model_describe(const struct choice *c, bool weak, char *text, size_t size)
{
	static const char *const data[] = {"all",    "none", "all but", "only",
					   "random", "torn", "mask"};

	snprintf(text, size, "%s server, after %d, names %d, data %s %d/%llu",
		 weak ? "weak" : "strong", c->upto, c->names, data[c->data], c->which,
		 (unsigned long long)c->seed);
}

static void each_random(struct choice c, bool weak, uint64_t sectors, int rounds, model_visit visit,
			void *arg)
{
	if (sectors <= MASK_MAX && rounds > 1) {
		c.data = DATA_MASK;
		for (c.seed = 0; c.seed < UINT64_C(1) << sectors; c.seed++)
			visit(&c, weak, arg);
		return;
	}
	for (int i = 0; i < rounds; i++) {
		c.seed = ((uint64_t)c.upto * 1000u + (uint64_t)c.names) * 1000u + (uint64_t)i;
		c.data = DATA_TORN;
		visit(&c, weak, arg);
		c.data = DATA_RANDOM;
		if (i < 8) /* there are few writes to choose from */
			visit(&c, weak, arg);
	}
}

/* All kinds of data with one length of the prefix of names. */
static void each_data(const struct snapshot *start, const struct oplog *log, struct choice c,
		      bool weak, int rounds, model_visit visit, void *arg)
{
	int writes = unflushed(log, c.upto, weak);
	uint64_t sectors;

	c.data = DATA_ALL;
	visit(&c, weak, arg);
	sectors = writes ? model_loose(start, log, &c, weak) : 0;
	if (!sectors)
		return;
	c.data = DATA_NONE;
	visit(&c, weak, arg);
	for (c.which = 0; c.which < writes && c.which < 8; c.which++) {
		c.data = DATA_BUT;
		visit(&c, weak, arg);
		c.data = DATA_ONLY;
		visit(&c, weak, arg);
	}
	each_random(c, weak, sectors, rounds, visit, arg);
}

void model_each(const struct snapshot *start, const struct oplog *log, int upto, bool weak,
		int rounds, model_visit visit, void *arg)
{
	int floor = model_floor(log, upto, weak);
	struct choice c = {.upto = upto, .names = upto};

	each_data(start, log, c, weak, rounds, visit, arg);
	c.names = floor;
	if (floor < upto)
		each_data(start, log, c, weak, rounds, visit, arg);
	for (c.names = floor + 1; c.names < upto; c.names += 1 + (upto - floor) / 4)
		each_data(start, log, c, weak, rounds, visit, arg);
}
