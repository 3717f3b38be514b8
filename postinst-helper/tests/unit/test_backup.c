/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store/backup: which copies there are, which one a name means, and what is kept under which name. */
#include "store/backup.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "backupdir.h"
#include "calls.h"
#include "faults.h"
#include "store/names.h"
#include "txnworld.h"

#define HEX_NONE "000000000000"

static void only_our_names_are_backups(void **state IK_UNUSED)
{
	struct ik_backups ik_autobackups none = backups_load(), b = {0};

	assert_int_equal(none.count, 0);
	put_text(backups_fd, "kernel", "x");
	put_text(backups_fd, "immensity-new.img", "x");
	put_text(backups_fd, "immensity-official-" HEX_NONE "0.img", "x");
	put_text(backups_fd, "immensity-elsewhere-0123456789.img", "x");
	put_text(backups_fd, "immensity-whatever-012345678901", "x");
	put_link(backups_fd, "immensity-official-" HEX_NONE ".img", "kernel");
	assert_int_equal(mkdirat(backups_fd, IK_NAME_PREV, 0755), 0);
	b = backups_load();
	assert_int_equal(b.count, 0);
	ik_backups_done(NULL);
}

static void backups_are_sorted_and_judged(void **state IK_UNUSED)
{
	struct ik_backups ik_autobackups b = {0};

	backups_put(IK_NAME_PREV, &ours);
	backups_put_hex(IK_NAME_FOREIGN_MORE, &foreign);
	backups_put("IMMENSITY-OFFICIAL.IMG", &official);
	backups_put("immensity-official-" HEX_NONE ".img", &newer); /* not what the name says */
	put_text(backups_fd, "immensity-foreign-" HEX_NONE ".img", "torn");
	b = backups_load();
	assert_int_equal(b.count, 5);
	assert_true(b.list[0].first_official && b.list[0].good);
	assert_int_equal(b.list[0].origin, IK_KIND_OFFICIAL);
	assert_int_equal(strncmp(b.list[0].id, "official-", 9), 0);
	assert_string_equal(b.list[1].id, "official-" HEX_NONE);
	assert_false(b.list[1].good || b.list[1].first_official);
	assert_int_equal(b.list[2].origin, IK_KIND_FOREIGN);
	assert_int_equal(b.list[3].origin, IK_KIND_FOREIGN);
	assert_int_equal(b.list[2].good + b.list[3].good, 1);
	assert_string_equal(b.list[4].id, "previous");
}

/* The same release twice, or none: the older file first, then by name. */
static void age_and_name_decide_between_equals(void **state IK_UNUSED)
{
	static const char *const files[] = {"immensity-official-" HEX_NONE ".img",
					    "immensity-official-111111111111.img",
					    "immensity-official-222222222222.img"};
	struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	struct ik_backups ik_autobackups b = {0};

	for (size_t i = 0; i < IK_ARRAY_SIZE(files); i++) {
		put_text(backups_fd, files[i], "torn");
		assert_int_equal(utimensat(backups_fd, files[i], old, 0), 0);
	}
	old[1].tv_sec = 500;
	assert_int_equal(utimensat(backups_fd, files[1], old, 0), 0);
	backups_put_hex(IK_NAME_OFFICIAL_MORE, &official);
	b = backups_load();
	assert_int_equal(b.count, 4);
	assert_string_equal(b.list[0].file, files[1]);
	assert_string_equal(b.list[1].file, files[0]);
	assert_string_equal(b.list[2].file, files[2]);
}

static void what_fails_while_listing_is_told(void **state IK_UNUSED)
{
	static const struct {
		const char *call;
		long at;
		int errnum;
		enum ik_code code;
	} cases[] = {
		{"fdopendir", 1, ENOMEM, IK_E_IO_FAILED},
		{"readdir64", 2, EIO, IK_E_IO_FAILED},
		{"reallocarray", 1, ENOMEM, IK_E_MEMORY_EXHAUSTED},
	};
	struct ik_backups b = {0};

	backups_put(IK_NAME_PREV, &ours);
	for (size_t i = 0; i < IK_ARRAY_SIZE(cases); i++) {
		struct ik_err err = {.code = IK_E_NONE};

		call_fails(cases[i].call, cases[i].at, cases[i].errnum);
		assert_int_equal(ik_backups_load(backups_fd, NULL, &b, &err), -cases[i].errnum);
		assert_true(call_met());
		assert_int_equal(err.code, cases[i].code);
		assert_null(b.list);
	}
	assert_true(ik_backups_load(-1, NULL, &b, NULL) < 0);
}

static int select_one(const struct ik_backups *b, const char *name,
		      const struct ik_sha256 *previous, enum ik_code code)
{
	const struct ik_backup *found = NULL;
	struct ik_err err = {.code = IK_E_NONE};
	int r = ik_backups_select(b, name, previous, &found, &err);

	if (err.code != code)
		fail_msg("%s: %d %s", name, r, err.message);
	assert_int_equal(!!found, r == 0);
	return r == 0 ? (int)(found - b->list) : -1;
}

