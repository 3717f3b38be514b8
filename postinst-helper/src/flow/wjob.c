/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One place opens and closes what a change needs, so that no path forgets the lock.
 */
#include "flow/wjob.h"

#include "flow/wedit.h"
#include "flow/wmodules.h"
#include "store/names.h"

#define EDIT_ROUNDS 3

void ik_wjob_close(struct ik_wjob *w)
{
	ik_dlock_release(&w->lock);
	ik_place_close(&w->own);
}

static int tick(void *ctx, const char *what, uint64_t done, uint64_t total)
{
	struct ik_wjob *w = ctx;

	ik_ignore(ik_dlock_beat(&w->lock));
	return ik_progress_tick(&w->job->progress, what, done, total);
}

/* 1 = our folder is there (or was made), and locked. */
int ik_wjob_open(struct ik_wjob *w, const struct ik_scene *scene, struct ik_job *job,
		 struct ik_report *report, bool create, struct ik_err *err)
{
	int r;

	*w = (struct ik_wjob){.scene = scene, .job = job, .report = report, .own = {.fd = -EBADF}};
	w->progress = (struct ik_progress){.tick = tick, .ctx = w};
	r = ik_place_own(&scene->session->drive, &scene->profile, create, &w->shared, &w->own, err);
	if (r <= 0)
		return r;
	r = ik_dlock_take(w->own.fd, job->domain ? job->domain : "",
			  job->source ? &job->source->sealed.digest : NULL, &w->lock, err);
	return r < 0 ? r : 1;
}

/* What could not be given back is told at least: nothing else knows it any more. */
static void tell_of_loss(const struct ik_wedit *edit, struct ik_report *report)
{
	if (edit->lost[0])
		ik_report_note(
			report,
			"your own former kernel=%.190s could not be put back into .wslconfig; "
			"set it again by hand",
			edit->lost);
}

/* WSL does not start with kernel modules and no kernel. */
static int refuse_modules(const struct ik_wjob *w, unsigned line, struct ik_err *err)
{
	const char *windows = w->scene->profile.windows; /* "" when it cannot be said */
	int r = ik_err_set(
		err, IK_E_WSLCONF_CHANGED, 0,
		"line %u of \"%.200s%s%s\" names kernelModules=, with which WSL does not start "
		"without a kernel=; left alone",
		line, windows, windows[0] ? "\\" : "", IK_NAME_WSLCONFIG);
	ik_err_hint(err, "put a \"#\" before that line, then run the command again");
	return r;
}

static void tell_of_modules(unsigned line, struct ik_report *report)
{
	if (line)
		ik_report_note(
			report,
			"kernelModules= in line %u of .wslconfig is commented out: without a "
			"kernel= WSL would not start with it",
			line);
}

/* Takes the key back in memory, and kernelModules= with it. ret_line: where that was commented out; 0 = nowhere */
static int unset(const struct ik_wjob *w, struct ik_wedit *edit, unsigned *ret_line,
		 struct ik_err *err)
{
	struct ik_wslconf_value modules;
	unsigned before; /* ours may have stood above it */
	int r;

	ik_wslconf_get(edit->conf, "wsl2", "kernelModules", &modules);
	before = modules.line;
	r = ik_wedit_unset(edit, err);
	if (r <= 0)
		return r;
	*ret_line = ik_wmodules_alone(edit->conf);
	return *ret_line && !w->leaves ? refuse_modules(w, before, err) :
					 ik_wmodules_comment(edit->conf, err);
}

/* Sets or (file NULL) takes back the key; starts over when somebody else edits meanwhile. */
int ik_wjob_change_key(struct ik_wjob *w, const char *file, struct ik_err *err)
{
	char path[IK_WINPATH_BYTES];
	int r = 0;

	if (file)
		r = ik_place_windows_file(&w->scene->session->drive, &w->own, file, path, err);
	for (int i = 0; r >= 0 && i < EDIT_ROUNDS; i++) {
		struct ik_wedit ik_autowedit edit = {0};
		unsigned line = 0;

		r = ik_wedit_open(w->scene, &w->own, &edit, err);
		if (r >= 0)
			r = file ? ik_wedit_set(&edit, path, err) : unset(w, &edit, &line, err);
		if (r >= 0)
			r = ik_wedit_commit(&edit, err);
		if (r > 0) {
			tell_of_loss(&edit, w->report);
			tell_of_modules(line, w->report);
			return 0;
		}
	}
	if (r < 0)
		return r;
	r = ik_err_set(err, IK_E_FILE_CHANGED, EBUSY, "\"%s\" is being edited by somebody else",
		       IK_NAME_WSLCONFIG);
	ik_err_hint(err, "close the editor (or WSL Settings), then run the command again");
	return r;
}
