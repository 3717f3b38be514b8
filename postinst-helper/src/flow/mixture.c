/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two byte ranges of two files, and one length. Zeros prove nothing: every image may end in them.
 */
#include "flow/mixture.h"

#include <fcntl.h>
#include <string.h>

#include "io/reread.h"
#include "os/pathres.h"
#include "os/sys.h"
#include "store/target.h"

#define TAIL_BYTES 65536u

static bool all_zero(const uint8_t *bytes, size_t len)
{
	return bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0;
}

/* Is the range the same in both files, and not only zeros? buf: two times len bytes. */
static bool is_same_range(int one_fd, int other_fd, uint64_t off, size_t len, uint8_t *buf)
{
	return ik_sys_pread(one_fd, buf, len, off) == (ssize_t)len &&
	       ik_sys_pread(other_fd, buf + len, len, off) == (ssize_t)len &&
	       memcmp(buf, buf + len, len) == 0 && !all_zero(buf, len);
}

bool ik_mixture_has_part_of(int dir_fd, const char *target, const struct ik_jrec_image *image)
{
	ik_autofree uint8_t *buf = malloc(2 * (size_t)TAIL_BYTES);
	ik_autoclose int one_fd = -EBADF;
	ik_autoclose int other_fd = -EBADF;
	uint64_t size = image->size_bytes;

	if (!buf || !image->file[0] || size < IK_HEAD_BYTES + TAIL_BYTES ||
	    ik_path_open_regular(dir_fd, target, O_RDONLY, &one_fd, NULL, NULL) < 0 ||
	    ik_path_open_regular(dir_fd, image->file, O_RDONLY, &other_fd, NULL, NULL) < 0)
		return false;
	ik_sys_drop_cache(one_fd);
	return is_same_range(one_fd, other_fd, 0, IK_HEAD_BYTES, buf) ||
	       is_same_range(one_fd, other_fd, size - TAIL_BYTES, TAIL_BYTES, buf);
}

bool ik_mixture_is_cut(int dir_fd, const char *target)
{
	ik_autoclose int fd = -EBADF;
	struct ik_file_id id;
	struct ik_image image;
	struct ik_err why = {0};

	if (ik_path_open_regular(dir_fd, target, O_RDONLY, &fd, &id, NULL) < 0)
		return false;
	ik_sys_drop_cache(fd);
	return ik_target_probe_fd(fd, id.size_bytes, &image, &why) < 0 &&
	       why.code == IK_E_IMAGE_TRUNCATED;
}
