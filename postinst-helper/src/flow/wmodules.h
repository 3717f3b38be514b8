/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `kernelModules=` in a .wslconfig that names no kernel: with it Store WSL starts no distribution at all
 * (WSL_E_CUSTOM_KERNEL_NOT_FOUND). So it matters wherever our `kernel=` goes. It must not write files.
 */
#ifndef IK_FLOW_WMODULES_H
#define IK_FLOW_WMODULES_H

#include "base/err.h"
#include "base/macro.h"
#include "codec/wslconf.h"

/* Purpose     tells the physical line of a kernelModules= that stands without a kernel=; 0 when there is none. */
unsigned ik_wmodules_alone(const struct ik_wslconf *conf);

/*
 * Purpose     puts a "#" before each such line, in memory: every other byte stays, and the user can take it away again.
 * Returns     0; the result was parsed again, and all other keys read as before
 * Errors      IK_E_MEMORY_EXHAUSTED, IK_E_WSLCONF_TOO_BIG. On failure some lines may be commented out already.
 */
int ik_wmodules_comment(struct ik_wslconf *conf, struct ik_err *err) IK_MUST_CHECK;

#endif
