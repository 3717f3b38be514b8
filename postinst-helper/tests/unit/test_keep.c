/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store/backup: under which name a copy is kept, and what never takes the place of another one. */
#include "store/keep.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "backupdir.h"
#include "calls.h"
#include "faults.h"
#include "store/names.h"
#include "txnworld.h"

static void copies_get_their_names(void **state IK_UNUSED)
{
	struct ik_backups ik_autobackups b = backups_load();
	char name[64], want[64];

	assert_int_equal(backups_keep(&b, &foreign, name, NULL), 0);
	backups_hex_name(IK_NAME_FOREIGN_MORE, &foreign, want);
	assert_string_equal(name, want);
	assert_int_equal(backups_keep(&b, &official, name, NULL), 0);
	assert_string_equal(name, IK_NAME_OFFICIAL);
	/* There already: nothing is written, and the same name comes back. */
	call_fails("openat", 1, EIO);
	assert_int_equal(backups_keep(&b, &official, name, NULL), 0);
	(void)call_met();
	assert_string_equal(name, IK_NAME_OFFICIAL);
	assert_int_equal(backups_keep(&b, &ours, name, NULL), 1);
	assert_string_equal(name, IK_NAME_PREV);
	assert_int_equal(ik_backup_place(backups_fd, NULL), 0);
	/* The next one of ours waits until it is said that it may take the name. */
	assert_int_equal(backups_keep(&b, &newer, name, NULL), 1);
	assert_string_equal(name, IK_NAME_PREV);
	assert_true(backups_hold(IK_NAME_PREV, &ours));
	assert_true(backups_hold(IK_NAME_TEMP, &newer));
	assert_int_equal(ik_backup_place(backups_fd, NULL), 0);
	assert_true(backups_hold(IK_NAME_PREV, &newer));
	assert_int_equal(b.count, 3);
	assert_int_equal(b.list[2].image.id.size_bytes, newer.size);
}

/* The second generation of an official kernel never takes the place of the first. */
static void the_first_official_one_stays(void **state IK_UNUSED)
{
	struct ik_backups ik_autobackups b = {0};
	char name[64], want[64];

	backups_put(IK_NAME_OFFICIAL, &newer); /* whatever it is */
	b = backups_load();
	assert_int_equal(backups_keep(&b, &official, name, NULL), 0);
	backups_hex_name(IK_NAME_OFFICIAL_MORE, &official, want);
	assert_string_equal(name, want);
	assert_int_equal(b.count, 2);
	assert_int_equal(backups_keep(&b, &foreign, name, NULL), 0);
	assert_int_equal(b.count, 3);
	backups_hex_name(IK_NAME_FOREIGN_MORE, &foreign, want);
	assert_string_equal(name, want);
}

/* Nor does it where the first one cannot be read just now. */
static void an_unreadable_first_one_stays(void **state IK_UNUSED)
{
	static const char *const reads[] = {"ik_sys_openat2", "ik_sys_pread"};
	char name[64], want[64];

	backups_put(IK_NAME_OFFICIAL, &newer);
	backups_hex_name(IK_NAME_OFFICIAL_MORE, &official, want);
	for (size_t i = 0; i < IK_ARRAY_SIZE(reads); i++) {
		struct ik_backups ik_autobackups b = {0};

		/* The first opening is that of the directory. */
		faults = (struct faults){
			.on = true, .only = reads[i], .at = i == 0 ? 2 : 1, .errnum = EACCES};
		b = backups_load();
		assert_non_null(faults.fired);
		faults_off();
		assert_int_equal(b.count, 1);
		assert_true(b.list[0].unreadable && !b.list[0].good);
		assert_int_equal(backups_keep(&b, &official, name, NULL), 0);
		assert_string_equal(name, want);
		assert_int_equal(unlinkat(backups_fd, want, 0), 0);
	}
	assert_true(backups_hold(IK_NAME_OFFICIAL, &newer));
}

/* What has its name and is no file of ours is left alone, and nothing is kept beside it. */
static void a_link_in_the_firsts_place_is_refused(void **state IK_UNUSED)
{
	struct ik_backups ik_autobackups b = {0};
	struct ik_err err = {.code = IK_E_NONE};
	char name[64];

	put_link(backups_fd, IK_NAME_OFFICIAL, "elsewhere");
	b = backups_load();
	assert_true(backups_keep(&b, &official, name, &err) < 0);
	assert_int_equal(err.code, IK_E_PATH_SYMLINK);
	assert_true(backups_keep(&b, &official, name, NULL) < 0);
	assert_int_equal(b.count, 0);
}

static void no_copy_is_entered_that_was_not_made(void **state IK_UNUSED)
{
	struct ik_backups ik_autobackups b = backups_load();
	struct ik_err err = {.code = IK_E_NONE};
	char name[64];

	faults = (struct faults){.on = true, .only = "ik_sys_pwrite", .at = 1, .errnum = ENOSPC};
	assert_int_equal(backups_keep(&b, &ours, name, &err), -ENOSPC);
	faults_off();
	assert_int_equal(b.count, 0);
	call_fails("reallocarray", 1, ENOMEM);
	assert_int_equal(backups_keep(&b, &ours, name, &err), -ENOMEM);
	assert_true(call_met());
	assert_int_equal(err.code, IK_E_MEMORY_EXHAUSTED);
	assert_int_equal(b.count, 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, backupdir_setup, backupdir_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(copies_get_their_names),
		TEST(the_first_official_one_stays),
		TEST(an_unreadable_first_one_stays),
		TEST(a_link_in_the_firsts_place_is_refused),
		TEST(no_copy_is_entered_that_was_not_made),
	};

	return cmocka_run_group_tests_name("store/backup: keep", tests, world_set_up,
					   world_tear_down);
}
