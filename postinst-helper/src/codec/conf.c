/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings from a file or the command line, by the table in confkeys. inih splits the file into lines; all
 * judgement is ours. A file counts only when the whole of it is right.
 */
#include "codec/conf.h"

#include <ini.h>
#include <stdio.h>
#include <string.h>

#include "codec/confkeys.h"

#define CONF_SECTION	  "immensity-kernel"
#define CONF_KEEP_DEFAULT 3u

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
		if (strcmp(ik_confkeys[i].name, name) == 0)
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
	(void)snprintf(why, sizeof(why), "must be %s", ik_confkeys[i].want);
	if (!ik_confkeys[i].take(&load->conf, value))
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
	if (!ik_confkeys[i].take(conf, value))
		return ik_err_set(err, IK_E_CONF_VALUE, 0, "\"%s\" must be %s, not \"%.80s\"", key,
				  ik_confkeys[i].want, value);
	conf->source[i] = (struct ik_conf_source){IK_CONF_OPTION, 0};
	return 0;
}

const char *ik_conf_key_name(enum ik_conf_key key)
{
	return (unsigned)key < IK_CONF_N_KEYS ? ik_confkeys[key].name : NULL;
}

const char *ik_conf_describe(const struct ik_conf *conf, enum ik_conf_key key, char *buf,
			     size_t buf_bytes)
{
	if ((unsigned)key < IK_CONF_N_KEYS)
		ik_confkeys[key].give(conf, buf, buf_bytes);
	else
		(void)snprintf(buf, buf_bytes, "%s", "");
	return buf;
}
