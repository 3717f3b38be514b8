/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The script and the readme for a user with only Windows: which of the images beside the target they name.
 * It must not know their wording.
 */
#ifndef IK_FLOW_GUIDE_H
#define IK_FLOW_GUIDE_H

#include "base/err.h"
#include "base/macro.h"
#include "flow/lxss.h"

/*
 * Purpose     writes both for a change that begins: the way back to what the target holds, and to the official kernel.
 * Parameters  lxss: with backups; file, old: the copy of what is there, and what it is
 * Errors      codec/rescue, io/afile
 * Effects     the names are durable once the caller has flushed the directory
 */
int ik_guide_put(struct ik_lxss *lxss, const char *file, const struct ik_target *old,
		 struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     writes both again, where they are, from the backups that are left; removes them where none is. A failure is
 *             a note: what they speak of is over.
 * Parameters  present: digest of what the target holds, which is not offered first
 */
void ik_guide_renew(struct ik_lxss *lxss, const struct ik_sha256 *present);

#endif
