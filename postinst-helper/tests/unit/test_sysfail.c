/* SPDX-License-Identifier: GPL-2.0-or-later */
/* os/sys: every call is repeated when a signal interrupts it, and its errno comes back when it fails. */
#include "os/sys.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>

#include "calls.h"
#include "faults.h"
#include "support.h"

static struct tmp *place;
static int file_fd, out_fd; /* a file with content; where results go */

static int do_openat2(void)
{
	return ik_sys_openat2(place->fd, "file", O_RDONLY, 0, 0, &out_fd);
}

static int do_openat(void)
{
	return ik_sys_openat(place->fd, "file", O_RDONLY, 0, &out_fd);
}

static int do_open(void)
{
	return ik_sys_open_read(place->path, O_DIRECTORY, &out_fd);
}

static int do_pread(void)
{
	char buf[4];
	ssize_t n = ik_sys_pread(file_fd, buf, sizeof(buf), 0);

	return n == sizeof(buf) ? 0 : (int)n;
}

static int do_pwrite(void)
{
	return ik_sys_pwrite(file_fd, "text", 4, 0);
}

static int do_write(void)
{
	return ik_sys_write(file_fd, "text", 4);
}

static int do_read_all(void)
{
	ik_autofree char *text = NULL;
	size_t len = 0;
	int r = lseek(file_fd, 0, SEEK_SET) == 0 ? ik_sys_read_all(file_fd, 100, &text, &len) : -1;

	assert_int_equal(!!text, r == 0);
	return r;
}

static int do_ftruncate(void)
{
	return ik_sys_ftruncate(file_fd, 4);
}

static int do_fsync(void)
{
	return ik_sys_fsync(file_fd);
}

static int do_rename(void)
{
	int r = ik_sys_rename(place->fd, "one", place->fd, "two");

	return r == 0 ? ik_sys_rename(place->fd, "two", place->fd, "one") : r;
}

static int do_unlink(void)
{
	put_text(place->fd, "gone", "x");
	return ik_sys_unlink(place->fd, "gone");
}

static int do_rmdir(void)
{
	(void)mkdirat(place->fd, "gone.d", 0700);
	return ik_sys_rmdir(place->fd, "gone.d");
}

static int do_mkdir(void)
{
	(void)unlinkat(place->fd, "new.d", AT_REMOVEDIR);
	return ik_sys_mkdir(place->fd, "new.d", 0700);
}

static int do_link(void)
{
	static char name[] = "link a";

	name[sizeof(name) - 2]++; /* another one each time */
	return ik_sys_link(place->fd, "one", place->fd, name);
}

static int do_set_mtime(void)
{
	return ik_sys_set_mtime(file_fd, &(struct timespec){.tv_sec = 1000});
}

static int do_fchmod(void)
{
	return ik_sys_fchmod(file_fd, 0600);
}

static int do_flock(void)
{
	return ik_sys_flock(file_fd, LOCK_EX);
}

static int do_memfd(void)
{
	return ik_sys_memfd("x", &out_fd);
}

static int do_seal(void)
{
	ik_autoclose int fd = -EBADF;

	assert_int_equal(ik_sys_memfd("x", &fd), 0);
	return ik_sys_seal(fd);
}

static int do_is_sealed(void)
{
	ik_autoclose int fd = -EBADF;

	assert_int_equal(ik_sys_memfd("x", &fd), 0);
	return ik_sys_is_sealed(fd);
}

static int do_free_bytes(void)
{
	uint64_t bytes = 77;
	int r = ik_sys_free_bytes(file_fd, &bytes);

	assert_int_equal(bytes == 77, r < 0);
	return r;
}

