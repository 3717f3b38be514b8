/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Texts of .wslconfig read, compared and made, for the tests of its codecs. It makes no call fail and uses no file.
 */
#ifndef IK_TEST_CONFTEXT_H
#define IK_TEST_CONFTEXT_H

#include "support.h"

struct ik_wslconf;

/* A path that tests set, and what it is in a file. */
#define CONF_PATH    "C:\\ProgramData\\immensity-kernel\\kernel-7.3.4-1-0123456789ab"
#define CONF_ESCAPED "C:\\\\ProgramData\\\\immensity-kernel\\\\kernel-7.3.4-1-0123456789ab"

/* Parses a file, or a text, that must be readable; the caller frees it. */
struct ik_wslconf *conf_of(const void *bytes, size_t len);
struct ik_wslconf *conf_of_text(const char *text);

/* Checks what kernel= in [wsl2] is read as; NULL = it is not set. */
void conf_reads(const struct ik_wslconf *conf, const char *want);

/* Checks the very bytes of the file. */
void conf_holds(const struct ik_wslconf *conf, const void *bytes, size_t len);

/* Copies a text with CONF_ESCAPED in the place of its "@". */
void put_path(const char *text, char *out, size_t bytes);

/* UTF-16LE with its mark, from ASCII; returns the length. */
size_t conf_widen(const char *text, uint8_t *out);

#endif
