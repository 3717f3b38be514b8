/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the recording file system writes down, one record per operation, and its reader.
 * It must not know what the operations mean to anybody.
 */
#ifndef CRASH_OPLOG_H
#define CRASH_OPLOG_H

#include <stdint.h>

enum op_kind {
	OP_CREATE = 1, /* ino, name */
	OP_WRITE,      /* ino, offset, data */
	OP_SIZE,       /* ino, offset = new size */
	OP_FSYNC,      /* ino; flags: OP_F_WRITABLE, OP_F_DATA_ONLY */
	OP_RENAME,     /* name, name2 */
	OP_UNLINK,     /* name */
	OP_LINK,       /* name = existing, name2 = new */
	OP_MKDIR,      /* name */
	OP_RMDIR,      /* name */
	OP_TIMES,      /* ino; offset = new time of change in ns */
};

#define OP_F_WRITABLE  1u /* the descriptor was open for writing */
#define OP_F_DATA_ONLY 2u /* fdatasync */

/* A record; name, name2 and data follow it in the file, without NUL. */
struct op_head {
	uint32_t kind, flags;
	uint64_t ino, offset;
	uint32_t name_len, name2_len, data_len, pad;
};

/* A record in memory. */
struct op {
	struct op_head head;
	char *name, *name2; /* NUL-terminated, relative to the root, "" when unused */
	uint8_t *data;
};

struct oplog {
	struct op *list;
	int count;
};

/* Reads a log file; ends the suite when it is damaged. */
void oplog_read(const char *path, struct oplog *ret);
void oplog_free(struct oplog *log);

#endif
