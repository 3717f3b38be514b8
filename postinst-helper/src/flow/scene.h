/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The drive as a run finds it: where the target is, whose profile counts, which mode applies.
 * Lives in the child, because looking at the drive is work on the drive. It changes nothing.
 */
#ifndef IK_FLOW_SCENE_H
#define IK_FLOW_SCENE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/macro.h"
#include "flow/plan.h"
#include "flow/session.h"
#include "io/progress.h"
#include "os/pathres.h"
#include "store/place.h"

struct ik_scene {
	const struct ik_session *session;
	enum ik_mode mode; /* IK_MODE_AUTO when it could not be decided: see mode_err */
	struct ik_err mode_err;
	bool has_target; /* lxss is open; its file may be anything */
	bool target_writable;
	struct ik_place lxss;
	struct ik_err lxss_err; /* why it could not even be looked at */
	bool has_profile;	/* profile is open */
	bool profile_named;	/* by the user */
	bool profile_by_key;	/* the one of several in which our kernel= was set */
	unsigned profiles;	/* that may be meant; one that was named is 1 */
	unsigned keys;		/* how many of several have, or had, our kernel= */
	bool key_was_set; /* by this distro, as it remembers: then our kernel= stands somewhere */
	struct ik_place profile;
	struct ik_err profile_err; /* why there is none */
};

/*
 * Purpose     looks at the drive.
 * Errors      only for lack of memory or a drive that fails; everything else is noted in *ret
 */
int ik_scene_open(const struct ik_session *session, struct ik_scene *ret,
		  struct ik_err *err) IK_MUST_CHECK;

/* Purpose     closes it; scene may be NULL. */
void ik_scene_close(struct ik_scene *scene);

#define ik_autoscene IK_CLEANUP(ik_scene_close)

/*
 * Purpose     insists on a decided mode and on the place it needs.
 * Errors      IK_E_MODE_UNKNOWN, IK_E_TARGET_MISSING, IK_E_PROFILE_MISSING, or what was noted
 */
int ik_scene_need_mode(const struct ik_scene *scene, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     tell why the lxss kernel, or a profile, could not be looked at; that there is none is no error,
 *             unless it was named, or lies on another drive, or our kernel= was set in one.
 * Returns     0 or -ENOENT with what was noted
 */
int ik_scene_lxss_error(const struct ik_scene *scene, struct ik_err *err) IK_MUST_CHECK;
int ik_scene_profile_error(const struct ik_scene *scene, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     insists that in mode wslconfig the profile is surely this user's: that our kernel= was set in it, as in
 *             none of the others, tells where to take one back, not whose WSL this is.
 * Errors      IK_E_PROFILE_MISSING
 */
int ik_scene_need_certain_profile(const struct ik_scene *scene, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     both at once: the start of every change.
 * Parameters  ret_mode: untouched on failure; ret: to be closed by the caller also on failure
 */
int ik_scene_open_for(const struct ik_session *session, enum ik_mode *ret_mode,
		      struct ik_scene *ret, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     opens the target for reading and writing; an EACCES, which may be somebody else's short
 *             look at the file, is tried again for about ten seconds (rule R-f). What was known of the target
 *             before is not known any more then.
 * Parameters  progress: told while it waits, may end the waiting; may be NULL; ret_id: identity of what was opened
 * Errors      pathres; IK_E_TARGET_MISSING; IK_E_PATH_DENIED with the next step; IK_E_INTERRUPTED
 */
int ik_scene_open_target(const struct ik_scene *scene, const struct ik_progress *progress,
			 int *ret_fd, struct ik_file_id *ret_id, struct ik_err *err) IK_MUST_CHECK;

#endif
