/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts of .wslconfig; see conftext.h. */
#include "conftext.h"

#include <stdio.h>
#include <string.h>

#include "codec/wslconf.h"

struct ik_wslconf *conf_of(const void *bytes, size_t len)
{
	struct ik_wslconf *conf = NULL;
	struct ik_err err = {.errnum = 0};

	if (ik_wslconf_parse(bytes, len, &conf, &err) < 0)
		fail_msg("parse: %s", err.message);
	return conf;
}

struct ik_wslconf *conf_of_text(const char *text)
{
	return conf_of(text, strlen(text));
}

void conf_reads(const struct ik_wslconf *conf, const char *want)
{
	struct ik_wslconf_value v;

	ik_wslconf_get(conf, "wsl2", "kernel", &v);
	assert_int_equal(v.present, want != NULL);
	if (want)
		assert_string_equal(v.text, want);
}

void conf_holds(const struct ik_wslconf *conf, const void *bytes, size_t len)
{
	const uint8_t *got;
	size_t got_len;

	got = ik_wslconf_bytes(conf, &got_len);
	if (got_len != len || memcmp(got, bytes, len) != 0)
		fail_msg("holds \"%.*s\", not \"%.*s\"", (int)got_len, (const char *)got, (int)len,
			 (const char *)bytes);
}

void put_path(const char *text, char *out, size_t bytes)
{
	const char *at = strchr(text, '@');

	snprintf(out, bytes, "%.*s%s%s", (int)(at - text), text, CONF_ESCAPED, at + 1);
}

size_t conf_widen(const char *text, uint8_t *out)
{
	size_t len = 0;

	out[len++] = 0xff;
	out[len++] = 0xfe;
	for (; *text; text++) {
		out[len++] = (uint8_t)*text;
		out[len++] = 0;
	}
	return len;
}
