/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parent's part of every change: checks what may be checked without the drive, makes the sealed
 * image, takes L1, runs the child, and remembers how it ended. It must not print.
 */
#ifndef IK_FLOW_ACT_H
#define IK_FLOW_ACT_H

#include "base/err.h"
#include "base/macro.h"
#include "flow/report.h"
#include "flow/session.h"

/*
 * Purpose     makes an image the one that Windows boots. The package's kernel that nobody asked for (session->asker) is left
 *             alone where users have said otherwise, also while this run waited for its turn: see flow/wish.
 * Parameters  session: its state is updated; image: path of an image, NULL = the package's
 *             ret: what happened, also on failure
 * Errors      see flow/source, flow/txn, flow/wcfg; IK_E_LOCK_BUSY
 */
int ik_act_install(struct ik_session *session, const char *image, struct ik_report *ret,
		   struct ik_err *err) IK_MUST_CHECK;

/* Purpose     puts a backup back. backup: "official", "first", "previous", or the beginning of an id. */
int ik_act_restore(struct ik_session *session, const char *backup, struct ik_report *ret,
		   struct ik_err *err) IK_MUST_CHECK;

/* Purpose     what package removal does; purge: also what is kept otherwise. */
int ik_act_remove(struct ik_session *session, bool purge, struct ik_report *ret,
		  struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     forgets that an install is pending: it will not be tried again.
 * Effects     the state, also on disk, under L1; a state that cannot be saved is left as it is
 */
void ik_act_forget_install(struct ik_session *session);

/*
 * Purpose     finishes or undoes an interrupted transaction.
 * Effects     a success settles a pending recovery in the state, and leaves what else is pending alone
 */
int ik_act_recover(struct ik_session *session, struct ik_report *ret,
		   struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     the official kernel for a while (on), or ours again (off); remembered in the state, so
 *             that package upgrades leave it alone meanwhile. A kernel= of the user's own that comes back in our place is told
 *             by a note, and `off` may replace it again, without being forced.
 */
int ik_act_official(struct ik_session *session, bool on, struct ik_report *ret,
		    struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     collects the status. Needs no rights and takes no lock.
 * Parameters  digests: hash everything
 */
int ik_act_status(struct ik_session *session, bool digests, struct ik_report *ret,
		  struct ik_err *err) IK_MUST_CHECK;

#endif
