/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of ASCII: a heading, whether we created .wslconfig, and one line per way back.
 */
#include "store/undo.h"

#include <string.h>

#include "base/strbuf.h"
#include "io/afile.h"
#include "store/names.h"

#define HEADING	  "immensity-kernel undo 1"
#define CREATED	  "created"
#define EXISTED	  "existed"
#define WAY	  "way "
#define MAX_BYTES ((size_t)2 << 20)

void ik_undo_done(struct ik_undo *undo)
{
	if (!undo)
		return;
	for (int i = 0; i < IK_UNDO_WAYS; i++) {
		free(undo->way[i]);
		undo->way[i] = NULL;
	}
	undo->present = false;
}

/* Takes one line; 1 = done, 0 = not a line of this format, negative = no memory for it. */
static int take_line(struct ik_undo *undo, unsigned number, const char *line)
{
	if (number == 0)
		return strcmp(line, HEADING) == 0;
	if (number == 1) {
		undo->created = strcmp(line, CREATED) == 0;
		return undo->created || strcmp(line, EXISTED) == 0;
	}
	for (int i = 0; i < IK_UNDO_WAYS; i++) {
		if (undo->way[i])
			continue;
		if (strncmp(line, WAY, strlen(WAY)) != 0)
			return 0;
		undo->way[i] = strdup(line + strlen(WAY));
		return undo->way[i] ? 1 : -ENOMEM;
	}
	return 0;
}

int ik_undo_load(int dir_fd, struct ik_undo *ret, struct ik_err *err)
{
	struct ik_undo undo = {0};
	ik_autofree char *text = NULL;
	char *save = NULL, *line;
	unsigned number = 0;
	size_t len = 0;
	int r = ik_afile_read(dir_fd, IK_NAME_WSLC_UNDO, MAX_BYTES, &text, &len, err);

	if (r < 0)
		return r;
	r = r > 0 && !memchr(text, '\0', len);
	for (line = r > 0 ? strtok_r(text, "\r\n", &save) : NULL; r > 0 && line;
	     line = strtok_r(NULL, "\r\n", &save))
		r = take_line(&undo, number++, line);
	undo.present = r > 0 && number >= 2;
	if (!undo.present)
		ik_undo_done(&undo);
	/* Without it the key would be dropped, and with it what the user had there. */
	if (r < 0)
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, r, "reading \"%s\"",
				  IK_NAME_WSLC_UNDO);
	*ret = undo;
	return 0;
}

int ik_undo_save(int dir_fd, const struct ik_undo *undo, struct ik_err *err)
{
	struct ik_strbuf ik_autostrbuf text = {0};
	int r;

	ik_strbuf_printf(&text, "%s\r\n%s\r\n", HEADING, undo->created ? CREATED : EXISTED);
	for (int i = 0; i < IK_UNDO_WAYS; i++) {
		if (undo->way[i])
			ik_strbuf_printf(&text, "%s%s\r\n", WAY, undo->way[i]);
	}
	r = ik_strbuf_error(&text);
	if (r < 0)
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, r, "writing \"%s\"",
				  IK_NAME_WSLC_UNDO);
	return ik_afile_replace(dir_fd, IK_NAME_WSLC_UNDO, text.data, text.len, 0644, err);
}
