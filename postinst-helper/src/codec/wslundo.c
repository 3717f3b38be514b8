/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "ik1 none" or "ik1 <8|16> <value_off> <value> <before> <after>", byte strings in hexadecimal with a
 * leading "x", so that an empty one is still a word.
 */
#include "codec/wslundo.h"

#include <stdio.h>
#include <string.h>

#include "base/macro.h"

static const char undo_none[] = "ik1 none";

static void put_hex(struct ik_strbuf *out, const struct ik_strbuf *bytes)
{
	ik_strbuf_puts(out, " x");
	for (size_t i = 0; i < bytes->len; i++)
		ik_strbuf_printf(out, "%02x", (unsigned char)bytes->data[i]);
}

void ik_wslundo_encode(const struct ik_wslundo *undo, struct ik_strbuf *out)
{
	if (!undo->is_change) {
		ik_strbuf_puts(out, undo_none);
		return;
	}
	ik_strbuf_printf(out, "ik1 %d %zu", undo->is_wide ? 16 : 8, undo->value_off);
	put_hex(out, &undo->value);
	put_hex(out, &undo->before);
	put_hex(out, &undo->after);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads " x<hex>" and moves on; false when it is not there. */
static bool get_hex(const char **p, struct ik_strbuf *out)
{
	if (strncmp(*p, " x", 2) != 0)
		return false;
	for (*p += 2; **p && **p != ' '; *p += 2) {
		int high = hex_digit((*p)[0]), low = high < 0 ? -1 : hex_digit((*p)[1]);

		if (low < 0)
			return false;
		ik_strbuf_putc(out, (char)(high << 4 | low));
	}
	return true;
}

/* Reads a decimal number of at most seven digits and moves on. */
static bool get_number(const char **p, size_t *ret)
{
	size_t digits = strspn(*p, "0123456789");

	if (digits == 0 || digits > 7)
		return false;
	for (*ret = 0; digits > 0; digits--)
		*ret = *ret * 10 + (size_t)(*(*p)++ - '0');
	return true;
}

static bool get_change(const char *p, struct ik_wslundo *u)
{
	size_t width = 0;

	u->is_change = true;
	if (strncmp(p, "ik1 ", 4) != 0)
		return false;
	p += 4;
	if (!get_number(&p, &width) || (width != 8 && width != 16) || *p++ != ' ')
		return false;
	u->is_wide = width == 16;
	return get_number(&p, &u->value_off) && get_hex(&p, &u->value) && get_hex(&p, &u->before) &&
	       get_hex(&p, &u->after) && *p == '\0' && u->value.len > 0 &&
	       u->value_off < u->after.len;
}

int ik_wslundo_decode(const char *text, struct ik_wslundo *ret, struct ik_err *err)
{
	struct ik_wslundo u = {.is_change = false};
	bool good = strcmp(text, undo_none) == 0 || get_change(text, &u);
	int r = 0;

	/* Asked first: without memory a sound record looks damaged. */
	if (u.value.failed || u.before.failed || u.after.failed)
		r = ik_err_set(err, IK_E_MEMORY_EXHAUSTED, ENOMEM, "cannot read an undo record");
	else if (!good)
		r = ik_err_set(err, IK_E_WSLCONF_UNDO, 0,
			       "the record of the former change of .wslconfig is damaged");
	if (r < 0) {
		ik_wslundo_done(&u);
		return r;
	}
	*ret = u;
	return 0;
}

void ik_wslundo_done(struct ik_wslundo *undo)
{
	ik_strbuf_done(&undo->value);
	ik_strbuf_done(&undo->before);
	ik_strbuf_done(&undo->after);
	*undo = (struct ik_wslundo){.is_change = false};
}
