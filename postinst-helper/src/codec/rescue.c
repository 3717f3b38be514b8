/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Texts for a user with only Windows. What varies (names, sizes, digests) is checked to be harmless to
 * cmd.exe and put into variables at the top; the body of the batch file is fixed text in rescuecmd.c.
 */
#include "codec/rescue.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/macro.h"
#include "codec/rescuecmd.h"

#define NAME_CHARS "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-"

static int bad(struct ik_err *err, const char *what)
{
	return ik_err_set(err, IK_E_RESCUE_BAD, 0, "cannot write the restore script: %s", what);
}

/* A file name, version or release: nothing in it means anything to cmd.exe or to a path. */
static bool is_word(const char *text)
{
	size_t len = strnlen(text, 65);

	return len > 0 && len <= 64 && strspn(text, NAME_CHARS "+~") == len && text[0] != '.' &&
	       text[0] != '-' && text[len - 1] != '.';
}

static bool is_verb(const char *text)
{
	size_t len = strnlen(text, 17);

	return len > 0 && len <= 16 && strspn(text, "abcdefghijklmnopqrstuvwxyz") == len;
}

/* A directory on a drive as it will stand in commands of the readme. */
static bool is_directory(const char *text)
{
	size_t len = strnlen(text, 201);

	return len > 3 && len <= 200 && text[1] == ':' && text[2] == '\\' &&
	       strspn(text + 2, NAME_CHARS "\\ ") == len - 2;
}

static int check_image(const struct ik_rescue *rescue, size_t i, struct ik_err *err)
{
	const struct ik_rescue_image *image = &rescue->images[i];

	if (!is_verb(image->verb))
		return bad(err, "a verb is not a short word of small letters");
	if (!is_word(image->file) || strcmp(image->file, rescue->target_file) == 0)
		return bad(err, "the name of a saved image is not allowed");
	if (image->size_bytes == 0 || ik_digest_is_zero(&image->sha256))
		return bad(err, "a saved image has no size or digest");
	if (image->release && image->release[0] != '\0' && !is_word(image->release))
		return bad(err, "the release of a saved image is malformed");
	for (size_t k = 0; k < i; k++)
		if (strcmp(rescue->images[k].verb, image->verb) == 0)
			return bad(err, "a verb is used twice");
	return 0;
}

static int check(const struct ik_rescue *rescue, struct ik_err *err)
{
	if (!is_word(rescue->target_file) || !is_word(rescue->lock_file) ||
	    !is_word(rescue->script_file) || !is_word(rescue->tool_version))
		return bad(err, "a file name or version holds a character that is not allowed");
	if (!is_directory(rescue->dir_windows))
		return bad(err, "the directory is not a plain path on a drive");
	if (rescue->n_images < 1 || rescue->n_images > IK_RESCUE_MAX_IMAGES)
		return bad(err, "there is no saved image, or too many");
	for (size_t i = 0; i < rescue->n_images; i++) {
		int r = check_image(rescue, i, err);

		if (r < 0)
			return r;
	}
	return 0;
}

static const char *release_of(const struct ik_rescue_image *image)
{
	return image->release && image->release[0] != '\0' ? image->release : "unknown";
}

/* Appends text with CR LF for each LF. */
static void put_text(struct ik_strbuf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			ik_strbuf_putc(out, '\r');
		ik_strbuf_putc(out, *text);
	}
}

static void put_values(const struct ik_rescue *rescue, struct ik_strbuf *text)
{
	size_t stem = strcspn(rescue->script_file, ".");

	ik_strbuf_printf(text, "rem Written by immensity-kernel %s. Do not edit: it is replaced.\n",
			 rescue->tool_version);
	ik_strbuf_printf(text, "set \"IK_TARGET=%s\"\nset \"IK_LOCK=%s\"\nset \"IK_NAME=%.*s\"\n",
			 rescue->target_file, rescue->lock_file, (int)stem, rescue->script_file);
	ik_strbuf_printf(text, "set \"IK_VERB=%s\"\nset \"IK_VERBS=", rescue->images[0].verb);
	for (size_t i = 0; i < rescue->n_images; i++)
		ik_strbuf_printf(text, "%s%s", i > 0 ? ", " : "", rescue->images[i].verb);
	ik_strbuf_puts(text, "\"\n");
}

