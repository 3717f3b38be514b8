/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/strbuf: growth, sticky failure, escaping of what could steer a terminal. */
#include "base/strbuf.h"

#include <string.h>
#include <wchar.h>

#include "faults.h"
#include "support.h"

static void empty_is_a_valid_string(void **state IK_UNUSED)
{
	struct ik_strbuf sb = {.data = NULL};
	char *taken;

	assert_string_equal(ik_strbuf_str(&sb), "");
	assert_int_equal(ik_strbuf_error(&sb), 0);
	taken = ik_strbuf_steal(&sb);
	assert_string_equal(taken, "");
	free(taken);
	ik_strbuf_done(NULL);
}

static void appends_grow_and_stay_terminated(void **state IK_UNUSED)
{
	ik_autostrbuf struct ik_strbuf sb = {.data = NULL};

	for (int i = 0; i < 1000; i++)
		ik_strbuf_printf(&sb, "%d,", i % 10);
	ik_strbuf_putc(&sb, '!');
	ik_strbuf_append(&sb, "a\0b", 3);
	assert_int_equal(sb.len, 2004);
	assert_memory_equal(sb.data + 2000, "!a\0b\0", 5);
	ik_strbuf_reset(&sb);
	assert_string_equal(ik_strbuf_str(&sb), "");
	ik_strbuf_puts(&sb, "again");
	assert_string_equal(ik_strbuf_str(&sb), "again");
}

static void failure_sticks(void **state IK_UNUSED)
{
	struct ik_strbuf sb = {.data = NULL};

	ik_strbuf_puts(&sb, "x");
	ik_strbuf_append(&sb, "y", SIZE_MAX - 8);
	assert_int_equal(ik_strbuf_error(&sb), -ENOMEM);
	ik_strbuf_puts(&sb, "z");
	assert_string_equal(ik_strbuf_str(&sb), "x");
	assert_null(ik_strbuf_steal(&sb));
	assert_int_equal(ik_strbuf_error(&sb), 0);
	ik_strbuf_reset(&sb); /* also of one that never held anything */
	assert_string_equal(ik_strbuf_str(&sb), "");
	/* Text that cannot be printed, as a wide character without a form, is a failure, not a short text. */
	ik_strbuf_printf(&sb, "a%lc", (wint_t)0x7fffffff);
	assert_int_equal(ik_strbuf_error(&sb), -ENOMEM);
	assert_null(ik_strbuf_steal(&sb));
	ik_strbuf_append(&sb, "x", SIZE_MAX);
	assert_int_equal(ik_strbuf_error(&sb), -ENOMEM);
	ik_strbuf_printf(&sb, "%d", 1);
	assert_null(ik_strbuf_steal(&sb));
}

static void no_memory_is_a_failure(void **state IK_UNUSED)
{
	struct ik_strbuf sb = {.data = NULL};

	faults = (struct faults){.on = true, .only = "memory", .at = 1, .errnum = ENOMEM};
	ik_strbuf_puts(&sb, "x");
	faults_off();
	assert_int_equal(ik_strbuf_error(&sb), -ENOMEM);
	assert_null(ik_strbuf_steal(&sb));
}

static void escapes_control_characters_and_bad_utf8(void **state IK_UNUSED)
{
	static const struct {
		const char *raw, *want;
	} cases[] = {
		{"plain ~", "plain ~"},
		{"a\tb\nc\033[31m\177", "a\\x09b\\x0ac\\x1b[31m\\x7f"},
		{"M\xc3\xbcller", "M\xc3\xbcller"},
		{"\xe2\x82\xac \xf0\x9f\x98\x80", "\xe2\x82\xac \xf0\x9f\x98\x80"},
		{"\xc2\x9b", "\\xc2\\x9b"},	     /* C1: a terminal's CSI */
		{"\xc0\xaf", "\\xc0\\xaf"},	     /* overlong */
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"}, /* surrogate */
		{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
		{"\xe2\x82", "\\xe2\\x82"},	     /* cut short */
		{"\xe0\x9f\x80", "\\xe0\\x9f\\x80"}, /* overlong */
		{"\xf0\x8f\x80\x80", "\\xf0\\x8f\\x80\\x80"},
		{"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"}, /* the last code point */
		{"\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80"},
		{"\xe2\x82\x41", "\\xe2\\x82A"},
		{"\xe2\x82\xc2", "\\xe2\\x82\\xc2"},
		{"\xc3\x41", "\\xc3A"},
	};

	for (size_t i = 0; i < IK_ARRAY_SIZE(cases); i++) {
		ik_autostrbuf struct ik_strbuf sb = {.data = NULL};

		ik_strbuf_append_escaped(&sb, cases[i].raw, strlen(cases[i].raw));
		assert_string_equal(ik_strbuf_str(&sb), cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_is_a_valid_string),
		cmocka_unit_test(appends_grow_and_stay_terminated),
		cmocka_unit_test(failure_sticks),
		cmocka_unit_test(no_memory_is_a_failure),
		cmocka_unit_test(escapes_control_characters_and_bad_utf8),
	};

	return cmocka_run_group_tests_name("base/strbuf", tests, NULL, NULL);
}
