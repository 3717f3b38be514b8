/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The syntax is codec/wslconf's; here is only when what is saved, and that nobody's change is lost.
 */
#include "flow/wedit.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "codec/winpath.h"
#include "flow/wback.h"
#include "io/afile.h"
#include "store/names.h"
#include "store/sweep.h"

/* More lines of ours than anybody pastes by accident. */
#define OWN_LINES_MAX 64

void ik_wedit_close(struct ik_wedit *edit)
{
	if (!edit)
		return;
	edit->conf = ik_wslconf_free(edit->conf);
	ik_undo_done(&edit->undo);
	free(edit->bytes);
	free(edit->new_way);
	edit->bytes = edit->new_way = NULL;
}

bool ik_wedit_own_file(const struct ik_place *own, char letter, const char *windows_path,
		       char ret_file[128])
{
	char relative[IK_WINPATH_BYTES], drive;
	size_t len = strlen(own->relative);

	if (ik_winpath_to_relative(windows_path, &drive, relative, NULL) < 0 || drive != letter)
		return false;
	if (strncasecmp(relative, own->relative, len) != 0 || relative[len] != '/' ||
	    strchr(relative + len + 1, '/') ||
	    strncasecmp(relative + len + 1, IK_NAME_KERNEL, strlen(IK_NAME_KERNEL)) != 0)
		return false;
	return snprintf(ret_file, 128, "%s", relative + len + 1) < 128;
}

static void read_owner(struct ik_wedit *edit)
{
	struct ik_wslconf_value value;

	ik_wslconf_get(edit->conf, IK_WBACK_SECTION, IK_WBACK_KEY, &value);
	edit->owner = IK_WEDIT_NONE;
	edit->value[0] = edit->file[0] = '\0';
	if (!value.present || !value.text[0])
		return;
	(void)snprintf(edit->value, sizeof(edit->value), "%s", value.text);
	edit->owner = ik_wedit_own_file(edit->own, edit->letter, value.text, edit->file) ?
			      IK_WEDIT_OURS :
			      IK_WEDIT_FOREIGN;
}

static int explain(struct ik_err *err, const struct ik_err *seen, int r)
{
	if (!err)
		return r;
	*err = *seen;
	ik_err_prefix(err, "the Windows user's .wslconfig");
	if (seen->code == IK_E_PATH_SYMLINK)
		ik_err_hint(err,
			    "it is a link (a dotfile manager's?), and replacing it would cut it "
			    "off: make it a plain file, or use `target=lxss`");
	return r;
}

static int load_text(struct ik_wedit *edit, struct ik_err *err)
{
	struct ik_err seen = {0};
	struct ik_file_id id;
	int r = ik_afile_read(edit->profile->fd, IK_NAME_WSLCONFIG, IK_WSLCONF_MAX_BYTES,
			      &edit->bytes, &edit->len, &seen);

	if (r < 0)
		return explain(err, &seen, r);
	edit->existed = r > 0;
	edit->mode = 0644;
	if (edit->existed && ik_path_identify(edit->profile->fd, IK_NAME_WSLCONFIG, &id, NULL) >= 0)
		edit->mode = id.mode & 0777;
	r = ik_wslconf_parse(edit->bytes, edit->len, &edit->conf, &seen);
	if (r < 0)
		return explain(err, &seen, r);
	return 0;
}

int ik_wedit_open(const struct ik_scene *scene, const struct ik_place *own, struct ik_wedit *ret,
		  struct ik_err *err)
{
	int r;

	*ret = (struct ik_wedit){
		.profile = &scene->profile,
		.own = own,
		.letter = scene->session->drive.letter,
		.used_way = -1,
	};
	r = load_text(ret, err);
	if (r >= 0)
		r = ik_undo_load(scene->profile.fd, &ret->undo, err);
	if (r < 0)
		return r;
	read_owner(ret);
	return 0;
}

/*
 * Takes our key back in memory, until the line that counts is not ours: WSL ignores a second line, such as one of a
 * block that was pasted twice, until the first one goes. After as many lines as there are ways, any further one is
 * only a copy, and is dropped.
 */
static int take_back(struct ik_wedit *edit, struct ik_err *err)
{
	static const struct ik_undo none;
	struct ik_wback back;
	int r;

	for (int i = 0; i < OWN_LINES_MAX && edit->owner == IK_WEDIT_OURS; i++) {
		r = ik_wback_take(&edit->conf, i < IK_UNDO_WAYS ? &edit->undo : &none, &back, err);
		if (r < 0)
			return r;
		if (i == 0)
			edit->used_way = back.way;
		if (back.lost[0])
			(void)snprintf(edit->lost, sizeof(edit->lost), "%s", back.lost);
		read_owner(edit);
	}
	if (edit->owner != IK_WEDIT_OURS)
		return 0;
	r = ik_err_set(err, IK_E_WSLCONF_CHANGED, 0,
		       ".wslconfig has more than %d lines kernel= of ours", OWN_LINES_MAX);
	ik_err_hint(err, "remove all of them but the first, then run the command again");
	return r;
}

