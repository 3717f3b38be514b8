/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reader of the recorder's log; see oplog.h. */
#include "oplog.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "world.h"

static void *cut(const uint8_t *from, size_t len)
{
	char *copy = calloc(1, len + 1);

	if (!copy)
		tap_die("memory");
	memcpy(copy, from, len);
	return copy;
}

void oplog_read(const char *path, struct oplog *ret)
{
	size_t size, at = 0;
	uint8_t *data = read_whole("/", path + 1, &size);

	*ret = (struct oplog){.list = NULL};
	if (!data)
		tap_die("no log %s", path);
	while (at + sizeof(struct op_head) <= size) {
		struct op *op;

		ret->list = realloc(ret->list, sizeof(*op) * (size_t)(ret->count + 1));
		op = &ret->list[ret->count++];
		memcpy(&op->head, data + at, sizeof(op->head));
		at += sizeof(op->head);
		if (at + op->head.name_len + op->head.name2_len + op->head.data_len > size)
			tap_die("the log %s is cut", path);
		op->name = cut(data + at, op->head.name_len);
		op->name2 = cut(data + at + op->head.name_len, op->head.name2_len);
		at += op->head.name_len + op->head.name2_len;
		op->data = cut(data + at, op->head.data_len);
		at += op->head.data_len;
	}
	free(data);
}

void oplog_free(struct oplog *log)
{
	for (int i = 0; i < log->count; i++) {
		free(log->list[i].name);
		free(log->list[i].name2);
		free(log->list[i].data);
	}
	free(log->list);
	*log = (struct oplog){.list = NULL};
}
