/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mount fields of WSL drives as text. libmount finds the mount; what WSL packs into aname= is taken
 * apart here. Nothing here knows which mounts exist.
 */
#include "codec/mountopt.h"

#include <string.h>

#include "base/macro.h"

#define MOUNTOPT_INVALID(err, what) ik_err_set(err, IK_E_MOUNTOPT_BAD, 0, "mount option: %s", what)

static int too_long(struct ik_err *err, const char *what)
{
	(void)ik_err_set(err, IK_E_MOUNTOPT_BAD, 0, "mount option: %s is too long", what);
	return -ENAMETOOLONG;
}

/* The byte of an escape such as \040 at p, or -1. */
static int octal_escape(const char *p)
{
	int value = 0;

	if (*p != '\\')
		return -1;
	for (int i = 1; i <= 3; i++) {
		if (p[i] < '0' || p[i] > '7')
			return -1;
		value = value * 8 + (p[i] - '0');
	}
	return value <= 0xff ? value : -1;
}

int ik_mountopt_unescape(const char *in, char *out, size_t out_bytes, struct ik_err *err)
{
	size_t used = 0;

	while (*in) {
		int byte = octal_escape(in);

		if (byte == 0)
			return MOUNTOPT_INVALID(err, "an escape stands for a NUL byte");
		if (used + 1 >= out_bytes)
			return too_long(err, "a field");
		/* in runs ahead of out, so both may be the same memory. */
		out[used++] = byte > 0 ? (char)byte : *in;
		in += byte > 0 ? 4 : 1;
	}
	if (out_bytes == 0)
		return too_long(err, "a field");
	out[used] = '\0';
	return (int)used;
}

char ik_mountopt_drive_letter(const char *text)
{
	char letter;

	if (!text || text[0] == '\0' || text[1] != ':')
		return 0;
	if (text[2] != '\0' && !((text[2] == '\\' || text[2] == '/') && text[3] == '\0'))
		return 0;
	letter = text[0];
	if (letter >= 'a' && letter <= 'z')
		return (char)(letter - 'a' + 'A');
	return letter >= 'A' && letter <= 'Z' ? letter : 0;
}

static int copy_text(char *dst, const char *value, size_t len, const char *what, struct ik_err *err)
{
	if (len >= IK_MOUNTOPT_PATH_BYTES)
		return too_long(err, what);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)value[i] < 0x20 || value[i] == 0x7f)
			return MOUNTOPT_INVALID(err, "a path holds a control character");
	memcpy(dst, value, len);
	dst[len] = '\0';
	return 0;
}

static int parse_id(const char *value, size_t len, bool *ret_has, uint32_t *ret, struct ik_err *err)
{
	uint64_t id = 0;

	if (len == 0 || len > 10)
		return MOUNTOPT_INVALID(err, "uid or gid is no number");
	for (size_t i = 0; i < len; i++) {
		if (value[i] < '0' || value[i] > '9')
			return MOUNTOPT_INVALID(err, "uid or gid is no number");
		id = id * 10 + (uint64_t)(value[i] - '0');
	}
	/* (uid_t)-1 means "leave as it is" to the calls that take an id. */
	if (id >= UINT32_MAX)
		return MOUNTOPT_INVALID(err, "uid or gid is out of range");
	*ret_has = true;
	*ret = (uint32_t)id;
	return 0;
}

static bool has_key(const char *item, size_t len, const char *key, size_t *ret_key_len)
{
	size_t key_len = strlen(key);

	if (len < key_len || strncmp(item, key, key_len) != 0)
		return false;
	*ret_key_len = key_len;
	return true;
}

/* One "key=value" of the list; keys that say nothing about the drive are passed over. */
static int parse_item(const char *item, size_t len, struct ik_mountopt_drvfs *d, struct ik_err *err)
{
	size_t n;

	if (has_key(item, len, "path=", &n))
		return copy_text(d->path, item + n, len - n, "path", err);
	if (has_key(item, len, "symlinkroot=", &n))
		return copy_text(d->symlinkroot, item + n, len - n, "symlinkroot", err);
	if (has_key(item, len, "uid=", &n))
		return parse_id(item + n, len - n, &d->has_uid, &d->uid, err);
	if (has_key(item, len, "gid=", &n))
		return parse_id(item + n, len - n, &d->has_gid, &d->gid, err);
	return 0;
}

int ik_mountopt_drvfs(const char *aname, struct ik_mountopt_drvfs *ret, struct ik_err *err)
{
	struct ik_mountopt_drvfs d = {.drive_letter = 0};
	const char *item = aname;
	size_t len = strcspn(item, ";");

	if (len != 5 || strncmp(item, "drvfs", 5) != 0)
		return 0;
	while (item[len] == ';') {
		int r;

		item += len + 1;
		len = strcspn(item, ";");
		r = parse_item(item, len, &d, err);
		if (r < 0)
			return r;
	}
	if (d.path[0] == '\0')
		return MOUNTOPT_INVALID(err, "aname=drvfs names no path");
	d.drive_letter = ik_mountopt_drive_letter(d.path);
	*ret = d;
	return 1;
}

bool ik_mountopt_find(const char *options, const char *name, const char **ret_value,
		      size_t *ret_len)
{
	size_t name_len = strlen(name);
	bool found = false;

	while (*options) {
		size_t len = strcspn(options, ",");

		if (len > name_len && strncmp(options, name, name_len) == 0 &&
		    options[name_len] == '=') {
			*ret_value = options + name_len + 1;
			*ret_len = len - name_len - 1;
			found = true;
		}
		options += len;
		if (*options == ',')
			options++;
	}
	return found;
}
