/* SPDX-License-Identifier: GPL-2.0-or-later */
/* codec/wsledit: what a change of a key does to the bytes of a file, and that nothing else changes. */
#include "codec/wslconf.h"

#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "conftext.h"

/* An edit: text before and after setting CONF_PATH; @ stands for the escaped path in the result. */
static const struct {
	const char *before, *after;
} edits[] = {
	{"", "[wsl2]\r\nkernel=@\r\n"},
	{"[wsl2]\nkernel=old\n", "[wsl2]\nkernel=@\n"},
	{"[WSL2]\r\n Kernel\t= old # mine\r\nmemory=1\r\n",
	 "[WSL2]\r\n Kernel\t= @ # mine\r\nmemory=1\r\n"},
	{"[wsl2]\nkernel=#c\n", "[wsl2]\nkernel=@#c\n"},
	{"[wsl2]\nkernel=\"a # b\"\n", "[wsl2]\nkernel=@\n"},
	{"[wsl2]\nkernel=a\\\n  b # c\n", "[wsl2]\nkernel=@ # c\n"},
	{"[wsl2]\nkernel=C:\\Users\\k\n", "[wsl2]\nkernel=@\nkernel=C:\\Users\\k\n"},
	{"[wsl2]\nkernel=C:\\Users\\k\nkernel=b\n", "[wsl2]\nkernel=C:\\Users\\k\nkernel=@\n"},
	{"[wsl2]\nmemory=1", "[wsl2]\nkernel=@\nmemory=1"},
	{"[wsl2]", "[wsl2]\r\nkernel=@\r\n"},
	{"[wsl2] # c", "[wsl2] # c\r\nkernel=@\r\n"},
	{"[wsl2] # c\r", "[wsl2] # c\r\r\nkernel=@\r\n"},  /* a lone CR ends no comment */
	{"[x]\nb=2\\", "[x]\nb=2\\ \n[wsl2]\nkernel=@\n"}, /* a bad line must stay bad */
	{"a=1\n[x]\nb=2", "a=1\n[x]\nb=2\n[wsl2]\nkernel=@\n"},
	{"a=1\r\nb=2\r\n", "a=1\r\nb=2\r\n[wsl2]\r\nkernel=@\r\n"},
	{"[x]\nb=2\\\n", "[x]\nb=2\\\n\n[wsl2]\nkernel=@\n"}, /* ends inside a continuation */
	{"[x]\nb=2\n# end", "[x]\nb=2\n# end\n[wsl2]\nkernel=@\n"},
	{"[x]\nb=2\n\x1a[wsl2]\nkernel=z\n", "[x]\nb=2\n[wsl2]\nkernel=@\n\x1a[wsl2]\nkernel=z\n"},
	{"[wsl2]\n[x]\nkernel=a\n[wsl2]\nmemory=1\n",
	 "[wsl2]\nkernel=@\n[x]\nkernel=a\n[wsl2]\nmemory=1\n"},
	{"[x]\n[wsl2]\nkernel=a\nkernel=b\n", "[x]\n[wsl2]\nkernel=@\nkernel=b\n"},
	{"\xef\xbb\xbf[wsl2]\nkernel=a\n", "\xef\xbb\xbf[wsl2]\nkernel=@\n"},
	{"\xef\xbb\xbf", "\xef\xbb\xbf[wsl2]\r\nkernel=@\r\n"},
	{"# Z\xff\xc3\x28\n[wsl2]\n", "# Z\xff\xc3\x28\n[wsl2]\nkernel=@\n"},
	{"[wsl2]\rkernel=a\rb=1\r", "[wsl2]\rkernel=@\rb=1\r"},
};

