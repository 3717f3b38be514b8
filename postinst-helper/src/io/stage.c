/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The copy loop and its order of flush, proof and rename. Memory: one block.
 */
#include "io/stage.h"

#include "io/afile.h"
#include "io/fault.h"
#include "io/reread.h"
#include "os/pathres.h"
#include "os/sys.h"

#define BLOCK_BYTES (1u << 20)

static int copy_blocks(const struct ik_stage *stage, int to_fd, const struct ik_progress *progress,
		       struct ik_err *err)
{
	ik_autofree uint8_t *buf = malloc(BLOCK_BYTES);

	if (!buf)
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, ENOMEM, "copying");
	for (uint64_t off = 0; off < stage->size_bytes;) {
		size_t want = (size_t)IK_MIN(stage->size_bytes - off, (uint64_t)BLOCK_BYTES);
		ssize_t n = ik_sys_pread(stage->from_fd, buf, want, off);
		int r;

		if (n < 0)
			return ik_io_fault((int)n, err, "reading the source of \"%s\"",
					   stage->name);
		if ((size_t)n != want)
			return ik_err_set(err, IK_E_FILE_CHANGED, ESTALE,
					  "the source of \"%s\" became shorter", stage->name);
		r = ik_sys_pwrite(to_fd, buf, want, off);
		if (r < 0)
			return ik_io_fault(r, err, "writing \"%s\"", stage->temp);
		off += want;
		r = ik_progress_tick(progress, stage->what, off, stage->size_bytes);
		if (r < 0)
			return ik_err_set(err, IK_E_INTERRUPTED, r, "%s", stage->what);
	}
	return 0;
}

static int write_temp(const struct ik_stage *stage, const struct ik_progress *progress,
		      struct ik_err *err)
{
	ik_autoclose int fd = -EBADF;
	int r = ik_afile_create(stage->dir_fd, stage->temp, 0644, &fd);

	if (r < 0)
		return ik_io_fault(r, err, "creating \"%s\"", stage->temp);
	r = copy_blocks(stage, fd, progress, err);
	if (r < 0)
		return r;
	r = ik_sys_fsync(fd);
	return r < 0 ? ik_io_fault(r, err, "flushing \"%s\"", stage->temp) : 0;
}

/* Refuses to rename over anything but a regular file. */
static int check_place(const struct ik_stage *stage, struct ik_err *err)
{
	struct ik_file_id id;
	struct ik_err seen = {0};
	int r = ik_path_identify(stage->dir_fd, stage->name, &id, &seen);

	if (r >= 0 || seen.code == IK_E_PATH_MISSING)
		return 0;
	if (err)
		*err = seen;
	return r;
}

int ik_stage_copy(const struct ik_stage *stage, const struct ik_progress *progress,
		  struct ik_err *err)
{
	int r = check_place(stage, err);

	if (r >= 0)
		r = ik_afile_remove(stage->dir_fd, stage->temp, err);
	if (r < 0)
		return r;
	r = write_temp(stage, progress, err);
	if (r >= 0)
		r = ik_reread_expect(stage->dir_fd, stage->temp, stage->size_bytes, &stage->digest,
				     progress, err);
	if (r >= 0 && stage->waits)
		return 0;
	if (r >= 0) {
		r = ik_sys_rename(stage->dir_fd, stage->temp, stage->dir_fd, stage->name);
		if (r >= 0) {
			if (!stage->names_later)
				ik_sys_fsync_dir(stage->dir_fd);
			return 0;
		}
		r = ik_io_fault(r, err, "renaming \"%s\" to \"%s\"", stage->temp, stage->name);
	}
	ik_ignore(ik_afile_remove(stage->dir_fd, stage->temp, NULL)); /* the first error counts */
	return r;
}
