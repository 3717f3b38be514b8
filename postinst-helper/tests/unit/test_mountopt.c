/* SPDX-License-Identifier: GPL-2.0-or-later */
/* codec/mountopt: octal escapes, aname= of drives and of everything else, option lists. */
#include "codec/mountopt.h"

#include <string.h>

#include "base/macro.h"
#include "support.h"

static void escapes_need_three_octal_digits(void **state IK_UNUSED)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"", ""},	    {"C:\\134", "C:\\"}, {"a\\040b\\011c\\012d", "a b\tc\nd"},
		{"C:\\", "C:\\"},   {"\\04", "\\04"},	 {"\\089", "\\089"},
		{"\\400", "\\400"}, /* above one byte */
		{"\\377", "\377"},  {"\\\\040", "\\ "},	 {"/mnt/c", "/mnt/c"},
	};

	for (size_t i = 0; i < IK_ARRAY_SIZE(rows); i++) {
		char buf[64];

		strcpy(buf, rows[i].in);
		assert_int_equal(ik_mountopt_unescape(buf, buf, sizeof(buf), NULL),
				 strlen(rows[i].out));
		assert_string_equal(buf, rows[i].out);
	}
}

static void unescape_keeps_its_bounds(void **state IK_UNUSED)
{
	char buf[4];

	assert_int_equal(ik_mountopt_unescape("abc", buf, sizeof(buf), NULL), 3);
	assert_int_equal(ik_mountopt_unescape("abcd", buf, sizeof(buf), NULL), -ENAMETOOLONG);
	assert_int_equal(ik_mountopt_unescape("", buf, 0, NULL), -ENAMETOOLONG);
	assert_int_equal(ik_mountopt_unescape("a\\000", buf, sizeof(buf), NULL), -EINVAL);
}

static void drives_are_taken_apart(void **state IK_UNUSED)
{
	struct ik_mountopt_drvfs d;

	assert_int_equal(ik_mountopt_drvfs("drvfs;path=C:\\;uid=1000;gid=1001;symlinkroot=/mnt/",
					   &d, NULL),
			 1);
	assert_string_equal(d.path, "C:\\");
	assert_int_equal(d.drive_letter, 'C');
	assert_true(d.has_uid && d.has_gid);
	assert_int_equal(d.uid, 1000);
	assert_int_equal(d.gid, 1001);
	assert_string_equal(d.symlinkroot, "/mnt/");
	assert_int_equal(ik_mountopt_drvfs("drvfs;path=d:;uid=0;metadata;uid=7", &d, NULL), 1);
	assert_int_equal(d.drive_letter, 'D');
	assert_int_equal(d.uid, 7); /* the last one counts */
	assert_false(d.has_gid);
	assert_string_equal(d.symlinkroot, "");
	assert_int_equal(ik_mountopt_drvfs("drvfs;path=C:\\dir", &d, NULL), 1);
	assert_int_equal(d.drive_letter, 0);
	assert_int_equal(ik_mountopt_drvfs("drvfs;path=UNC\\server\\share;", &d, NULL), 1);
	assert_int_equal(d.drive_letter, 0);
}

static void other_shares_are_no_drives(void **state IK_UNUSED)
{
	static const char *const rows[] = {"",
					   "drivers;fmode=0444",
					   "lib",
					   "tools;x=y",
					   "drvfsx",
					   "drvf;path=C:\\",
					   "xdrvfs;path=C:\\"};
	struct ik_mountopt_drvfs d;

	for (size_t i = 0; i < IK_ARRAY_SIZE(rows); i++)
		assert_int_equal(ik_mountopt_drvfs(rows[i], &d, NULL), 0);
}

static void malformed_drives_are_errors(void **state IK_UNUSED)
{
	static const char *const rows[] = {
		"drvfs",
		"drvfs;uid=1000",
		"drvfs;path=",
		"drvfs;path=C:\\;uid=",
		"drvfs;path=C:\\;uid=-1",
		"drvfs;path=C:\\;gid=1x",
		"drvfs;path=C:\\;uid=4294967295",
		"drvfs;path=C:\\;uid=99999999999",
		"drvfs;path=C:\\\n",
		"drvfs;path=C:\\;uid=99999999990",
	};
	char longer[600];
	struct ik_mountopt_drvfs d;

	for (size_t i = 0; i < IK_ARRAY_SIZE(rows); i++) {
		struct ik_err err = {.errnum = 0};

		assert_int_equal(ik_mountopt_drvfs(rows[i], &d, &err), -EINVAL);
		assert_int_equal(err.code, IK_E_MOUNTOPT_BAD);
	}
	strcpy(longer, "drvfs;path=");
	memset(longer + 11, 'x', 300);
	longer[311] = '\0';
	assert_int_equal(ik_mountopt_drvfs(longer, &d, NULL), -ENAMETOOLONG);
}

static void letters_come_in_three_forms(void **state IK_UNUSED)
{
	assert_int_equal(ik_mountopt_drive_letter("C:"), 'C');
	assert_int_equal(ik_mountopt_drive_letter("c:\\"), 'C');
	assert_int_equal(ik_mountopt_drive_letter("z:/"), 'Z');
	assert_int_equal(ik_mountopt_drive_letter("C:\\x"), 0);
	assert_int_equal(ik_mountopt_drive_letter("C"), 0);
	assert_int_equal(ik_mountopt_drive_letter("1:"), 0);
	assert_int_equal(ik_mountopt_drive_letter("[:"), 0);
	assert_int_equal(ik_mountopt_drive_letter(""), 0);
	assert_int_equal(ik_mountopt_drive_letter(NULL), 0);
}

static void options_are_found_by_whole_name(void **state IK_UNUSED)
{
	static const char list[] =
		"rw,xaname=no,aname=one,,trans=fd,aname=drvfs;path=C:\\;uid=1,an";
	const char *value;
	size_t len;

	assert_true(ik_mountopt_find(list, "aname", &value, &len));
	assert_int_equal(len, strlen("drvfs;path=C:\\;uid=1"));
	assert_memory_equal(value, "drvfs;path=C:\\;uid=1", len);
	assert_true(ik_mountopt_find(list, "trans", &value, &len));
	assert_memory_equal(value, "fd", 2);
	assert_false(ik_mountopt_find(list, "rw", &value, &len));
	assert_false(ik_mountopt_find(list, "name", &value, &len));
	assert_false(ik_mountopt_find("", "aname", &value, &len));
	assert_true(ik_mountopt_find("aname=", "aname", &value, &len));
	assert_int_equal(len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes_need_three_octal_digits),
		cmocka_unit_test(unescape_keeps_its_bounds),
		cmocka_unit_test(drives_are_taken_apart),
		cmocka_unit_test(other_shares_are_no_drives),
		cmocka_unit_test(malformed_drives_are_errors),
		cmocka_unit_test(letters_come_in_three_forms),
		cmocka_unit_test(options_are_found_by_whole_name),
	};

	return cmocka_run_group_tests_name("mountopt", tests, NULL, NULL);
}
