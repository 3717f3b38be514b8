/* SPDX-License-Identifier: GPL-2.0-or-later */
/* codec/wslconf: what WSL reads of a file, what it warns of, and what is no such file. test_wsledit changes them. */
#include "codec/wslconf.h"

#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "conftext.h"

/* What WSL reads of a text. */
static const struct {
	const char *text, *value;
} readings[] = {
	{"", NULL},
	{"[wsl2]\nkernel=C:\\\\a\\\\k\n", "C:\\a\\k"},
	{"[WSL2]\r\nKERNEL = C:\\\\k \r\n", "C:\\k"},
	{" [wsl2] # c\n\tkernel\t=\tx y # c\n", "x y"},
	{"[wsl2]\nkernel=first\nkernel=second\n", "first"},
	{"[wsl2]\nkernel=\nkernel=second\n", ""},
	{"[wsl2]\nkernel=C:\\Users\\k\nkernel=second\n", "second"}, /* \U spoils the first */
	{"[wsl2]\nkernel=C:\\temp\n", "C:\temp"},
	{"[wsl2]\nkernel=\"a # b\" # c\n", "a # b"},
	{"[wsl2]\nkernel=a\"b c\"d\n", "ab cd"},
	{"[wsl2]\nkernel=\" x \"\n", " x "},
	{"[wsl2]\nkernel=\"x\nmemory=1\n", NULL}, /* the quote stays open: line skipped */
	{"[wsl2]\nkernel=a\\\nb\n", "ab"},
	{"[wsl2]\nkernel=a \\\r\n  b\n", "a   b"},
	{"[wsl2]\nkernel=a;b\n", "a;b"},
	{"[wsl2]\n;kernel=a\n", NULL},
	{"[wsl2]\n#kernel=a\n", NULL},
	{"kernel=a\n[wsl2]\n", NULL},
	{"[wls2]\nkernel=a\n", NULL},
	{"[wsl2]\nmemory=1\n[experimental]\nkernel=a\n[wsl2]\nkernel=b\n", "b"},
	{"[wsl2 ]\nkernel=a\n", NULL},
	{"[wsl2] x\nkernel=a\n", NULL},
	{"[wsl2]\nkernel a\nkernel=b\n", "b"},
	{"[wsl2]\nker_nel=a\nkernel=b\n", "b"},
	{"[wsl2]\nkernel=a\x1akernel=b\n", "a"},
	{"\x1a[wsl2]\nkernel=a\n", NULL},
	{"[wsl2]\rkernel=a\rkernel=b\r", "a"},	 /* a lone CR ends a line of this kind */
	{"[wsl2]\n# comment\rkernel=a\n", NULL}, /* but not a comment */
	{"[wsl2]\n[bad section\nkernel=a\n", NULL},
	{"[xxxx]\n[wsl2 bad\nkernel=a\n",
	 "a"}, /* the letters of a bad heading stay in the buffer */
	{"[wsl2]\nkernel=a\\", NULL},
	{"[wsl2]\nkernel=a\\\\", "a\\"},
	{"[wsl2]\nkernel=\\\"q\\\"\n", "\"q\""},
	{"[wsl2]\nkernel=a\\bb\\nc\n", "a\bb\nc"},
	{"[wsl2]\nkernel=", ""}, /* the file ends before the value begins */
	{"[wsl2]\nkernel", NULL},
	{"[wsl2]\nkernel=a\n=x\n", "a"},
	{"[", NULL},
	{"[wsl2]", NULL},
	{"[wsl2]#\nkernel=a", "a"},
	/* One unit for each of two to four bytes, two for a rare one, and one for each damaged sequence. */
	{"[wsl2]\nkernel=\xc3\xb6\xe0\xa4\x85\xed\x9f\xbf\xee\x80\x80\n", "\xf6\x05\xff"},
	{"[wsl2]\nkernel=a\xf0\x9f\x98\x80z\n", "a=\x0"},
};

