/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The target first, then the key: at each moment WSL boots something whole.
 */
#include "flow/keywins.h"

#include <stdio.h>

#include "flow/wedit.h"
#include "flow/wremove.h"

/* Whose key is in force in the profile in use, and what it names? */
static enum ik_wedit_owner look(const struct ik_scene *scene, char ret_value[IK_PLACE_BYTES])
{
	struct ik_place ik_autoplace own = {.fd = -EBADF};
	struct ik_wedit ik_autowedit edit = {0};
	bool shared;

	if (!scene->has_profile ||
	    ik_place_own(&scene->session->drive, &scene->profile, false, &shared, &own, NULL) < 0 ||
	    ik_wedit_open(scene, &own, &edit, NULL) < 0)
		return IK_WEDIT_NONE;
	(void)snprintf(ret_value, IK_PLACE_BYTES, "%s", edit.value);
	return edit.owner;
}

void ik_keywins_tell(const struct ik_scene *scene, struct ik_report *report)
{
	char value[IK_PLACE_BYTES];

	if (scene->mode == IK_MODE_LXSS && look(scene, value) != IK_WEDIT_NONE)
		ik_report_note(report,
			       "kernel= in .wslconfig wins over the kernel in lxss\\tools: Windows "
			       "boots \"%.110s\" until the line is removed",
			       value);
}

/* Where the profile was found only by its key, it may be another user's. */
bool ik_keywins_is_ours(const struct ik_scene *scene)
{
	char value[IK_PLACE_BYTES];

	return !scene->profile_by_key && look(scene, value) == IK_WEDIT_OURS;
}

void ik_keywins_end(const struct ik_scene *scene, struct ik_job *job, struct ik_report *report)
{
	struct ik_err why = {0};

	if (ik_keywins_is_ours(scene)) {
		if (ik_wremove(scene, job, report, &why) < 0)
			ik_report_note(report, "our kernel= in .wslconfig: %.200s", why.message);
		if (!ik_keywins_is_ours(scene))
			ik_report_note(report, "our kernel= was taken out of .wslconfig: it won "
					       "over the kernel in lxss\\tools");
	}
	ik_keywins_tell(scene, report);
}
