/* SPDX-License-Identifier: GPL-2.0-or-later */
/* os/mounts: one sample per kind of WSL environment; what counts as a drive and what is hidden. */
#include "os/mounts.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "base/macro.h"
#include "support.h"

/* A drive as a sample must show it; sets end with a NULL point. */
struct want {
	const char *point, *windows_path;
	enum ik_mount_kind kind;
	bool visible, read_only;
};

static const struct {
	const char *sample;
	struct want drives[5];
} samples[] = {
	{"wsl1",
	 {{"/mnt/c", "C:", IK_MOUNT_DRVFS, true, false},
	  {"/mnt/d", "D:\\", IK_MOUNT_DRVFS, true, false}}},
	{"inbox-9p", {{"/mnt/c", "C:\\", IK_MOUNT_9P, true, false}}},
	{"store-9p",
	 {{"/mnt/c", "C:\\", IK_MOUNT_9P, true, false},
	  {"/mnt/my disk", "D:\\", IK_MOUNT_9P, true, true},
	  {"/mnt/unc", "", IK_MOUNT_9P, true, false}}},
	{"store-9p-virtio",
	 {{"/mnt/c", "", IK_MOUNT_9P, true, false}, {"/mnt/d", "", IK_MOUNT_9P, true, false}}},
	{"store-virtiofs",
	 {{"/mnt/c", "C:\\", IK_MOUNT_VIRTIOFS, true, false},
	  {"/mnt/d", "D:\\", IK_MOUNT_VIRTIOFS, true, false},
	  {"/mnt/e", "", IK_MOUNT_VIRTIOFS, true, false}}},
	{"store-virtiofs-aggregate", {{"/mnt/c", "D:\\", IK_MOUNT_VIRTIOFS, true, false}}},
	{"hidden",
	 {{"/mnt/c", "C:\\", IK_MOUNT_9P, false, false},
	  {"/mnt/d", "D:\\", IK_MOUNT_9P, false, false},
	  {"/mnt/cc", "E:\\", IK_MOUNT_9P, true, false},
	  {"/mnt/d", "D:\\", IK_MOUNT_9P, true, false}}},
	{"hidden-by-parent", {{"/mnt/c", "C:\\", IK_MOUNT_9P, false, false}}},
	{"container", {{NULL}}},
	{"plain-debian", {{NULL}}},
	{"odd",
	 {{"/mnt/tab\there", "C:\\", IK_MOUNT_9P, true, false},
	  {"/mnt/bad\\09", "D:\\", IK_MOUNT_9P, true, false}}},
};

static void make_links(struct tmp *t)
{
	tmp_make(t, NULL);
	put_link(t->fd, "drvfsC0", "C:\\");
	put_link(t->fd, "6c0a1b53-7f6e-4a49-9f0b-0c51d54a1f10", "D:\\");
}

static void check_sample(size_t i, const char *links)
{
	struct ik_mounts mounts;
	char path[512];
	size_t n = 0;

	(void)snprintf(path, sizeof(path), "%s/mountinfo/%s", IK_TEST_DATA, samples[i].sample);
	assert_int_equal(ik_mounts_load(path, links, &mounts, NULL), 0);
	for (; n < 5 && samples[i].drives[n].point; n++) {
		const struct want *want = &samples[i].drives[n];
		const struct ik_mount *got = &mounts.list[n];

		if (n >= mounts.count)
			fail_msg("%s: only %zu drives", samples[i].sample, mounts.count);
		assert_string_equal(got->mount_point, want->point);
		assert_string_equal(got->windows_path, want->windows_path);
		assert_int_equal(got->kind, want->kind);
		assert_int_equal(got->visible, want->visible);
		assert_int_equal(got->read_only, want->read_only);
	}
	assert_int_equal(mounts.count, n);
	ik_mounts_done(&mounts);
}

static void samples_give_the_drives(void **state IK_UNUSED)
{
	struct tmp links;

	make_links(&links);
	for (size_t i = 0; i < IK_ARRAY_SIZE(samples); i++)
		check_sample(i, links.path);
	tmp_remove(&links);
}

static void options_keep_what_mountopt_needs(void **state IK_UNUSED)
{
	ik_automounts struct ik_mounts mounts = {.list = NULL};

	assert_int_equal(ik_mounts_load(IK_TEST_DATA "/mountinfo/store-9p", NULL, &mounts, NULL),
			 0);
	assert_non_null(strstr(mounts.list[0].options,
			       ",aname=drvfs;path=C:\\;uid=1000;gid=1000;symlinkroot=/mnt/,"));
}

static void unreadable_tables_are_errors(void **state IK_UNUSED)
{
	struct ik_err err = {.code = IK_E_NONE};
	struct ik_mounts mounts = {.list = NULL};
	struct ik_mount_line line;

	assert_true(ik_mounts_load("/nonexistent", NULL, &mounts, &err) < 0);
	assert_int_equal(err.code, IK_E_MOUNTS_UNREADABLE);
	assert_null(mounts.list);
	assert_true(ik_mount_line_at("/nonexistent", "/", &line, NULL) < 0);
}

static void lines_are_found_by_mount_point(void **state IK_UNUSED)
{
	struct ik_mount_line line;

	assert_int_equal(ik_mount_line_at(IK_TEST_DATA "/mountinfo/inbox-9p", "/init", &line, NULL),
			 1);
	assert_string_equal(line.fstype, "9p");
	assert_non_null(strstr(line.options, "aname=tools"));
	assert_int_equal(ik_mount_line_at(IK_TEST_DATA "/mountinfo/hidden", "/mnt/c", &line, NULL),
			 1);
	assert_string_equal(line.fstype, "tmpfs");
	assert_int_equal(ik_mount_line_at(IK_TEST_DATA "/mountinfo/wsl1", "/init", &line, NULL), 0);
}

static void this_machine_can_be_opened_and_named(void **state IK_UNUSED)
{
	struct ik_mount root = {.id = -1, .dev = 12345, .mount_point = (char[]){"/"}};
	struct ik_err err = {.code = IK_E_NONE};
	char *type = NULL;
	int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC), drive = -1;

	assert_int_equal(ik_mount_fstype_of("/proc/self/mountinfo", fd, &type, NULL), 0);
	assert_string_equal(type, "proc");
	free(type);
	assert_true(ik_mount_open(&root, &drive, &err) < 0);
	assert_int_equal(err.code, IK_E_DRIVE_HIDDEN);
	assert_int_equal(drive, -1);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_give_the_drives),
		cmocka_unit_test(options_keep_what_mountopt_needs),
		cmocka_unit_test(unreadable_tables_are_errors),
		cmocka_unit_test(lines_are_found_by_mount_point),
		cmocka_unit_test(this_machine_can_be_opened_and_named),
	};

	return cmocka_run_group_tests_name("os/mounts", tests, NULL, NULL);
}
