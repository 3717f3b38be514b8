/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Data first, pointer last: the image is whole and proved before .wslconfig names it, and it goes away
 * only when nothing names it any more.
 */
#include "flow/wcfg.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "flow/fallback.h"
#include "flow/wedit.h"
#include "flow/wimg.h"
#include "flow/wjob.h"
#include "flow/wview.h"
#include "io/afile.h"
#include "io/probe.h"
#include "io/reread.h"
#include "io/stage.h"
#include "os/sys.h"
#include "store/history.h"
#include "store/names.h"

#define KEEP_MIN 2

static int is_foreign(const struct ik_wedit *edit, struct ik_err *err)
{
	int r = ik_err_set(err, IK_E_WSLCONF_FOREIGN_KERNEL, 0,
			   ".wslconfig names another kernel (%s); left alone", edit->value);

	ik_err_hint(
		err,
		"to replace it (it comes back on removal), put `--force` before the command, as "
		"in `immensity-kernel --force install`, or set `replace_foreign=yes`");
	return r;
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
		r = ik_wview_look(own, edit, true, &job->progress, &now, err);
	if (r < 0)
		return r;
	/* A key of ours that names nothing good is repaired, whatever the version; a user's own image is good. */
	if (now.kind == IK_KIND_MISSING || now.kind == IK_KIND_TORN || now.kind == IK_KIND_UNKNOWN)
		return 0;
	facts.current = now.kind;
	facts.same_digest =
		now.has_digest && ik_digest_is_equal(&now.whole, &job->source->sealed.digest);
	verdict = ik_plan_replace(&facts);
	if (verdict == IK_VERDICT_NEWER)
		report->action = IK_ACTION_NEWER;
	r = ik_plan_verdict_error(verdict, &facts, edit->value, err);
	if (verdict == IK_VERDICT_FOREIGN && edit->owner == IK_WEDIT_FOREIGN)
		r = is_foreign(edit, err);
	return r < 0 ? r : verdict == IK_VERDICT_SAME;
}

static int check_space(const struct ik_wjob *w, uint64_t size_bytes, struct ik_err *err)
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
static int put_image(struct ik_wjob *w, const char *file, struct ik_err *err)
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

/* The image that the saved former .wslconfig names; "" when it is none of ours. Negative = it cannot be told. */
static int former_file(const struct ik_wjob *w, char ret_file[IK_WIMG_NAME_BYTES],
		       struct ik_err *err)
{
	struct ik_wslconf *conf = NULL;
	struct ik_wslconf_value value;
	ik_autofree char *bytes = NULL;
	size_t len = 0;
	int r = ik_afile_read(w->scene->profile.fd, IK_NAME_WSLC_PREV, IK_WSLCONF_MAX_BYTES, &bytes,
			      &len, err);

	ret_file[0] = '\0';
	if (r <= 0)
		return r;
	r = ik_wslconf_parse(bytes, len, &conf, NULL);
	if (r == -ENOMEM)
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, ENOMEM, "reading \"%s\"",
				  IK_NAME_WSLC_PREV);
	if (r < 0)
		return 0;
	ik_wslconf_get(conf, "wsl2", "kernel", &value);
	if (!value.present ||
	    !ik_wedit_own_file(&w->own, w->scene->session->drive.letter, value.text, ret_file))
		ret_file[0] = '\0';
	ik_wslconf_free(conf);
	return 0;
}

static void prune(struct ik_wjob *w, const char *current)
{
	struct ik_wimgs ik_autowimgs images = {0};
	char former[IK_WIMG_NAME_BYTES];
	const char *named[] = {current, former, NULL};
	const struct ik_session *session = w->scene->session;
	size_t keep = IK_MAX((size_t)KEEP_MIN, (size_t)session->conf.keep_backups);

	if (w->shared || former_file(w, former, NULL) < 0 ||
	    ik_wimgs_load(w->own.fd, false, NULL, &images, NULL) < 0)
		return; /* next time: no image goes whose name may stand somewhere */
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

static int install_locked(struct ik_wjob *w, struct ik_err *err)
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
		r = ik_wjob_change_key(w, file, err);
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
	struct ik_wjob ik_autowjob w = {.own = {.fd = -EBADF}};
	struct ik_err late = {0};
	int r = ik_scene_open_for(job->session, &report->mode, &scene, err);

	if (r >= 0)
		r = ik_scene_need_certain_profile(&scene, err);
	if (r < 0)
		return r;
	r = judge_early(&scene, job, report, err);
	if (r > 0)
		report->action = IK_ACTION_UNCHANGED;
	if (r == 0) {
		r = ik_wjob_open(&w, &scene, job, report, true, err);
		if (r >= 0)
			r = install_locked(&w, err);
	}
	if (ik_wview_report_target(&scene, true, NULL, report, &late) < 0)
		ik_report_note(report, "%s", late.message);
	return r < 0 ? r : 0;
}

