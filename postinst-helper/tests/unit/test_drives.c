/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store/drive: which of the mounts is the Windows system drive. Each drive is a tmpfs in a mount namespace of our own;
 * the table of mounts that the code reads is ours, too, with the real ids of these.
 */
#include "store/drive.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "calls.h"
#include "faults.h"
#include "support.h"

#define NINE(letter) \
	"9p " letter ":\\134 rw,aname=drvfs;path=" letter ":\\;uid=1000;gid=1001,trans=fd"
#define LONG_NAME "0123456789012345678901234567890123456789012345678901234567890123456789"
#define LONG_TEXT LONG_NAME LONG_NAME LONG_NAME LONG_NAME LONG_NAME LONG_NAME LONG_NAME LONG_NAME

static bool have_mounts;

/* A drive of ours: directory "c" … "g", and what its line says behind the mount point. */
struct line {
	char dir;
	const char *text, *options; /* options NULL = "rw" */
	bool wrong_id;
};

static void drive_path(char dir, char path[128])
{
	(void)snprintf(path, 128, "%s/%c", tmp.path, dir);
}

static void put_line(FILE *table, const struct line *line)
{
	struct statx stx = {.stx_mask = 0};
	char path[128];

	drive_path(line->dir, path);
	(void)statx(AT_FDCWD, path, 0, STATX_MNT_ID, &stx);
	assert_true(fprintf(table, "%llu 1 %u:%u / %s %s - %s\n",
			    (unsigned long long)stx.stx_mnt_id + line->wrong_id, stx.stx_dev_major,
			    stx.stx_dev_minor, path, line->options ? line->options : "rw,noatime",
			    line->text) > 0);
}

/* The table keeps its inode: it is mounted over the one in /proc. */
static void put_table(const struct line *lines, size_t count)
{
	char path[128];
	FILE *table;

	(void)snprintf(path, sizeof(path), "%s/table", tmp.path);
	table = fopen(path, "w");
	assert_non_null(table);
	assert_true(fputs("1 0 8:1 / / rw - ext4 /dev/sdc rw\n", table) >= 0);
	for (size_t i = 0; i < count && lines[i].dir; i++)
		put_line(table, &lines[i]);
	assert_int_equal(fclose(table), 0);
}

static bool mount_drives(void)
{
	char path[128];

	for (char dir = 'c'; dir <= 'g'; dir++) {
		drive_path(dir, path);
		if (mount("none", path, "tmpfs", 0, "size=64k,mode=0755") < 0)
			return false;
		if (dir != 'g')
			(void)snprintf(path, sizeof(path), "%c/Windows/SYSTEM32/x", dir);
		if (dir != 'g')
			put_text(tmp.fd, path, "");
	}
	if (mount("none", "/run", "tmpfs", 0, "size=64k,mode=0755") < 0)
		return false;
	put_link(AT_FDCWD, "/run/wsl/virtiofs/drvfsC0", "C:\\");
	put_text(tmp.fd, "table", "");
	(void)snprintf(path, sizeof(path), "%s/table", tmp.path);
	return mount(path, "/proc/self/mountinfo", "none", MS_BIND, NULL) == 0;
}

static int set_up(void **state IK_UNUSED)
{
	bool own_mounts = geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
			  mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0;

	tmp_make(&tmp, NULL); /* its descriptor must be of this namespace */
	for (char dir = 'c'; dir <= 'g'; dir++)
		put_dir(tmp.fd, (char[]){dir, '\0'});
	have_mounts = own_mounts && mount_drives();
	return 0;
}

static int tear_down(void **state IK_UNUSED)
{
	char path[128];

	for (char dir = 'c'; dir <= 'g'; dir++) {
		drive_path(dir, path);
		(void)umount2(path, MNT_DETACH);
	}
	(void)umount2("/proc/self/mountinfo", MNT_DETACH);
	tmp_remove(&tmp);
	return 0;
}

#define AT(dir, text)                  \
	{                              \
		dir, text, NULL, false \
	}
#define FOUND(dir, letter, uid, gid) IK_E_NONE, dir, letter, uid, gid
#define DRIVE(dir, letter)	     AT(dir, NINE(letter))