/* Damaged UTF-8 is read as somebody's damaged name, and never as more than is there. */
static void damaged_utf8_is_no_ascii(void **state IK_UNUSED)
{
	static const char *const damaged[] = {
		"\xff",
		"\x80",
		"\xc3",
		"\xc3(",
		"\xe2\x82",
		"\xe0\x80\x80",
		"\xe2(\xa1",
		"\xf0\x80\x80\x80",
		"\xf4\x90\x80\x80",
		"\xed\xa0\x80",
		"\xf1\x80\x80",
		"\xf0\x9f\x98\x80",
	};

	for (size_t i = 0; i < IK_ARRAY_SIZE(damaged); i++) {
		struct ik_wslconf_value v;
		struct ik_wslconf *conf;
		char text[64];

		for (int closed = 0; closed < 2; closed++) {
			(void)snprintf(text, sizeof(text), "[wsl2]\nkernel=a%s%s", damaged[i],
				       closed ? "\nmemory=1\n" : "");
			conf = conf_of_text(text);
			ik_wslconf_get(conf, "wsl2", "kernel", &v);
			assert_true(v.present && v.is_mangled);
			assert_int_equal(v.text[0], 'a');
			ik_wslconf_get(conf, "wsl2", "memory", &v);
			assert_int_equal(v.present, closed);
			conf_holds(conf, text, strlen(text));
			ik_wslconf_free(conf);
		}
	}
}

static void readings_are_those_of_wsl(void **state IK_UNUSED)
{
	for (size_t i = 0; i < IK_ARRAY_SIZE(readings); i++) {
		struct ik_wslconf *conf = conf_of_text(readings[i].text);

		conf_reads(conf, readings[i].value);
		conf_holds(conf, readings[i].text, strlen(readings[i].text));
		ik_wslconf_free(conf);
	}
}

static void unreadable_files_are_refused(void **state IK_UNUSED)
{
	static const struct {
		const char *bytes;
		size_t len;
		enum ik_code code;
	} rows[] = {
		{"\xfe\xff\0[", 4, IK_E_WSLCONF_ENCODING}, {"[wsl2]\n\0", 8, IK_E_WSLCONF_NUL},
		{"[\0w\0s\0l\0", 8, IK_E_WSLCONF_NUL},	   {"\xff\xfe[\0\0\0", 6, IK_E_WSLCONF_NUL},
		{"a\x1a\0", 3, IK_E_WSLCONF_NUL},
	};
	struct ik_wslconf *conf = NULL;
	struct ik_err err;
	char *big = malloc(IK_WSLCONF_MAX_BYTES + 1);

	for (size_t i = 0; i < IK_ARRAY_SIZE(rows); i++) {
		memset(&err, 0, sizeof(err));
		assert_int_equal(ik_wslconf_parse(rows[i].bytes, rows[i].len, &conf, &err),
				 -EINVAL);
		assert_int_equal(err.code, rows[i].code);
		assert_true(err.hint[0] != '\0');
	}
	assert_non_null(big);
	memset(big, '\n', IK_WSLCONF_MAX_BYTES + 1);
	assert_int_equal(ik_wslconf_parse(big, IK_WSLCONF_MAX_BYTES + 1, &conf, &err), -EINVAL);
	assert_int_equal(err.code, IK_E_WSLCONF_TOO_BIG);
	assert_int_equal(ik_wslconf_parse(big, IK_WSLCONF_MAX_BYTES, &conf, &err), 0);
	assert_int_equal(ik_wslconf_set(conf, "wsl2", "kernel", "x", NULL, &err), -EINVAL);
	assert_int_equal(err.code, IK_E_WSLCONF_TOO_BIG);
	conf_reads(conf, NULL);
	ik_wslconf_free(conf);
	free(big);
}