/* Finds the image that the user named; "" stands for taking the key back. */
static int select_image(struct ik_wjob *w, const char *name, char ret_file[IK_WIMG_NAME_BYTES],
			struct ik_err *err)
{
	struct ik_wimgs ik_autowimgs images = {0};
	char former[IK_WIMG_NAME_BYTES] = "";
	bool previous = strcmp(name, "previous") == 0;
	const struct ik_wimg *found = NULL;
	int r;

	ret_file[0] = '\0';
	if (strcmp(name, "official") == 0 || strcmp(name, "first") == 0)
		return 0;
	r = ik_wimgs_load(w->own.fd, true, &w->progress, &images, err);
	if (r >= 0 && previous)
		r = former_file(w, former, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < images.count && !found; i++) {
		const char *file = images.list[i].file;

		if (previous ? former[0] && strcasecmp(file, former) == 0 :
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

/* Inbox WSL boots the kernel in lxss\tools without our key: that is not Microsoft's either while ours is in it. */
static int check_fallback(const struct ik_scene *scene, struct ik_err *err)
{
	struct ik_target target;
	int r;

	if (!scene->has_target || scene->session->env.flavour == IK_WSL_STORE ||
	    ik_target_look(scene->lxss.fd, scene->lxss.name, IK_TARGET_NO_DIGEST, NULL, &target,
			   NULL) < 0 ||
	    target.kind != IK_KIND_OURS)
		return 0;
	r = ik_err_set(err, IK_E_TARGET_FOREIGN, EEXIST,
		       "\"%s\" in lxss\\tools is a kernel of ours, too: WSL would boot it",
		       scene->lxss.name);
	ik_err_hint(err,
		    "from a WSL terminal started with \"Run as administrator\", run the command "
		    "with `--target lxss`: it ends both");
	return r;
}

/* Takes our key back. What WSL boots without it is made whole first, while the key still starts WSL. */
static int drop_key(struct ik_wjob *w, struct ik_err *err)
{
	struct ik_job job = *w->job;
	struct ik_wedit ik_autowedit edit = {0};
	int r = ik_wedit_open(w->scene, &w->own, &edit, err);

	job.progress = w->progress; /* with the heartbeat of our folder's lock */
	if (r >= 0 && edit.owner == IK_WEDIT_OURS)
		r = ik_fallback_mend(w->scene, &job, w->report, NULL, err);
	if (r >= 0)
		r = check_fallback(w->scene, err);
	return r < 0 ? r : ik_wjob_change_key(w, NULL, err);
}

/* An image of ours may not take the place of somebody else's kernel= by a restore, either. */
static int check_owner(const struct ik_wjob *w, struct ik_err *err)
{
	struct ik_wedit ik_autowedit edit = {0};
	int r = ik_wedit_open(w->scene, &w->own, &edit, err);

	return r >= 0 && edit.owner == IK_WEDIT_FOREIGN &&
			       !w->scene->session->conf.replace_foreign ?
		       is_foreign(&edit, err) :
		       r;
}

int ik_wcfg_restore_job(struct ik_job *job, struct ik_report *report, struct ik_err *err)
{
	struct ik_scene ik_autoscene scene = {.lxss = {.fd = -EBADF}, .profile = {.fd = -EBADF}};
	struct ik_wjob ik_autowjob w = {.own = {.fd = -EBADF}};
	char file[IK_WIMG_NAME_BYTES];
	struct ik_err late = {0};
	int r = ik_scene_open_for(job->session, &report->mode, &scene, err);

	if (r < 0)
		return r;
	r = ik_wjob_open(&w, &scene, job, report, true, err);
	if (r >= 0)
		r = select_image(&w, job->backup, file, err);
	if (r >= 0 && file[0])
		r = check_owner(&w, err);
	if (r >= 0)
		r = file[0] ? ik_wjob_change_key(&w, file, err) : drop_key(&w, err);
	if (r >= 0) {
		report->action = IK_ACTION_RESTORED;
		ik_history_drive(w.own.fd, "restored %s", file[0] ? file : "the official kernel");
	}
	if (ik_wview_report_target(&scene, true, NULL, report, &late) < 0)
		ik_report_note(report, "%s", late.message);
	return r;
}