static void take_away(void)
{
	assert_int_equal(unlinkat(backups_fd, IK_NAME_PREV, 0), 0);
}

static void what_goes_away_while_listing_is_no_backup(void **state IK_UNUSED)
{
	struct ik_backups ik_autobackups b = {0};

	backups_put(IK_NAME_PREV, &ours);
	faults = (struct faults){
		.on = true, .only = "ik_sys_openat2", .hook_at = 1, .hook = take_away};
	b = backups_load();
	assert_non_null(faults.fired);
	faults_off();
	assert_int_equal(b.count, 0);
}

static void names_are_answered(void **state IK_UNUSED)
{
	struct ik_backups ik_autobackups b = {0};
	struct ik_sha256 previous, other = {{0}};
	char name[64];

	backups_put(IK_NAME_OFFICIAL, &official);
	backups_put("immensity-official-" HEX_NONE ".img", &newer); /* newer, and damaged */
	backups_put_hex(IK_NAME_FOREIGN_MORE, &foreign);
	backups_put(IK_NAME_PREV, &ours);
	b = backups_load();
	assert_int_equal(b.count, 4);
	ik_digest_of_bytes(foreign.data, foreign.size, &previous);
	assert_int_equal(select_one(&b, "official", NULL, IK_E_NONE), 0);
	assert_int_equal(select_one(&b, "first", NULL, IK_E_NONE), 0);
	assert_int_equal(select_one(&b, "previous", NULL, IK_E_NONE), 3);
	assert_int_equal(select_one(&b, "previous", &previous, IK_E_NONE), 2);
	assert_int_equal(select_one(&b, "previous", &other, IK_E_BACKUP_MISSING), -1);
	assert_int_equal(select_one(&b, "official-", NULL, IK_E_ARGUMENT_BAD), -1);
	assert_int_equal(select_one(&b, "official-" HEX_NONE, NULL, IK_E_BACKUP_BAD), -1);
	assert_int_equal(select_one(&b, "nonsense", NULL, IK_E_BACKUP_MISSING), -1);
	backups_hex_name("foreign-", &foreign, name);
	name[16] = '\0';
	assert_int_equal(select_one(&b, name, NULL, IK_E_NONE), 2);
	/* Two copies of one image: either is meant. */
	backups_put_hex(IK_NAME_OFFICIAL_MORE, &official);
	ik_backups_done(&b);
	b = backups_load();
	assert_int_equal(b.count, 5);
	backups_hex_name("official-", &official, name);
	name[17] = '\0';
	assert_true(select_one(&b, name, NULL, IK_E_NONE) >= 0);
	/* Size and digest must both agree. */
	assert_ptr_equal(ik_backups_find(&b, &previous, foreign.size), &b.list[3]);
	assert_null(ik_backups_find(&b, &previous, foreign.size + 1));
	assert_null(ik_backups_find(&b, &other, foreign.size));
	/* And what is not what its name says is never found. */
	ik_digest_of_bytes(newer.data, newer.size, &other);
	assert_null(ik_backups_find(&b, &other, newer.size));
}

/* Loads the list while one opening or reading of a backup fails. */
static struct ik_backups load_blind(const char *call, long at)
{
	struct ik_backups b;

	faults = (struct faults){.on = true, .only = call, .at = at, .errnum = EACCES};
	b = backups_load();
	assert_non_null(faults.fired);
	faults_off();
	return b;
}

static void what_cannot_be_read_is_listed(void **state IK_UNUSED)
{
	/* The first opening is that of the directory. */
	static const struct {
		const char *call;
		long at;
	} cases[] = {{"ik_sys_openat2", 2}, {"ik_sys_pread", 1}};
	static const char *const files[] = {IK_NAME_OFFICIAL, "immensity-official-" HEX_NONE ".img",
					    IK_NAME_PREV};
	static const char *const ids[] = {"official-unreadable", "official-" HEX_NONE, "previous"};

	for (size_t i = 0; i < IK_ARRAY_SIZE(cases) * IK_ARRAY_SIZE(files); i++) {
		const char *file = files[i % IK_ARRAY_SIZE(files)];
		struct ik_backups ik_autobackups b = {0};

		backups_put(file, &official);
		b = load_blind(cases[i / IK_ARRAY_SIZE(files)].call,
			       cases[i / IK_ARRAY_SIZE(files)].at);
		assert_int_equal(b.count, 1);
		assert_true(b.list[0].unreadable && !b.list[0].good && !b.list[0].image.has_digest);
		assert_int_equal(b.list[0].image.id.size_bytes, 0);
		assert_string_equal(b.list[0].id, ids[i % IK_ARRAY_SIZE(files)]);
		assert_int_equal(select_one(&b, b.list[0].id, NULL, IK_E_BACKUP_BAD), -1);
		assert_int_equal(unlinkat(backups_fd, file, 0), 0);
	}
}