static void an_edit_changes_the_one_key(void **state IK_UNUSED)
{
	for (size_t i = 0; i < IK_ARRAY_SIZE(edits); i++) {
		struct ik_wslconf *conf = conf_of_text(edits[i].before);
		ik_autofree char *undo = NULL, *none = NULL;
		char want[512];

		put_path(edits[i].after, want, sizeof(want));
		assert_int_equal(ik_wslconf_set(conf, "wsl2", "kernel", CONF_PATH, &undo, NULL), 0);
		conf_holds(conf, want, strlen(want));
		conf_reads(conf, CONF_PATH);
		/* Twice is once. */
		assert_int_equal(ik_wslconf_set(conf, "wsl2", "kernel", CONF_PATH, &none, NULL), 0);
		conf_holds(conf, want, strlen(want));
		assert_int_equal(ik_wslconf_unset(conf, "wsl2", "kernel", none, NULL), 0);
		conf_holds(conf, want, strlen(want));
		/* And back to the very bytes. */
		assert_int_equal(ik_wslconf_unset(conf, "wsl2", "kernel", undo, NULL), 1);
		conf_holds(conf, edits[i].before, strlen(edits[i].before));
		ik_wslconf_free(conf);
	}
}

static void utf16_stays_utf16(void **state IK_UNUSED)
{
	for (size_t i = 0; i < IK_ARRAY_SIZE(edits); i++) {
		uint8_t before[1024], after[1024];
		ik_autofree char *undo = NULL;
		struct ik_wslconf *conf;
		char want[512];
		size_t len;

		if (strpbrk(edits[i].before, "\xef\xff"))
			continue;
		put_path(edits[i].after, want, sizeof(want));
		len = conf_widen(edits[i].before, before);
		conf = conf_of(before, len);
		assert_int_equal(ik_wslconf_encoding(conf), IK_WSLCONF_UTF16LE);
		assert_int_equal(ik_wslconf_set(conf, "wsl2", "kernel", CONF_PATH, &undo, NULL), 0);
		conf_holds(conf, after, conf_widen(want, after));
		assert_int_equal(ik_wslconf_unset(conf, "wsl2", "kernel", undo, NULL), 1);
		conf_holds(conf, before, len);
		ik_wslconf_free(conf);
	}
}

static void a_half_character_at_the_end_survives(void **state IK_UNUSED)
{
	uint8_t bytes[64];
	size_t len = conf_widen("[wsl2]\nkernel=a\n", bytes);
	struct ik_wslconf *conf;
	ik_autofree char *undo = NULL;

	bytes[len++] = 'x';
	conf = conf_of(bytes, len);
	assert_int_equal(ik_wslconf_set(conf, "wsl2", "kernel", CONF_PATH, &undo, NULL), 0);
	conf_reads(conf, CONF_PATH);
	assert_int_equal(ik_wslconf_unset(conf, "wsl2", "kernel", undo, NULL), 1);
	conf_holds(conf, bytes, len);
	ik_wslconf_free(conf);
}

static void values_are_checked_and_encoded(void **state IK_UNUSED)
{
	static const struct {
		const char *value, *encoded; /* NULL = refused */
	} rows[] = {
		{"C:\\a b\\k", "C:\\\\a b\\\\k"},
		{"a#b", "\"a#b\""},
		{" a", "\" a\""},
		{"a ", "\"a \""},
		{"a\"b", "a\\\"b"},
		{"#\"\\ ", "\"#\\\"\\\\ \""},
		{"", NULL},
		{"a\tb", NULL},
		{"Zo\xc3\xab", NULL},
		{"a\nb", NULL},
	};

	for (size_t i = 0; i < IK_ARRAY_SIZE(rows); i++) {
		struct ik_wslconf *conf = conf_of_text("[wsl2]\nkernel=x # c\n");
		ik_autostrbuf struct ik_strbuf out = {.len = 0};
		struct ik_err err = {.errnum = 0};
		int r = ik_wslconf_encode_value(rows[i].value, &out, &err);

		assert_int_equal(r, rows[i].encoded ? 0 : -EINVAL);
		assert_int_equal(ik_wslconf_set(conf, "wsl2", "kernel", rows[i].value, NULL, NULL),
				 r);
		if (rows[i].encoded) {
			assert_string_equal(ik_strbuf_str(&out), rows[i].encoded);
			conf_reads(conf, rows[i].value);
		} else {
			assert_int_equal(err.code, IK_E_WSLCONF_VALUE);
			conf_reads(conf, "x");
		}
		ik_wslconf_free(conf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_edit_changes_the_one_key),
		cmocka_unit_test(utf16_stays_utf16),
		cmocka_unit_test(a_half_character_at_the_end_survives),
		cmocka_unit_test(values_are_checked_and_encoded),
	};

	return cmocka_run_group_tests_name("wsledit", tests, NULL, NULL);
}
