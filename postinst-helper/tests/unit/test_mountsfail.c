/* SPDX-License-Identifier: GPL-2.0-or-later */
/* os/mounts and os/mounttable: lines of every odd shape, and what fails while they are read. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/macro.h"
#include "calls.h"
#include "faults.h"
#include "os/mounts.h"
#include "os/mounttable.h"
#include "support.h"

#define NINE  "10 1 0:9 / /mnt/c rw - 9p C:\\134 rw,aname=drvfs;path=C:\\\n"
#define NOT_A "10 1 0:9 / /mnt/c rw - "

static char table[80], links[80];

static int set_up(void **state IK_UNUSED)
{
	tmp_make(&tmp, NULL);
	(void)snprintf(table, sizeof(table), "%s/table", tmp.path);
	(void)snprintf(links, sizeof(links), "%s/links", tmp.path);
	put_link(tmp.fd, "links/share", "E:\\");
	put_link(tmp.fd, "links/drvfs", "F:\\");
	return 0;
}

/* A table, and which of its lines is the only visible drive: its mount point (NULL = none), and its Windows path. */
static const struct {
	const char *name, *text, *point, *windows;
	bool read_only;
} tables[] = {
	{"plain", NINE, "/mnt/c", "C:\\", false},
	{"the name ends the options", NOT_A "9p D: rw,aname=drvfs\n", "/mnt/c", "D:", false},
	{"the name begins the options", "10 1 0:9 / /m aname=drvfs;x,rw - 9p D: rw\n", "/m",
	 "D:", false},
	{"the name is followed by a comma", NOT_A "9p D: rw,aname=drvfs,x\n", "/mnt/c",
	 "D:", false},
	{"the name is longer", NOT_A "9p C: rw,aname=drvfsx\n", NULL, NULL, false},
	{"the key is longer", NOT_A "9p C: rw,uaname=drvfs\n", NULL, NULL, false},
	{"another name, then ours", NOT_A "9p C: rw,aname=drvfsx,aname=drvfs;\n", "/mnt/c",
	 "C:", false},
	{"an empty source", NOT_A "9p  rw,aname=drvfs\n", "/mnt/c", "", false},
	{"lines that lack a field",
	 NINE NOT_A "9p C:\n" NOT_A "9p\n" NOT_A " C: rw\n10 1 0:9 /  rw - 9p C: rw\n"
		    "10 1 0:9  /mnt/c rw - 9p C: rw\n10 1 0:9 / /mnt/c  - 9p C: rw\n",
	 "/mnt/c", "C:\\", false},
	{"a source of one letter", NOT_A "9p C rw,aname=drvfs\n", "/mnt/c", "", false},
	{"a part of a drive", "10 1 0:9 /Users /mnt/c rw - 9p C: rw,aname=drvfs\n", NULL, NULL,
	 false},
	{"hidden by the root", NINE "11 1 0:8 / / rw - ext4 /dev/sdc rw\n", NULL, NULL, false},
	{"hidden by its parent", NINE "11 1 0:8 / /mnt rw - tmpfs none rw\n", NULL, NULL, false},
	{"not hidden by a relative name", NINE "11 1 0:8 / m rw - tmpfs none rw\n", "/mnt/c",
	 "C:\\", false},
	{"not hidden by a longer name", NINE "11 1 0:8 / /mnt/cc rw - tmpfs none rw\n", "/mnt/c",
	 "C:\\", false},
	{"read-only in the middle", "10 1 0:9 / /mnt/c ro,x - 9p C: rw,aname=drvfs\n", "/mnt/c",
	 "C:", true},
	{"read-only at the end", NOT_A "9p C: rw,aname=drvfs,ro\n", "/mnt/c", "C:", true},
	{"not read-only", NOT_A "9p C: rw,aname=drvfs,rootx,rox\n", "/mnt/c", "C:", false},
	{"virtiofs", NOT_A "virtiofs share rw\n", "/mnt/c", "E:\\", false},
	{"virtiofs without a link", NOT_A "virtiofs other rw\n", "/mnt/c", "", false},
	{"virtiofs with a path as name", NOT_A "virtiofs a/b rw\n", "/mnt/c", "", false},
	{"virtiofs of all drives", "10 1 0:9 /drvfs /mnt/f rw - virtiofs drvfs rw\n", "/mnt/f",
	 "F:\\", false},
	{"all drives, and none", "10 1 0:9 / /mnt/f rw - virtiofs drvfs rw\n", NULL, NULL, false},
	{"all drives, a deeper one", "10 1 0:9 /a/b /mnt/f rw - virtiofs drvfsa rw\n", NULL, NULL,
	 false},
	{"all drives, an odd root", "10 1 0:9 x /mnt/f rw - virtiofs drvfsa rw\n", NULL, NULL,
	 false},
	{"the hidden ones", "10 1 0:9 / /run/wsl/virtiofs-mounts/x rw - virtiofs x rw\n", NULL,
	 NULL, false},
};

