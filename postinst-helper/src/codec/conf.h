/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program's own settings: defaults, /etc/immensity-kernel.conf, command line, in that order, each
 * value with its source.
 *
 * It takes the file's text, never its path to open; whether a directory named there exists is
 * not its business.
 */
#ifndef IK_CODEC_CONF_H
#define IK_CODEC_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "codec/image.h"

#define IK_CONF_MAX_BYTES ((size_t)64 << 10)
/* Longest value: inih cuts lines at 200 bytes, so a longer one is refused instead. */
#define IK_CONF_VALUE_BYTES 192u

enum ik_conf_target {
	IK_CONF_TARGET_AUTO = 0,
	IK_CONF_TARGET_LXSS,
	IK_CONF_TARGET_WSLCONFIG,
};

enum ik_conf_origin {
	IK_CONF_DEFAULT = 0,
	IK_CONF_FILE,
	IK_CONF_OPTION,
};

/* The settings, in the order of ik_conf_describe(). */
enum ik_conf_key {
	IK_CONF_DRIVE = 0,
	IK_CONF_DRIVE_LETTER,
	IK_CONF_PROFILE,
	IK_CONF_TARGET,
	IK_CONF_IMAGE_FORMAT,
	IK_CONF_SERIES,
	IK_CONF_REPLACE_FOREIGN,
	IK_CONF_ALLOW_DOWNGRADE,
	IK_CONF_INSTALL,
	IK_CONF_KEEP_BACKUPS,
	IK_CONF_N_KEYS,
};

struct ik_conf_source {
	enum ik_conf_origin origin;
	unsigned line; /* of the file, from 1; 0 unless origin is IK_CONF_FILE */
};

struct ik_conf {
	char drive[IK_CONF_VALUE_BYTES]; /* absolute directory; "" = look for it */
	char drive_letter;		 /* 'A'…'Z' */
	char profile
		[IK_CONF_VALUE_BYTES]; /* absolute directory beneath the drive; "" = look for it */
	enum ik_conf_target target;
	enum ik_image_format image_format; /* IK_IMAGE_UNKNOWN = auto; else ELF or BZIMAGE */
	char series[16];		   /* "stable", "longterm"; "" = first that is installed */
	bool replace_foreign;
	bool allow_downgrade;
	bool install;	       /* false: packages never touch Windows */
	unsigned keep_backups; /* 1…99 */
	struct ik_conf_source source[IK_CONF_N_KEYS];
};

/* Fills in the defaults; cannot fail. */
void ik_conf_init(struct ik_conf *conf);

/*
 * Purpose     Reads a settings file over what conf holds.
 * Parameters  text, len_bytes: borrowed. name: what messages call the file.
 *             conf: initialised; changed only on success.
 * Errors      IK_E_CONF_SYNTAX (also an unknown section), IK_E_CONF_UNKNOWN_KEY,
 *             IK_E_CONF_REPEATED_KEY, IK_E_CONF_VALUE; the message holds name and line.
 */
int ik_conf_parse(struct ik_conf *conf, const char *text, size_t len_bytes, const char *name,
		  struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     Sets one value from the command line, by the same rules as a line of the file.
 * Parameters  key: name as in the file; value: text.
 * Errors      IK_E_CONF_UNKNOWN_KEY, IK_E_CONF_VALUE.
 */
int ik_conf_set(struct ik_conf *conf, const char *key, const char *value,
		struct ik_err *err) IK_MUST_CHECK;

/* Name of a setting as in the file; NULL for IK_CONF_N_KEYS and beyond. */
const char *ik_conf_key_name(enum ik_conf_key key);

/*
 * Purpose     The value of a setting as text, as the file would have it.
 * Parameters  buf, buf_bytes: where the text goes, cut if it does not fit; NUL-terminated.
 * Returns     buf.
 */
const char *ik_conf_describe(const struct ik_conf *conf, enum ik_conf_key key, char *buf,
			     size_t buf_bytes);

/* "auto", "lxss", "wslconfig". */
const char *ik_conf_target_name(enum ik_conf_target target);

#endif
