/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one edit of a .wslconfig that is no set and no unset. It uses the parts that codec/wsledit is made of, with its
 * rule: the change counts only if WSL then reads all the rest as before.
 */
#include "flow/wmodules.h"

#include "base/strbuf.h"
#include "codec/wsldoc.h"
#include "codec/wslsplice.h"

#define SECTION "wsl2"
#define KEY	"kernelModules"

static void conf_freep(struct ik_wslconf **conf)
{
	*conf = ik_wslconf_free(*conf);
}

unsigned ik_wmodules_alone(const struct ik_wslconf *conf)
{
	struct ik_wslconf_value kernel, modules;

	ik_wslconf_get(conf, SECTION, "kernel", &kernel);
	ik_wslconf_get(conf, SECTION, KEY, &modules);
	/* WSL takes an empty one for none. */
	if ((kernel.present && kernel.text[0]) || !modules.present || !modules.text[0])
		return 0;
	return modules.line;
}

/* The line with a "#" before it, and before each further line that a backslash joins to it. */
static void comment_line(const struct ik_wslconf *conf, const struct ik_wslgram_entry *line,
			 struct ik_wslsplice *s)
{
	const struct ik_wsltext *text = &conf->text;
	const char *bytes = ik_strbuf_str(&conf->bytes);
	bool is_start = true;

	s->off = text->off[line->start];
	s->len = text->off[line->end] - s->off;
	for (size_t i = line->start; i < line->end; i++) {
		if (is_start)
			ik_wsltext_encode(text, "#", &s->bytes);
		ik_strbuf_append(&s->bytes, bytes + text->off[i], text->off[i + 1] - text->off[i]);
		is_start = text->unit[i] == '\n';
	}
	/* A lone CR ends a key, but no comment. */
	if (text->unit[line->end - 1] == '\r')
		ik_wsltext_encode(text, "\n", &s->bytes);
}

int ik_wmodules_comment(struct ik_wslconf *conf, struct ik_err *err)
{
	while (ik_wmodules_alone(conf)) {
		const struct ik_wslgram_entry *found = ik_wsldoc_find(conf, SECTION, KEY);
		IK_CLEANUP(conf_freep) struct ik_wslconf *changed = NULL;
		IK_CLEANUP(ik_wslsplice_done) struct ik_wslsplice s = {.off = 0};
		int r;

		comment_line(conf, found, &s);
		r = ik_wslsplice_apply(conf, &s, &changed, err);
		if (r < 0)
			return r;
		if (!ik_wslsplice_reads_alike(conf, found, changed, NULL))
			return ik_err_set(err, IK_E_INTERNAL_BUG, 0,
					  "the changed .wslconfig would not read as intended");
		ik_wslsplice_adopt(conf, changed);
	}
	return 0;
}
