/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Closes the journal over a target that reads as whole: only after its bytes were flushed, for what a
 * killed run wrote may be in the server's cache alone. It must not judge what the target is.
 */
#ifndef IK_FLOW_SETTLE_H
#define IK_FLOW_SETTLE_H

#include "base/err.h"
#include "base/macro.h"
#include "codec/jrec.h"
#include "flow/lxss.h"

/*
 * Purpose     cuts zeros behind the image, gives the file its old time of change again (Windows Installer
 *             does not replace a file that was changed after it was made), flushes, closes the journal.
 * Parameters  image: what the target was read as, perhaps with zeros behind it; state: IDLE or DONE
 * Errors      IK_E_TARGET_UNFLUSHED: the journal is armed and the target could not be opened for writing
 *             or not be flushed; nothing is closed and nothing may be removed. IK_E_TARGET_CHANGED, IK_E_LOCK_BUSY: nothing
 *             was done, see ik_lxss_open_judged(). Others: store/journal
 */
int ik_settle(struct ik_lxss *lxss, const struct ik_jrec_image *image, enum ik_jrec_state state,
	      struct ik_err *err) IK_MUST_CHECK;

#endif
