/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells a kernel that somebody else put in place from a mixture of theirs and ours. Both have a valid
 * head and an unknown digest, but in a mixture the part that we wrote last is still ours, or we cut it.
 * It must not know what is done about it.
 */
#ifndef IK_FLOW_MIXTURE_H
#define IK_FLOW_MIXTURE_H

#include "base/err.h"
#include "base/macro.h"
#include "codec/jrec.h"

/*
 * Purpose     compares the first 4 KiB and the last 64 KiB of an image with the same places of the
 *             target. The head is what an overwrite writes last, the end what it writes before that.
 * Parameters  dir_fd: directory of both; target: its name; image: journal's image, with its copy
 * Returns     1: one of them is the image's; 0: neither, also where there is no copy, or one of the two is
 *             too short
 * Errors      what could not be read, so that nothing is known: IK_E_IO_FAILED, IK_E_FILE_CHANGED,
 *             IK_E_MEMORY_EXHAUSTED; pathres
 */
int ik_mixture_has_part_of(int dir_fd, const char *target, const struct ik_jrec_image *image,
			   struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     tells whether the target's head names more bytes than the file has: an overwrite gave the
 *             file its own length just after somebody had written a longer kernel into it.
 * Parameters  dir_fd: directory of the target; target: its name
 * Returns     1: it is cut; 0: it is not, or it is no kernel that says how long it is
 * Errors      IK_E_IO_FAILED: it could not be read; pathres
 */
int ik_mixture_is_cut(int dir_fd, const char *target, struct ik_err *err) IK_MUST_CHECK;

#endif
