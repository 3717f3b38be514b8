/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a file looked like when it was judged, cheap enough to be asked again right before it is changed: whoever
 * writes a kernel moves its time, its size or its head. It must not know what the judgement was.
 */
#ifndef IK_IO_SIGHT_H
#define IK_IO_SIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "io/reread.h"
#include "os/pathres.h"

struct ik_sight {
	bool taken; /* false: there was no such file */
	struct ik_file_id id;
	uint8_t head[IK_HEAD_BYTES]; /* zeros behind the end of a shorter file */
};

/*
 * Purpose     looks. To be called before the file is judged, so that no change falls between.
 * Parameters  name: as ik_path_open_regular(); that there is none is no error
 * Errors      pathres, ik_io_fault()
 */
int ik_sight_take(int dir_fd, const char *name, struct ik_sight *ret,
		  struct ik_err *err) IK_MUST_CHECK;

/* Purpose     did both see the same file, with the same size, time and head? */
bool ik_sight_is_same(const struct ik_sight *a, const struct ik_sight *b);

/*
 * Purpose     makes sure that the file still is as it was.
 * Parameters  fd: the file, open for reading; opened: its identity, asked with this descriptor; name: for the error
 * Errors      IK_E_TARGET_CHANGED: another file, size, time or head; ik_io_fault()
 */
int ik_sight_expect(const struct ik_sight *sight, int fd, const struct ik_file_id *opened,
		    const char *name, struct ik_err *err) IK_MUST_CHECK;

#endif