int ik_wedit_set(struct ik_wedit *edit, const char *windows_path, struct ik_err *err)
{
	bool was_ours = edit->owner == IK_WEDIT_OURS;
	int r = was_ours ? take_back(edit, err) : 0;

	if (r >= 0)
		r = ik_wslconf_set(edit->conf, IK_WBACK_SECTION, IK_WBACK_KEY, windows_path,
				   &edit->new_way, err);
	if (r < 0)
		return r;
	edit->new_created = was_ours && edit->undo.present ? edit->undo.created : !edit->existed;
	edit->changed = true;
	read_owner(edit);
	return 0;
}

int ik_wedit_unset(struct ik_wedit *edit, struct ik_err *err)
{
	int r;

	if (edit->owner != IK_WEDIT_OURS)
		return 0;
	r = take_back(edit, err);
	if (r < 0)
		return r;
	edit->changed = true;
	read_owner(edit);
	return 1;
}

/* Has the file still the bytes that we read? 1 = yes. */
static int is_unchanged(const struct ik_wedit *edit, struct ik_err *err)
{
	ik_autofree char *now = NULL;
	size_t len = 0;
	int r = ik_afile_read(edit->profile->fd, IK_NAME_WSLCONFIG, IK_WSLCONF_MAX_BYTES, &now,
			      &len, err);

	if (r < 0)
		return r;
	if ((r > 0) != edit->existed)
		return 0;
	return r == 0 || (len == edit->len && memcmp(now, edit->bytes, len) == 0);
}

/*
 * Before the change: the coming way, and the one that led from the text now in the file to the user's own. So
 * whichever of the two texts a crash leaves, or an editor that had the file open brings back, can be taken back. A way
 * that fitted neither is of no use: kept in its place, it would push the other one out when the next try fails, too.
 */
static int save_ways(struct ik_wedit *edit, struct ik_err *err)
{
	struct ik_undo undo = {.present = true, .created = edit->new_created};
	int used = edit->used_way;

	/* The same image set again: the new way is the used one, and there is room for the one before. */
	if (used >= 0 && strcmp(edit->undo.way[used], edit->new_way) == 0)
		used = IK_UNDO_WAYS - 1 - used;
	undo.way[0] = edit->new_way;
	undo.way[1] = used >= 0 ? edit->undo.way[used] : NULL;
	return ik_undo_save(edit->profile->fd, &undo, err);
}

static bool is_blank(const uint8_t *bytes, size_t len)
{
	size_t i = 0;

	if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
		i = 3;
	for (; i < len; i++) {
		if (!strchr(" \t\r\n", bytes[i]) || bytes[i] == '\0')
			return false;
	}
	return true;
}

static int write_text(struct ik_wedit *edit, struct ik_err *err)
{
	size_t len = 0;
	const uint8_t *bytes = ik_wslconf_bytes(edit->conf, &len);

	if (!edit->new_way && edit->undo.created && is_blank(bytes, len))
		return ik_afile_remove(edit->profile->fd, IK_NAME_WSLCONFIG, err);
	return ik_afile_replace(edit->profile->fd, IK_NAME_WSLCONFIG, bytes, len, edit->mode, err);
}

int ik_wedit_commit(struct ik_wedit *edit, struct ik_err *err)
{
	int r;

	if (!edit->changed)
		return 1;
	r = edit->new_way ? save_ways(edit, err) : 0;
	if (r >= 0 && edit->existed)
		r = ik_afile_replace(edit->profile->fd, IK_NAME_WSLC_PREV, edit->bytes, edit->len,
				     edit->mode, err);
	if (r >= 0)
		r = is_unchanged(edit, err);
	if (r <= 0)
		return r;
	r = write_text(edit, err);
	if (r < 0)
		return r;
	edit->changed = false;
	if (!edit->new_way)
		ik_ignore(ik_afile_remove(edit->profile->fd, IK_NAME_WSLC_UNDO, NULL));
	return 1;
}

int ik_wedit_forget(const struct ik_place *profile, struct ik_err *err)
{
	static const char *const names[] = {IK_NAME_WSLC_UNDO, IK_NAME_WSLC_PREV};

	ik_ignore(ik_afile_remove(profile->fd, IK_NAME_WSLCONFIG IK_AFILE_TEMP, NULL)); /* ours */
	return ik_sweep(profile->fd, names, IK_ARRAY_SIZE(names), err);
}
