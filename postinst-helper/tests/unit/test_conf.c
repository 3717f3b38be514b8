/* SPDX-License-Identifier: GPL-2.0-or-later */
/* codec/conf: defaults, the file, the command line, and sources. */
#include "codec/conf.h"

#include <stdio.h>
#include <string.h>

#include "support.h"

static int parse(struct ik_conf *conf, const char *text, struct ik_err *err)
{
	memset(err, 0, sizeof(*err));
	return ik_conf_parse(conf, text, strlen(text), "test.conf", err);
}

static void defaults_are_as_documented(void **state IK_UNUSED)
{
	static const char *const want[IK_CONF_N_KEYS] = {"", "C",  "",	 "auto", "auto",
							 "", "no", "no", "yes",	 "3"};
	struct ik_conf conf;
	char buf[256];

	ik_conf_init(&conf);
	for (int k = 0; k < IK_CONF_N_KEYS; k++) {
		assert_string_equal(ik_conf_describe(&conf, (enum ik_conf_key)k, buf, sizeof(buf)),
				    want[k]);
		assert_int_equal(conf.source[k].origin, IK_CONF_DEFAULT);
		assert_non_null(ik_conf_key_name((enum ik_conf_key)k));
	}
	assert_null(ik_conf_key_name(IK_CONF_N_KEYS));
	assert_string_equal(ik_conf_describe(&conf, IK_CONF_N_KEYS, buf, sizeof(buf)), "");
	assert_string_equal(ik_conf_target_name((enum ik_conf_target)9), "unknown");
}

static const char full[] = "# a comment\r\n"
			   "[immensity-kernel]\n"
			   "drive = /mnt/c\n"
			   "drive_letter = d\n"
			   "profile=/mnt/c/Users/Zo\xc3\xab Doe\n"
			   "target = lxss ; with a reason\n"
			   "image_format = elf\n"
			   "series = longterm\n"
			   "replace_foreign = yes\n"
			   "allow_downgrade = yes\n"
			   "\n"
			   "install = no\n"
			   "keep_backups = 12";

static void a_full_file_is_read(void **state IK_UNUSED)
{
	struct ik_conf conf;
	struct ik_err err;

	ik_conf_init(&conf);
	assert_int_equal(parse(&conf, full, &err), 0);
	assert_string_equal(conf.drive, "/mnt/c");
	assert_int_equal(conf.drive_letter, 'D');
	assert_string_equal(conf.profile, "/mnt/c/Users/Zo\xc3\xab Doe");
	assert_int_equal(conf.target, IK_CONF_TARGET_LXSS);
	assert_int_equal(conf.image_format, IK_IMAGE_ELF);
	assert_string_equal(conf.series, "longterm");
	assert_true(conf.replace_foreign && conf.allow_downgrade);
	assert_false(conf.install);
	assert_int_equal(conf.keep_backups, 12);
	assert_int_equal(conf.source[IK_CONF_INSTALL].origin, IK_CONF_FILE);
	assert_int_equal(conf.source[IK_CONF_INSTALL].line, 12);
	assert_int_equal(conf.source[IK_CONF_KEEP_BACKUPS].line, 13);
}

static void what_is_described_reads_back(void **state IK_UNUSED)
{
	struct ik_conf conf, again;
	struct ik_err err;
	char buf[256];

	ik_conf_init(&conf);
	ik_conf_init(&again);
	assert_int_equal(parse(&conf, full, &err), 0);
	for (int k = 0; k < IK_CONF_N_KEYS; k++) {
		enum ik_conf_key key = (enum ik_conf_key)k;

		ik_conf_describe(&conf, key, buf, sizeof(buf));
		assert_int_equal(ik_conf_set(&again, ik_conf_key_name(key), buf, NULL), 0);
		assert_int_equal(again.source[k].origin, IK_CONF_OPTION);
		again.source[k] = conf.source[k];
	}
	assert_memory_equal(&conf, &again, sizeof(conf));
}

