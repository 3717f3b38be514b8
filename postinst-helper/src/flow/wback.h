/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes a `kernel=` of ours out of a .wslconfig, in memory, so that the user's own one is never lost: by the saved way
 * that leads to the user's very bytes; else by giving the user's former value back; else by dropping the line.
 * It must not know whose a key is, nor read or write files.
 */
#ifndef IK_FLOW_WBACK_H
#define IK_FLOW_WBACK_H

#include "base/err.h"
#include "base/macro.h"
#include "codec/wslconf.h"
#include "store/undo.h"

/* Where kernel= stands. */
#define IK_WBACK_SECTION "wsl2"
#define IK_WBACK_KEY	 "kernel"

struct ik_wback {
	int way;	/* the saved way that told what the user had; -1 = none */
	char lost[200]; /* the user's former value, when it could not be given back; else "" */
};

/*
 * Purpose     takes the line back that counts.
 * Parameters  conf: exchanged for the changed one; undo: the saved ways; ret: always filled
 * Returns     1 when a line was taken back, 0 when there is none
 * Errors      IK_E_MEMORY_EXHAUSTED; others: codec/wslconf. On failure *conf is as it was.
 */
int ik_wback_take(struct ik_wslconf **conf, const struct ik_undo *undo, struct ik_wback *ret,
		  struct ik_err *err) IK_MUST_CHECK;

#endif
