/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In doubt a copy stays: one that is kept too long only takes up room.
 */
#include "flow/borrow.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "codec/winpath.h"
#include "codec/wslconf.h"
#include "io/afile.h"
#include "store/names.h"
#include "store/profile.h"

struct search {
	const struct ik_scene *scene;
	struct ik_borrow *found;
};

/* The last name of a path, without what Windows drops at its end. */
static void last_name(const char *path, char ret[IK_WINPATH_BYTES])
{
	size_t len = strlen(path), begin;

	while (len > 0 && strchr("\\/. ", path[len - 1]))
		len--;
	for (begin = len; begin > 0 && !strchr("\\/:", path[begin - 1]);)
		begin--;
	(void)snprintf(ret, IK_WINPATH_BYTES, "%.*s", (int)(len - begin), path + begin);
}

/*
 * The copy beside the target that a kernel= names. A path that is not plain (with "..", a share, a trailing dot) may
 * lead there by ways that cannot be told from here: then its last name counts.
 */
static bool names_copy(const struct ik_scene *scene, const char *value, char ret[IK_WINPATH_BYTES])
{
	char relative[IK_WINPATH_BYTES], letter;
	const char *dir = scene->lxss.relative;

	last_name(value, ret);
	if (strncasecmp(ret, IK_NAME_PREFIX, strlen(IK_NAME_PREFIX)) != 0 ||
	    strlen(ret) >= IK_BACKUP_NAME_BYTES)
		return false;
	if (ik_winpath_to_relative(value, &letter, relative, NULL) < 0)
		return true;
	return letter == scene->session->drive.letter &&
	       strlen(relative) == strlen(dir) + 1 + strlen(ret) &&
	       strncasecmp(relative, dir, strlen(dir)) == 0;
}

static void enter(struct ik_borrow *found, const char *file, const struct ik_place *profile)
{
	unsigned i = found->count;

	if (i >= IK_BORROW_MAX) {
		found->unseen = true;
		return;
	}
	(void)snprintf(found->list[i].file, sizeof(found->list[i].file), "%.*s",
		       IK_BACKUP_NAME_BYTES - 1, file);
	(void)snprintf(found->list[i].in, sizeof(found->list[i].in), "%s", profile->relative);
	found->count++;
}

/* One that cannot be read, or is a link, may name anything. */
static void unseen(struct ik_borrow *found, const struct ik_place *profile)
{
	found->unseen = true;
	(void)snprintf(found->unseen_in, sizeof(found->unseen_in), "%s", profile->relative);
}

static int look_at(void *ctx, const struct ik_place *profile)
{
	struct search *search = ctx;
	struct ik_wslconf *conf = NULL;
	struct ik_wslconf_value value;
	char file[IK_WINPATH_BYTES];
	ik_autofree char *bytes = NULL;
	size_t len = 0;
	int r = -EACCES;

	if (profile->fd >= 0)
		r = ik_afile_read(profile->fd, IK_NAME_WSLCONFIG, IK_WSLCONF_MAX_BYTES, &bytes,
				  &len, NULL);
	if (r > 0)
		r = ik_wslconf_parse(bytes, len, &conf, NULL);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		unseen(search->found, profile);
	if (!conf)
		return 0;
	ik_wslconf_get(conf, "wsl2", "kernel", &value);
	if (value.present && names_copy(search->scene, value.text, file))
		enter(search->found, file, profile);
	ik_wslconf_free(conf);
	return 0;
}

int ik_borrow_look(const struct ik_scene *scene, struct ik_borrow *ret, struct ik_err *err)
{
	struct search search = {.scene = scene, .found = ret};
	int r = 0;

	*ret = (struct ik_borrow){0};
	if (scene->has_profile) /* it need not lie in Users */
		r = look_at(&search, &scene->profile);
	if (r < 0)
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, ENOMEM, "reading .wslconfig");
	return ik_profile_each(&scene->session->drive, look_at, &search, err);
}

bool ik_borrow_names(const struct ik_borrow *borrow, const struct ik_scene *scene, const char *file,
		     struct ik_report *report)
{
	const char *in = NULL;

	for (unsigned i = 0; i < borrow->count && !in; i++) {
		if (strcasecmp(borrow->list[i].file, file) == 0)
			in = borrow->list[i].in;
	}
	if (in && ik_path_exists(scene->lxss.fd, file, NULL) != 0)
		ik_report_note(report,
			       "\"%.70s\" stays: WSL starts from it; take the line kernel= out of "
			       "\"%.120s/%s\"; the next run takes it away",
			       file, in, IK_NAME_WSLCONFIG);
	return in;
}

bool ik_borrow_keeps(const struct ik_borrow *borrow, const struct ik_scene *scene, const char *file,
		     struct ik_report *report)
{
	size_t len = strlen(file), end = strlen(IK_NAME_SUFFIX);
	bool is_image = len > end && strcmp(file + len - end, IK_NAME_SUFFIX) == 0;

	if (ik_borrow_names(borrow, scene, file, report))
		return true;
	if (!borrow->unseen || !is_image)
		return false;
	if (ik_path_exists(scene->lxss.fd, file, NULL) != 0)
		ik_report_note(
			report,
			"\"%.70s\" stays: whether kernel= in \"%.120s/%s\" names it could not "
			"be read; remove again as administrator",
			file, borrow->unseen_in, IK_NAME_WSLCONFIG);
	return true;
}
