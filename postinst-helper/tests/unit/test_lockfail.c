/* SPDX-License-Identifier: GPL-2.0-or-later */
/* os/lock: what strangers do between two calls, and calls that fail: the lock is held by one, or not at all. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "calls.h"
#include "faults.h"
#include "os/lock.h"
#include "support.h"

static int set_up(void **state IK_UNUSED)
{
	tmp_make(&tmp, NULL);
	faults_skip_sleep = true;
	return 0;
}

static int take(struct ik_lock *lock, struct ik_err *err)
{
	*err = (struct ik_err){.code = IK_E_NONE};
	*lock = (struct ik_lock){.fd = -EBADF};
	return ik_lock_take(NULL, tmp.path, 0, lock, err);
}

/* Call of the C library, and what then comes back; every lock that was got must be one. */
static const struct {
	const char *call;
	long at;
	int errnum, r;
	enum ik_code code;
} cases[] = {
	{"openat", 1, EACCES, -EACCES, IK_E_LOCK_FAILED}, /* the directory */
	{"openat", 2, EACCES, -EACCES, IK_E_LOCK_FAILED}, /* the file */
	{"openat", 2, EROFS, -EROFS, IK_E_LOCK_FAILED},
	{"openat", 2, ENOSPC, -ENOSPC, IK_E_LOCK_FAILED},
	{"fstat", 1, EIO, -EPERM, IK_E_LOCK_UNTRUSTED}, /* its mode cannot be seen */
	{"fstat", 2, EIO, 0, IK_E_NONE},		/* taken for planted: made anew */
	{"flock", 1, ENOLCK, -ENOLCK, IK_E_LOCK_FAILED},
	{"ftruncate", 1, EIO, 0, IK_E_NONE}, /* the number in it is only a help */
	{"pwrite", 1, ENOSPC, 0, IK_E_NONE},
};

static void each_call_fails_once(void **state IK_UNUSED)
{
	for (size_t i = 0; i < IK_ARRAY_SIZE(cases); i++) {
		struct ik_lock lock;
		struct ik_err err;
		int r;

		(void)unlinkat(tmp.fd, IK_LOCK_NAME, 0);
		call_fails(cases[i].call, cases[i].at, cases[i].errnum);
		r = take(&lock, &err);
		if (!call_met() || r != cases[i].r || err.code != cases[i].code)
			fail_msg("%s %ld: %d %s", cases[i].call, cases[i].at, r, err.message);
		assert_int_equal(lock.fd >= 0, r == 0);
		ik_lock_release(&lock);
	}
}

/* A file system that keeps no mode: the file is not left behind. */
static void open_for_all(void *out)
{
	((struct stat *)out)->st_mode |= 0777;
}

static void of_another(void *out)
{
	((struct stat *)out)->st_uid++;
}

static void a_file_system_without_modes_is_refused(void **state IK_UNUSED)
{
	static void (*const changes[])(void *) = {open_for_all, of_another};

	for (size_t i = 0; i < IK_ARRAY_SIZE(changes); i++) {
		struct ik_lock lock;
		struct ik_err err;

		call_changes("fstat", 1, changes[i]);
		assert_int_equal(take(&lock, &err), -EPERM);
		assert_true(call_met());
		assert_int_equal(err.code, IK_E_LOCK_UNTRUSTED);
		assert_int_equal(faccessat(tmp.fd, IK_LOCK_NAME, F_OK, 0), -1);
	}
}

static void a_file_of_another_user_is_replaced(void **state IK_UNUSED)
{
	struct ik_lock lock;
	struct ik_err err;
	struct stat st;

	if (geteuid() != 0)
		skip();
	put_text(tmp.fd, IK_LOCK_NAME, "planted");
	assert_int_equal(fchmodat(tmp.fd, IK_LOCK_NAME, 0600, 0), 0);
	assert_int_equal(fchownat(tmp.fd, IK_LOCK_NAME, 65534, 65534, 0), 0);
	assert_int_equal(take(&lock, &err), 0);
	assert_int_equal(fstat(lock.fd, &st), 0);
	assert_int_equal(st.st_uid, 0);
	ik_lock_release(&lock);
}

/* Somebody plants it anew each time it is removed. */
static void a_stubborn_stranger_is_refused(void **state IK_UNUSED)
{
	struct ik_lock lock;
	struct ik_err err;

	put_link(tmp.fd, IK_LOCK_NAME, "nowhere");
	call_gives("unlinkat", 1, 0);
	calls.times = 100;
	assert_int_equal(take(&lock, &err), -ELOOP);
	assert_int_equal(calls.count, 8);
	(void)call_met();
	assert_int_equal(err.code, IK_E_LOCK_UNTRUSTED);
	/* Gone before it could be removed: it is made anew. */
	assert_int_equal(unlinkat(tmp.fd, IK_LOCK_NAME, 0), 0);
	assert_int_equal(mkfifoat(tmp.fd, IK_LOCK_NAME, 0600), 0);
	call_fails("unlinkat", 1, ENOENT);
	assert_int_equal(take(&lock, &err), 0);
	assert_true(call_met());
	ik_lock_release(&lock);
}

