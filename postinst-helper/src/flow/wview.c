/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads only: the key, the file it names, the images in our folder.
 */
#include "flow/wview.h"

#include <stdio.h>
#include <string.h>

#include "codec/winpath.h"
#include "flow/lxss.h"
#include "flow/wimg.h"
#include "os/pathcase.h"

/* What the key names now, as an image. */
int ik_wview_look(const struct ik_place *own, const struct ik_wedit *edit, bool with_digest,
		  const struct ik_progress *progress, struct ik_target *ret, struct ik_err *err)
{
	struct ik_target target = {.kind = IK_KIND_MISSING};
	int r = 0;

	if (own->fd >= 0)
		r = ik_target_look(own->fd, edit->file,
				   with_digest ? IK_TARGET_DIGEST : IK_TARGET_NO_DIGEST, progress,
				   &target, err);
	if (r < 0)
		return r;
	if (target.has_digest && !ik_wimg_name_fits(edit->file, &target.whole))
		target.kind = IK_KIND_TORN;
	*ret = target;
	return 0;
}

/* A foreign key: says what can be said of the file it names. */
static void look_at_foreign(const struct ik_scene *scene, const struct ik_wedit *edit,
			    bool with_digest, const struct ik_progress *progress,
			    struct ik_report_image *out)
{
	const struct ik_drive *drive = &scene->session->drive;
	struct ik_strbuf ik_autostrbuf real = {0};
	char relative[IK_WINPATH_BYTES], letter;
	struct ik_target target;
	struct ik_err seen = {0};

	out->kind = IK_KIND_FOREIGN;
	if (ik_winpath_to_relative(edit->value, &letter, relative, NULL) < 0 ||
	    letter != drive->letter)
		return;
	if (ik_path_resolve_nocase(drive->fd, relative, &real, &seen) < 0) {
		if (seen.code == IK_E_PATH_MISSING)
			out->kind = IK_KIND_MISSING;
		return;
	}
	(void)snprintf(out->path, sizeof(out->path), "%s/%.400s", drive->path,
		       ik_strbuf_str(&real));
	if (ik_target_look(drive->fd, ik_strbuf_str(&real),
			   with_digest ? IK_TARGET_DIGEST : IK_TARGET_NO_DIGEST, progress, &target,
			   NULL) < 0)
		return;
	ik_lxss_describe(&target, out);
	out->kind = target.kind == IK_KIND_MISSING ? IK_KIND_MISSING : IK_KIND_FOREIGN;
}

/* Fills the report's target from an open edit. */
static int describe_key(const struct ik_scene *scene, const struct ik_place *own,
			const struct ik_wedit *edit, bool with_digest,
			const struct ik_progress *progress, struct ik_report *report,
			struct ik_err *err)
{
	struct ik_report_image *out = &report->target;
	struct ik_target target;
	int r;

	memset(out, 0, sizeof(*out));
	out->kind = IK_KIND_OFFICIAL;
	if (edit->owner == IK_WEDIT_NONE)
		return 0;
	(void)snprintf(out->windows_path, sizeof(out->windows_path), "%s", edit->value);
	if (edit->owner == IK_WEDIT_FOREIGN) {
		look_at_foreign(scene, edit, with_digest, progress, out);
		return 0;
	}
	(void)snprintf(out->path, sizeof(out->path), "%s/%s/%s", scene->session->drive.path,
		       own->relative, edit->file);
	r = ik_wview_look(own, edit, with_digest, progress, &target, err);
	if (r >= 0)
		ik_lxss_describe(&target, out);
	return r;
}

int ik_wview_report_target(const struct ik_scene *scene, bool with_digest,
			   const struct ik_progress *progress, struct ik_report *report,
			   struct ik_err *err)
{
	struct ik_place ik_autoplace own = {.fd = -EBADF};
	struct ik_wedit ik_autowedit edit = {0};
	bool shared;
	int r = ik_place_own(&scene->session->drive, &scene->profile, false, &shared, &own, err);

	if (r >= 0)
		r = ik_wedit_open(scene, &own, &edit, err);
	if (r < 0)
		return r;
	return describe_key(scene, &own, &edit, with_digest, progress, report, err);
}

int ik_wview_report_backups(const struct ik_scene *scene, const struct ik_progress *progress,
			    struct ik_report *report, struct ik_err *err)
{
	struct ik_place ik_autoplace own = {.fd = -EBADF};
	struct ik_wimgs ik_autowimgs images = {0};
	bool shared;
	int r = ik_place_own(&scene->session->drive, &scene->profile, false, &shared, &own, err);

	if (r > 0)
		r = ik_wimgs_load(own.fd, true, progress, &images, err);
	for (size_t i = 0; r >= 0 && i < images.count && report->backup_count < IK_REPORT_BACKUPS;
	     i++) {
		struct ik_report_backup *to = &report->backups[report->backup_count++];

		(void)snprintf(to->id, sizeof(to->id), "%.95s", images.list[i].file);
		to->good = images.list[i].good;
		to->mtime_unix_s = images.list[i].image.id.mtime.tv_sec;
		ik_lxss_describe(&images.list[i].image, &to->image);
		(void)snprintf(to->image.path, sizeof(to->image.path), "%s/%s/%s",
			       scene->session->drive.path, own.relative, images.list[i].file);
		if (ik_place_windows_file(&scene->session->drive, &own, images.list[i].file,
					  to->image.windows_path, NULL) < 0)
			to->image.windows_path[0] = '\0';
	}
	return r < 0 ? r : 0;
}
