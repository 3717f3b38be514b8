/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings by a table: one row per key with its reader and its writer. inih splits the file into lines;
 * all judgement is here. A file counts only when the whole of it is right.
 */
#include "codec/conf.h"

#include <ini.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/macro.h"

#define CONF_SECTION	  "immensity-kernel"
#define CONF_KEEP_DEFAULT 3u
#define CONF_KEEP_MAX	  99u

static const char *const target_names[] = {"auto", "lxss", "wslconfig"};

struct setting {
	const char *name;
	const char *want; /* what a value must be, for messages */
	bool (*take)(struct ik_conf *conf, const char *value);
	void (*give)(const struct ik_conf *conf, char *buf, size_t buf_bytes);
};

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
static const struct setting settings[IK_CONF_N_KEYS] = {
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

void ik_conf_init(struct ik_conf *conf)
{
	*conf = (struct ik_conf){
		.drive_letter = 'C',
		.install = true,
		.keep_backups = CONF_KEEP_DEFAULT,
	};
}

static int find_key(const char *name)
{
	for (int i = 0; i < IK_CONF_N_KEYS; i++)
		if (strcmp(settings[i].name, name) == 0)
			return i;
	return -1;
}

/*
 * What reader and handler of inih work on; the first mistake is kept, later lines are passed over.
 * The reader counts the lines, because inih as packaged does not tell the handler where it is.
 */
struct load {
	struct ik_conf conf;
	const char *name;
	const char *text; /* not yet read */
	size_t left;
	unsigned line; /* last one read */
	struct ik_err *err;
	int result;
};

/* fgets() on memory. Lines fit: check_text() has seen to it. */
static char *read_line(char *buf, int buf_bytes, void *user)
{
	struct load *load = user;
	int n = 0;

	if (load->left == 0)
		return NULL;
	while (load->left > 0 && n < buf_bytes - 1) {
		buf[n] = *load->text++;
		load->left--;
		if (buf[n++] == '\n')
			break;
	}
	buf[n] = '\0';
	load->line++;
	return buf;
}

static int refuse_line(struct load *load, enum ik_code code, const char *key, const char *why)
{
	load->result = ik_err_set(load->err, code, 0, "%s, line %u: \"%.60s\" %s", load->name,
				  load->line, key, why);
	return 0;
}

static int handle_line(void *user, const char *section, const char *key, const char *value)
{
	struct load *load = user;
	char why[80];
	int i;

	if (load->result < 0)
		return 0;
	if (section[0] != '\0' && strcmp(section, CONF_SECTION) != 0)
		return refuse_line(load, IK_E_CONF_SYNTAX, section, "is an unknown section");
	i = find_key(key);
	if (i < 0)
		return refuse_line(load, IK_E_CONF_UNKNOWN_KEY, key, "is an unknown key");
	if (load->conf.source[i].origin == IK_CONF_FILE)
		return refuse_line(load, IK_E_CONF_REPEATED_KEY, key, "is set twice");
	(void)snprintf(why, sizeof(why), "must be %s", settings[i].want);
	if (!settings[i].take(&load->conf, value))
		return refuse_line(load, IK_E_CONF_VALUE, key, why);
	load->conf.source[i] = (struct ik_conf_source){IK_CONF_FILE, load->line};
	return 1;
}

/* Bytes that inih would misread: NUL ends its text, a long line is cut, control characters hide. */
static int check_text(const char *text, size_t len_bytes, const char *name, struct ik_err *err)
{
	size_t line_len = 0;
	int line = 1;

	for (size_t i = 0; i < len_bytes; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
			return ik_err_set(err, IK_E_CONF_SYNTAX, 0,
					  "%s, line %d: holds a control character", name, line);
		line_len = c == '\n' ? 0 : line_len + 1;
		if (line_len >= IK_CONF_VALUE_BYTES)
			return ik_err_set(err, IK_E_CONF_SYNTAX, 0,
					  "%s, line %d: longer than %u bytes", name, line,
					  IK_CONF_VALUE_BYTES - 1);
		line += c == '\n';
	}
	return 0;
}

int ik_conf_parse(struct ik_conf *conf, const char *text, size_t len_bytes, const char *name,
		  struct ik_err *err)
{
	struct load load = {
		.conf = *conf, .name = name, .text = text, .left = len_bytes, .err = err};
	int r;

	if (len_bytes > IK_CONF_MAX_BYTES)
		return ik_err_set(err, IK_E_CONF_SYNTAX, 0, "%s: too long", name);
	r = check_text(text, len_bytes, name, err);
	if (r < 0)
		return r;
	r = ini_parse_stream(read_line, &load, handle_line, &load);
	if (load.result < 0)
		return load.result;
	if (r != 0)
		return ik_err_set(err, IK_E_CONF_SYNTAX, 0,
				  "%s, line %d: neither a comment nor \"key = value\"", name, r);
	*conf = load.conf;
	return 0;
}

int ik_conf_set(struct ik_conf *conf, const char *key, const char *value, struct ik_err *err)
{
	int i = find_key(key);

	if (i < 0)
		return ik_err_set(err, IK_E_CONF_UNKNOWN_KEY, 0, "\"%.60s\" is an unknown setting",
				  key);
	if (!settings[i].take(conf, value))
		return ik_err_set(err, IK_E_CONF_VALUE, 0, "\"%s\" must be %s, not \"%.80s\"", key,
				  settings[i].want, value);
	conf->source[i] = (struct ik_conf_source){IK_CONF_OPTION, 0};
	return 0;
}

const char *ik_conf_key_name(enum ik_conf_key key)
{
	return (unsigned)key < IK_CONF_N_KEYS ? settings[key].name : NULL;
}

const char *ik_conf_describe(const struct ik_conf *conf, enum ik_conf_key key, char *buf,
			     size_t buf_bytes)
{
	if ((unsigned)key < IK_CONF_N_KEYS)
		settings[key].give(conf, buf, buf_bytes);
	else
		give_text(buf, buf_bytes, "");
	return buf;
}

const char *ik_conf_target_name(enum ik_conf_target target)
{
	return (unsigned)target < IK_ARRAY_SIZE(target_names) ? target_names[target] : "unknown";
}
