/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nothing is taken from a name alone: all three files are compared with what the journal says.
 */
#include "flow/staged.h"

#include <string.h>

#include "flow/borrow.h"
#include "flow/guide.h"
#include "flow/match.h"
#include "io/afile.h"
#include "io/fault.h"
#include "os/sys.h"
#include "store/names.h"

/* 1 = our former image is staged, and its name is a copy of what the target holds. */
static int is_former(const struct ik_lxss *lxss, struct ik_err *err)
{
	const struct ik_jrec *rec = &lxss->journal.rec;
	enum ik_match match = IK_MATCH_NO;
	bool body = false;
	int r;

	if (!lxss->journal.present || rec->state != IK_JREC_IDLE ||
	    !(rec->flags & IK_JREC_F_RESTORE) || strcmp(rec->a.file, IK_NAME_PREV) != 0 ||
	    strcmp(rec->b.file, IK_NAME_NEW) != 0)
		return 0;
	r = ik_path_exists(lxss->dir_fd, IK_NAME_NEW, err);
	if (r <= 0)
		return r;
	r = ik_match_target(lxss->scene, &rec->a, &lxss->progress, &match, &body, err);
	if (r < 0 || match == IK_MATCH_NO)
		return r;
	r = ik_match_copy(lxss->scene, &rec->a, &lxss->progress, err);
	return r > 0 ? ik_match_copy(lxss->scene, &rec->b, &lxss->progress, err) : r;
}

static int give_back(struct ik_lxss *lxss, struct ik_err *err)
{
	int r = ik_dlock_check(&lxss->lock, err);

	if (r < 0)
		return r;
	r = ik_sys_rename(lxss->dir_fd, IK_NAME_NEW, lxss->dir_fd, IK_NAME_PREV);
	if (r < 0)
		return ik_io_fault(r, err, "renaming \"%s\" to \"%s\"", IK_NAME_NEW, IK_NAME_PREV);
	ik_sys_fsync_dir(lxss->dir_fd);
	return 0;
}

/*
 * While a torn kernel is restored, the readme names the staged image, and WSL may start from it by a line of the user's.
 * What cannot be read now is asked again by the next run.
 */
static int take_away(struct ik_lxss *lxss, struct ik_err *err)
{
	struct ik_borrow lent;
	int r = ik_path_exists(lxss->dir_fd, IK_NAME_NEW, err);

	if (r <= 0)
		return r;
	if (ik_borrow_look(lxss->scene, &lent, NULL) < 0 ||
	    ik_borrow_names(&lent, lxss->scene, IK_NAME_NEW, lxss->report))
		return 0;
	return ik_afile_remove(lxss->dir_fd, IK_NAME_NEW, err);
}

int ik_staged_end(struct ik_lxss *lxss, struct ik_err *err)
{
	int r = is_former(lxss, err);

	if (r >= 0)
		r = r > 0 ? give_back(lxss, err) : take_away(lxss, err);
	if (r >= 0)
		ik_ignore(ik_afile_remove(lxss->dir_fd, IK_NAME_TEMP, NULL)); /* next time */
	return r;
}

void ik_staged_renew_guides(struct ik_lxss *lxss)
{
	const struct ik_jrec *rec = &lxss->journal.rec;
	struct ik_sha256 present = rec->a.sha256;
	bool former = strcmp(rec->a.file, IK_NAME_PREV) == 0;

	if (strcmp(rec->a.file, IK_NAME_NEW) == 0 || (former && rec->state != IK_JREC_DONE))
		ik_guide_renew(lxss, &present);
}
