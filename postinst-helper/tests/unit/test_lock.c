/* SPDX-License-Identifier: GPL-2.0-or-later */
/* os/lock: exclusion, waiting, the shared tmpfs, and what strangers plant under its name. */
#include "os/lock.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "os/clock.h"
#include "support.h"

static void second_taker_is_told_who_holds_it(void **state)
{
	struct tmp *t = *state;
	struct ik_lock one = {.fd = -1}, two = {.fd = -1};
	struct ik_err err = {.code = IK_E_NONE};
	char pid[32];

	assert_int_equal(ik_lock_take(NULL, t->path, 0, &one, NULL), 0);
	assert_false(one.shared);
	assert_int_equal(ik_lock_take(NULL, t->path, 120, &two, &err), -EBUSY);
	assert_int_equal(err.code, IK_E_LOCK_BUSY);
	(void)snprintf(pid, sizeof(pid), "(process %d)", (int)getpid());
	assert_non_null(strstr(err.message, pid));
	ik_lock_release(&one);
	assert_int_equal(ik_lock_take(NULL, t->path, 0, &two, NULL), 0);
	ik_lock_release(&two);
	ik_lock_release(&two);
	ik_lock_release(NULL);
}

static void waits_for_the_holder(void **state)
{
	struct tmp *t = *state;
	struct ik_lock lock = {.fd = -1};
	pid_t child = fork();
	int status;

	if (child == 0) {
		struct ik_lock held;

		if (ik_lock_take(NULL, t->path, 0, &held, NULL) < 0)
			_exit(1);
		ik_clock_sleep_ms(400);
		_exit(0); /* dies with the lock: the system releases it */
	}
	ik_clock_sleep_ms(150);
	assert_int_equal(ik_lock_take(NULL, t->path, 5000, &lock, NULL), 0);
	ik_lock_release(&lock);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void missing_folder_is_made(void **state)
{
	struct tmp *t = *state;
	struct ik_lock lock = {.fd = -1};
	char path[512];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/lock", t->path);
	assert_int_equal(ik_lock_take(NULL, path, 0, &lock, NULL), 0);
	ik_lock_release(&lock);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0755);
	(void)snprintf(path, sizeof(path), "%s/no/lock", t->path);
	assert_int_equal(ik_lock_take(NULL, path, 0, &lock, NULL), -ENOENT);
}

static void planted_files_are_replaced(void **state)
{
	struct tmp *t = *state;
	struct ik_lock lock = {.fd = -1};
	struct stat st;

	put_text(t->fd, "victim", "precious");
	put_link(t->fd, IK_LOCK_NAME "x", "victim");
	assert_int_equal(renameat(t->fd, IK_LOCK_NAME "x", t->fd, IK_LOCK_NAME), 0);
	assert_int_equal(ik_lock_take(NULL, t->path, 0, &lock, NULL), 0);
	ik_lock_release(&lock);
	assert_int_equal(fstatat(t->fd, IK_LOCK_NAME, &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISREG(st.st_mode) && (st.st_mode & 0777) == 0600);

	assert_int_equal(unlinkat(t->fd, IK_LOCK_NAME, 0), 0);
	assert_int_equal(linkat(t->fd, "victim", t->fd, IK_LOCK_NAME, 0), 0);
	assert_int_equal(ik_lock_take(NULL, t->path, 0, &lock, NULL), 0);
	ik_lock_release(&lock);

	assert_int_equal(unlinkat(t->fd, IK_LOCK_NAME, 0), 0);
	assert_int_equal(mkfifoat(t->fd, IK_LOCK_NAME, 0600), 0);
	assert_int_equal(ik_lock_take(NULL, t->path, 0, &lock, NULL), 0);
	ik_lock_release(&lock);

	assert_int_equal(fchmodat(t->fd, IK_LOCK_NAME, 0666, 0), 0);
	assert_int_equal(ik_lock_take(NULL, t->path, 0, &lock, NULL), 0);
	ik_lock_release(&lock);
	assert_int_equal(fstatat(t->fd, "victim", &st, 0), 0);
	assert_int_equal(st.st_size, 8);
}

static void a_planted_directory_is_refused(void **state)
{
	struct tmp *t = *state;
	struct ik_lock lock = {.fd = -1};
	struct ik_err err = {.code = IK_E_NONE};

	(void)unlinkat(t->fd, IK_LOCK_NAME, 0);
	put_text(t->fd, IK_LOCK_NAME "/file", "x");
	assert_true(ik_lock_take(NULL, t->path, 0, &lock, &err) < 0);
	assert_int_equal(err.code, IK_E_LOCK_UNTRUSTED);
	assert_int_equal(lock.fd, -1);
	assert_int_equal(unlinkat(t->fd, IK_LOCK_NAME "/file", 0), 0);
	assert_int_equal(unlinkat(t->fd, IK_LOCK_NAME, AT_REMOVEDIR), 0);
}

static void only_a_mounted_tmpfs_is_shared(void **state)
{
	struct tmp *t = *state;
	struct ik_lock lock = {.fd = -1};
	char path[128];

	put_dir(t->fd, "wsl");
	(void)snprintf(path, sizeof(path), "%s/wsl", t->path);
	assert_int_equal(ik_lock_take(path, t->path, 0, &lock, NULL), 0);
	assert_false(lock.shared);
	ik_lock_release(&lock);
	if (mount("none", path, "tmpfs", 0, "size=64k") < 0)
		skip();
	assert_int_equal(ik_lock_take(path, t->path, 0, &lock, NULL), 0);
	assert_true(lock.shared);
	ik_lock_release(&lock);
	assert_int_equal(umount(path), 0);
}

static void no_place_is_an_error(void **state IK_UNUSED)
{
	struct ik_lock lock = {.fd = -1};
	struct ik_err err = {.code = IK_E_NONE};

	assert_true(ik_lock_take("/nonexistent/a", "/nonexistent/b", 0, &lock, &err) < 0);
	assert_int_equal(err.code, IK_E_LOCK_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(second_taker_is_told_who_holds_it),
		cmocka_unit_test(waits_for_the_holder),
		cmocka_unit_test(planted_files_are_replaced),
		cmocka_unit_test(missing_folder_is_made),
		cmocka_unit_test(a_planted_directory_is_refused),
		cmocka_unit_test(only_a_mounted_tmpfs_is_shared),
		cmocka_unit_test(no_place_is_an_error),
	};

	return cmocka_run_group_tests_name("os/lock", tests, tmp_setup, tmp_teardown);
}
