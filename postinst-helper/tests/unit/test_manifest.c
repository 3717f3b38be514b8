/* SPDX-License-Identifier: GPL-2.0-or-later */
/* codec/manifest: one good text, and every way to spoil it. */
#include "codec/manifest.h"

#include <stdio.h>
#include <string.h>

#include "support.h"

#define SUM "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define IMAGE(file, format, size)                                               \
	"{\"file\":\"" file "\",\"format\":\"" format "\",\"size_bytes\":" size \
	",\"sha256\":\"" SUM "\"}"
#define HEAD                                                                       \
	"{\"schema\":1,\"release\":\"7.3.4-1-immensity-microsoft-standard-WSL2\"," \
	"\"version\":\"7.3.4-1\",\"series\":\"stable\",\"arch\":\"x86_64\",\"images\":"
#define GOOD                                                                             \
	HEAD "[" IMAGE("vmlinux.bin", "elf", "20971520") "," IMAGE("bzImage", "bzimage", \
								   "9437184") "]}"

static void a_good_manifest_is_read(void **state IK_UNUSED)
{
	const struct ik_manifest_image *image;
	struct ik_manifest m;

	assert_int_equal(ik_manifest_parse(GOOD, strlen(GOOD), &m, NULL), 0);
	assert_string_equal(m.release, "7.3.4-1-immensity-microsoft-standard-WSL2");
	assert_string_equal(m.version, "7.3.4-1");
	assert_string_equal(m.series, "stable");
	assert_int_equal(m.arch, IK_ARCH_X86_64);
	assert_int_equal(m.n_images, 2);
	image = ik_manifest_find(&m, IK_IMAGE_BZIMAGE);
	assert_non_null(image);
	assert_string_equal(image->file, "bzImage");
	assert_int_equal(image->size_bytes, 9437184);
	assert_int_equal(image->sha256.bytes[1], 0x23);
	assert_null(ik_manifest_find(&m, IK_IMAGE_ARM64));
}

/* Replaces one text of the good manifest by another. */
struct change {
	const char *from, *to, *message;
};

static const struct change changes[] = {
	{"\"schema\":1", "\"schema\":2", "schema"},
	{"\"schema\":1", "\"schema\":\"1\"", "schema"},
	{"\"schema\":1,", "", "schema"},
	{"\"schema\":1", "\"schema\":1,\"schema\":1", "line"},
	{"\"schema\":1", "\"schema\":1,\"extra\":1", "extra"},
	{"\"series\":\"stable\",", "", "series"},
	{"\"stable\"", "\"testing\"", "series"},
	{"\"stable\"", "7", "string"},
	{"\"x86_64\"", "\"riscv\"", "arch"},
	{"7.3.4-1-immensity-microsoft-standard-WSL2", "7.3-foo", "release"},
	{"7.3.4-1-immensity-microsoft-standard-WSL2", "7.3.4-Microsoft-microsoft-WSL2", "release"},
	{"7.3.4-1-immensity-microsoft-standard-WSL2", "", "release"},
	{"7.3.4-1-immensity-microsoft-standard-WSL2", "../7.3.4-microsoft-WSL2", "release"},
	{"\"version\":\"7.3.4-1\"", "\"version\":\"\"", "version"},
	{"\"version\":\"7.3.4-1\"", "\"version\":\"7 3\"", "version"},
	{"\"vmlinux.bin\"", "\"../vmlinux\"", "file"},
	{"\"vmlinux.bin\"", "\"/etc/passwd\"", "file"},
	{"\"vmlinux.bin\"", "\".hidden\"", "file"},
	{"\"vmlinux.bin\"", "\"\"", "file"},
	{"\"vmlinux.bin\"", "\"bzImage\"", "repeats"},
	{"\"elf\"", "\"bzimage\"", "repeats"},
	{"\"elf\"", "\"unknown\"", "format"},
	{"\"elf\"", "\"zip\"", "format"},
	{"20971520", "1048575", "size_bytes"},
	{"20971520", "268435457", "size_bytes"},
	{"20971520", "-1", "size_bytes"},
	{"20971520", "2.5", "images"},
	{"20971520", "99999999999999999999", "line"},
	{"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "0123", "sha256"},
	{"[{", "{", "line"},
	{"}]}", "}]}x", "line"},
	{"}]}", "}]", "line"},
	{"\"file\":\"vmlinux.bin\",", "", "images"},
	{"\"file\":\"vmlinux.bin\",", "\"file\":\"vmlinux.bin\",\"x\":1,", "images"},
};

static void spoil(const struct change *c, char *buf, size_t bytes)
{
	const char *at = strstr(GOOD, c->from);

	assert_non_null(at);
	snprintf(buf, bytes, "%.*s%s%s", (int)(at - GOOD), GOOD, c->to, at + strlen(c->from));
}

static void every_spoilt_member_is_refused(void **state IK_UNUSED)
{
	for (size_t i = 0; i < IK_ARRAY_SIZE(changes); i++) {
		struct ik_err err = {.errnum = 0};
		struct ik_manifest m;
		char text[2048];

		spoil(&changes[i], text, sizeof(text));
		assert_int_equal(ik_manifest_parse(text, strlen(text), &m, &err), -EINVAL);
		if (!strstr(err.message, changes[i].message))
			fail_msg("row %zu: no \"%s\" in: %s", i, changes[i].message, err.message);
		assert_true(err.code == IK_E_MANIFEST_BAD || err.code == IK_E_RELEASE_BAD);
	}
}

static void odd_texts_are_refused(void **state IK_UNUSED)
{
	static const char *const texts[] = {"",		"null",	    "[]",
					    "1",	"{}",	    "\xff",
					    HEAD "[]}", HEAD "{}}", HEAD "\"x\"}",
					    HEAD "[1]}"};
	struct ik_manifest m;
	char *big = calloc(1, IK_MANIFEST_MAX_BYTES + 1);

	for (size_t i = 0; i < IK_ARRAY_SIZE(texts); i++)
		assert_int_equal(ik_manifest_parse(texts[i], strlen(texts[i]), &m, NULL), -EINVAL);
	assert_non_null(big);
	memset(big, ' ', IK_MANIFEST_MAX_BYTES + 1);
	memcpy(big, GOOD, strlen(GOOD));
	assert_int_equal(ik_manifest_parse(big, IK_MANIFEST_MAX_BYTES + 1, &m, NULL), -EINVAL);
	assert_int_equal(ik_manifest_parse(big, IK_MANIFEST_MAX_BYTES, &m, NULL), 0);
	free(big);
}

static void too_many_images_are_refused(void **state IK_UNUSED)
{
	char text[4096] = HEAD "[";
	struct ik_manifest m;

	for (int i = 0; i < 9; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? "," : "",
			 IMAGE("a", "elf", "1048576"));
	strcat(text, "]}");
	assert_int_equal(ik_manifest_parse(text, strlen(text), &m, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_manifest_is_read),
		cmocka_unit_test(every_spoilt_member_is_refused),
		cmocka_unit_test(odd_texts_are_refused),
		cmocka_unit_test(too_many_images_are_refused),
	};

	return cmocka_run_group_tests_name("manifest", tests, NULL, NULL);
}
