/* SPDX-License-Identifier: GPL-2.0-or-later */
/* os/sys: errno comes back negative, short counts are continued, descriptors are close-on-exec. */
#include "os/sys.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>

#include "support.h"

static void create_excludes(void **state)
{
	struct tmp *t = *state;
	int fd, other = -1;

	assert_int_equal(ik_sys_create(t->fd, "a", 0600, &fd), 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(ik_sys_create(t->fd, "a", 0600, &other), -EEXIST);
	assert_int_equal(other, -1);
	put_link(t->fd, "dangling", "nowhere");
	assert_int_equal(ik_sys_create(t->fd, "dangling", 0600, &other), -EEXIST);
	assert_int_equal(ik_sys_openat(t->fd, "dangling", O_RDONLY, 0, &other), -ELOOP);
	close(fd);
}

static void write_read_truncate(void **state)
{
	struct tmp *t = *state;
	char buf[8] = "";
	int fd;

	assert_int_equal(ik_sys_create(t->fd, "b", 0600, &fd), 0);
	assert_int_equal(ik_sys_pwrite(fd, "abcdef", 6, 2), 0);
	assert_int_equal(ik_sys_fsync(fd), 0);
	assert_int_equal(ik_sys_pread(fd, buf, 8, 4), 4);
	assert_string_equal(buf, "cdef");
	assert_int_equal(ik_sys_ftruncate(fd, 3), 0);
	assert_int_equal(ik_sys_pread(fd, buf, 8, 0), 3);
	close(fd);
	assert_int_equal(ik_sys_pwrite(-1, "x", 1, 0), -EBADF);
	assert_int_equal(ik_sys_fsync(-1), -EBADF);
	assert_int_equal(ik_sys_openat(t->fd, "b", O_RDONLY, 0, &fd), 0);
	assert_int_equal(ik_sys_pwrite(fd, "x", 1, 0), -EBADF);
	assert_int_equal(ik_sys_ftruncate(fd, 1), -EINVAL);
	close(fd);
}

/* A limit in the middle of the data makes the first write short and the second one fail. */
static void short_write_ends_in_an_error(void **state)
{
	struct tmp *t = *state;
	struct rlimit old, small;
	char data[8192];
	int fd;

	memset(data, 'x', sizeof(data));
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = (struct rlimit){5000, old.rlim_max};
	assert_int_equal(ik_sys_create(t->fd, "c", 0600, &fd), 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(ik_sys_pwrite(fd, data, sizeof(data), 0), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(lseek(fd, 0, SEEK_END), 5000);
	close(fd);
}

static void names_and_links(void **state)
{
	struct tmp *t = *state;
	struct timespec when = {.tv_sec = 1000000000, .tv_nsec = 0};
	struct stat st;
	uint64_t bytes = 0;
	int fd;

	assert_int_equal(ik_sys_mkdir(t->fd, "d", 0700), 0);
	assert_int_equal(ik_sys_mkdir(t->fd, "d", 0700), -EEXIST);
	put_text(t->fd, "d/one", "1");
	assert_int_equal(ik_sys_link(t->fd, "d/one", t->fd, "d/two"), 0);
	assert_int_equal(ik_sys_rename(t->fd, "d/two", t->fd, "d/three"), 0);
	assert_int_equal(ik_sys_openat(t->fd, "d/three", O_RDWR, 0, &fd), 0);
	assert_int_equal(ik_sys_set_mtime(fd, &when), 0);
	assert_int_equal(ik_sys_fchmod(fd, 0640), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_nlink, 2);
	assert_int_equal(st.st_mtim.tv_sec, 1000000000);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(ik_sys_free_bytes(fd, &bytes), 0);
	assert_true(bytes > 0);
	close(fd);
	assert_int_equal(ik_sys_unlink(t->fd, "d/one"), 0);
	assert_int_equal(ik_sys_unlink(t->fd, "d/one"), -ENOENT);
	assert_int_equal(ik_sys_rmdir(t->fd, "d"), -ENOTEMPTY);
	ik_sys_fsync_dir(t->fd);
}

static void flock_excludes(void **state)
{
	struct tmp *t = *state;
	int one, two;

	put_text(t->fd, "e", "");
	assert_int_equal(ik_sys_openat(t->fd, "e", O_RDWR, 0, &one), 0);
	assert_int_equal(ik_sys_openat(t->fd, "e", O_RDWR, 0, &two), 0);
	assert_int_equal(ik_sys_flock(one, LOCK_EX), 0);
	assert_int_equal(ik_sys_flock(two, LOCK_EX), -EWOULDBLOCK);
	close(one);
	assert_int_equal(ik_sys_flock(two, LOCK_EX), 0);
	close(two);
}

static void memfd_seals(void **state IK_UNUSED)
{
	int fd;

	assert_int_equal(ik_sys_memfd("t", &fd), 0);
	assert_int_equal(ik_sys_pwrite(fd, "abc", 3, 0), 0);
	assert_int_equal(ik_sys_is_sealed(fd), 0);
	assert_int_equal(ik_sys_seal(fd), 0);
	assert_int_equal(ik_sys_is_sealed(fd), 1);
	assert_int_equal(ik_sys_pwrite(fd, "x", 1, 0), -EPERM);
	assert_int_equal(ik_sys_ftruncate(fd, 1), -EPERM);
	close(fd);
}

static void read_all_has_a_limit(void **state)
{
	struct tmp *t = *state;
	char big[10000], *data = NULL;
	size_t len;
	int fd;

	memset(big, 'y', sizeof(big));
	put_file(t->fd, "f", big, sizeof(big));
	assert_int_equal(ik_sys_openat(t->fd, "f", O_RDONLY, 0, &fd), 0);
	assert_int_equal(ik_sys_read_all(fd, 9999, &data, &len), -EFBIG);
	assert_null(data);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(ik_sys_read_all(fd, 10000, &data, &len), 0);
	assert_int_equal(len, 10000);
	assert_int_equal(data[10000], 0);
	assert_memory_equal(data, big, len);
	free(data);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(create_excludes),
		cmocka_unit_test(write_read_truncate),
		cmocka_unit_test(short_write_ends_in_an_error),
		cmocka_unit_test(names_and_links),
		cmocka_unit_test(flock_excludes),
		cmocka_unit_test(memfd_seals),
		cmocka_unit_test(read_all_has_a_limit),
	};

	return cmocka_run_group_tests_name("os/sys", tests, tmp_setup, tmp_teardown);
}
