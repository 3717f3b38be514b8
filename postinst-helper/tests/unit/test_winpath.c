/* SPDX-License-Identifier: GPL-2.0-or-later */
/* codec/winpath: names, both directions, comparison. */
#include "codec/winpath.h"

#include <string.h>

#include "base/macro.h"
#include "support.h"

static void names_windows_would_change_are_refused(void **state IK_UNUSED)
{
	static const char *const good[] = {"kernel", ".wslconfig", "a b",     "Zoë",
					   "com",    "com10",	   "conx",    "nul_",
					   "a.b.c",  "lpt",	   "cons.txt"};
	static const char *const bad[] = {"",	  ".",	   "..",   "a.",     "a ",   "a/b",
					  "a\\b", "a:b",   "a*",   "a?",     "a\"",  "<a",
					  "a>",	  "a|b",   "a\tb", "a\x7f",  "con",  "CON.txt",
					  "nul",  "Aux",   "com1", "LPT9.x", "com0", "conin$",
					  "prn ", "nul .x"};
	char long_name[300];

	for (size_t i = 0; i < IK_ARRAY_SIZE(good); i++)
		assert_true(ik_winpath_is_name(good[i]));
	for (size_t i = 0; i < IK_ARRAY_SIZE(bad); i++)
		assert_false(ik_winpath_is_name(bad[i]));
	memset(long_name, 'x', sizeof(long_name));
	long_name[255] = '\0';
	assert_true(ik_winpath_is_name(long_name));
	long_name[255] = 'x';
	long_name[299] = '\0';
	assert_false(ik_winpath_is_name(long_name));
}

static void both_directions_agree(void **state IK_UNUSED)
{
	static const struct {
		const char *windows;
		char letter;
		const char *relative, *canonical;
	} rows[] = {
		{"C:\\Windows\\System32\\lxss\\tools\\kernel", 'C',
		 "Windows/System32/lxss/tools/kernel",
		 "C:\\Windows\\System32\\lxss\\tools\\kernel"},
		{"c:/users//Zoë/.wslconfig", 'C', "users/Zoë/.wslconfig",
		 "C:\\users\\Zoë\\.wslconfig"},
		{"d:\\", 'D', "", "D:\\"},
		{"D:\\a b\\\\c\\", 'D', "a b/c", "D:\\a b\\c"},
		{"\\\\?\\E:\\x", 'E', "x", "E:\\x"},
	};

	for (size_t i = 0; i < IK_ARRAY_SIZE(rows); i++) {
		char buf[IK_WINPATH_BYTES], back[IK_WINPATH_BYTES];
		char letter = 0;

		assert_int_equal(ik_winpath_to_relative(rows[i].windows, &letter, buf, NULL), 0);
		assert_int_equal(letter, rows[i].letter);
		assert_string_equal(buf, rows[i].relative);
		assert_int_equal(ik_winpath_from_relative(letter, buf, back, NULL), 0);
		assert_string_equal(back, rows[i].canonical);
		assert_true(ik_winpath_is_same(rows[i].windows, back));
	}
}

static void other_paths_are_refused(void **state IK_UNUSED)
{
	static const char *const bad[] = {
		"",
		"C:",
		"C:x",
		"\\Windows",
		"Windows",
		"%userprofile%\\k",
		"\\\\server\\share\\k",
		"\\\\?\\UNC\\s\\k",
		"\\\\.\\C:\\k",
		"C:\\a\\..\\b",
		"C:\\.\\b",
		"C:\\a.\\b",
		"C:\\a\\con",
		"C:\\a:stream",
		"1:\\x",
		"/mnt/c/x",
		"C:\\a\tb",
	};
	char letter = '#', buf[IK_WINPATH_BYTES] = "untouched";

	for (size_t i = 0; i < IK_ARRAY_SIZE(bad); i++) {
		struct ik_err err = {.errnum = 0};

		assert_int_equal(ik_winpath_to_relative(bad[i], &letter, buf, &err), -EINVAL);
		assert_int_equal(err.code, IK_E_WINPATH_BAD);
	}
	assert_int_equal(letter, '#');
	assert_string_equal(buf, "untouched");
	assert_int_equal(ik_winpath_from_relative('C', "/a", buf, NULL), -EINVAL);
	assert_int_equal(ik_winpath_from_relative('C', "a/", buf, NULL), -EINVAL);
	assert_int_equal(ik_winpath_from_relative('C', "a//b", buf, NULL), -EINVAL);
	assert_int_equal(ik_winpath_from_relative('C', "a\\b", buf, NULL), -EINVAL);
	assert_int_equal(ik_winpath_from_relative('C', "a/../b", buf, NULL), -EINVAL);
	assert_int_equal(ik_winpath_from_relative('7', "a", buf, NULL), -EINVAL);
}

static void long_paths_are_refused(void **state IK_UNUSED)
{
	char path[600] = "C:\\", buf[IK_WINPATH_BYTES], letter;

	for (int i = 0; i < 64; i++)
		strcat(path, "abc/");
	path[3 + 256] = '\0'; /* C:\ + 256 characters = 259: the longest */
	path[3 + 255] = 'x';
	assert_int_equal(ik_winpath_to_relative(path, &letter, buf, NULL), 0);
	assert_int_equal(ik_winpath_from_relative(letter, buf, path, NULL), 0);
	strcpy(path, "C:\\");
	for (int i = 0; i < 65; i++)
		strcat(path, "abc/");
	assert_int_equal(ik_winpath_to_relative(path, &letter, buf, NULL), -ENAMETOOLONG);
	assert_int_equal(ik_winpath_from_relative('C', path + 3, buf, NULL), -ENAMETOOLONG);
}

static void comparison_is_that_of_windows(void **state IK_UNUSED)
{
	assert_true(ik_winpath_is_same("c:\\WINDOWS/x", "C:\\windows\\X\\"));
	assert_false(ik_winpath_is_same("C:\\x", "D:\\x"));
	assert_false(ik_winpath_is_same("C:\\x", "C:\\x\\y"));
	assert_false(ik_winpath_is_same("C:\\xy", "C:\\x"));
	assert_false(ik_winpath_is_same("x", "x"));
	assert_false(ik_winpath_is_same("C:\\x", "x"));
}

static void ascii_is_printable_only(void **state IK_UNUSED)
{
	assert_true(ik_winpath_is_ascii("C:\\ProgramData\\immensity-kernel ~!"));
	assert_false(ik_winpath_is_ascii("C:\\Users\\Zoë"));
	assert_false(ik_winpath_is_ascii("C:\\a\tb"));
	assert_false(ik_winpath_is_ascii("C:\\a\x7f"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_windows_would_change_are_refused),
		cmocka_unit_test(both_directions_agree),
		cmocka_unit_test(other_paths_are_refused),
		cmocka_unit_test(long_paths_are_refused),
		cmocka_unit_test(comparison_is_that_of_windows),
		cmocka_unit_test(ascii_is_printable_only),
	};

	return cmocka_run_group_tests_name("winpath", tests, NULL, NULL);
}
