/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells a kernel that somebody else put in place from a mixture of theirs and ours. Both have a valid
 * head and an unknown digest, but in a mixture the part that we wrote last is still ours, or we cut it.
 * It must not know what is done about it.
 */
#ifndef IK_FLOW_MIXTURE_H
#define IK_FLOW_MIXTURE_H

#include <stdbool.h>

#include "codec/jrec.h"

/*
 * Purpose     compares the first 4 KiB and the last 64 KiB of an image with the same places of the
 *             target. The head is what an overwrite writes last, the end what it writes before that.
 * Parameters  dir_fd: directory of both; target: its name; image: journal's image, with its copy
 * Returns     true when one of them is the image's; false also when the copy cannot be read
 */
bool ik_mixture_has_part_of(int dir_fd, const char *target, const struct ik_jrec_image *image);

/*
 * Purpose     tells whether the target's head names more bytes than the file has: an overwrite gave the
 *             file its own length just after somebody had written a longer kernel into it.
 * Parameters  dir_fd: directory of the target; target: its name
 * Returns     true when the image is cut; false also when it cannot be read or understood
 */
bool ik_mixture_is_cut(int dir_fd, const char *target);

#endif
