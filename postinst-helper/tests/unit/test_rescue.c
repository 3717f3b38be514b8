/* SPDX-License-Identifier: GPL-2.0-or-later */
/* codec/rescue: what is baked in, and that nothing harmful can be. How it runs: tests/rescue (Wine). */
#include "codec/rescue.h"

#include <string.h>

#include "base/macro.h"
#include "support.h"

static struct ik_rescue sample(void)
{
	struct ik_rescue rescue = {
		.target_file = "kernel",
		.lock_file = "immensity-lock",
		.script_file = "immensity-restore.cmd",
		.dir_windows = "C:\\Windows\\System32\\lxss\\tools",
		.tool_version = "1.0.0",
		.n_images = 2,
		.images = {{.verb = "previous",
			    .file = "immensity-prev.img",
			    .size_bytes = 16777216,
			    .release = "6.6.87.2-microsoft-standard-WSL2"},
			   {.verb = "official",
			    .file = "immensity-official.img",
			    .size_bytes = 15000000}},
	};

	memset(rescue.images[0].sha256.bytes, 0xab, IK_SHA256_LEN);
	memset(rescue.images[1].sha256.bytes, 0xcd, IK_SHA256_LEN);
	return rescue;
}

static void both_texts_are_ascii_with_crlf(void **state IK_UNUSED)
{
	int (*const writers[])(const struct ik_rescue *, struct ik_strbuf *,
			       struct ik_err *) = {ik_rescue_script, ik_rescue_readme};

	for (size_t w = 0; w < IK_ARRAY_SIZE(writers); w++) {
		ik_autostrbuf struct ik_strbuf out = {.len = 0};
		struct ik_rescue rescue = sample();

		assert_int_equal(writers[w](&rescue, &out, NULL), 0);
		assert_true(out.len > 1000);
		for (size_t i = 0; i < out.len; i++) {
			char c = out.data[i];

			assert_true((c >= 0x20 && c < 0x7f) || c == '\r' || c == '\n');
			assert_int_equal(c == '\n', i > 0 && out.data[i - 1] == '\r');
		}
	}
}

static void values_are_baked_in(void **state IK_UNUSED)
{
	ik_autostrbuf struct ik_strbuf script = {.len = 0}, readme = {.len = 0};
	struct ik_rescue rescue = sample();

	assert_int_equal(ik_rescue_script(&rescue, &script, NULL), 0);
	assert_non_null(strstr(script.data, "set \"IK_TARGET=kernel\"\r\n"));
	assert_non_null(strstr(script.data, "set \"IK_LOCK=immensity-lock\"\r\n"));
	assert_non_null(strstr(script.data, "set \"IK_NAME=immensity-restore\"\r\n"));
	assert_non_null(strstr(script.data, "set \"IK_VERBS=previous, official\"\r\n"));
	assert_non_null(strstr(script.data,
			       ":image_official\r\nset \"IK_FILE=immensity-official.img\""
			       "\r\nset \"IK_SIZE=15000000\"\r\nset \"IK_SUM=cdcdcd"));
	assert_non_null(strstr(script.data, "set \"IK_RELEASE=unknown\"\r\n"));
	assert_int_equal(ik_rescue_readme(&rescue, &readme, NULL), 0);
	assert_non_null(strstr(readme.data, "kernel=C:\\\\Windows\\\\System32\\\\lxss\\\\tools\\\\"
					    "immensity-prev.img\r\n"));
	assert_non_null(strstr(readme.data, "%UserProfile%"));
	assert_non_null(strstr(readme.data, "15000000 bytes"));
}

static void refused(const struct ik_rescue *rescue)
{
	ik_autostrbuf struct ik_strbuf out = {.len = 0};
	struct ik_err err = {.errnum = 0};

	assert_int_equal(ik_rescue_script(rescue, &out, &err), -EINVAL);
	assert_int_equal(err.code, IK_E_RESCUE_BAD);
	assert_int_equal(ik_rescue_readme(rescue, &out, NULL), -EINVAL);
	assert_int_equal(out.len, 0);
}

static void nothing_special_to_cmd_gets_in(void **state IK_UNUSED)
{
	static const char *const bad[] = {
		"a&b", "a%b",
		"a!b", "a^b",
		"a|b", "a>b",
		"a<b", "a\"b",
		"a b", "a\nb",
		"a/b", "a\\b",
		"a:b", "",
		".a",  "a.",
		"-a",  "a(b",
		"a*",  "Zo\xc3",
		"..",  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};

	for (size_t i = 0; i < IK_ARRAY_SIZE(bad); i++) {
		struct ik_rescue rescue;

		rescue = sample();
		rescue.target_file = bad[i];
		refused(&rescue);
		rescue = sample();
		rescue.lock_file = bad[i];
		refused(&rescue);
		rescue = sample();
		rescue.script_file = bad[i];
		refused(&rescue);
		rescue = sample();
		rescue.tool_version = bad[i];
		refused(&rescue);
		rescue = sample();
		rescue.images[1].file = bad[i];
		refused(&rescue);
		rescue = sample();
		rescue.images[1].verb = bad[i];
		refused(&rescue);
		if (bad[i][0] == '\0')
			continue; /* no release is fine */
		rescue = sample();
		rescue.images[1].release = bad[i];
		refused(&rescue);
	}
}

static void the_rest_is_checked(void **state IK_UNUSED)
{
	static const char *const dirs[] = {"",	      "C:\\",	 "lxss",     "C:/Windows",
					   "C:\\a&b", "C:\\a%b", "C:\\a\"b", "\\\\server\\share"};
	struct ik_rescue rescue;

	for (size_t i = 0; i < IK_ARRAY_SIZE(dirs); i++) {
		rescue = sample();
		rescue.dir_windows = dirs[i];
		refused(&rescue);
	}
	rescue = sample();
	rescue.n_images = 0;
	refused(&rescue);
	rescue.n_images = IK_RESCUE_MAX_IMAGES + 1;
	refused(&rescue);
	rescue = sample();
	rescue.images[1].verb = "previous";
	refused(&rescue);
	rescue = sample();
	rescue.images[1].verb = "Official";
	refused(&rescue);
	rescue = sample();
	rescue.images[1].file = "kernel";
	refused(&rescue);
	rescue = sample();
	rescue.images[1].size_bytes = 0;
	refused(&rescue);
	rescue = sample();
	memset(&rescue.images[1].sha256, 0, sizeof(rescue.images[1].sha256));
	refused(&rescue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_texts_are_ascii_with_crlf),
		cmocka_unit_test(values_are_baked_in),
		cmocka_unit_test(nothing_special_to_cmd_gets_in),
		cmocka_unit_test(the_rest_is_checked),
	};

	return cmocka_run_group_tests_name("rescue", tests, NULL, NULL);
}
