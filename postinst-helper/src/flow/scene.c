/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is wrong here is often no error for the command at hand: it is noted and judged later.
 */
#include "flow/scene.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "os/clock.h"
#include "store/names.h"
#include "store/profile.h"

#define WAIT_MS 500u /* a piece of a wait */

void ik_scene_close(struct ik_scene *scene)
{
	if (!scene)
		return;
	ik_place_close(&scene->lxss);
	ik_place_close(&scene->profile);
}

static void look_for_target(struct ik_scene *scene)
{
	ik_autoclose int fd = -EBADF;

	if (ik_place_lxss(&scene->session->drive, &scene->lxss, &scene->lxss_err) <= 0)
		return;
	scene->has_target = true;
	scene->target_writable = ik_path_open_regular(scene->lxss.fd, scene->lxss.name, O_RDWR, &fd,
						      NULL, NULL) >= 0;
}

static void hint_to_name(struct ik_err *err)
{
	ik_err_hint(err, "name it with `--profile /mnt/c/Users/NAME` or `profile=` in "
			 "/etc/immensity-kernel.conf");
}

static int not_one(const struct ik_scene *scene, bool several, struct ik_err *err)
{
	int r = ik_err_set(err, IK_E_PROFILE_MISSING, 0, "%s Windows user profile on \"%s\"",
			   several ? "more than one" : "no", scene->session->drive.path);

	hint_to_name(err);
	return r;
}

/* Nobody names the profile: the only one, or the only one in which our kernel= was set. */
static void search_profile(struct ik_scene *scene)
{
	struct ik_profile_count count;
	int r = ik_profile_find(&scene->session->drive, &count, &scene->profile,
				&scene->profile_err);

	scene->profiles = count.ours ? count.ours : count.all;
	scene->keys = count.ours;
	if (r >= 0 && scene->profiles == 1) {
		scene->has_profile = true;
		scene->profile_by_key = count.all > 1;
		return;
	}
	ik_place_close(&scene->profile);
	if (r >= 0)
		ik_ignore(not_one(scene, count.all > 0, &scene->profile_err));
	else
		hint_to_name(&scene->profile_err);
}

static void look_for_profile(struct ik_scene *scene)
{
	const struct ik_session *session = scene->session;
	int r;

	if (session->conf.profile[0]) {
		r = ik_profile_named(&session->drive, session->conf.profile, &scene->profile,
				     &scene->profile_err);
		scene->profile_named = true;
		scene->has_profile = r >= 0;
		scene->profiles = scene->has_profile;
		return;
	}
	if (session->env.user_profile && !session->drive.given) {
		r = ik_profile_of_windows(&session->drive, session->env.user_profile,
					  &scene->profile, &scene->profile_err);
		/* Where it cannot be looked at, nobody else's is taken for it. */
		scene->has_profile = r > 0;
		scene->profiles = r > 0;
		if (r != 0)
			return;
	}
	search_profile(scene);
}

static void choose_mode(struct ik_scene *scene)
{
	static const enum ik_mode wanted[] = {
		[IK_CONF_TARGET_AUTO] = IK_MODE_AUTO,
		[IK_CONF_TARGET_LXSS] = IK_MODE_LXSS,
		[IK_CONF_TARGET_WSLCONFIG] = IK_MODE_WSLCONFIG,
	};
	enum ik_wsl_flavour flavour = scene->session->env.flavour;
	struct ik_plan_mode_facts facts = {
		.wanted = wanted[scene->session->conf.target],
		.flavour = flavour == IK_WSL_STORE ? IK_PLAN_FLAVOUR_STORE :
			   flavour == IK_WSL_INBOX ? IK_PLAN_FLAVOUR_INBOX :
						     IK_PLAN_FLAVOUR_UNKNOWN,
		.target_exists = scene->has_target,
		.target_writable = scene->target_writable,
		.profiles = scene->profiles,
	};

	if (ik_plan_mode(&facts, &scene->mode, &scene->mode_err) < 0)
		scene->mode = IK_MODE_AUTO;
}

int ik_scene_open(const struct ik_session *session, struct ik_scene *ret, struct ik_err *err)
{
	struct ik_scene scene = {
		.session = session, .lxss = {.fd = -EBADF}, .profile = {.fd = -EBADF}};
	int r = ik_session_need_drive(session, err);

	if (r < 0)
		return r;
	scene.key_was_set = session->state.installed &&
			    strcmp(session->state.mode, ik_mode_name(IK_MODE_WSLCONFIG)) == 0;
	look_for_target(&scene);
	look_for_profile(&scene);
	choose_mode(&scene);
	*ret = scene;
	return 0;
}

