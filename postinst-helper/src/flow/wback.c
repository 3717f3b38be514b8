/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A way is tried on a copy: where its surroundings are gone (an editor wrote the line or the file's encoding anew),
 * codec/wslconf drops the line, and what the user had there would go with it.
 */
#include "flow/wback.h"

#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "codec/wslundo.h"

/* A saved way, read. */
struct past {
	bool known;
	struct ik_wslundo undo;
	struct ik_strbuf former; /* the user's value as WSL reads it; empty = the user had none */
};

struct pasts {
	struct past list[IK_UNDO_WAYS];
	struct ik_strbuf current; /* the value that is to be taken back */
};

static void pasts_done(struct pasts *pasts)
{
	for (int i = 0; i < IK_UNDO_WAYS; i++) {
		ik_wslundo_done(&pasts->list[i].undo);
		ik_strbuf_done(&pasts->list[i].former);
	}
	ik_strbuf_done(&pasts->current);
}

static void conf_freep(struct ik_wslconf **conf)
{
	*conf = ik_wslconf_free(*conf);
}

static int no_memory(struct ik_err *err)
{
	return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, ENOMEM, "taking kernel= back");
}

static void put_ascii(struct ik_strbuf *out, bool is_wide, const char *text)
{
	for (; *text; text++) {
		ik_strbuf_putc(out, *text);
		if (is_wide)
			ik_strbuf_putc(out, '\0');
	}
}

/* What WSL read where the undo's former bytes stood: they are put into a file of their own and read. */
static int read_former(const struct ik_wslundo *undo, struct ik_strbuf *ret)
{
	struct ik_strbuf ik_autostrbuf text = {0};
	IK_CLEANUP(conf_freep) struct ik_wslconf *conf = NULL;
	struct ik_wslconf_value value;
	int r;

	/* The value stands first only where one was replaced: else the line was a new one. */
	if (!undo->is_change || undo->value_off != 0)
		return 0;
	if (undo->is_wide)
		ik_strbuf_append(&text, "\xff\xfe", 2);
	put_ascii(&text, undo->is_wide, "[" IK_WBACK_SECTION "]\n" IK_WBACK_KEY "=");
	ik_strbuf_append(&text, ik_strbuf_str(&undo->before), undo->before.len);
	put_ascii(&text, undo->is_wide, "\n");
	r = ik_strbuf_error(&text);
	if (r >= 0)
		r = ik_wslconf_parse(text.data, text.len, &conf, NULL);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	ik_wslconf_get(conf, IK_WBACK_SECTION, IK_WBACK_KEY, &value);
	if (value.present)
		ik_strbuf_puts(ret, value.text);
	return ik_strbuf_error(ret);
}

/* A damaged way is none; one for which there is no memory may be the one that fits. */
static int read_ways(const struct ik_undo *undo, struct pasts *pasts, struct ik_err *err)
{
	for (int i = 0; i < IK_UNDO_WAYS; i++) {
		struct past *past = &pasts->list[i];
		int r = undo->way[i] ? ik_wslundo_decode(undo->way[i], &past->undo, NULL) : -ENOENT;

		past->known = r >= 0 && past->undo.is_change;
		if (r >= 0)
			r = read_former(&past->undo, &past->former);
		if (r == -ENOMEM)
			return no_memory(err);
	}
	return 0;
}

/* 1 = the way led to what the user had. */
static int try_way(struct ik_wslconf **conf, const char *way, const char *former,
		   struct ik_err *err)
{
	IK_CLEANUP(conf_freep) struct ik_wslconf *copy = NULL;
	struct ik_wslconf *swap = *conf;
	struct ik_wslconf_value value;
	size_t len = 0;
	const uint8_t *bytes = ik_wslconf_bytes(*conf, &len);
	int r = ik_wslconf_parse(bytes, len, &copy, NULL);

	if (r >= 0)
		r = ik_wslconf_unset(copy, IK_WBACK_SECTION, IK_WBACK_KEY, way, NULL);
	if (r == -ENOMEM)
		return no_memory(err);
	if (r <= 0)
		return 0;
	ik_wslconf_get(copy, IK_WBACK_SECTION, IK_WBACK_KEY, &value);
	if (former[0] && (!value.present || strcmp(value.text, former) != 0))
		return 0;
	*conf = copy;
	copy = swap;
	return 1;
}

/* No way fits: which of them knows the user's value? The one of this very change, else the newest. */
static int choose(const struct pasts *pasts)
{
	int newest = -1;

	for (int i = IK_UNDO_WAYS - 1; i >= 0; i--) {
		const struct past *past = &pasts->list[i];

		if (past->known)
			newest = i;
	}
	for (int i = 0; i < IK_UNDO_WAYS; i++) {
		const struct past *past = &pasts->list[i];

		if (past->known &&
		    strcmp(ik_strbuf_str(&past->undo.value), ik_strbuf_str(&pasts->current)) == 0)
			return i;
	}
	return newest;
}

/* The user's former value takes the place of ours; where it cannot be written, the line goes. */
static int give_former(struct ik_wslconf *conf, const struct pasts *pasts, struct ik_wback *ret,
		       struct ik_err *err)
{
	const struct past *past = ret->way >= 0 ? &pasts->list[ret->way] : NULL;
	const char *former = past ? ik_strbuf_str(&past->former) : "";
	int r = -ENOENT;

	if (former[0] && strcmp(former, ik_strbuf_str(&pasts->current)) != 0) {
		r = ik_wslconf_set(conf, IK_WBACK_SECTION, IK_WBACK_KEY, former, NULL, NULL);
		if (r == -ENOMEM)
			return no_memory(err);
		if (r < 0)
			(void)snprintf(ret->lost, sizeof(ret->lost), "%.190s",
				       past->undo.is_wide ? former :
							    ik_strbuf_str(&past->undo.before));
	}
	return r >= 0 ? 1 : ik_wslconf_unset(conf, IK_WBACK_SECTION, IK_WBACK_KEY, NULL, err);
}

/* 1 = a way fitted, and *ret says which. */
static int try_ways(struct ik_wslconf **conf, const struct ik_undo *undo, const struct pasts *pasts,
		    struct ik_wback *ret, struct ik_err *err)
{
	for (int i = 0; i < IK_UNDO_WAYS; i++) {
		const struct past *past = &pasts->list[i];
		int r = past->known ?
				try_way(conf, undo->way[i], ik_strbuf_str(&past->former), err) :
				0;

		ret->way = r > 0 ? i : -1;
		if (r != 0)
			return r;
	}
	return 0;
}

int ik_wback_take(struct ik_wslconf **conf, const struct ik_undo *undo, struct ik_wback *ret,
		  struct ik_err *err)
{
	IK_CLEANUP(pasts_done) struct pasts pasts = {0};
	struct ik_wslconf_value value;
	int r;

	*ret = (struct ik_wback){.way = -1};
	ik_wslconf_get(*conf, IK_WBACK_SECTION, IK_WBACK_KEY, &value);
	if (!value.present)
		return 0;
	ik_strbuf_puts(&pasts.current, value.text);
	if (ik_strbuf_error(&pasts.current) < 0)
		return no_memory(err);
	r = read_ways(undo, &pasts, err);
	if (r >= 0)
		r = try_ways(conf, undo, &pasts, ret, err);
	if (r != 0)
		return r;
	ret->way = choose(&pasts);
	return give_former(*conf, &pasts, ret, err);
}
