/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Applies a change to a .wslconfig's bytes and compares readings. What to change is wsledit's decision.
 */
#include "codec/wslsplice.h"

#include <string.h>

#include "base/macro.h"

int ik_wslsplice_no_memory(struct ik_err *err)
{
	return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, ENOMEM, "cannot change .wslconfig");
}

void ik_wslsplice_done(struct ik_wslsplice *s)
{
	ik_strbuf_done(&s->bytes);
}

static bool same_entry(const struct ik_wslconf *x, const struct ik_wslgram_entry *ex,
		       const struct ik_wslconf *y, const struct ik_wslgram_entry *ey)
{
	return strcmp(ik_wslgram_name(&x->gram, ex), ik_wslgram_name(&y->gram, ey)) == 0 &&
	       strcmp(ik_wslgram_value(&x->gram, ex), ik_wslgram_value(&y->gram, ey)) == 0;
}

/* The next valid key line at or after *i, leaving out skip; NULL at the end. */
static const struct ik_wslgram_entry *next_key(const struct ik_wslconf *conf, size_t *i,
					       const struct ik_wslgram_entry *skip)
{
	while (*i < conf->gram.n_entries) {
		const struct ik_wslgram_entry *e = &conf->gram.entries[(*i)++];

		if (e->kind == IK_WSLGRAM_KEY && e != skip)
			return e;
	}
	return NULL;
}

bool ik_wslsplice_reads_alike(const struct ik_wslconf *x, const struct ik_wslgram_entry *skip_x,
			      const struct ik_wslconf *y, const struct ik_wslgram_entry *skip_y)
{
	size_t ix = 0, iy = 0;

	for (;;) {
		const struct ik_wslgram_entry *ex = next_key(x, &ix, skip_x);
		const struct ik_wslgram_entry *ey = next_key(y, &iy, skip_y);

		if (!ex || !ey)
			return !ex && !ey;
		if (!same_entry(x, ex, y, ey))
			return false;
	}
}

int ik_wslsplice_apply(const struct ik_wslconf *conf, const struct ik_wslsplice *s,
		       struct ik_wslconf **ret, struct ik_err *err)
{
	const char *old = ik_strbuf_str(&conf->bytes);
	ik_autostrbuf struct ik_strbuf bytes = {.len = 0};

	ik_strbuf_append(&bytes, old, s->off);
	ik_strbuf_append(&bytes, s->bytes.data, s->bytes.len);
	ik_strbuf_append(&bytes, old + s->off + s->len, conf->bytes.len - s->off - s->len);
	if (s->bytes.failed || ik_strbuf_error(&bytes) < 0)
		return ik_wslsplice_no_memory(err);
	return ik_wslconf_parse(bytes.data, bytes.len, ret, err);
}

void ik_wslsplice_adopt(struct ik_wslconf *conf, struct ik_wslconf *other)
{
	struct ik_wslconf former = *conf;

	*conf = *other;
	*other = former;
}