static void a_value_tells_its_circumstances(void **state IK_UNUSED)
{
	struct ik_wslconf *conf =
		conf_of_text("\n[wsl2]\nkernel=C:\\U\nkernel \"x\"\n"
			     "kernel=C:\\temp\\\\Zo\xc3\xab\nKernel=b\nkernel=c\n");
	struct ik_wslconf_value v;

	ik_wslconf_get(conf, "wsl2", "kernel", &v);
	assert_true(v.present && v.is_mangled && v.has_control);
	assert_string_equal(v.text, "C:\temp\\Zo\xeb"); /* U+00EB cut to one byte */
	assert_int_equal(v.line, 5);
	assert_int_equal(v.duplicates, 2);
	assert_int_equal(v.bad_lines, 2);
	ik_wslconf_get(conf, "wsl2", "memory", &v);
	assert_false(v.present);
	assert_null(v.text);
	ik_wslconf_free(conf);
}

static void safe_mode_is_seen(void **state IK_UNUSED)
{
	static const struct {
		const char *text;
		bool on;
	} rows[] = {
		{"", false},
		{"[wsl2]\nsafeMode=true\n", true},
		{"[wsl2]\nSAFEMODE = TRUE\n", true},
		{"[wsl2]\nsafeMode=1\n", true},
		{"[wsl2]\nsafeMode=yes\n", false},
		{"[wsl2]\nsafeMode=false\nsafeMode=true\n", false},
	};

	for (size_t i = 0; i < IK_ARRAY_SIZE(rows); i++) {
		struct ik_wslconf *conf = conf_of_text(rows[i].text);

		assert_int_equal(ik_wslconf_is_safe_mode(conf), rows[i].on);
		ik_wslconf_free(conf);
	}
}

static void warnings_name_kind_line_and_key(void **state IK_UNUSED)
{
	static const struct {
		unsigned line;
		const char *kind, *name;
	} want[] = {
		{1, "no-section", "early"},   {2, "bad-key", "early"},
		{4, "bad-escape", "wsl2.a"},  {5, "open-quote", "wsl2.b"},
		{6, "no-equals", "wsl2.c"},   {8, "duplicate-key", "wsl2.D"},
		{9, "bad-section", "wsl2.D"}, {10, "bad-section", "x"},
		{12, "after-end", ""},
	};
	struct ik_wslconf *conf =
		conf_of_text("early=1\n_x=1\n[wsl2]\na=\\q\nb=\"\nc\nd=1\nD=2\n[1]\n[x y]\n"
			     "[x]\n\x1amore\n");
	size_t i;

	for (i = 0; i < IK_ARRAY_SIZE(want); i++) {
		const struct ik_wslconf_warning *w = ik_wslconf_warning(conf, i);

		assert_non_null(w);
		assert_string_equal(ik_wslconf_warning_name(w->kind), want[i].kind);
		assert_int_equal(w->line, want[i].line);
		assert_string_equal(w->name, want[i].name);
	}
	assert_null(ik_wslconf_warning(conf, i));
	assert_string_equal(ik_wslconf_warning_name((enum ik_wslconf_warning_kind)99), "unknown");
	ik_wslconf_free(conf);
	assert_null(ik_wslconf_free(NULL));
}

static void hostile_names_stay_cheap(void **state IK_UNUSED)
{
	size_t len = 0, half = IK_WSLCONF_MAX_BYTES / 2;
	char *text = malloc(IK_WSLCONF_MAX_BYTES + 16);
	struct ik_wslconf *conf;

	assert_non_null(text);
	text[len++] = '[';
	while (len < half)
		text[len++] = 'x';
	memcpy(text + len, "]\n", 2);
	len += 2;
	while (len + 4 < IK_WSLCONF_MAX_BYTES) {
		memcpy(text + len, "a=b\n", 4);
		len += 4;
	}
	conf = conf_of(text, len);
	conf_reads(conf, NULL);
	ik_wslconf_free(conf);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged_utf8_is_no_ascii),
		cmocka_unit_test(readings_are_those_of_wsl),
		cmocka_unit_test(unreadable_files_are_refused),
		cmocka_unit_test(a_value_tells_its_circumstances),
		cmocka_unit_test(safe_mode_is_seen),
		cmocka_unit_test(warnings_name_kind_line_and_key),
		cmocka_unit_test(hostile_names_stay_cheap),
	};

	return cmocka_run_group_tests_name("wslconf", tests, NULL, NULL);
}
