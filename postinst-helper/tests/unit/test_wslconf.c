/* SPDX-License-Identifier: GPL-2.0-or-later */
/* codec/wslconf: what WSL reads, what an edit changes, and that nothing else does. */
#include "codec/wslconf.h"

#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "support.h"

#define PATH	"C:\\ProgramData\\immensity-kernel\\kernel-7.3.4-1-0123456789ab"
#define ESCAPED "C:\\\\ProgramData\\\\immensity-kernel\\\\kernel-7.3.4-1-0123456789ab"

static struct ik_wslconf *parse(const void *bytes, size_t len)
{
	struct ik_wslconf *conf = NULL;
	struct ik_err err = {.errnum = 0};

	if (ik_wslconf_parse(bytes, len, &conf, &err) < 0)
		fail_msg("parse: %s", err.message);
	return conf;
}

static struct ik_wslconf *parse_text(const char *text)
{
	return parse(text, strlen(text));
}

/* Checks a reading; NULL = the key is not set. */
static void reads(const struct ik_wslconf *conf, const char *want)
{
	struct ik_wslconf_value v;

	ik_wslconf_get(conf, "wsl2", "kernel", &v);
	assert_int_equal(v.present, want != NULL);
	if (want)
		assert_string_equal(v.text, want);
}

static void holds(const struct ik_wslconf *conf, const void *bytes, size_t len)
{
	const uint8_t *got;
	size_t got_len;

	got = ik_wslconf_bytes(conf, &got_len);
	if (got_len != len || memcmp(got, bytes, len) != 0)
		fail_msg("holds \"%.*s\", not \"%.*s\"", (int)got_len, (const char *)got, (int)len,
			 (const char *)bytes);
}

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
			conf = parse_text(text);
			ik_wslconf_get(conf, "wsl2", "kernel", &v);
			assert_true(v.present && v.is_mangled);
			assert_int_equal(v.text[0], 'a');
			ik_wslconf_get(conf, "wsl2", "memory", &v);
			assert_int_equal(v.present, closed);
			holds(conf, text, strlen(text));
			ik_wslconf_free(conf);
		}
	}
}

static void readings_are_those_of_wsl(void **state IK_UNUSED)
{
	for (size_t i = 0; i < IK_ARRAY_SIZE(readings); i++) {
		struct ik_wslconf *conf = parse_text(readings[i].text);

		reads(conf, readings[i].value);
		holds(conf, readings[i].text, strlen(readings[i].text));
		ik_wslconf_free(conf);
	}
}

/* An edit: text before and after setting PATH; @ stands for the escaped path in the result. */
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

static void expand(const char *text, char *out, size_t bytes)
{
	const char *at = strchr(text, '@');

	snprintf(out, bytes, "%.*s%s%s", (int)(at - text), text, ESCAPED, at + 1);
}

static void an_edit_changes_the_one_key(void **state IK_UNUSED)
{
	for (size_t i = 0; i < IK_ARRAY_SIZE(edits); i++) {
		struct ik_wslconf *conf = parse_text(edits[i].before);
		ik_autofree char *undo = NULL, *none = NULL;
		char want[512];

		expand(edits[i].after, want, sizeof(want));
		assert_int_equal(ik_wslconf_set(conf, "wsl2", "kernel", PATH, &undo, NULL), 0);
		holds(conf, want, strlen(want));
		reads(conf, PATH);
		/* Twice is once. */
		assert_int_equal(ik_wslconf_set(conf, "wsl2", "kernel", PATH, &none, NULL), 0);
		holds(conf, want, strlen(want));
		assert_int_equal(ik_wslconf_unset(conf, "wsl2", "kernel", none, NULL), 0);
		holds(conf, want, strlen(want));
		/* And back to the very bytes. */
		assert_int_equal(ik_wslconf_unset(conf, "wsl2", "kernel", undo, NULL), 1);
		holds(conf, edits[i].before, strlen(edits[i].before));
		ik_wslconf_free(conf);
	}
}

/* UTF-16LE with its mark, from ASCII. */
static size_t widen(const char *text, uint8_t *out)
{
	size_t len = 0;

	out[len++] = 0xff;
	out[len++] = 0xfe;
	for (; *text; text++) {
		out[len++] = (uint8_t)*text;
		out[len++] = 0;
	}
	return len;
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
		expand(edits[i].after, want, sizeof(want));
		len = widen(edits[i].before, before);
		conf = parse(before, len);
		assert_int_equal(ik_wslconf_encoding(conf), IK_WSLCONF_UTF16LE);
		assert_int_equal(ik_wslconf_set(conf, "wsl2", "kernel", PATH, &undo, NULL), 0);
		holds(conf, after, widen(want, after));
		assert_int_equal(ik_wslconf_unset(conf, "wsl2", "kernel", undo, NULL), 1);
		holds(conf, before, len);
		ik_wslconf_free(conf);
	}
}