static enum ik_code original(const struct ik_backups *b, enum ik_kind origin)
{
	const struct ik_backup *found = NULL;
	struct ik_err err = {.code = IK_E_NONE};

	if (ik_backups_original(b, &found, &err) >= 0)
		assert_int_equal(found->origin, origin);
	return err.code;
}

/* An older one, or a foreign one, is not put back instead of one that is there. */
static void the_newest_is_not_the_newest_readable_one(void **state IK_UNUSED)
{
	struct ik_backups ik_autobackups b = backups_load();
	char id[64];

	assert_int_equal(original(&b, IK_KIND_FOREIGN), IK_E_BACKUP_MISSING);
	backups_put_hex(IK_NAME_OFFICIAL_MORE, &official);
	ik_backups_done(&b);
	b = load_blind("ik_sys_openat2", 2);
	assert_int_equal(select_one(&b, "official", NULL, IK_E_BACKUP_BAD), -1);
	assert_int_equal(original(&b, IK_KIND_FOREIGN), IK_E_BACKUP_BAD);
	assert_null(ik_backups_newest_good(&b));
	/* Beside it a foreign one, and a good official one. */
	b.list = reallocarray(b.list, 3, sizeof(*b.list));
	b.list[1] = b.list[2] = b.list[0];
	b.list[1].unreadable = false;
	b.list[1].good = true;
	(void)snprintf(b.list[1].id, sizeof(b.list[1].id), "official-good");
	b.list[2].origin = IK_KIND_FOREIGN;
	b.list[2].good = true;
	b.count = 3;
	assert_int_equal(original(&b, IK_KIND_FOREIGN), IK_E_BACKUP_BAD);
	assert_int_equal(select_one(&b, "official", NULL, IK_E_BACKUP_BAD), -1);
	(void)snprintf(id, sizeof(id), "official-good");
	assert_int_equal(select_one(&b, id, NULL, IK_E_NONE), 1);
	assert_ptr_equal(ik_backups_newest_good(&b), &b.list[1]);
	/* A damaged one can never be put back: then a good one serves. */
	b.list[0].unreadable = false;
	assert_int_equal(original(&b, IK_KIND_OFFICIAL), IK_E_NONE);
	b.list[1].good = false;
	assert_int_equal(original(&b, IK_KIND_FOREIGN), IK_E_BACKUP_BAD);
	b.list[0].origin = b.list[1].origin = IK_KIND_OURS;
	assert_int_equal(original(&b, IK_KIND_FOREIGN), IK_E_NONE);
}

static void without_memory_no_backup_is_left_out(void **state IK_UNUSED)
{
	unsigned failures = 0;
	bool more = true;

	backups_put(IK_NAME_OFFICIAL, &official);
	backups_put(IK_NAME_PREV, &ours);
	for (long at = 1; more; at++) {
		struct ik_backups ik_autobackups b = {0};
		int r;

		faults = (struct faults){.on = true, .only = "memory", .at = at, .errnum = ENOMEM};
		r = ik_backups_load(backups_fd, NULL, &b, NULL);
		more = faults.fired != NULL;
		faults_off();
		failures += r < 0;
		assert_int_equal(r, r < 0 ? -ENOMEM : 0);
		assert_int_equal(b.count, r < 0 ? 0 : 2);
	}
	assert_true(failures > 1);
}

static int stop(void *ctx IK_UNUSED, const char *what IK_UNUSED, uint64_t done IK_UNUSED,
		uint64_t total IK_UNUSED)
{
	return -EINTR;
}

static void a_listing_can_be_interrupted(void **state IK_UNUSED)
{
	struct ik_progress progress = {.tick = stop};
	struct ik_backups b = {0};
	struct ik_err err = {.code = IK_E_NONE};

	backups_put(IK_NAME_PREV, &ours);
	assert_true(ik_backups_load(backups_fd, &progress, &b, &err) < 0);
	assert_int_equal(err.code, IK_E_INTERRUPTED);
	assert_true(ik_backups_load(backups_fd, &progress, &b, NULL) < 0);
	assert_null(b.list);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, backupdir_setup, backupdir_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_our_names_are_backups),
		TEST(backups_are_sorted_and_judged),
		TEST(age_and_name_decide_between_equals),
		TEST(what_fails_while_listing_is_told),
		TEST(a_listing_can_be_interrupted),
		TEST(what_goes_away_while_listing_is_no_backup),
		TEST(names_are_answered),
		TEST(what_cannot_be_read_is_listed),
		TEST(the_newest_is_not_the_newest_readable_one),
		TEST(without_memory_no_backup_is_left_out),
	};

	return cmocka_run_group_tests_name("store/backup", tests, world_set_up, world_tear_down);
}
