/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What inbox WSL boots when our key in .wslconfig is gone: the kernel in lxss\tools. It must be no half-written one when
 * the key goes. It must not touch the key.
 */
#ifndef IK_FLOW_FALLBACK_H
#define IK_FLOW_FALLBACK_H

#include "base/err.h"
#include "base/macro.h"
#include "flow/lxss.h"

/* Puts a whole image over what recovery could not repair. */
typedef int (*ik_fallback_fn)(struct ik_lxss *lxss, struct ik_err *err);

/*
 * Purpose     recovers the kernel in lxss\tools where it is half written and WSL may boot it; where it is whole, missing
 *             or damaged by others, or WSL is the Store's, which does not look there, nothing happens.
 * Parameters  put_back: for what cannot be recovered; NULL = nothing is tried
 * Errors      IK_E_RECOVERY_NEEDED, with the next step: the key must stay; IK_E_INTERRUPTED, IK_E_MEMORY_EXHAUSTED
 */
int ik_fallback_mend(const struct ik_scene *scene, struct ik_job *job, struct ik_report *report,
		     ik_fallback_fn put_back, struct ik_err *err) IK_MUST_CHECK;

#endif
