/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * manifest.json of a kernel package, read strictly by jansson: types, unknown and repeated members are
 * its work; what a value may be is decided here.
 */
#include "codec/manifest.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "codec/relver.h"

/* Fills the error: "the kernel package's manifest: <text>". */
static int IK_PRINTF(2, 3) bad(struct ik_err *err, const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return ik_err_set(err, IK_E_MANIFEST_BAD, 0, "the kernel package's manifest: %s", text);
}

static void json_freep(json_t **json)
{
	json_decref(*json);
}

#define AUTOJSON IK_CLEANUP(json_freep)

/* Copies a member's text; false when it is empty, too long or holds other than [A-Za-z0-9._+~-]. */
static bool copy_word(char *dst, size_t dst_bytes, const char *src)
{
	static const char allowed[] =
		"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._+~-";
	size_t len = strlen(src);

	if (len == 0 || len >= dst_bytes || strspn(src, allowed) != len || src[0] == '.')
		return false;
	memcpy(dst, src, len + 1);
	return true;
}

static bool is_image_known(const struct ik_manifest *m, const struct ik_manifest_image *image)
{
	for (size_t i = 0; i < m->n_images; i++)
		if (m->images[i].format == image->format ||
		    strcmp(m->images[i].file, image->file) == 0)
			return true;
	return false;
}

static int parse_image(json_t *json, struct ik_manifest *m, struct ik_err *err)
{
	struct ik_manifest_image image = {.size_bytes = 0};
	const char *file = NULL, *format = NULL, *sha256 = NULL;
	json_int_t size = 0;
	json_error_t why;

	if (json_unpack_ex(json, &why, JSON_STRICT, "{s:s, s:s, s:I, s:s}", "file", &file, "format",
			   &format, "size_bytes", &size, "sha256", &sha256) != 0)
		return bad(err, "an entry of \"images\": %s", why.text);
	if (!copy_word(image.file, sizeof(image.file), file))
		return bad(err, "\"file\" is not the name of a file beside it: \"%.80s\"", file);
	image.format = ik_image_format_parse(format);
	if (image.format == IK_IMAGE_UNKNOWN)
		return bad(err, "\"format\" is unknown: \"%.40s\"", format);
	if (size < (json_int_t)IK_IMAGE_MIN_BYTES || size > (json_int_t)IK_IMAGE_MAX_BYTES)
		return bad(err, "\"size_bytes\" of %s is not that of a kernel", image.file);
	image.size_bytes = (uint64_t)size;
	if (!ik_digest_parse_hex(sha256, &image.sha256))
		return bad(err, "\"sha256\" of %s is not 64 hexadecimal digits", image.file);
	if (is_image_known(m, &image))
		return bad(err, "%s repeats a name or a format", image.file);
	m->images[m->n_images++] = image;
	return 0;
}

static int parse_images(json_t *images, struct ik_manifest *m, struct ik_err *err)
{
	size_t n = json_array_size(images); /* 0 for anything that is no array */

	if (n == 0 || n > IK_MANIFEST_MAX_IMAGES)
		return bad(err, "\"images\" must be a list of 1 to 8 entries");
	for (size_t i = 0; i < n; i++) {
		int r = parse_image(json_array_get(images, i), m, err);

		if (r < 0)
			return r;
	}
	return 0;
}

/* Texts of the manifest as jansson lends them. */
struct words {
	const char *release, *version, *series, *arch;
};

static int take_words(const struct words *w, struct ik_manifest *m, struct ik_err *err)
{
	int r;

	if (!copy_word(m->release, sizeof(m->release), w->release))
		return bad(err, "\"release\" is malformed: \"%.80s\"", w->release);
	r = ik_relver_check(m->release, err);
	if (r < 0)
		return r;
	if (!copy_word(m->version, sizeof(m->version), w->version))
		return bad(err, "\"version\" is malformed: \"%.80s\"", w->version);
	if (strcmp(w->series, "stable") != 0 && strcmp(w->series, "longterm") != 0)
		return bad(err, "\"series\" is neither stable nor longterm: \"%.40s\"", w->series);
	memcpy(m->series, w->series, strlen(w->series) + 1);
	m->arch = ik_arch_parse(w->arch);
	if (m->arch == IK_ARCH_UNKNOWN)
		return bad(err, "\"arch\" is unknown: \"%.40s\"", w->arch);
	return 0;
}

static int parse_root(json_t *root, struct ik_manifest *m, struct ik_err *err)
{
	struct words w = {NULL};
	json_t *images = NULL;
	json_error_t why;
	int schema = 0, r;

	/* The number first: another schema explains all other differences. */
	if (json_unpack_ex(root, &why, 0, "{s:i}", "schema", &schema) != 0)
		return bad(err, "\"schema\": %s", why.text);
	if (schema != IK_MANIFEST_SCHEMA)
		return bad(err, "its schema %d is not the one of this program", schema);
	if (json_unpack_ex(root, &why, JSON_STRICT, "{s:i, s:s, s:s, s:s, s:s, s:o}", "schema",
			   &schema, "release", &w.release, "version", &w.version, "series",
			   &w.series, "arch", &w.arch, "images", &images) != 0)
		return bad(err, "%s", why.text);
	r = take_words(&w, m, err);
	return r < 0 ? r : parse_images(images, m, err);
}

int ik_manifest_parse(const void *bytes, size_t len_bytes, struct ik_manifest *ret,
		      struct ik_err *err)
{
	struct ik_manifest m = {.n_images = 0};
	AUTOJSON json_t *root = NULL;
	json_error_t why;
	int r;

	if (len_bytes > IK_MANIFEST_MAX_BYTES)
		return bad(err, "it is too long");
	root = json_loadb(bytes, len_bytes, JSON_REJECT_DUPLICATES, &why);
	if (!root)
		return ik_err_set(err, IK_E_MANIFEST_BAD, 0,
				  "the kernel package's manifest, line %d: %s", why.line, why.text);
	r = parse_root(root, &m, err);
	if (r < 0)
		return r;
	*ret = m;
	return 0;
}

const struct ik_manifest_image *ik_manifest_find(const struct ik_manifest *manifest,
						 enum ik_image_format format)
{
	for (size_t i = 0; i < manifest->n_images; i++)
		if (manifest->images[i].format == format)
			return &manifest->images[i];
	return NULL;
}
