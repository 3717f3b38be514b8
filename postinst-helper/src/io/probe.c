/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Five small experiments. A server that pretends (truncate does nothing, no flush) is found here,
 * not in the middle of an update.
 */
#include "io/probe.h"

#include <fcntl.h>
#include <string.h>

#include "io/afile.h"
#include "io/fault.h"
#include "io/reread.h"
#include "os/pathres.h"
#include "os/sys.h"

#define PROBE_BYTES 6000u  /* more than one page, no multiple of one */
#define GROWN_BYTES 12288u /* after growing */
#define CUT_BYTES   5000u  /* after cutting */

static int unsafe(struct ik_err *err, int errnum, const char *what)
{
	int r = ik_err_set(err, IK_E_SERVER_UNSAFE, errnum,
			   "the file server of this drive breaks a promise: %s", what);

	ik_err_hint(err, "nothing was changed; use `target=wslconfig`, or update WSL with `wsl "
			 "--update` from Windows");
	return r;
}

static int expect_size(int dir_fd, uint64_t want, const char *what, struct ik_err *err)
{
	struct ik_file_id id;
	int r = ik_path_identify(dir_fd, IK_PROBE_NAME_A, &id, err);

	if (r < 0)
		return r;
	return id.size_bytes == want ? 0 : unsafe(err, 0, what);
}

/* Exclusive creation, and that it excludes. */
static int probe_create(int dir_fd, int *ret_fd, struct ik_err *err)
{
	ik_autoclose int second = -EBADF;
	int r = ik_sys_create(dir_fd, IK_PROBE_NAME_A, 0644, ret_fd);

	if (r < 0)
		return ik_io_fault(r, err, "creating a scratch file");
	r = ik_sys_create(dir_fd, IK_PROBE_NAME_A, 0644, &second);
	return r == -EEXIST ? 0 : unsafe(err, 0, "exclusive creation does not exclude");
}

static int probe_write(int dir_fd, int fd, struct ik_err *err)
{
	uint8_t bytes[PROBE_BYTES];
	struct ik_sha256 digest;
	int r;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 37 + 11);
	ik_digest_of_bytes(bytes, sizeof(bytes), &digest);
	r = ik_sys_pwrite(fd, bytes, sizeof(bytes), 0);
	if (r < 0)
		return ik_io_fault(r, err, "writing a scratch file");
	r = ik_sys_fsync(fd);
	if (r < 0)
		return r == -ENOSPC ? ik_io_fault(r, err, "flushing a scratch file") :
				      unsafe(err, -r, "a file cannot be flushed");
	r = ik_reread_expect(dir_fd, IK_PROBE_NAME_A, sizeof(bytes), &digest, NULL, err);
	if (r == -ENOMEM) /* nobody looked */
		return r;
	return r < 0 ? unsafe(err, 0, "what was written is not read back") : 0;
}

static int probe_truncate(int dir_fd, int fd, struct ik_err *err)
{
	static const uint64_t sizes[] = {GROWN_BYTES, CUT_BYTES};
	int r;

	for (size_t i = 0; i < IK_ARRAY_SIZE(sizes); i++) {
		r = ik_sys_ftruncate(fd, sizes[i]);
		if (r < 0)
			return r == -ENOSPC ? ik_io_fault(r, err, "growing a scratch file") :
					      unsafe(err, -r, "the size of a file cannot be set");
		r = expect_size(dir_fd, sizes[i], "a size change is not seen", err);
		if (r < 0)
			return r;
	}
	r = ik_sys_fsync(fd);
	return r < 0 ? unsafe(err, -r, "a size change cannot be flushed") : 0;
}

/* A rename over an existing file must leave the renamed file's content. */
static int probe_rename(int dir_fd, struct ik_err *err)
{
	ik_autoclose int fd = -EBADF;
	int r = ik_sys_create(dir_fd, IK_PROBE_NAME_B, 0644, &fd);

	if (r < 0)
		return ik_io_fault(r, err, "creating a second scratch file");
	r = ik_sys_pwrite(fd, "b", 1, 0);
	fd = ik_close(fd);
	if (r < 0)
		return ik_io_fault(r, err, "writing a second scratch file");
	r = ik_sys_rename(dir_fd, IK_PROBE_NAME_B, dir_fd, IK_PROBE_NAME_A);
	if (r < 0)
		return unsafe(err, -r, "a file cannot be renamed over another");
	return expect_size(dir_fd, 1, "a rename does not replace", err);
}

static int clean(int dir_fd, struct ik_err *err)
{
	int r = ik_afile_remove(dir_fd, IK_PROBE_NAME_A, err);

	return r < 0 ? r : ik_afile_remove(dir_fd, IK_PROBE_NAME_B, err);
}

int ik_probe_server(int dir_fd, struct ik_err *err)
{
	ik_autoclose int fd = -EBADF;
	int r = clean(dir_fd, err);

	if (r >= 0)
		r = probe_create(dir_fd, &fd, err);
	if (r >= 0)
		r = probe_write(dir_fd, fd, err);
	if (r >= 0)
		r = probe_truncate(dir_fd, fd, err);
	fd = ik_close(fd);
	if (r >= 0)
		r = probe_rename(dir_fd, err);
	if (r < 0) {
		(void)clean(dir_fd, NULL); /* the first error counts */
		return r;
	}
	return clean(dir_fd, err);
}
