/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two byte ranges of two files, and one length. Zeros prove nothing: every image may end in them. What could not
 * be read proves nothing either, and is never an answer: a mixture approved once is approved for ever.
 */
#include "flow/mixture.h"

#include <fcntl.h>
#include <string.h>

#include "io/fault.h"
#include "io/reread.h"
#include "os/pathres.h"
#include "os/sys.h"
#include "store/target.h"

#define TAIL_BYTES 65536u

/* One of the two files. */
struct side {
	const char *name;
	int fd;
	struct ik_file_id id;
};

static void side_done(struct side *side)
{
	side->fd = ik_close(side->fd);
}

static bool all_zero(const uint8_t *bytes, size_t len)
{
	return bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0;
}

/* 1 = read, 0 = the file is too short for that. */
static int read_range(const struct side *side, uint64_t off, size_t len, uint8_t *buf,
		      struct ik_err *err)
{
	ssize_t n;

	if (off + len > side->id.size_bytes)
		return 0;
	n = ik_sys_pread(side->fd, buf, len, off);
	if (n < 0)
		return ik_io_fault((int)n, err, "comparing \"%s\"", side->name);
	if ((size_t)n < len)
		return ik_err_set(err, IK_E_FILE_CHANGED, ESTALE,
				  "\"%s\" became shorter while it was read", side->name);
	return 1;
}

/* Is the range the same in both files, and not only zeros? buf: two times len bytes. */
static int is_same_range(const struct side *one, const struct side *other, uint64_t off, size_t len,
			 uint8_t *buf, struct ik_err *err)
{
	int r = read_range(one, off, len, buf, err);

	if (r > 0)
		r = read_range(other, off, len, buf + len, err);
	return r > 0 ? memcmp(buf, buf + len, len) == 0 && !all_zero(buf, len) : r;
}

/* 1 = open, 0 = no file has the name that could be one of ours. */
static int open_copy(int dir_fd, struct side *copy, struct ik_err *err)
{
	struct ik_err why = {0};
	int r = ik_path_open_regular(dir_fd, copy->name, O_RDONLY, &copy->fd, &copy->id, &why);

	if (r >= 0)
		return 1;
	if (why.code == IK_E_PATH_MISSING || ik_code_exit(why.code) == IK_EXIT_REFUSED)
		return 0;
	if (err)
		*err = why;
	return r;
}

static int compare(const struct side *target, const struct side *copy, uint64_t size,
		   struct ik_err *err)
{
	ik_autofree uint8_t *buf = malloc(2 * (size_t)TAIL_BYTES);
	int r;

	if (!buf)
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, ENOMEM, "comparing \"%s\"",
				  target->name);
	ik_sys_drop_cache(target->fd);
	r = is_same_range(target, copy, 0, IK_HEAD_BYTES, buf, err);
	return r == 0 ? is_same_range(target, copy, size - TAIL_BYTES, TAIL_BYTES, buf, err) : r;
}

int ik_mixture_has_part_of(int dir_fd, const char *target, const struct ik_jrec_image *image,
			   struct ik_err *err)
{
	struct side IK_CLEANUP(side_done) one = {.name = target, .fd = -EBADF};
	struct side IK_CLEANUP(side_done) other = {.name = image->file, .fd = -EBADF};
	int r;

	if (!image->file[0] || image->size_bytes < IK_HEAD_BYTES + TAIL_BYTES)
		return 0;
	r = open_copy(dir_fd, &other, err);
	if (r <= 0)
		return r;
	r = ik_path_open_regular(dir_fd, target, O_RDONLY, &one.fd, &one.id, err);
	return r >= 0 ? compare(&one, &other, image->size_bytes, err) : r;
}

int ik_mixture_is_cut(int dir_fd, const char *target, struct ik_err *err)
{
	ik_autoclose int fd = -EBADF;
	struct ik_file_id id;
	struct ik_image image;
	struct ik_err why = {0};
	int r = ik_path_open_regular(dir_fd, target, O_RDONLY, &fd, &id, err);

	if (r < 0)
		return r;
	ik_sys_drop_cache(fd);
	r = ik_target_probe_fd(fd, id.size_bytes, &image, &why);
	if (why.code == IK_E_IO_FAILED) {
		if (err)
			*err = why;
		return r;
	}
	return why.code == IK_E_IMAGE_TRUNCATED;
}
