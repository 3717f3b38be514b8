/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Data first, pointer last: the image is whole and proved before .wslconfig names it, and it goes away
 * only when nothing names it any more.
 */
#include "flow/wcfg.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "flow/lxss.h"
#include "flow/wedit.h"
#include "flow/wimg.h"
#include "io/afile.h"
#include "io/probe.h"
#include "io/stage.h"
#include "os/sys.h"
#include "store/history.h"
#include "store/names.h"
#include "store/sweep.h"

#define KEEP_MIN    2
#define EDIT_ROUNDS 3

/* A change in this mode under way. */
struct wcfg {
	const struct ik_scene *scene;
	struct ik_job *job;
	struct ik_report *report;
	struct ik_place own;
	bool shared; /* the folder is everybody's: nothing is removed from it */
	struct ik_dlock lock;
	struct ik_progress progress;
};

static void wcfg_close(struct wcfg *w)
{
	ik_dlock_release(&w->lock);
	ik_place_close(&w->own);
}

static int tick(void *ctx, const char *what, uint64_t done, uint64_t total)
{
	struct wcfg *w = ctx;

	ik_dlock_beat(&w->lock);
	return ik_progress_tick(&w->job->progress, what, done, total);
}

/* 1 = our folder is there (or was made), and locked. */
static int wcfg_open(struct wcfg *w, const struct ik_scene *scene, struct ik_job *job,
		     struct ik_report *report, bool create, struct ik_err *err)
{
	int r;

	*w = (struct wcfg){.scene = scene, .job = job, .report = report, .own = {.fd = -EBADF}};
	w->progress = (struct ik_progress){.tick = tick, .ctx = w};
	r = ik_place_own(&scene->session->drive, &scene->profile, create, &w->shared, &w->own, err);
	if (r <= 0)
		return r;
	r = ik_dlock_take(w->own.fd, job->domain ? job->domain : "",
			  job->source ? &job->source->sealed.digest : NULL, &w->lock, err);
	return r < 0 ? r : 1;
}

/* What the key names now, as an image. */
static int look_at_key(const struct ik_scene *scene, const struct ik_place *own,
		       const struct ik_wedit *edit, bool with_digest,
		       const struct ik_progress *progress, struct ik_target *ret,
		       struct ik_err *err)
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
	(void)scene;
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

	out->kind = IK_KIND_FOREIGN;
	if (ik_winpath_to_relative(edit->value, &letter, relative, NULL) < 0 ||
	    letter != drive->letter)
		return;
	if (ik_path_resolve_nocase(drive->fd, relative, &real, NULL) < 0) {
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
	r = look_at_key(scene, own, edit, with_digest, progress, &target, err);
	if (r >= 0)
		ik_lxss_describe(&target, out);
	return r;
}

