/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Windows paths as text. Rules for names are Windows' own, applied strictly: a name that Windows would
 * silently change (trailing dot, device name) is refused, never repaired.
 */
#include "codec/winpath.h"

#include <string.h>
#include <strings.h>

#include "base/macro.h"

#define NAME_MAX_LEN 255u

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static char to_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool is_slash(char c)
{
	return c == '/' || c == '\\';
}

/* Characters that NTFS names cannot hold through Win32. Source: "Naming Files, Paths, and Namespaces". */
static bool is_reserved(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f || strchr("\\/:*?\"<>|", c);
}

/* con, nul, com1 … with anything behind a dot are devices in every directory. */
static bool is_device_name(const char *name, size_t len)
{
	static const char *const devices[] = {"con", "prn", "aux", "nul", "conin$", "conout$"};
	size_t stem = 0;

	while (stem < len && name[stem] != '.')
		stem++;
	while (stem > 0 && name[stem - 1] == ' ')
		stem--;
	for (size_t i = 0; i < IK_ARRAY_SIZE(devices); i++)
		if (stem == strlen(devices[i]) && strncasecmp(name, devices[i], stem) == 0)
			return true;
	return stem == 4 && name[3] >= '0' && name[3] <= '9' &&
	       (strncasecmp(name, "com", 3) == 0 || strncasecmp(name, "lpt", 3) == 0);
}

static bool is_name(const char *name, size_t len)
{
	if (len == 0 || len > NAME_MAX_LEN)
		return false;
	for (size_t i = 0; i < len; i++)
		if (is_reserved(name[i]))
			return false;
	if (name[len - 1] == '.' || name[len - 1] == ' ')
		return false; /* covers "." and ".." as well */
	return !is_device_name(name, len);
}

bool ik_winpath_is_name(const char *name)
{
	return is_name(name, strnlen(name, NAME_MAX_LEN + 1));
}

bool ik_winpath_is_ascii(const char *path)
{
	for (; *path; path++)
		if (*path < 0x20 || *path > 0x7e)
			return false;
	return true;
}

static int bad_path(struct ik_err *err, const char *path, const char *why)
{
	return ik_err_set(err, IK_E_WINPATH_BAD, 0, "the path \"%.200s\" cannot be used: %s", path,
			  why);
}

static int too_long(struct ik_err *err, const char *path)
{
	(void)ik_err_set(err, IK_E_WINPATH_BAD, 0,
			 "the path \"%.200s\" is longer than Windows' 259 characters", path);
	return -ENAMETOOLONG;
}

/* Length of the component at p. */
static size_t component_len(const char *p)
{
	size_t len = 0;

	while (p[len] && !is_slash(p[len]))
		len++;
	return len;
}

int ik_winpath_from_relative(char letter, const char *relative, char *buf, struct ik_err *err)
{
	size_t len = strnlen(relative, IK_WINPATH_BYTES);
	const char *p = relative;

	if (!is_letter(letter))
		return bad_path(err, relative, "its drive has no letter");
	if (len + 4 > IK_WINPATH_BYTES)
		return too_long(err, relative);
	while (*p) {
		size_t part = component_len(p);

		if (!is_name(p, part) || p[part] == '\\')
			return bad_path(err, relative, "Windows does not allow one of its names");
		p += part;
		if (*p == '/' && *++p == '\0')
			return bad_path(err, relative, "it ends in a slash");
	}
	buf[0] = to_upper(letter);
	buf[1] = ':';
	buf[2] = '\\';
	for (size_t i = 0; i <= len; i++)
		buf[3 + i] = relative[i] == '/' ? '\\' : relative[i];
	return 0;
}

int ik_winpath_to_relative(const char *path, char *ret_letter, char *buf, struct ik_err *err)
{
	const char *p = strncmp(path, "\\\\?\\", 4) == 0 ? path + 4 : path;
	char out[IK_WINPATH_BYTES];
	size_t used = 0;
	char letter = *p;

	if (!is_letter(letter) || p[1] != ':' || !is_slash(p[2]))
		return bad_path(err, path, "it does not begin with a drive such as C:\\");
	for (p += 2; *p;) {
		size_t part;

		while (is_slash(*p))
			p++;
		part = component_len(p);
		if (part == 0)
			break;
		if (!is_name(p, part))
			return bad_path(err, path, "Windows does not allow one of its names");
		/* With "C:\" before it and a NUL behind it must fit as well. */
		if (used + 1 + part + 4 > sizeof(out) + (used == 0))
			return too_long(err, path);
		if (used > 0)
			out[used++] = '/';
		memcpy(out + used, p, part);
		used += part;
		p += part;
	}
	memcpy(buf, out, used);
	buf[used] = '\0';
	*ret_letter = to_upper(letter);
	return 0;
}

bool ik_winpath_is_same(const char *x, const char *y)
{
	char x_path[IK_WINPATH_BYTES], y_path[IK_WINPATH_BYTES];
	char x_letter, y_letter;

	if (ik_winpath_to_relative(x, &x_letter, x_path, NULL) < 0 ||
	    ik_winpath_to_relative(y, &y_letter, y_path, NULL) < 0)
		return false;
	if (x_letter != y_letter)
		return false;
	for (size_t i = 0;; i++) {
		if (to_upper(x_path[i]) != to_upper(y_path[i]))
			return false;
		if (x_path[i] == '\0')
			return true;
	}
}
