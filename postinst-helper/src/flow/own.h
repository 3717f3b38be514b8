/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose kernel is in the target, where its release does not say it: an image of the user's own, which `install --image`
 * put there, is ours to take away again. It must not look at the drive.
 */
#ifndef IK_FLOW_OWN_H
#define IK_FLOW_OWN_H

#include <stdbool.h>

#include "store/journal.h"
#include "store/target.h"

/*
 * Purpose     says whether the journal knows these very bytes as a kernel that we put in.
 * Parameters  target: with digest, else the answer is no
 */
bool ik_own_by_journal(const struct ik_journal *journal, const struct ik_target *target);

#endif