static void mistakes_name_file_and_line(void **state IK_UNUSED)
{
	static const struct {
		const char *text, *message;
		enum ik_code code;
	} rows[] = {
		{"\ncolour = red\n", "line 2: \"colour\"", IK_E_CONF_UNKNOWN_KEY},
		{"Drive = /mnt/c\n", "line 1: \"Drive\"", IK_E_CONF_UNKNOWN_KEY},
		{"install=yes\ninstall=no\n", "line 2: \"install\" is set twice",
		 IK_E_CONF_REPEATED_KEY},
		{"install=yes\n  no\n", "line 2: \"install\" is set twice", IK_E_CONF_REPEATED_KEY},
		{"[other]\ninstall=yes\n", "\"other\" is an unknown section", IK_E_CONF_SYNTAX},
		{"colour=1\n[other]\ninstall=maybe\n", "line 1: \"colour\"", IK_E_CONF_UNKNOWN_KEY},
		{"install=\001\n", "line 1: holds a control character", IK_E_CONF_SYNTAX},
		{"\n#\177\n", "line 2: holds a control character", IK_E_CONF_SYNTAX},
		{"install\n", "line 1", IK_E_CONF_SYNTAX},
		{"[immensity-kernel\n", "line 1", IK_E_CONF_SYNTAX},
		{"install = maybe\n", "must be yes or no", IK_E_CONF_VALUE},
		{"install = Yes\n", "must be yes or no", IK_E_CONF_VALUE},
		{"install =\n", "must be yes or no", IK_E_CONF_VALUE},
		{"drive = mnt/c\n", "absolute", IK_E_CONF_VALUE},
		{"profile = C:\\Users\n", "absolute", IK_E_CONF_VALUE},
		{"drive_letter = CD\n", "one letter", IK_E_CONF_VALUE},
		{"drive_letter = 1\n", "one letter", IK_E_CONF_VALUE},
		{"target = both\n", "auto, lxss", IK_E_CONF_VALUE},
		{"image_format = arm64\n", "bzimage", IK_E_CONF_VALUE},
		{"image_format = unknown\n", "bzimage", IK_E_CONF_VALUE},
		{"series = testing\n", "longterm", IK_E_CONF_VALUE},
		{"keep_backups = 0\n", "1 to 99", IK_E_CONF_VALUE},
		{"keep_backups = 100\n", "1 to 99", IK_E_CONF_VALUE},
		{"keep_backups = 1x\n", "1 to 99", IK_E_CONF_VALUE},
		{"keep_backups =\n", "1 to 99", IK_E_CONF_VALUE},
		{"install = yes\033[2J\n", "line 1: holds a control", IK_E_CONF_SYNTAX},
	};

	for (size_t i = 0; i < IK_ARRAY_SIZE(rows); i++) {
		struct ik_conf conf, before;
		struct ik_err err;

		ik_conf_init(&conf);
		ik_conf_init(&before);
		assert_true(parse(&conf, rows[i].text, &err) < 0);
		if (err.code != rows[i].code || !strstr(err.message, rows[i].message))
			fail_msg("row %zu: %s", i, err.message);
		assert_non_null(strstr(err.message, "test.conf"));
		assert_memory_equal(&conf, &before, sizeof(conf)); /* all or nothing */
	}
}

static void good_lines_before_a_bad_one_do_not_count(void **state IK_UNUSED)
{
	struct ik_conf conf, before;
	struct ik_err err;

	ik_conf_init(&conf);
	ik_conf_init(&before);
	assert_true(parse(&conf, "install = no\nkeep_backups = 5\nnonsense = 1\n", &err) < 0);
	assert_memory_equal(&conf, &before, sizeof(conf));
}

static void lengths_are_bounded(void **state IK_UNUSED)
{
	char *text = malloc(IK_CONF_MAX_BYTES + 2);
	struct ik_conf conf;
	struct ik_err err;

	assert_non_null(text);
	ik_conf_init(&conf);
	memset(text, '\n', IK_CONF_MAX_BYTES + 1);
	assert_int_equal(ik_conf_parse(&conf, text, IK_CONF_MAX_BYTES, "t", &err), 0);
	assert_int_equal(ik_conf_parse(&conf, text, IK_CONF_MAX_BYTES + 1, "t", &err), -EINVAL);
	strcpy(text, "drive = /");
	memset(text + 9, 'x', 300);
	text[191] = '\0'; /* the longest line */
	assert_int_equal(parse(&conf, text, &err), 0);
	assert_int_equal(strlen(conf.drive), 191 - 8);
	text[191] = 'x';
	text[192] = '\0';
	assert_int_equal(parse(&conf, text, &err), -EINVAL);
	memset(text, 'x', 300);
	text[0] = '/';
	text[300] = '\0';
	assert_int_equal(ik_conf_set(&conf, "drive", text, NULL), -EINVAL);
	free(text);
}

static void options_win_over_the_file(void **state IK_UNUSED)
{
	struct ik_conf conf;
	struct ik_err err;

	ik_conf_init(&conf);
	assert_int_equal(parse(&conf, "target = lxss\n", &err), 0);
	assert_int_equal(ik_conf_set(&conf, "target", "wslconfig", &err), 0);
	assert_int_equal(conf.target, IK_CONF_TARGET_WSLCONFIG);
	assert_int_equal(conf.source[IK_CONF_TARGET].origin, IK_CONF_OPTION);
	assert_int_equal(ik_conf_set(&conf, "target", "nowhere", &err), -EINVAL);
	assert_int_equal(err.code, IK_E_CONF_VALUE);
	assert_int_equal(ik_conf_set(&conf, "nothing", "x", &err), -EINVAL);
	assert_int_equal(err.code, IK_E_CONF_UNKNOWN_KEY);
	assert_int_equal(ik_conf_set(&conf, "drive", "/a\tb", &err), -EINVAL);
	assert_int_equal(ik_conf_set(&conf, "drive_letter", "e:", &err), 0);
	assert_int_equal(conf.drive_letter, 'E');
}

static void an_empty_file_is_fine(void **state IK_UNUSED)
{
	struct ik_conf conf, before;
	struct ik_err err;

	ik_conf_init(&conf);
	ik_conf_init(&before);
	assert_int_equal(ik_conf_parse(&conf, NULL, 0, "t", &err), 0);
	assert_int_equal(parse(&conf, "\xef\xbb\xbf# with a mark\n", &err), 0);
	assert_memory_equal(&conf, &before, sizeof(conf));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_as_documented),
		cmocka_unit_test(a_full_file_is_read),
		cmocka_unit_test(what_is_described_reads_back),
		cmocka_unit_test(mistakes_name_file_and_line),
		cmocka_unit_test(good_lines_before_a_bad_one_do_not_count),
		cmocka_unit_test(lengths_are_bounded),
		cmocka_unit_test(options_win_over_the_file),
		cmocka_unit_test(an_empty_file_is_fine),
	};

	return cmocka_run_group_tests_name("conf", tests, NULL, NULL);
}