static void a_half_character_at_the_end_survives(void **state IK_UNUSED)
{
	uint8_t bytes[64];
	size_t len = widen("[wsl2]\nkernel=a\n", bytes);
	struct ik_wslconf *conf;
	ik_autofree char *undo = NULL;

	bytes[len++] = 'x';
	conf = parse(bytes, len);
	assert_int_equal(ik_wslconf_set(conf, "wsl2", "kernel", PATH, &undo, NULL), 0);
	reads(conf, PATH);
	assert_int_equal(ik_wslconf_unset(conf, "wsl2", "kernel", undo, NULL), 1);
	holds(conf, bytes, len);
	ik_wslconf_free(conf);
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
	reads(conf, NULL);
	ik_wslconf_free(conf);
	free(big);
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
		struct ik_wslconf *conf = parse_text("[wsl2]\nkernel=x # c\n");
		ik_autostrbuf struct ik_strbuf out = {.len = 0};
		struct ik_err err = {.errnum = 0};
		int r = ik_wslconf_encode_value(rows[i].value, &out, &err);

		assert_int_equal(r, rows[i].encoded ? 0 : -EINVAL);
		assert_int_equal(ik_wslconf_set(conf, "wsl2", "kernel", rows[i].value, NULL, NULL),
				 r);
		if (rows[i].encoded) {
			assert_string_equal(ik_strbuf_str(&out), rows[i].encoded);
			reads(conf, rows[i].value);
		} else {
			assert_int_equal(err.code, IK_E_WSLCONF_VALUE);
			reads(conf, "x");
		}
		ik_wslconf_free(conf);
	}
}

/* Sets PATH on before, lets somebody turn the file into meanwhile, unsets: result or error. */
static const struct {
	const char *before, *meanwhile, *result;
	int r;
} undos[] = {
	/* other keys changed: kept */
	{"[wsl2]\nkernel=old\n", "[wsl2]\nmemory=1\nkernel=@ # c\n",
	 "[wsl2]\nmemory=1\nkernel=old # c\n", 1},
	{"", "[wsl2]\r\nkernel=@\r\nmemory=1\r\n", "[wsl2]\r\nmemory=1\r\n", 1},
	{"[x]\n", "[x]\n[wsl2]\nkernel=@\n[y]\na=1\n", "[x]\n[y]\na=1\n", 1},
	/* the key was removed by hand, or given another value: it is theirs */
	{"[wsl2]\nkernel=old\n", "[wsl2]\n", "[wsl2]\n", 0},
	{"[wsl2]\nkernel=old\n", "[wsl2]\nkernel=@2\n", "[wsl2]\nkernel=@2\n", -EINVAL},
	{"[wsl2]\n", "[wsl2]\nkernel=other\n", "[wsl2]\nkernel=other\n", -EINVAL},
	/* our value written in another way: what it replaced cannot be placed, the line goes */
	{"[wsl2]\nmemory=1\n", "[wsl2]\n  kernel = \"@\"\nmemory=1\n", "[wsl2]\nmemory=1\n", 1},
	{"[wsl2]\nkernel=old\n", "[wsl2]\nkernel=\"@\"\n", "[wsl2]\n", 1},
	/* an earlier line now wins: ours is not the one that counts */
	{"[wsl2]\n", "[wsl2]\nkernel=z\nkernel=@\n", "[wsl2]\nkernel=z\nkernel=@\n", -EINVAL},
};

static void undo_respects_what_happened_since(void **state IK_UNUSED)
{
	for (size_t i = 0; i < IK_ARRAY_SIZE(undos); i++) {
		struct ik_wslconf *conf = parse_text(undos[i].before);
		char meanwhile[512], result[512];
		ik_autofree char *undo = NULL;
		struct ik_err err = {.errnum = 0};

		assert_int_equal(ik_wslconf_set(conf, "wsl2", "kernel", PATH, &undo, NULL), 0);
		ik_wslconf_free(conf);
		if (strchr(undos[i].meanwhile, '@'))
			expand(undos[i].meanwhile, meanwhile, sizeof(meanwhile));
		else
			strcpy(meanwhile, undos[i].meanwhile);
		if (strchr(undos[i].result, '@'))
			expand(undos[i].result, result, sizeof(result));
		else
			strcpy(result, undos[i].result);
		conf = parse_text(meanwhile);
		assert_int_equal(ik_wslconf_unset(conf, "wsl2", "kernel", undo, &err), undos[i].r);
		holds(conf, result, strlen(result));
		if (undos[i].r < 0)
			assert_int_equal(err.code, IK_E_WSLCONF_CHANGED);
		ik_wslconf_free(conf);
	}
}

static void undo_survives_a_change_of_encoding(void **state IK_UNUSED)
{
	struct ik_wslconf *conf = parse_text("[wsl2]\nkernel=old\n");
	ik_autofree char *undo = NULL;
	uint8_t wide[512], want[64];
	size_t len;

	assert_int_equal(ik_wslconf_set(conf, "wsl2", "kernel", PATH, &undo, NULL), 0);
	ik_wslconf_free(conf);
	len = widen("[wsl2]\nkernel=" ESCAPED "\n", wide);
	conf = parse(wide, len);
	assert_int_equal(ik_wslconf_unset(conf, "wsl2", "kernel", undo, NULL), 1);
	holds(conf, want, widen("[wsl2]\n", want));
	ik_wslconf_free(conf);
}