static const struct {
	const char *name;
	int (*fn)(void);
	bool gives_fd;
} cases[] = {
	{"openat2", do_openat2, true},
	{"openat", do_openat, true},
	{"open", do_open, true},
	{"pread", do_pread, false},
	{"pwrite", do_pwrite, false},
	{"write", do_write, false},
	{"read", do_read_all, false},
	{"ftruncate", do_ftruncate, false},
	{"fsync", do_fsync, false},
	{"renameat", do_rename, false},
	{"unlinkat", do_unlink, false},
	{"unlinkat", do_rmdir, false},
	{"mkdirat", do_mkdir, false},
	{"linkat", do_link, false},
	{"futimens", do_set_mtime, false},
	{"fchmod", do_fchmod, false},
	{"flock", do_flock, false},
	{"memfd_create", do_memfd, true},
	{"fcntl", do_seal, false},
	{"fcntl", do_is_sealed, false},
	{"fstatvfs", do_free_bytes, false},
};

static int set_up(void **state)
{
	assert_int_equal(tmp_setup((void **)&place), 0);
	put_text(place->fd, "file", "content");
	put_text(place->fd, "one", "1");
	file_fd = openat(place->fd, "file", O_RDWR | O_CLOEXEC);
	assert_true(file_fd >= 0);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	close(file_fd);
	return tmp_teardown(state);
}

static void interrupted_calls_are_repeated(void **state IK_UNUSED)
{
	for (size_t i = 0; i < IK_ARRAY_SIZE(cases); i++) {
		int r;

		out_fd = -1;
		call_fails(cases[i].name, 1, EINTR);
		calls.times = 3;
		r = cases[i].fn();
		if (r != 0 || calls.count < 4)
			fail_msg("%s: %d after %ld calls", cases[i].name, r, calls.count);
		assert_true(call_met());
		assert_int_equal(out_fd >= 0, cases[i].gives_fd);
		(void)ik_close(out_fd);
	}
}

static void failures_come_back(void **state IK_UNUSED)
{
	for (size_t i = 0; i < IK_ARRAY_SIZE(cases); i++) {
		int r;

		out_fd = -1;
		call_fails(cases[i].name, 1, EIO);
		r = cases[i].fn();
		if (r != -EIO || !call_met())
			fail_msg("%s: %d", cases[i].name, r);
		assert_int_equal(out_fd, -1);
	}
}

/* A server that takes nothing and says nothing must not keep us for ever. */
static void nothing_written_is_no_space(void **state IK_UNUSED)
{
	call_gives("pwrite", 1, 0);
	assert_int_equal(do_pwrite(), -ENOSPC);
	assert_true(call_met());
	call_gives("write", 1, 0);
	assert_int_equal(do_write(), -ENOSPC);
	assert_true(call_met());
}

static void flush_of_a_directory_is_tried_again(void **state IK_UNUSED)
{
	call_fails("fsync", 1, EINTR);
	ik_sys_fsync_dir(place->fd);
	assert_int_equal(calls.count, 2);
	assert_true(call_met());
	call_fails("fsync", 1, EINVAL);
	ik_sys_fsync_dir(place->fd);
	assert_int_equal(calls.count, 1);
	assert_true(call_met());
}

static void no_memory_is_told(void **state IK_UNUSED)
{
	int r;

	faults = (struct faults){.on = true, .only = "memory", .at = 1, .errnum = ENOMEM};
	r = do_read_all();
	faults_off();
	assert_int_equal(r, -ENOMEM);
}

static void huge(void *out)
{
	struct statvfs *vfs = out;

	vfs->f_bavail = UINT64_MAX / 2;
	vfs->f_frsize = 4096;
}

static void free_space_does_not_wrap_round(void **state IK_UNUSED)
{
	uint64_t bytes = 0;

	call_changes("fstatvfs", 1, huge);
	assert_int_equal(ik_sys_free_bytes(file_fd, &bytes), 0);
	assert_true(call_met());
	assert_true(bytes == UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interrupted_calls_are_repeated),
		cmocka_unit_test(failures_come_back),
		cmocka_unit_test(nothing_written_is_no_space),
		cmocka_unit_test(flush_of_a_directory_is_tried_again),
		cmocka_unit_test(no_memory_is_told),
		cmocka_unit_test(free_space_does_not_wrap_round),
	};

	return cmocka_run_group_tests_name("os/sys: failures", tests, set_up, tear_down);
}
