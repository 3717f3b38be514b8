/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of settings: how each value is read from text and written as text. Files, lines and sources
 * are conf's work.
 */
#include "codec/confkeys.h"

#include <stdio.h>
#include <string.h>

#include "base/macro.h"

#define CONF_KEEP_MAX 99u

static const char *const target_names[] = {"auto", "lxss", "wslconfig"};

static bool take_bool(const char *value, bool *ret)
{
	if (strcmp(value, "yes") == 0)
		*ret = true;
	else if (strcmp(value, "no") == 0)
		*ret = false;
	else
		return false;
	return true;
}

static bool take_directory(const char *value, char *dst)
{
	size_t len = strlen(value);

	if (len >= IK_CONF_VALUE_BYTES || (len > 0 && value[0] != '/'))
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)value[i] < 0x20 || value[i] == 0x7f)
			return false;
	memcpy(dst, value, len + 1);
	return true;
}

static bool take_drive(struct ik_conf *conf, const char *value)
{
	return take_directory(value, conf->drive);
}

static bool take_profile(struct ik_conf *conf, const char *value)
{
	return take_directory(value, conf->profile);
}

static bool take_drive_letter(struct ik_conf *conf, const char *value)
{
	char letter = value[0] >= 'a' && value[0] <= 'z' ? (char)(value[0] - 'a' + 'A') : value[0];

	if (letter < 'A' || letter > 'Z' || (value[1] != '\0' && strcmp(value + 1, ":") != 0))
		return false;
	conf->drive_letter = letter;
	return true;
}

static bool take_target(struct ik_conf *conf, const char *value)
{
	for (size_t i = 0; i < IK_ARRAY_SIZE(target_names); i++) {
		if (strcmp(value, target_names[i]) == 0) {
			conf->target = (enum ik_conf_target)i;
			return true;
		}
	}
	return false;
}

static bool take_image_format(struct ik_conf *conf, const char *value)
{
	enum ik_image_format format = ik_image_format_parse(value);

	if (strcmp(value, "auto") != 0 && format != IK_IMAGE_ELF && format != IK_IMAGE_BZIMAGE)
		return false;
	conf->image_format = format;
	return true;
}

static bool take_series(struct ik_conf *conf, const char *value)
{
	if (strcmp(value, "stable") != 0 && strcmp(value, "longterm") != 0)
		return false;
	(void)snprintf(conf->series, sizeof(conf->series), "%s", value);
	return true;
}

static bool take_replace_foreign(struct ik_conf *conf, const char *value)
{
	return take_bool(value, &conf->replace_foreign);
}

static bool take_allow_downgrade(struct ik_conf *conf, const char *value)
{
	return take_bool(value, &conf->allow_downgrade);
}

static bool take_install(struct ik_conf *conf, const char *value)
{
	return take_bool(value, &conf->install);
}

static bool take_keep_backups(struct ik_conf *conf, const char *value)
{
	unsigned n = 0;

	if (value[0] == '\0' || strlen(value) > 2)
		return false;
	for (; *value; value++) {
		if (*value < '0' || *value > '9')
			return false;
		n = n * 10 + (unsigned)(*value - '0');
	}
	if (n < 1 || n > CONF_KEEP_MAX)
		return false;
	conf->keep_backups = n;
	return true;
}

static void give_text(char *buf, size_t buf_bytes, const char *text)
{
	(void)snprintf(buf, buf_bytes, "%s", text);
}

static void give_drive(const struct ik_conf *conf, char *buf, size_t buf_bytes)
{
	give_text(buf, buf_bytes, conf->drive);
}

static void give_drive_letter(const struct ik_conf *conf, char *buf, size_t buf_bytes)
{
	(void)snprintf(buf, buf_bytes, "%c", conf->drive_letter);
}

static void give_profile(const struct ik_conf *conf, char *buf, size_t buf_bytes)
{
	give_text(buf, buf_bytes, conf->profile);
}

static void give_target(const struct ik_conf *conf, char *buf, size_t buf_bytes)
{
	give_text(buf, buf_bytes, ik_conf_target_name(conf->target));
}

static void give_image_format(const struct ik_conf *conf, char *buf, size_t buf_bytes)
{
	bool is_auto = conf->image_format == IK_IMAGE_UNKNOWN;

	give_text(buf, buf_bytes, is_auto ? "auto" : ik_image_format_name(conf->image_format));
}

static void give_series(const struct ik_conf *conf, char *buf, size_t buf_bytes)
{
	give_text(buf, buf_bytes, conf->series);
}

static void give_replace_foreign(const struct ik_conf *conf, char *buf, size_t buf_bytes)
{
	give_text(buf, buf_bytes, conf->replace_foreign ? "yes" : "no");
}

static void give_allow_downgrade(const struct ik_conf *conf, char *buf, size_t buf_bytes)
{
	give_text(buf, buf_bytes, conf->allow_downgrade ? "yes" : "no");
}

static void give_install(const struct ik_conf *conf, char *buf, size_t buf_bytes)
{
	give_text(buf, buf_bytes, conf->install ? "yes" : "no");
}

static void give_keep_backups(const struct ik_conf *conf, char *buf, size_t buf_bytes)
{
	(void)snprintf(buf, buf_bytes, "%u", conf->keep_backups);
}

#define SETTING(key, want)                         \
	{                                          \
#key, want, take_##key, give_##key \
	}

/* In the order of enum ik_conf_key. */
const struct ik_confkey ik_confkeys[IK_CONF_N_KEYS] = {
	SETTING(drive, "an absolute directory"),
	SETTING(drive_letter, "one letter, such as C"),
	SETTING(profile, "an absolute directory"),
	SETTING(target, "auto, lxss or wslconfig"),
	SETTING(image_format, "auto, elf or bzimage"),
	SETTING(series, "stable or longterm"),
	SETTING(replace_foreign, "yes or no"),
	SETTING(allow_downgrade, "yes or no"),
	SETTING(install, "yes or no"),
	SETTING(keep_backups, "a number from 1 to 99"),
};

const char *ik_conf_target_name(enum ik_conf_target target)
{
	return (unsigned)target < IK_ARRAY_SIZE(target_names) ? target_names[target] : "unknown";
}