static const struct find {
	const char *name;
	char letter, hint;
	struct line lines[4];
	enum ik_code code; /* IK_E_NONE = found … */
	char want_dir, want_letter;
	uid_t uid;
	gid_t gid;
} finds[] = {
	{"nothing is mounted", 0, 0, {{0}}, IK_E_DRIVE_MISSING},
	{"nothing, and a letter", 'C', 0, {{0}}, IK_E_DRIVE_MISSING},
	{"one", 0, 0, {DRIVE('c', "C")}, FOUND('c', 'C', 1000, 1001)},
	{"the group is the user's",
	 0,
	 0,
	 {AT('c', "9p C:\\134 rw,aname=drvfs;path=C:\\;uid=7")},
	 FOUND('c', 'C', 7, 7)},
	{"no ids: the owner's",
	 0,
	 0,
	 {AT('c', "9p C:\\134 rw,aname=drvfs;path=C:\\")},
	 FOUND('c', 'C', 1234, 1235)},
	{"the letter is in the options only",
	 0,
	 0,
	 {AT('c', "9p drvfs rw,aname=drvfs;path=c:;uid=5;gid=6")},
	 FOUND('c', 'C', 5, 6)},
	{"options that cannot be read: the source counts",
	 0,
	 0,
	 {AT('c', "9p C:\\134 rw,aname=drvfs;path=D:\\;uid=x")},
	 FOUND('c', 'C', 1234, 1235)},
	{"options too long to be read: the source counts",
	 0,
	 0,
	 {AT('c', "9p C:\\134 rw,aname=drvfs;path=" LONG_TEXT)},
	 FOUND('c', 'C', 1234, 1235)},
	{"a network share",
	 0,
	 0,
	 {AT('c', "9p UNC rw,aname=drvfs;path=UNC\\a\\b")},
	 IK_E_DRIVE_MISSING},
	{"WSL 1 is not ours", 0, 0, {AT('c', "drvfs C:\\134 rw")}, IK_E_DRIVE_MISSING},
	{"virtiofs", 0, 0, {AT('c', "virtiofs drvfsC0 rw")}, FOUND('c', 'C', 1234, 1235)},
	{"hidden by a later one",
	 0,
	 0,
	 {DRIVE('c', "C"), AT('c', "tmpfs none rw")},
	 IK_E_DRIVE_MISSING},
	{"something else is there now", 0, 0, {{'c', NINE("C"), NULL, true}}, IK_E_DRIVE_HIDDEN},
	{"the directory is gone", 0, 0, {DRIVE('z', "C")}, IK_E_IO_FAILED},
	{"without Windows", 0, 0, {DRIVE('g', "C")}, IK_E_DRIVE_MISSING},
	{"the letter asked for, not there", 'D', 0, {DRIVE('c', "C")}, IK_E_DRIVE_MISSING},
	{"C before D", 0, 0, {DRIVE('c', "C"), DRIVE('d', "D")}, FOUND('c', 'C', 1000, 1001)},
	{"C after D", 0, 0, {DRIVE('d', "D"), DRIVE('c', "C")}, FOUND('c', 'C', 1000, 1001)},
	{"the hint beats C",
	 0,
	 'D',
	 {DRIVE('c', "C"), DRIVE('d', "D")},
	 FOUND('d', 'D', 1000, 1001)},
	{"the letter beats all",
	 'E',
	 'D',
	 {DRIVE('d', "D"), DRIVE('e', "E")},
	 FOUND('e', 'E', 1000, 1001)},
	{"two, and neither is C", 0, 0, {DRIVE('d', "D"), DRIVE('e', "E")}, IK_E_DRIVE_AMBIGUOUS},
	{"two, then C",
	 0,
	 0,
	 {DRIVE('d', "D"), DRIVE('e', "E"), DRIVE('c', "C")},
	 FOUND('c', 'C', 1000, 1001)},
	{"one drive in two places",
	 0,
	 0,
	 {DRIVE('d', "D"), DRIVE('e', "D")},
	 FOUND('d', 'D', 1000, 1001)},
	{"C cannot be looked at: D is not taken for it",
	 0,
	 0,
	 {{'c', NINE("C"), NULL, true}, DRIVE('d', "D")},
	 IK_E_DRIVE_HIDDEN},
	{"unless D is meant",
	 0,
	 'D',
	 {{'c', NINE("C"), NULL, true}, DRIVE('d', "D")},
	 FOUND('d', 'D', 1000, 1001)},
	{"or asked for",
	 'D',
	 0,
	 {{'c', NINE("C"), NULL, true}, DRIVE('d', "D")},
	 FOUND('d', 'D', 1000, 1001)},
	{"C cannot be looked at in one of two places",
	 0,
	 0,
	 {{'d', NINE("C"), NULL, true}, DRIVE('c', "C")},
	 FOUND('c', 'C', 1000, 1001)},
	{"a good one beside a bad one",
	 0,
	 0,
	 {{'d', NINE("D"), NULL, true}, DRIVE('c', "C")},
	 FOUND('c', 'C', 1000, 1001)}};

