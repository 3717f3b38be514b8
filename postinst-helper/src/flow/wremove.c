/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The key first, then what it named; the folder only when nothing else is in it.
 */
#include "flow/wremove.h"

#include <stdio.h>
#include <string.h>

#include "flow/wedit.h"
#include "flow/wimg.h"
#include "flow/wjob.h"
#include "flow/wview.h"
#include "io/probe.h"
#include "os/sys.h"
#include "store/names.h"
#include "store/sweep.h"

/* After the key is theirs again: does it name a file that is there? */
static void warn_of_foreign(const struct ik_scene *scene, struct ik_report *report)
{
	if (ik_wview_report_target(scene, false, NULL, report, NULL) < 0)
		return;
	if (report->target.kind == IK_KIND_MISSING)
		ik_report_note(
			report,
			"kernel= in .wslconfig names \"%.120s\" again, which does not exist: WSL "
			"will not start until that line is corrected or removed",
			report->target.windows_path);
}

/* Looked at again before any image goes: one that the line in force names is what WSL starts from. */
static int check_key_is_gone(const struct ik_wjob *w, struct ik_err *err)
{
	struct ik_wedit ik_autowedit edit = {0};
	int r = ik_wedit_open(w->scene, &w->own, &edit, err);

	if (r < 0 || edit.owner != IK_WEDIT_OURS)
		return r;
	r = ik_err_set(err, IK_E_FILE_CHANGED, EBUSY,
		       "kernel= in .wslconfig names our image again: \"%.100s\"", edit.file);
	ik_err_hint(err, "close the editor that has .wslconfig open, then run `immensity-kernel "
			 "remove` again");
	return r;
}

static int sweep(struct ik_wjob *w, struct ik_err *err)
{
	static const char *const names[] = {IK_NAME_TEMP, IK_PROBE_NAME_A, IK_PROBE_NAME_B,
					    IK_NAME_HISTORY};
	struct ik_wimgs ik_autowimgs images = {0};
	const char *none[] = {NULL};
	int r = ik_wimgs_load(w->own.fd, false, NULL, &images, err);

	if (r < 0)
		return r;
	if (w->shared) {
		ik_report_note(w->report,
			       "images stay in \"%.120s\": other Windows users may use them",
			       w->own.windows);
		return 0;
	}
	ik_wimgs_prune(w->own.fd, &images, 0, none, NULL);
	ik_sweep_broken_locks(w->own.fd);
	return ik_sweep(w->own.fd, names, IK_ARRAY_SIZE(names), err);
}

/* Removes our folder, from its parent, if nothing is left in it. */
static void remove_folder(const struct ik_scene *scene, const struct ik_place *own)
{
	char parent[IK_PLACE_BYTES];
	ik_autoclose int fd = -EBADF;
	char *slash;

	(void)snprintf(parent, sizeof(parent), "%s", own->relative);
	slash = strrchr(parent, '/');
	if (!slash)
		return;
	*slash = '\0';
	if (ik_path_open_dir(scene->session->drive.fd, parent, &fd, NULL) >= 0)
		ik_ignore(ik_sys_rmdir(fd, slash + 1)); /* somebody's file in it keeps it */
}

static bool has_files(const struct ik_scene *scene)
{
	return ik_path_exists(scene->profile.fd, IK_NAME_WSLC_UNDO, NULL) > 0 ||
	       ik_path_exists(scene->profile.fd, IK_NAME_WSLC_PREV, NULL) > 0;
}

int ik_wremove_has_traces(const struct ik_scene *scene, struct ik_err *err)
{
	struct ik_place ik_autoplace own = {.fd = -EBADF};
	struct ik_wedit ik_autowedit edit = {0};
	bool shared;
	int r;

	if (has_files(scene))
		return 1;
	r = ik_place_own(&scene->session->drive, &scene->profile, false, &shared, &own, NULL);
	if (r > 0 && !shared) /* a shared one may be another user's */
		return 1;
	if (r >= 0)
		r = ik_wedit_open(scene, &own, &edit, NULL);
	if (r == -ENOMEM)
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, ENOMEM, "looking for our files");
	return r >= 0 && edit.owner == IK_WEDIT_OURS;
}

/* What may be behind a link is not looked at; `target=lxss`, as an install is told, would not help here. */
static int explain(struct ik_err *err, int r)
{
	if (r < 0 && err && err->code == IK_E_PATH_SYMLINK)
		ik_err_hint(err, "our kernel= may stand in it: make it a plain file, then run "
				 "`immensity-kernel remove` again");
	return r;
}

int ik_wremove(const struct ik_scene *scene, struct ik_job *job, struct ik_report *report,
	       struct ik_err *err)
{
	struct ik_wjob ik_autowjob w = {.own = {.fd = -EBADF}};
	struct ik_wedit ik_autowedit edit = {0};
	bool was_ours;
	int r = ik_wjob_open(&w, scene, job, report, false, err);
	bool has_folder = r > 0;

	if (r >= 0)
		r = ik_wedit_open(scene, &w.own, &edit, err);
	if (r < 0)
		return explain(err, r);
	was_ours = edit.owner == IK_WEDIT_OURS;
	w.leaves = true;
	if (!was_ours && !has_folder && !has_files(scene))
		return 0;
	r = was_ours ? ik_wjob_change_key(&w, NULL, err) : 0;
	if (r >= 0 && was_ours)
		warn_of_foreign(scene, report);
	if (r >= 0)
		r = check_key_is_gone(&w, err);
	if (r >= 0 && has_folder)
		r = sweep(&w, err);
	if (r >= 0)
		r = ik_wedit_forget(&scene->profile, err);
	if (r < 0)
		return r;
	ik_dlock_release(&w.lock);
	if (has_folder && !w.shared)
		remove_folder(scene, &w.own);
	return 1;
}