static void an_upgrade_keeps_the_way_back(void **state IK_UNUSED)
{
	static const char original[] = "[wsl2]\r\nkernel = \"D:\\\\my kernel\" # mine\r\n";
	struct ik_wslconf *conf = parse_text(original);
	char *undo = NULL, value[64];

	for (int version = 1; version <= 3; version++) {
		if (undo)
			assert_int_equal(ik_wslconf_unset(conf, "wsl2", "kernel", undo, NULL), 1);
		free(undo);
		undo = NULL;
		snprintf(value, sizeof(value), "C:\\k\\kernel-7.3.%d", version);
		assert_int_equal(ik_wslconf_set(conf, "wsl2", "kernel", value, &undo, NULL), 0);
		reads(conf, value);
	}
	assert_int_equal(ik_wslconf_unset(conf, "wsl2", "kernel", undo, NULL), 1);
	holds(conf, original, strlen(original));
	free(undo);
	ik_wslconf_free(conf);
}

static void damaged_undos_are_refused(void **state IK_UNUSED)
{
	static const char *const rows[] = {
		"",
		"ik2 none",
		"ik1 none ",
		"ik1 8 0 x61 x62",
		"ik1 8 0 x61 x62 x63 x",
		"ik1 7 0 x61 x62 x63",
		"ik1 8 0 x x62 x63",
		"ik1 8 0 x6 x62 x63",
		"ik1 8 0 x6G x62 x63",
		"ik1 8 1 x61 x62 x63",
		"ik1 8 99999999 x61 x62 x63",
		"ik1 8 -1 x61 x62 x63",
		"ik1 8 0 x61 x62 63",
		"ik1 ",
		"ik1 16",
		"ik1 16 x",
		"ik1 8 0 61 x62 x63",
		"ik1 8 0 x61 62 x63",
		"ik1 8 0 x61 x62 x63 ",
		"ik1 8 0 x/1 x62 x63",
		"ik1 8 0 x6: x62 x63",
		"ik1 8 0 x6` x62 x63",
	};
	struct ik_wslconf *conf = parse_text("[wsl2]\nkernel=a\n");

	for (size_t i = 0; i < IK_ARRAY_SIZE(rows); i++) {
		struct ik_err err = {.errnum = 0};

		assert_int_equal(ik_wslconf_unset(conf, "wsl2", "kernel", rows[i], &err), -EINVAL);
		assert_int_equal(err.code, IK_E_WSLCONF_UNDO);
		reads(conf, "a");
	}
	ik_wslconf_free(conf);
}

static void removal_without_an_undo_takes_the_line(void **state IK_UNUSED)
{
	struct ik_wslconf *conf = parse_text("[wsl2]\n  kernel = a \\\n b # c\nkernel=b\nm=1");

	assert_int_equal(ik_wslconf_unset(conf, "wsl2", "kernel", NULL, NULL), 1);
	holds(conf, "[wsl2]\nkernel=b\nm=1", 19);
	assert_int_equal(ik_wslconf_unset(conf, "wsl2", "kernel", NULL, NULL), 1);
	holds(conf, "[wsl2]\nm=1", 10);
	assert_int_equal(ik_wslconf_unset(conf, "wsl2", "kernel", NULL, NULL), 0);
	ik_wslconf_free(conf);
}

static void a_value_tells_its_circumstances(void **state IK_UNUSED)
{
	struct ik_wslconf *conf = parse_text("\n[wsl2]\nkernel=C:\\U\nkernel \"x\"\n"
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
		struct ik_wslconf *conf = parse_text(rows[i].text);

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
		parse_text("early=1\n_x=1\n[wsl2]\na=\\q\nb=\"\nc\nd=1\nD=2\n[1]\n[x y]\n"
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
	conf = parse(text, len);
	reads(conf, NULL);
	ik_wslconf_free(conf);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readings_are_those_of_wsl),
		cmocka_unit_test(an_edit_changes_the_one_key),
		cmocka_unit_test(utf16_stays_utf16),
		cmocka_unit_test(a_half_character_at_the_end_survives),
		cmocka_unit_test(unreadable_files_are_refused),
		cmocka_unit_test(values_are_checked_and_encoded),
		cmocka_unit_test(undo_respects_what_happened_since),
		cmocka_unit_test(undo_survives_a_change_of_encoding),
		cmocka_unit_test(an_upgrade_keeps_the_way_back),
		cmocka_unit_test(damaged_undos_are_refused),
		cmocka_unit_test(removal_without_an_undo_takes_the_line),
		cmocka_unit_test(a_value_tells_its_circumstances),
		cmocka_unit_test(safe_mode_is_seen),
		cmocka_unit_test(warnings_name_kind_line_and_key),
		cmocka_unit_test(hostile_names_stay_cheap),
		cmocka_unit_test(damaged_utf8_is_no_ascii),
	};

	return cmocka_run_group_tests_name("wslconf", tests, NULL, NULL);
}