static void check_find(const struct find *f)
{
	struct ik_drive ik_autodrive drive = {.fd = -1};
	struct ik_err err = {.code = IK_E_NONE};
	char path[128];
	int r;

	put_table(f->lines, IK_ARRAY_SIZE(f->lines));
	r = ik_drive_find(f->letter, f->hint, &drive, &err);
	if ((r < 0) != (f->code != IK_E_NONE) || err.code != f->code)
		fail_msg("%s: %d %s: %s", f->name, r, ik_code_name(err.code), err.message);
	assert_int_equal(ik_drive_find(f->letter, f->hint, &(struct ik_drive){.fd = -1}, NULL), r);
	assert_int_equal(drive.fd >= 0, r == 0);
	if (r < 0)
		return;
	drive_path(f->want_dir, path);
	assert_string_equal(drive.path, path);
	assert_false(drive.given || drive.read_only);
	if (drive.letter != f->want_letter || drive.user.uid != f->uid || drive.user.gid != f->gid)
		fail_msg("%s: %c %u:%u", f->name, drive.letter, drive.user.uid, drive.user.gid);
}

static void drives_are_found_by_their_lines(void **state IK_UNUSED)
{
	if (!have_mounts)
		skip();
	assert_int_equal(fchownat(tmp.fd, "c", 1234, 1235, 0), 0);
	for (size_t i = 0; i < IK_ARRAY_SIZE(finds); i++)
		check_find(&finds[i]);
}

static void type_and_write_protection_are_told(void **state IK_UNUSED)
{
	const struct line line = {'c', NINE("C"), "ro,noatime", false};
	struct ik_drive ik_autodrive drive = {.fd = -1};
	struct ik_err err = {.code = IK_E_NONE};

	if (!have_mounts)
		skip();
	put_table(&line, 1);
	assert_int_equal(ik_drive_find('C', 0, &drive, NULL), 0);
	assert_string_equal(drive.fstype, "9p");
	assert_true(drive.read_only);
	put_table(NULL, 0);
	assert_true(ik_drive_find('X', 0, &drive, &err) < 0);
	assert_non_null(strstr(err.message, "(X:)"));
	assert_true(ik_drive_find(0, 0, &drive, &err) < 0);
	assert_non_null(strstr(err.message, "(any)"));
	ik_drive_close(NULL);
}

/* A mount point longer than our text for it is passed over, not cut. */
static void too_long_a_mount_point_is_passed_over(void **state IK_UNUSED)
{
	struct ik_err err = {.code = IK_E_NONE};
	struct ik_drive drive = {.fd = -1};
	char path[IK_DRIVE_PATH_BYTES + 256], text[2048];
	struct statx stx;
	size_t len;

	if (!have_mounts)
		skip();
	drive_path('f', path);
	for (len = strlen(path); len < IK_DRIVE_PATH_BYTES; len = strlen(path)) {
		(void)snprintf(path + len, sizeof(path) - len, "/%s", LONG_NAME);
		assert_int_equal(mkdir(path, 0755), 0);
	}
	(void)snprintf(path + len, sizeof(path) - len, "/Windows");
	assert_int_equal(mkdir(path, 0755), 0);
	(void)snprintf(path + len, sizeof(path) - len, "/Windows/System32");
	assert_int_equal(mkdir(path, 0755), 0);
	path[len] = '\0';
	/* The line names a directory in the mount: what is asked is the mount's id. */
	assert_int_equal(statx(AT_FDCWD, path, 0, STATX_MNT_ID, &stx), 0);
	(void)snprintf(text, sizeof(text), "%llu 1 0:1 / %s rw - " NINE("C") "\n",
		       (unsigned long long)stx.stx_mnt_id, path);
	put_text(tmp.fd, "table", text);
	assert_true(ik_drive_find(0, 0, &drive, &err) < 0);
	assert_int_equal(err.code, IK_E_DRIVE_MISSING);
	assert_int_equal(drive.fd, -1);
}

static void what_fails_while_looking_is_told(void **state IK_UNUSED)
{
	const struct line line = {'c', "9p C:\\134 rw,aname=drvfs;path=C:\\", NULL, false};
	struct ik_drive drive = {.fd = -1};
	struct ik_err err = {.code = IK_E_NONE};

	if (!have_mounts)
		skip();
	put_table(&line, 1);
	call_fails("fstat", 1, EIO); /* of the owner */
	assert_int_equal(ik_drive_find(0, 0, &drive, &err), -ENODEV);
	assert_true(call_met());
	assert_int_equal(err.code, IK_E_IO_FAILED);
	/* Whether it holds a Windows cannot be told: that is not that it holds none. */
	faults = (struct faults){.on = true, .only = "ik_sys_openat2", .at = 1, .errnum = EIO};
	assert_int_equal(ik_drive_find(0, 0, &drive, &err), -ENODEV);
	assert_non_null(faults.fired);
	faults_off();
	assert_int_equal(err.code, IK_E_DRIVE_MISSING);
	assert_non_null(strstr(err.message, "cannot be looked at"));
	call_fails("mnt_new_table", 1, ENOMEM);
	assert_int_equal(ik_drive_find(0, 0, &drive, &err), -ENOMEM);
	assert_true(call_met());
	faults = (struct faults){.on = true, .only = "memory", .at = 4, .errnum = ENOMEM};
	assert_int_equal(ik_drive_find(0, 0, &drive, &err), -ENODEV);
	faults_off();
	assert_int_equal(err.code, IK_E_MEMORY_EXHAUSTED);
	assert_int_equal(drive.fd, -1);
}

