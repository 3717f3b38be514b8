/* SPDX-License-Identifier: GPL-2.0-or-later */
/* io/sight: each way in which a file may have become another one is seen, each by itself. */
#include "io/sight.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macro.h"
#include "faults.h"
#include "support.h"

#define BYTES ((size_t)3 * IK_HEAD_BYTES)

static const struct timespec long_ago = {.tv_sec = 1000000000, .tv_nsec = 5};

static void set_time(const struct timespec *mtime)
{
	const struct timespec times[2] = {*mtime, *mtime};

	assert_int_equal(utimensat(tmp.fd, "t", times, 0), 0);
}

static int start(void **state IK_UNUSED)
{
	ik_autofree char *bytes = pattern(BYTES, 1);

	(void)unlinkat(tmp.fd, "t", 0);
	put_file(tmp.fd, "t", bytes, BYTES);
	set_time(&long_ago);
	return 0;
}

static void put_byte(off_t off)
{
	int fd = openat(tmp.fd, "t", O_WRONLY | O_CLOEXEC);

	assert_int_equal(pwrite(fd, "!", 1, off), 1);
	assert_int_equal(close(fd), 0);
}

static void changes_the_head(void)
{
	put_byte(IK_HEAD_BYTES - 1);
	set_time(&long_ago);
}

static void changes_the_body(void)
{
	put_byte(IK_HEAD_BYTES); /* only the time tells */
}

static void changes_the_size(void)
{
	put_byte(BYTES);
	set_time(&long_ago);
}

static void copies(void)
{
	ik_autofree char *bytes = pattern(BYTES, 1);

	put_file(tmp.fd, "incoming", bytes, BYTES);
	assert_int_equal(renameat(tmp.fd, "incoming", tmp.fd, "t"), 0);
	set_time(&long_ago);
}

static void does_nothing(void)
{
}

static int look_again(const struct ik_sight *sight, struct ik_err *err)
{
	ik_autoclose int fd = -EBADF;
	struct ik_file_id id;

	assert_int_equal(ik_path_open_regular(tmp.fd, "t", O_RDWR, &fd, &id, NULL), 0);
	return ik_sight_expect(sight, fd, &id, "t", err);
}

static void changes_are_seen(void **state IK_UNUSED)
{
	static const struct {
		void (*act)(void);
		int r;
	} cases[] = {
		{does_nothing, 0},	     {changes_the_head, -ESTALE},
		{changes_the_body, -ESTALE}, {changes_the_size, -ESTALE},
		{copies, -ESTALE},
	};

	for (size_t i = 0; i < IK_ARRAY_SIZE(cases); i++) {
		struct ik_sight sight;
		struct ik_err err = {0};

		start(NULL);
		assert_int_equal(ik_sight_take(tmp.fd, "t", &sight, &err), 0);
		assert_true(sight.taken);
		cases[i].act();
		assert_int_equal(look_again(&sight, &err), cases[i].r);
		assert_int_equal(err.code, cases[i].r ? IK_E_TARGET_CHANGED : IK_E_NONE);
		assert_int_equal(look_again(&sight, NULL), cases[i].r);
	}
}

/* What was not there is not what is there now. */
static void a_file_that_came(void **state IK_UNUSED)
{
	struct ik_sight sight;
	struct ik_err err = {0};

	assert_int_equal(unlinkat(tmp.fd, "t", 0), 0);
	assert_int_equal(ik_sight_take(tmp.fd, "t", &sight, &err), 0);
	assert_int_equal(err.code, IK_E_NONE);
	assert_false(sight.taken);
	start(NULL);
	assert_int_equal(look_again(&sight, &err), -ESTALE);
}

/* That it cannot be looked at is no sameness. */
static void what_cannot_be_read(void **state IK_UNUSED)
{
	struct ik_sight sight;

	assert_int_equal(ik_sight_take(tmp.fd, "t", &sight, NULL), 0);
	for (int with = 0; with < 2; with++) {
		struct ik_err err = {0};
		struct ik_sight other;

		faults =
			(struct faults){.on = true, .only = "ik_sys_pread", .at = 1, .errnum = EIO};
		assert_int_equal(ik_sight_take(tmp.fd, "t", &other, with ? &err : NULL), -EIO);
		assert_int_equal(err.code, with ? IK_E_IO_FAILED : IK_E_NONE);
		faults.count = 0;
		assert_int_equal(look_again(&sight, with ? &err : NULL), -EIO);
		faults_off();
	}
	put_link(tmp.fd, "link", "t");
	assert_true(ik_sight_take(tmp.fd, "link", &sight, NULL) < 0);
}

/* Two looks at one file; at none, nothing is the same. */
static void two_looks(void **state IK_UNUSED)
{
	struct ik_sight a, b;

	assert_int_equal(ik_sight_take(tmp.fd, "t", &a, NULL), 0);
	b = a;
	assert_true(ik_sight_is_same(&a, &b));
	b.head[7] ^= 1;
	assert_false(ik_sight_is_same(&a, &b));
	b = a;
	b.id.size_bytes++;
	assert_false(ik_sight_is_same(&a, &b));
	b = a;
	b.taken = false;
	assert_false(ik_sight_is_same(&a, &b));
	assert_false(ik_sight_is_same(&b, &a));
}

static int set_up(void **state IK_UNUSED)
{
	tmp_make(&tmp, NULL);
	return 0;
}

static int tear_down(void **state IK_UNUSED)
{
	tmp_remove(&tmp);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(changes_are_seen, start),
		cmocka_unit_test_setup(a_file_that_came, start),
		cmocka_unit_test_setup(what_cannot_be_read, start),
		cmocka_unit_test_setup(two_looks, start),
	};

	return cmocka_run_group_tests_name("sight", tests, set_up, tear_down);
}
