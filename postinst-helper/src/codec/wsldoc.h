/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands behind struct ik_wslconf, shared by its reading half (wslconf) and its writing half (wsledit).
 * No other module includes this.
 */
#ifndef IK_CODEC_WSLDOC_H
#define IK_CODEC_WSLDOC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "codec/wslconf.h"
#include "codec/wslgram.h"
#include "codec/wsltext.h"

struct ik_wslconf {
	struct ik_strbuf bytes; /* the file */
	struct ik_wsltext text; /* its characters */
	struct ik_wslgram gram; /* its lines */
	struct ik_wslconf_warning *warnings;
	size_t n_warnings;
};

/* The entry that counts for a key, or the first heading of a section when key is NULL; NULL if none. */
const struct ik_wslgram_entry *ik_wsldoc_find(const struct ik_wslconf *conf, const char *section,
					      const char *key);

/* True when entry is of this kind and bears the name "section.key", or "section" when key is NULL. */
bool ik_wsldoc_is(const struct ik_wslconf *conf, const struct ik_wslgram_entry *entry,
		  enum ik_wslgram_kind kind, const char *section, const char *key);

#endif