static void a_named_drive_is_opened(void **state IK_UNUSED)
{
	struct ik_drive ik_autodrive drive = {.fd = -1};
	struct ik_err err = {.code = IK_E_NONE};
	char path[1024];

	put_text(tmp.fd, "named/windows/System32/x", "");
	(void)snprintf(path, sizeof(path), "%s/named", tmp.path);
	assert_int_equal(ik_drive_open(path, 'X', &drive, NULL), 0);
	assert_true(drive.given && drive.letter == 'X' && !drive.read_only);
	assert_string_equal(drive.path, path);
	assert_int_equal(drive.user.uid, geteuid());
	ik_drive_close(&drive);
	assert_true(ik_drive_open("/nonexistent", 'C', &drive, &err) < 0);
	assert_int_equal(err.code, IK_E_DRIVE_MISSING);
	assert_true(ik_drive_open(tmp.path, 'C', &drive, &err) < 0);
	assert_int_equal(err.code, IK_E_DRIVE_NOT_SYSTEM);
	memset(path, '/', IK_DRIVE_PATH_BYTES);
	(void)snprintf(path + IK_DRIVE_PATH_BYTES, sizeof(path) - IK_DRIVE_PATH_BYTES, "%s/named",
		       tmp.path);
	assert_int_equal(ik_drive_open(path, 'C', &drive, &err), -ENAMETOOLONG);
	assert_int_equal(err.code, IK_E_ARGUMENT_BAD);
	assert_true(drive.fd < 0);
}

static void what_fails_while_opening_is_told(void **state IK_UNUSED)
{
	struct ik_drive ik_autodrive drive = {.fd = -1};
	struct ik_err err = {.code = IK_E_NONE};
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/named", tmp.path);
	faults = (struct faults){.on = true, .only = "memory", .at = 2, .errnum = ENOMEM};
	assert_int_equal(ik_drive_open(path, 'C', &drive, &err), -ENOMEM);
	faults_off();
	assert_int_equal(err.code, IK_E_MEMORY_EXHAUSTED);
	/* Nobody can tell whether it is read-only, or its type: it is used all the same. */
	call_fails("fstatvfs", 1, EIO);
	assert_int_equal(ik_drive_open(path, 'C', &drive, &err), 0);
	assert_true(call_met());
	assert_false(drive.read_only);
	ik_drive_close(&drive);
	call_fails("mnt_new_table", 1, ENOMEM);
	assert_int_equal(ik_drive_open(path, 'C', &drive, &err), 0);
	assert_true(call_met());
	assert_string_equal(drive.fstype, "");
	ik_drive_close(&drive);
	call_fails("fstat", 1, EIO); /* of the owner */
	assert_int_equal(ik_drive_open(path, 'C', &drive, &err), -EIO);
	assert_true(call_met());
	assert_true(drive.fd < 0);
}

static void a_read_only_drive_is_known(void **state IK_UNUSED)
{
	struct ik_drive ik_autodrive drive = {.fd = -1};
	char path[128];

	if (!have_mounts)
		skip();
	drive_path('e', path);
	assert_int_equal(mount("none", path, "none", MS_REMOUNT | MS_RDONLY, NULL), 0);
	put_table(&(struct line){'e', "tmpfs none rw", NULL, false}, 1);
	assert_int_equal(ik_drive_open(path, 'E', &drive, NULL), 0);
	assert_true(drive.read_only);
	assert_string_equal(drive.fstype, "tmpfs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drives_are_found_by_their_lines),
		cmocka_unit_test(type_and_write_protection_are_told),
		cmocka_unit_test(too_long_a_mount_point_is_passed_over),
		cmocka_unit_test(what_fails_while_looking_is_told),
		cmocka_unit_test(a_named_drive_is_opened),
		cmocka_unit_test(what_fails_while_opening_is_told),
		cmocka_unit_test(a_read_only_drive_is_known),
	};

	return cmocka_run_group_tests_name("store/drive", tests, set_up, tear_down);
}