static void other_inode(void *out)
{
	((struct stat *)out)->st_ino++;
}

static void other_device(void *out)
{
	((struct stat *)out)->st_dev++;
}

/* After the lock was got its name stands for another file: that lock excludes nobody. */
static void a_lock_without_its_name_is_none(void **state IK_UNUSED)
{
	static void (*const changes[])(void *) = {other_inode, other_device, NULL};

	for (size_t i = 0; i < IK_ARRAY_SIZE(changes); i++) {
		struct ik_lock lock;
		struct ik_err err;

		if (changes[i])
			call_changes("fstatat", 1, changes[i]);
		else
			call_fails("fstatat", 1, ENOENT);
		assert_int_equal(take(&lock, &err), -EBUSY);
		assert_true(call_met());
		assert_int_equal(err.code, IK_E_LOCK_BUSY);
		assert_true(lock.fd < 0);
	}
	/* The file that is open cannot be looked at: the third of the questions. */
	{
		struct ik_lock lock;
		struct ik_err err;

		call_fails("fstat", 2, EIO);
		assert_int_equal(take(&lock, &err), -EBUSY);
		assert_true(call_met());
	}
}

static void the_holder_may_be_unknown(void **state IK_UNUSED)
{
	struct ik_lock holder, lock;
	struct ik_err err;

	assert_int_equal(take(&holder, &err), 0);
	assert_int_equal(ftruncate(holder.fd, 0), 0);
	assert_int_equal(take(&lock, &err), -EBUSY);
	assert_non_null(strstr(err.message, "(process unknown)"));
	assert_int_equal(pwrite(holder.fd, "x12", 3, 0), 3);
	assert_int_equal(take(&lock, &err), -EBUSY);
	assert_non_null(strstr(err.message, "(process unknown)"));
	call_fails("pread", 1, EIO);
	assert_int_equal(take(&lock, &err), -EBUSY);
	assert_true(call_met());
	assert_non_null(strstr(err.message, "(process unknown)"));
	ik_lock_release(&holder);
}

static void a_missing_directory_is_made_or_told(void **state IK_UNUSED)
{
	struct ik_lock lock = {.fd = -EBADF};
	struct ik_err err = {.code = IK_E_NONE};
	char path[80];

	(void)snprintf(path, sizeof(path), "%s/lock", tmp.path);
	call_fails("mkdirat", 1, EROFS);
	assert_int_equal(ik_lock_take(NULL, path, 0, &lock, &err), -EROFS);
	assert_true(call_met());
	assert_int_equal(err.code, IK_E_LOCK_FAILED);
	call_fails("openat", 2, EIO);
	assert_int_equal(ik_lock_take(NULL, path, 0, &lock, &err), -EIO);
	assert_true(call_met());
	assert_true(lock.fd < 0);
}

/* Whenever it cannot be told that the tmpfs is the shared one, the local directory is taken. */
static void a_doubtful_tmpfs_is_not_shared(void **state IK_UNUSED)
{
	static const char *const names[] = {"fstatfs", "fstat", "fstatat"};
	char path[80];

	put_dir(tmp.fd, "wsl");
	(void)snprintf(path, sizeof(path), "%s/wsl", tmp.path);
	if (mount("none", path, "tmpfs", 0, "size=64k") < 0)
		skip();
	for (size_t i = 0; i <= IK_ARRAY_SIZE(names); i++) {
		struct ik_lock lock = {.fd = -EBADF};

		if (i < IK_ARRAY_SIZE(names))
			call_fails(names[i], 1, EIO);
		assert_int_equal(ik_lock_take(path, tmp.path, 0, &lock, NULL), 0);
		assert_int_equal(call_met(), i < IK_ARRAY_SIZE(names));
		assert_int_equal(lock.shared, i == IK_ARRAY_SIZE(names));
		ik_lock_release(&lock);
	}
	/* A directory in a tmpfs is not the mount itself. */
	{
		struct ik_lock lock = {.fd = -EBADF};
		char below[96];

		put_dir(tmp.fd, "wsl/below");
		(void)snprintf(below, sizeof(below), "%s/below", path);
		assert_int_equal(ik_lock_take(below, tmp.path, 0, &lock, NULL), 0);
		assert_false(lock.shared);
		ik_lock_release(&lock);
	}
	assert_int_equal(umount(path), 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, calls_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_call_fails_once),
		TEST(a_file_system_without_modes_is_refused),
		TEST(a_file_of_another_user_is_replaced),
		TEST(a_stubborn_stranger_is_refused),
		TEST(a_lock_without_its_name_is_none),
		TEST(the_holder_may_be_unknown),
		TEST(a_missing_directory_is_made_or_told),
		TEST(a_doubtful_tmpfs_is_not_shared),
	};

	return cmocka_run_group_tests_name("os/lock: failures", tests, NULL, NULL);
}
