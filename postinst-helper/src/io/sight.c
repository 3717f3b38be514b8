/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The head is read past the cache of pages: another system may have written it.
 */
#include "io/sight.h"

#include <fcntl.h>
#include <string.h>

#include "io/fault.h"
#include "os/sys.h"

static int read_head(int fd, const char *name, uint8_t head[IK_HEAD_BYTES], struct ik_err *err)
{
	ssize_t n;

	memset(head, 0, IK_HEAD_BYTES);
	ik_sys_drop_cache(fd);
	n = ik_sys_pread(fd, head, IK_HEAD_BYTES, 0);
	return n < 0 ? ik_io_fault((int)n, err, "reading the head of \"%s\"", name) : 0;
}

int ik_sight_take(int dir_fd, const char *name, struct ik_sight *ret, struct ik_err *err)
{
	ik_autoclose int fd = -EBADF;
	struct ik_err seen = {0};
	int r = ik_path_open_regular(dir_fd, name, O_RDONLY, &fd, &ret->id, &seen);

	ret->taken = r >= 0;
	if (seen.code == IK_E_PATH_MISSING)
		return 0;
	if (r >= 0)
		r = read_head(fd, name, ret->head, &seen);
	if (r < 0 && err)
		*err = seen;
	return r;
}

static bool is_same_look(const struct ik_file_id *a, const struct ik_file_id *b)
{
	return ik_file_id_is_same(a, b) && a->size_bytes == b->size_bytes &&
	       a->mtime.tv_sec == b->mtime.tv_sec && a->mtime.tv_nsec == b->mtime.tv_nsec;
}

bool ik_sight_is_same(const struct ik_sight *a, const struct ik_sight *b)
{
	return a->taken && b->taken && is_same_look(&a->id, &b->id) &&
	       memcmp(a->head, b->head, sizeof(a->head)) == 0;
}

int ik_sight_expect(const struct ik_sight *sight, int fd, const struct ik_file_id *opened,
		    const char *name, struct ik_err *err)
{
	uint8_t head[IK_HEAD_BYTES];
	int r = read_head(fd, name, head, err);

	if (r < 0)
		return r;
	if (sight->taken && is_same_look(&sight->id, opened) &&
	    memcmp(sight->head, head, sizeof(head)) == 0)
		return 0;
	r = ik_err_set(
		err, IK_E_TARGET_CHANGED, ESTALE,
		"\"%s\" was changed by somebody else (Windows Update?) meanwhile; left alone",
		name);
	ik_err_hint(err, "run the command again");
	return r;
}