static void odd_lines_are_judged(void **state IK_UNUSED)
{
	for (size_t i = 0; i < IK_ARRAY_SIZE(tables); i++) {
		ik_automounts struct ik_mounts mounts = {.list = NULL};
		const struct ik_mount *seen = NULL;

		put_text(tmp.fd, "table", tables[i].text);
		assert_int_equal(ik_mounts_load(table, links, &mounts, NULL), 0);
		for (size_t m = 0; m < mounts.count; m++)
			seen = mounts.list[m].visible ? &mounts.list[m] : seen;
		if (!!seen != !!tables[i].point)
			fail_msg("%s: %s", tables[i].name, seen ? seen->mount_point : "none");
		if (!seen)
			continue;
		assert_string_equal(seen->mount_point, tables[i].point);
		if (strcmp(seen->windows_path, tables[i].windows) != 0 ||
		    seen->read_only != tables[i].read_only)
			fail_msg("%s: '%s' %d", tables[i].name, seen->windows_path,
				 seen->read_only);
	}
	ik_mounts_done(NULL);
}

static void links_may_be_nowhere(void **state IK_UNUSED)
{
	ik_automounts struct ik_mounts mounts = {.list = NULL}, again = {.list = NULL};

	put_text(tmp.fd, "table", NOT_A "virtiofs share rw\n");
	assert_int_equal(ik_mounts_load(table, NULL, &mounts, NULL), 0);
	assert_string_equal(mounts.list[0].windows_path, "");
	assert_int_equal(ik_mounts_load(table, "/nonexistent", &again, NULL), 0);
	assert_string_equal(again.list[0].windows_path, "");
}

static void loads_with(const char *call, long at, int errnum, int want, enum ik_code code)
{
	struct ik_mounts mounts = {.list = NULL};
	struct ik_err err = {.code = IK_E_NONE};
	int r;

	call_fails(call, at, errnum);
	r = ik_mounts_load(table, links, &mounts, &err);
	if (r != want || err.code != code || !call_met())
		fail_msg("%s %ld: %d %s", call, at, r, err.message);
	assert_null(mounts.list);
}

static void half_a_table_is_none(void **state IK_UNUSED)
{
	put_text(tmp.fd, "table", NINE NINE);
	for (long at = 1; at <= 12; at++) /* six texts for each line */
		loads_with("strdup", at, ENOMEM, -ENOMEM, IK_E_MEMORY_EXHAUSTED);
	loads_with("reallocarray", 1, ENOMEM, -ENOMEM, IK_E_MEMORY_EXHAUSTED);
	loads_with("reallocarray", 2, ENOMEM, -ENOMEM, IK_E_MEMORY_EXHAUSTED);
	loads_with("mnt_new_table", 1, ENOMEM, -ENOMEM, IK_E_MEMORY_EXHAUSTED);
	loads_with("mnt_new_iter", 1, ENOMEM, -ENOMEM, IK_E_MEMORY_EXHAUSTED);
	loads_with("fdopen", 1, EMFILE, -EMFILE, IK_E_MOUNTS_UNREADABLE);
	put_text(tmp.fd, "table", NOT_A "virtiofs share rw\n");
	loads_with("strdup", 6, ENOMEM, -ENOMEM, IK_E_MEMORY_EXHAUSTED);
	call_gives("mnt_table_parse_stream", 1, -EIO);
	assert_int_equal(ik_mounts_load(table, links, &(struct ik_mounts){.count = 0}, NULL), -EIO);
	assert_true(call_met());
	faults = (struct faults){.on = true, .only = "memory", .at = 1, .errnum = ENOMEM};
	assert_int_equal(ik_mounts_load(table, links, &(struct ik_mounts){.count = 0}, NULL),
			 -ENOMEM);
	faults_off();
}

