/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One row per setting, in the order of enum ik_conf_key. Helper of conf only.
 */
#ifndef IK_CODEC_CONFKEYS_H
#define IK_CODEC_CONFKEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "codec/conf.h"

struct ik_confkey {
	const char *name;
	const char *want; /* what a value must be, for messages */
	/* Takes a value; false, and conf untouched, when it is not allowed. */
	bool (*take)(struct ik_conf *conf, const char *value);
	/* Writes the value as the file would have it. */
	void (*give)(const struct ik_conf *conf, char *buf, size_t buf_bytes);
};

extern const struct ik_confkey ik_confkeys[IK_CONF_N_KEYS];

#endif