/* An error of before, once more. */
static int again(const struct ik_err *seen, struct ik_err *err)
{
	if (seen->code != IK_E_NONE && err)
		*err = *seen;
	return seen->code != IK_E_NONE ? -ENOENT : 0;
}

int ik_scene_lxss_error(const struct ik_scene *scene, struct ik_err *err)
{
	return again(&scene->lxss_err, err);
}

int ik_scene_profile_error(const struct ik_scene *scene, struct ik_err *err)
{
	/* One on another drive exists, and may have gone there with our kernel= in it. */
	bool is_none = scene->profile_err.code == IK_E_PROFILE_MISSING &&
		       scene->profile_err.errnum != EXDEV;

	if (scene->has_profile ||
	    (is_none && !scene->profile_named && scene->keys == 0 && !scene->key_was_set))
		return 0;
	return again(&scene->profile_err, err);
}

int ik_scene_need_certain_profile(const struct ik_scene *scene, struct ik_err *err)
{
	return scene->mode == IK_MODE_WSLCONFIG && scene->profile_by_key ?
		       not_one(scene, true, err) :
		       0;
}

static int no_target(const struct ik_scene *scene, struct ik_err *err)
{
	int r = ik_scene_lxss_error(scene, err);

	if (r < 0)
		return r;
	r = ik_err_set(err, IK_E_TARGET_MISSING, ENOENT, "\"%s/%s\"", scene->session->drive.path,
		       IK_NAME_TARGET);
	ik_err_hint(err, "it is never created by us: let Microsoft's installer bring it with `wsl "
			 "--update` from Windows, then run `immensity-kernel install`");
	return r;
}

int ik_scene_need_mode(const struct ik_scene *scene, struct ik_err *err)
{
	if (scene->mode == IK_MODE_AUTO)
		return again(&scene->mode_err, err);
	if (scene->mode == IK_MODE_WSLCONFIG && !scene->has_profile)
		return again(&scene->profile_err, err);
	return scene->mode == IK_MODE_LXSS && !scene->has_target ? no_target(scene, err) : 0;
}

int ik_scene_open_for(const struct ik_session *session, enum ik_mode *ret_mode,
		      struct ik_scene *ret, struct ik_err *err)
{
	int r = ik_scene_open(session, ret, err);

	if (r >= 0)
		r = ik_scene_need_mode(ret, err);
	if (r >= 0)
		*ret_mode = ret->mode;
	return r;
}

/* In short pieces: the lock's heartbeat goes on, and who presses Ctrl-C need not wait. */
static int wait_ms(unsigned total_ms, const struct ik_progress *progress, struct ik_err *err)
{
	for (unsigned waited_ms = 0; waited_ms < total_ms; waited_ms += WAIT_MS) {
		int r = ik_progress_tick(progress, "waiting: another program has the kernel open",
					 0, 0);

		if (r < 0)
			return ik_err_set(err, IK_E_INTERRUPTED, r,
					  "waiting for the kernel's file");
		ik_clock_sleep_ms(WAIT_MS);
	}
	return 0;
}

static int open_patiently(const struct ik_scene *scene, const struct ik_progress *progress,
			  int *ret_fd, struct ik_file_id *ret_id, struct ik_err *err)
{
	static const unsigned waits_ms[] = {500, 1500, 3000, 5000};

	for (size_t i = 0;; i++) {
		int r = ik_path_open_regular(scene->lxss.fd, scene->lxss.name, O_RDWR, ret_fd,
					     ret_id, err);

		if (r != -EACCES || i >= IK_ARRAY_SIZE(waits_ms))
			return r;
		ik_err_clear(err);
		r = wait_ms(waits_ms[i], progress, err);
		if (r < 0)
			return r;
	}
}

int ik_scene_open_target(const struct ik_scene *scene, const struct ik_progress *progress,
			 int *ret_fd, struct ik_file_id *ret_id, struct ik_err *err)
{
	struct ik_err seen = {0};
	int r;

	if (!scene->has_target)
		return no_target(scene, err);
	r = open_patiently(scene, progress, ret_fd, ret_id, &seen);
	if (r >= 0)
		return 0;
	if (seen.code == IK_E_PATH_DENIED)
		ik_err_hint(&seen,
			    "Windows gives no right to change it, or a program has it open: "
			    "run `sudo immensity-kernel install` from a WSL terminal started "
			    "with \"Run as administrator\"; `immensity-kernel prepare` says "
			    "what else may be needed");
	if (err)
		*err = seen;
	return r;
}
