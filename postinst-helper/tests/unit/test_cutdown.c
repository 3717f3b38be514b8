/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow/recover, flow/txn and flow/remove over a kernel that somebody else, or a full disk, left dead: too short, too long,
 * without a head. Whatever lies there, it is called what it is, and a restore mends it.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "faults.h"
#include "flow/remove.h"
#include "txnworld.h"

/* A journal that cannot be read may be refused, but a dead kernel is not "the kernel before". */
static void torn_wins_over_refused(void **state IK_UNUSED)
{
	struct ik_report report = {0};
	struct ik_err err = {0};

	start_torn();
	assert_int_equal(unlinkat(session.drive.fd, TOOLS IK_NAME_JOURNAL, 0), 0);
	put_link(session.drive.fd, TOOLS IK_NAME_JOURNAL, "elsewhere");
	assert_true(recover(&report, &err) < 0);
	assert_int_equal(ik_code_exit(err.code), IK_EXIT_RECOVERY);
	assert_true(install(&ours, &report, &err) < 0);
	assert_int_equal(ik_code_exit(err.code), IK_EXIT_RECOVERY);
	put_kernel(KERNEL, official.data, official.size, 0);
	assert_true(install(&ours, &report, &err) < 0);
	assert_int_equal(ik_code_exit(err.code), IK_EXIT_REFUSED);
}

static void cut_to(off_t size)
{
	int fd = openat(session.drive.fd, KERNEL, O_WRONLY | O_CLOEXEC);

	assert_int_equal(ftruncate(fd, size), 0);
	assert_int_equal(close(fd), 0);
}

/* Somebody copied a kernel onto a full disk: its head is there. */
static void start_far_too_short(void)
{
	start_installed();
	cut_to(700000);
}

static void start_too_short(void)
{
	start_installed();
	cut_to(MIB + 8192);
}

static void start_torn_and_huge(void)
{
	start_torn_by_others();
	cut_to((off_t)300 * (off_t)MIB);
}

static void start_huge(void)
{
	start_installed();
	cut_to((off_t)300 * (off_t)MIB);
}

static bool is_exactly(const struct image *image)
{
	struct stat st;

	return is(image) && fstatat(session.drive.fd, KERNEL, &st, 0) == 0 &&
	       st.st_size == (off_t)image->size;
}

/* A kernel that was cut a little may be somebody's: it is kept before it is written over. */
static void remove_strange_copies(void)
{
	int dir_fd = tools_fd();
	DIR *dir = fdopendir(dir_fd);

	assert_non_null(dir);
	for (struct dirent *e = readdir(dir); e; e = readdir(dir))
		if (strncmp(e->d_name, "immensity-foreign-", 18) == 0)
			assert_int_equal(unlinkat(dir_fd, e->d_name, 0), 0);
	assert_int_equal(closedir(dir), 0);
}

static void (*const of_no_size[])(void) = {start_far_too_short, start_torn_and_huge, start_huge};

/* What has a size that no kernel has is restored, and is nothing to keep. */
static void a_restore_mends_them(void **state IK_UNUSED)
{
	for (size_t i = 0; i < IK_ARRAY_SIZE(of_no_size); i++) {
		struct ik_report report = {0};
		struct ik_err err = {0};

		of_no_size[i]();
		assert_true(install(&newer, &report, &err) < 0);
		assert_true(err.hint[0]);
		if (restore("official", &report, &err) < 0)
			fail_msg("%zu: %s", i, err.message);
		assert_true(is_exactly(&official));
		assert_int_equal(strange_copies(), 0);
	}
}

/* Wherever it is stopped, the next one succeeds. */
static void stopped_anywhere(void **state IK_UNUSED)
{
	static const char *const calls[] = {"ik_sys_pwrite", "ik_sys_fsync", "ik_sys_ftruncate",
					    "ik_sys_pread"};

	for (size_t i = 0; i < IK_ARRAY_SIZE(of_no_size) * IK_ARRAY_SIZE(calls); i++) {
		void (*start)(void) = of_no_size[i / IK_ARRAY_SIZE(calls)];
		bool fired = true;

		for (long n = 1; fired; n++) {
			struct ik_report report = {0};
			struct ik_err err = {0};

			start();
			faults = (struct faults){.on = true,
						 .only = calls[i % IK_ARRAY_SIZE(calls)],
						 .at = n,
						 .errnum = EIO};
			if (restore("official", &report, &err) >= 0)
				assert_true(is(&official)); /* zeros may follow */
			fired = faults.fired;
			faults_off();
			if (head_is_zero() && start != start_torn_and_huge) /* that was by us */
				assert_int_equal(ik_code_exit(err.code), IK_EXIT_RECOVERY);
			if (restore("official", &report, &err) < 0)
				fail_msg("%s %ld: %s", calls[i % IK_ARRAY_SIZE(calls)], n,
					 err.message);
			assert_true(is_exactly(&official));
			assert_int_equal(strange_copies(), 0);
		}
	}
}

static void writes_another_head(void)
{
	put_file(session.drive.fd, KERNEL, foreign.data, foreign.size);
}

/* It is too long to be read as a whole, but a change is noticed. */
static void a_change_is_noticed(void **state IK_UNUSED)
{
	struct ik_report report = {0};
	struct ik_err err = {0};

	start_torn_and_huge();
	faults = (struct faults){
		.on = true, .only = "ik_sys_rename", .hook_at = 1, .hook = writes_another_head};
	assert_true(restore("official", &report, &err) < 0);
	assert_int_equal(err.code, IK_E_TARGET_CHANGED);
	assert_true(is_exactly(&foreign));
}

static int remove_all(struct ik_report *report, struct ik_err *err)
{
	struct ik_job job = {.session = &session};

	return ik_remove_job(&job, report, err);
}

/* A dead kernel with a head is nobody's: a removal does not end over it. */
static void a_removal_mends_them(void **state IK_UNUSED)
{
	static void (*const starts[])(void) = {start_far_too_short, start_too_short, start_huge};
	struct ik_report report = {0};
	struct ik_err err = {0};

	for (size_t i = 0; i < IK_ARRAY_SIZE(starts); i++) {
		starts[i]();
		if (remove_all(&report, &err) < 0)
			fail_msg("%zu: %s", i, err.message);
		assert_true(is_exactly(&official));
	}
	start_far_too_short();
	assert_int_equal(unlinkat(session.drive.fd, TOOLS IK_NAME_OFFICIAL, 0), 0);
	remove_strange_copies();
	assert_true(remove_all(&report, &err) < 0);
	assert_int_equal(err.code, IK_E_BACKUP_MISSING);
	assert_true(is_there(IK_NAME_JOURNAL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(torn_wins_over_refused), cmocka_unit_test(a_restore_mends_them),
		cmocka_unit_test(stopped_anywhere),	  cmocka_unit_test(a_change_is_noticed),
		cmocka_unit_test(a_removal_mends_them),
	};

	return cmocka_run_group_tests_name("cutdown", tests, world_set_up, world_tear_down);
}