int ik_wcfg_report_target(const struct ik_scene *scene, bool with_digest,
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

int ik_wcfg_report_backups(const struct ik_scene *scene, const struct ik_progress *progress,
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

/* The rules of replacing, for what the key names. 1 = the key names this very image already. */
static int judge(const struct ik_scene *scene, const struct ik_job *job, const struct ik_place *own,
		 const struct ik_wedit *edit, struct ik_report *report, struct ik_err *err)
{
	const struct ik_conf *conf = &scene->session->conf;
	struct ik_target now = {.kind = IK_KIND_FOREIGN};
	struct ik_plan_replace_facts facts = {
		.current_release = now.image.release,
		.wanted_release = job->source->image.release,
		.allow_downgrade = conf->allow_downgrade,
		.replace_foreign = conf->replace_foreign,
	};
	enum ik_verdict verdict;
	int r = 0;

	if (edit->owner == IK_WEDIT_NONE)
		return 0;
	if (edit->owner == IK_WEDIT_OURS)
		r = look_at_key(scene, own, edit, true, &job->progress, &now, err);
	if (r < 0)
		return r;
	/* A key of ours that names nothing good is repaired, whatever the version. */
	if (edit->owner == IK_WEDIT_OURS && now.kind != IK_KIND_OURS)
		return 0;
	facts.current = now.kind;
	facts.same_digest =
		now.has_digest && ik_digest_is_equal(&now.whole, &job->source->sealed.digest);
	verdict = ik_plan_replace(&facts);
	if (verdict == IK_VERDICT_NEWER)
		report->action = IK_ACTION_NEWER;
	r = ik_plan_verdict_error(verdict, &facts, edit->value, err);
	if (r < 0 && verdict == IK_VERDICT_FOREIGN) {
		r = ik_err_set(err, IK_E_WSLCONF_FOREIGN_KERNEL, 0,
			       ".wslconfig names another kernel (%s); left alone", edit->value);
		ik_err_hint(err, "to replace it (it comes back on removal), use `immensity-kernel "
				 "--force install`, or set `replace_foreign=yes`");
	}
	return r < 0 ? r : verdict == IK_VERDICT_SAME;
}

static int check_space(const struct wcfg *w, uint64_t size_bytes, struct ik_err *err)
{
	uint64_t need = ik_plan_space(0, size_bytes, false) - size_bytes;
	uint64_t have = 0;
	int r = ik_sys_free_bytes(w->own.fd, &have);

	if (r < 0 || have >= need)
		return 0;
	r = ik_err_set(err, IK_E_SPACE_LOW, ENOSPC,
		       "the drive has %llu MiB free, %llu MiB are needed",
		       (unsigned long long)(have >> 20), (unsigned long long)(need >> 20) + 1);
	ik_err_hint(err,
		    "free some space on the Windows drive, then run `immensity-kernel install`");
	return r;
}

/* Puts the image under its own name, unless it is there already and good. */
static int put_image(struct wcfg *w, const char *file, struct ik_err *err)
{
	const struct ik_source *source = w->job->source;
	struct ik_stage stage = {
		.from_fd = source->sealed.fd,
		.size_bytes = source->sealed.size_bytes,
		.digest = source->sealed.digest,
		.dir_fd = w->own.fd,
		.temp = IK_NAME_TEMP,
		.name = file,
		.what = "copying",
	};
	int r;

	if (ik_reread_expect(w->own.fd, file, source->sealed.size_bytes, &source->sealed.digest,
			     &w->progress, NULL) >= 0)
		return 0;
	r = check_space(w, source->sealed.size_bytes, err);
	if (r >= 0)
		r = ik_probe_server(w->own.fd, err);
	return r < 0 ? r : ik_stage_copy(&stage, &w->progress, err);
}

/* Sets or (file NULL) takes back the key; starts over when somebody else edits meanwhile. */
static int change_key(struct wcfg *w, const char *file, struct ik_err *err)
{
	char path[IK_WINPATH_BYTES];
	int r = 0;

	if (file)
		r = ik_place_windows_file(&w->scene->session->drive, &w->own, file, path, err);
	for (int i = 0; r >= 0 && i < EDIT_ROUNDS; i++) {
		struct ik_wedit ik_autowedit edit = {0};

		r = ik_wedit_open(w->scene, &w->own, &edit, err);
		if (r >= 0)
			r = file ? ik_wedit_set(&edit, path, err) : ik_wedit_unset(&edit, err);
		if (r >= 0)
			r = ik_wedit_commit(&edit, err);
		if (r > 0)
			return 0;
	}
	if (r < 0)
		return r;
	r = ik_err_set(err, IK_E_FILE_CHANGED, EBUSY, "\"%s\" is being edited by somebody else",
		       IK_NAME_WSLCONFIG);
	ik_err_hint(err, "close the editor (or WSL Settings), then run the command again");
	return r;
}

/* The image that the saved former .wslconfig names; "" when it is none of ours. */
static void former_file(const struct wcfg *w, char ret_file[IK_WIMG_NAME_BYTES])
{
	struct ik_wslconf *conf = NULL;
	struct ik_wslconf_value value;
	ik_autofree char *bytes = NULL;
	size_t len = 0;

	ret_file[0] = '\0';
	if (ik_afile_read(w->scene->profile.fd, IK_NAME_WSLC_PREV, IK_WSLCONF_MAX_BYTES, &bytes,
			  &len, NULL) <= 0 ||
	    ik_wslconf_parse(bytes, len, &conf, NULL) < 0)
		return;
	ik_wslconf_get(conf, "wsl2", "kernel", &value);
	if (!value.present ||
	    !ik_wedit_own_file(&w->own, w->scene->session->drive.letter, value.text, ret_file))
		ret_file[0] = '\0';
	ik_wslconf_free(conf);
}

static void prune(struct wcfg *w, const char *current)
{
	struct ik_wimgs ik_autowimgs images = {0};
	char former[IK_WIMG_NAME_BYTES];
	const char *named[] = {current, former, NULL};
	const struct ik_session *session = w->scene->session;
	size_t keep = IK_MAX((size_t)KEEP_MIN, (size_t)session->conf.keep_backups);

	if (w->shared || ik_wimgs_load(w->own.fd, false, NULL, &images, NULL) < 0)
		return;
	former_file(w, former);
	ik_wimgs_prune(w->own.fd, &images, keep, named, session->env.release);
}

/* The edit as it is now, and the rules; used before and again under the lock. */
static int look_and_judge(const struct ik_scene *scene, struct ik_job *job,
			  const struct ik_place *own, struct ik_report *report, struct ik_err *err)
{
	struct ik_wedit ik_autowedit edit = {0};
	int r = ik_wedit_open(scene, own, &edit, err);

	return r < 0 ? r : judge(scene, job, own, &edit, report, err);
}

/* Before anything is created: is there a refusal? */
static int judge_early(const struct ik_scene *scene, struct ik_job *job, struct ik_report *report,
		       struct ik_err *err)
{
	struct ik_place ik_autoplace own = {.fd = -EBADF};
	bool shared;
	int r = ik_place_own(&scene->session->drive, &scene->profile, false, &shared, &own, err);

	return r < 0 ? r : look_and_judge(scene, job, &own, report, err);
}

static int install_locked(struct wcfg *w, struct ik_err *err)
{
	const struct ik_source *source = w->job->source;
	char file[IK_WIMG_NAME_BYTES];
	int r = look_and_judge(w->scene, w->job, &w->own, w->report, err);

	if (r != 0) {
		if (r > 0)
			w->report->action = IK_ACTION_UNCHANGED;
		return r < 0 ? r : 0;
	}
	ik_wimg_name(source->version, &source->sealed.digest, file);
	r = put_image(w, file, err);
	if (r >= 0)
		r = change_key(w, file, err);
	if (r < 0)
		return r;
	w->report->action = IK_ACTION_INSTALLED;
	ik_history_drive(w->own.fd, "installed %s as %s", source->image.release, file);
	prune(w, file);
	return 0;
}

int ik_wcfg_install_job(struct ik_job *job, struct ik_report *report, struct ik_err *err)
{
	struct ik_scene ik_autoscene scene = {.lxss = {.fd = -EBADF}, .profile = {.fd = -EBADF}};
	struct wcfg IK_CLEANUP(wcfg_close) w = {.own = {.fd = -EBADF}};
	struct ik_err late = {0};
	int r = ik_scene_open(job->session, &scene, err);

	if (r >= 0)
		r = ik_scene_need_mode(&scene, err);
	if (r < 0)
		return r;
	report->mode = scene.mode;
	r = judge_early(&scene, job, report, err);
	if (r > 0)
		report->action = IK_ACTION_UNCHANGED;
	if (r == 0) {
		r = wcfg_open(&w, &scene, job, report, true, err);
		if (r >= 0)
			r = install_locked(&w, err);
	}
	if (ik_wcfg_report_target(&scene, true, NULL, report, &late) < 0)
		ik_report_note(report, "%s", late.message);
	return r < 0 ? r : 0;
}

/* Finds the image that the user named; "" stands for taking the key back. */
static int select_image(struct wcfg *w, const char *name, char ret_file[IK_WIMG_NAME_BYTES],
			struct ik_err *err)
{
	struct ik_wimgs ik_autowimgs images = {0};
	char former[IK_WIMG_NAME_BYTES];
	const struct ik_wimg *found = NULL;
	int r;

	ret_file[0] = '\0';
	if (strcmp(name, "official") == 0 || strcmp(name, "first") == 0)
		return 0;
	r = ik_wimgs_load(w->own.fd, true, &w->progress, &images, err);
	if (r < 0)
		return r;
	former_file(w, former);
	for (size_t i = 0; i < images.count && !found; i++) {
		const char *file = images.list[i].file;

		if (strcmp(name, "previous") == 0 ? former[0] && strcasecmp(file, former) == 0 :
						    strncasecmp(file, name, strlen(name)) == 0)
			found = &images.list[i];
	}
	if (!found || !found->good) {
		r = ik_err_set(err, found ? IK_E_BACKUP_BAD : IK_E_BACKUP_MISSING, ENOENT,
			       "image \"%s\" %s", name, found ? "is damaged" : "does not exist");
		ik_err_hint(err, "`immensity-kernel backups` lists what can be restored");
		return r;
	}
	(void)snprintf(ret_file, IK_WIMG_NAME_BYTES, "%s", found->file);
	return 0;
}

int ik_wcfg_restore_job(struct ik_job *job, struct ik_report *report, struct ik_err *err)
{
	struct ik_scene ik_autoscene scene = {.lxss = {.fd = -EBADF}, .profile = {.fd = -EBADF}};
	struct wcfg IK_CLEANUP(wcfg_close) w = {.own = {.fd = -EBADF}};
	char file[IK_WIMG_NAME_BYTES];
	struct ik_err late = {0};
	int r = ik_scene_open(job->session, &scene, err);

	if (r >= 0)
		r = ik_scene_need_mode(&scene, err);
	if (r < 0)
		return r;
	report->mode = scene.mode;
	r = wcfg_open(&w, &scene, job, report, true, err);
	if (r >= 0)
		r = select_image(&w, job->backup, file, err);
	if (r >= 0)
		r = change_key(&w, file[0] ? file : NULL, err);
	if (r >= 0) {
		report->action = IK_ACTION_RESTORED;
		ik_history_drive(w.own.fd, "restored %s", file[0] ? file : "the official kernel");
	}
	if (ik_wcfg_report_target(&scene, true, NULL, report, &late) < 0)
		ik_report_note(report, "%s", late.message);
	return r;
}

/* After the key is theirs again: does it name a file that is there? */
static void warn_of_foreign(const struct ik_scene *scene, struct ik_report *report)
{
	if (ik_wcfg_report_target(scene, false, NULL, report, NULL) < 0)
		return;
	if (report->target.kind == IK_KIND_MISSING)
		ik_report_note(
			report,
			"kernel= in .wslconfig names \"%.120s\" again, which does not exist: WSL "
			"will not start until that line is corrected or removed",
			report->target.windows_path);
}

static int sweep(struct wcfg *w, struct ik_err *err)
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

static bool has_traces(const struct ik_scene *scene)
{
	return ik_path_exists(scene->profile.fd, IK_NAME_WSLC_UNDO, NULL) > 0 ||
	       ik_path_exists(scene->profile.fd, IK_NAME_WSLC_PREV, NULL) > 0;
}

int ik_wcfg_remove(const struct ik_scene *scene, struct ik_job *job, struct ik_report *report,
		   struct ik_err *err)
{
	struct wcfg IK_CLEANUP(wcfg_close) w = {.own = {.fd = -EBADF}};
	struct ik_wedit ik_autowedit edit = {0};
	bool was_ours;
	int r = wcfg_open(&w, scene, job, report, false, err);
	bool has_folder = r > 0;

	if (r >= 0)
		r = ik_wedit_open(scene, &w.own, &edit, err);
	if (r < 0)
		return r;
	was_ours = edit.owner == IK_WEDIT_OURS;
	if (!was_ours && !has_folder && !has_traces(scene))
		return 0;
	r = was_ours ? change_key(&w, NULL, err) : 0;
	if (r >= 0 && was_ours)
		warn_of_foreign(scene, report);
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
