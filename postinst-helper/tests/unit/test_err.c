/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/err: what the error object says, and that the table of codes is sound. */
#include "base/err.h"

#include <string.h>

#include "support.h"

static void set_returns_negative_errno(void **state IK_UNUSED)
{
	struct ik_err err = {.code = IK_E_NONE};

	assert_int_equal(ik_err_set(&err, IK_E_IO_FAILED, EIO, "cannot read '%s'", "x"), -EIO);
	assert_int_equal(ik_err_set(&err, IK_E_IO_FAILED, -EIO, "cannot read '%s'", "x"), -EIO);
	assert_int_equal(err.errnum, EIO);
	assert_string_equal(err.message, "cannot read 'x': Input/output error");
	assert_string_equal(err.hint, "");
}

static void set_without_errno_is_still_a_failure(void **state IK_UNUSED)
{
	struct ik_err err;

	assert_int_equal(ik_err_set(&err, IK_E_PATH_BAD, 0, "no"), -EINVAL);
	assert_int_equal(err.errnum, 0);
	assert_string_equal(err.message, "no");
	assert_int_equal(ik_err_set(NULL, IK_E_PATH_BAD, ENOENT, "no"), -ENOENT);
	assert_int_equal(ik_err_set(&err, IK_E_PATH_BAD, -9999, "no"), -9999);
	assert_string_equal(err.message, "no: error 9999"); /* a number that has no name */
}

static void long_messages_are_cut_not_overrun(void **state IK_UNUSED)
{
	struct ik_err err;
	char text[2000];

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ik_err_set(&err, IK_E_IO_FAILED, EIO, "%s", text);
	assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
	ik_err_prefix(&err, "%s", text);
	assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
	ik_err_hint(&err, "%s", text);
	assert_int_equal(strlen(err.hint), sizeof(err.hint) - 1);
}

static void prefix_reads_like_a_sentence(void **state IK_UNUSED)
{
	struct ik_err err = {.code = IK_E_NONE};

	ik_err_prefix(&err, "nothing");
	assert_string_equal(err.message, "");
	ik_err_set(&err, IK_E_PATH_MISSING, 0, "no file");
	ik_err_prefix(&err, "drive %c", 'C');
	assert_string_equal(err.message, "drive C: no file");
	ik_err_prefix(NULL, "x");
	ik_err_hint(NULL, "x");
	ik_err_clear(&err);
	assert_int_equal(err.code, IK_E_NONE);
}

static void code_names_are_unique_and_plain(void **state IK_UNUSED)
{
	for (int i = 0; i < IK_CODE_COUNT; i++) {
		const char *name = ik_code_name((enum ik_code)i);

		assert_true(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(name));
		assert_true(strlen(name) > 3);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(name, ik_code_name((enum ik_code)k));
		if (i > 0)
			assert_true(ik_code_exit((enum ik_code)i) != IK_EXIT_OK);
	}
	assert_string_equal(ik_code_name(IK_CODE_COUNT), "unknown");
	assert_int_equal(ik_code_exit(IK_CODE_COUNT), IK_EXIT_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_returns_negative_errno),
		cmocka_unit_test(set_without_errno_is_still_a_failure),
		cmocka_unit_test(long_messages_are_cut_not_overrun),
		cmocka_unit_test(prefix_reads_like_a_sentence),
		cmocka_unit_test(code_names_are_unique_and_plain),
	};

	return cmocka_run_group_tests_name("base/err", tests, NULL, NULL);
}