static void no_mount_id(void *out)
{
	((struct statx *)out)->stx_mask &= ~STATX_MNT_ID;
}

/* The kernel may not tell the mount id: then the device has to do. */
static void a_mount_is_known_by_id_or_device(void **state IK_UNUSED)
{
	struct ik_mount mount = {.mount_point = tmp.path};
	struct ik_err err = {.code = IK_E_NONE};
	struct statx stx;
	struct stat st;
	int fd = -1;

	assert_int_equal(statx(tmp.fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &stx), 0);
	assert_int_equal(fstat(tmp.fd, &st), 0);
	mount.id = (int)stx.stx_mnt_id;
	assert_int_equal(ik_mount_open(&mount, &fd, NULL), 0);
	fd = ik_close(fd);
	fd = -1;
	call_fails("statx", 1, EIO);
	assert_int_equal(ik_mount_open(&mount, &fd, &err), -ESTALE);
	assert_true(call_met());
	assert_int_equal(err.code, IK_E_DRIVE_HIDDEN);
	call_changes("statx", 1, no_mount_id);
	assert_int_equal(ik_mount_open(&mount, &fd, &err), -ESTALE);
	assert_true(call_met());
	assert_int_equal(fd, -1);
	mount.dev = st.st_dev;
	mount.id = -1;
	call_changes("statx", 1, no_mount_id);
	assert_int_equal(ik_mount_open(&mount, &fd, &err), 0);
	assert_true(call_met());
	fd = ik_close(fd);
	mount.mount_point = table;
	assert_int_equal(ik_mount_open(&mount, &(int){-1}, &err), -ENOENT);
	assert_int_equal(err.code, IK_E_IO_FAILED);
}

static void one_line_is_described(void **state IK_UNUSED)
{
	struct ik_mount_line line;
	struct ik_err err = {.code = IK_E_NONE};
	char *type = NULL;

	put_text(tmp.fd, "table", NOT_A "tmpfs none rw\n");
	assert_int_equal(ik_mount_line_at(table, "/mnt/c", &line, NULL), 1);
	assert_string_equal(line.source, "none");
	assert_string_equal(line.options, "rw,rw");
	assert_int_equal(ik_mount_line_at(table, "/mnt", &line, NULL), 0);
	call_fails("mnt_new_iter", 1, ENOMEM);
	assert_int_equal(ik_mount_line_at(table, "/mnt/c", &line, NULL), 0);
	assert_true(call_met());
	assert_int_equal(ik_mount_fstype_of(table, tmp.fd, &type, &err), -ENOENT);
	assert_int_equal(err.code, IK_E_MOUNTS_UNREADABLE);
	call_fails("mnt_new_iter", 1, ENOMEM);
	assert_true(ik_mount_fstype_of(table, tmp.fd, &type, NULL) < 0);
	assert_true(call_met());
	call_fails("strdup", 1, ENOMEM);
	assert_true(ik_mount_fstype_of("/proc/self/mountinfo", tmp.fd, &type, NULL) < 0);
	assert_true(call_met());
	assert_true(ik_mount_fstype_of("/nonexistent", tmp.fd, &type, &err) < 0);
	assert_null(type);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, calls_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(odd_lines_are_judged),  TEST(links_may_be_nowhere),
		TEST(half_a_table_is_none),  TEST(a_mount_is_known_by_id_or_device),
		TEST(one_line_is_described),
	};

	return cmocka_run_group_tests_name("os/mounts: failures", tests, NULL, NULL);
}