/* The part that reads the arguments: one line per verb. */
static void put_arguments(const struct ik_rescue *rescue, struct ik_strbuf *text)
{
	ik_strbuf_puts(text, ":next_argument\n"
			     "if \"%~1\"==\"\" goto image_%IK_VERB%\n"
			     "if /i \"%~1\"==\"--ignore-lock\" goto take_ignore\n");
	for (size_t i = 0; i < rescue->n_images; i++)
		ik_strbuf_printf(text, "if /i \"%%~1\"==\"%s\" goto verb_%s\n",
				 rescue->images[i].verb, rescue->images[i].verb);
	ik_strbuf_puts(text, "goto usage\n"
			     ":take_ignore\n"
			     "set \"IK_IGNORE=1\"\n"
			     "shift\n"
			     "goto next_argument\n");
	for (size_t i = 0; i < rescue->n_images; i++)
		ik_strbuf_printf(text, ":verb_%s\nset \"IK_VERB=%s\"\nshift\ngoto next_argument\n",
				 rescue->images[i].verb, rescue->images[i].verb);
}

static void put_images(const struct ik_rescue *rescue, struct ik_strbuf *text)
{
	for (size_t i = 0; i < rescue->n_images; i++) {
		const struct ik_rescue_image *image = &rescue->images[i];
		char hex[IK_SHA256_HEX];

		ik_digest_hex(&image->sha256, hex);
		ik_strbuf_printf(text,
				 ":image_%s\nset \"IK_FILE=%s\"\nset \"IK_SIZE=%" PRIu64 "\"\n"
				 "set \"IK_SUM=%s\"\nset \"IK_RELEASE=%s\"\ngoto checks\n",
				 image->verb, image->file, image->size_bytes, hex,
				 release_of(image));
	}
}

static int finish(const struct ik_strbuf *text, struct ik_strbuf *out, struct ik_err *err)
{
	if (ik_strbuf_error(text) == 0)
		put_text(out, ik_strbuf_str(text));
	if (text->failed || ik_strbuf_error(out) < 0)
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, ENOMEM, "cannot write the script");
	return 0;
}

int ik_rescue_script(const struct ik_rescue *rescue, struct ik_strbuf *out, struct ik_err *err)
{
	ik_autostrbuf struct ik_strbuf text = {.len = 0};
	int r = check(rescue, err);

	if (r < 0)
		return r;
	ik_strbuf_puts(&text, ik_rescuecmd_head);
	put_values(rescue, &text);
	put_arguments(rescue, &text);
	put_images(rescue, &text);
	for (size_t i = 0; ik_rescuecmd_body[i]; i++)
		ik_strbuf_puts(&text, ik_rescuecmd_body[i]);
	return finish(&text, out, err);
}

/* A directory as it must stand in .wslconfig. */
static void put_doubled(struct ik_strbuf *text, const char *path)
{
	for (; *path; path++) {
		if (*path == '\\')
			ik_strbuf_putc(text, '\\');
		ik_strbuf_putc(text, *path);
	}
}

static void put_list(const struct ik_rescue *rescue, struct ik_strbuf *text)
{
	for (size_t i = 0; i < rescue->n_images; i++) {
		const struct ik_rescue_image *image = &rescue->images[i];
		char hex[IK_SHA256_HEX];

		ik_digest_hex(&image->sha256, hex);
		ik_strbuf_printf(text,
				 "    %s\n        kernel release %s, %" PRIu64 " bytes\n"
				 "        SHA-256 %s\n        put back by: %s %s\n",
				 image->file, release_of(image), image->size_bytes, hex,
				 rescue->script_file, image->verb);
	}
}

int ik_rescue_readme(const struct ik_rescue *rescue, struct ik_strbuf *out, struct ik_err *err)
{
	ik_autostrbuf struct ik_strbuf text = {.len = 0};
	int r = check(rescue, err);

	if (r < 0)
		return r;
	ik_strbuf_printf(&text, ik_rescuecmd_readme_intro, rescue->tool_version,
			 rescue->target_file);
	ik_strbuf_puts(&text, "kernel=");
	put_doubled(&text, rescue->dir_windows);
	ik_strbuf_printf(&text, "\\\\%s\n", rescue->images[0].file);
	ik_strbuf_printf(&text, ik_rescuecmd_readme_script, rescue->dir_windows,
			 rescue->script_file);
	put_list(rescue, &text);
	ik_strbuf_puts(&text, ik_rescuecmd_readme_end);
	return finish(&text, out, err);
}
