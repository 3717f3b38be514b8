/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compares the target, and the copies beside it, with the images that a journal names. What could not be read is
 * an error and never an answer. It must not know what follows from the answer.
 */
#ifndef IK_FLOW_MATCH_H
#define IK_FLOW_MATCH_H

#include <stdbool.h>

#include "base/err.h"
#include "base/macro.h"
#include "codec/jrec.h"
#include "flow/plan.h"
#include "flow/scene.h"
#include "store/journal.h"
#include "store/target.h"

/*
 * Purpose     compares the target with an image.
 * Parameters  progress: may be NULL; ret_match: whole image; ret_body: set to true when all but the first 4 KiB
 *             is the image's, else left alone
 * Errors      pathres, io/reread
 */
int ik_match_target(const struct ik_scene *scene, const struct ik_jrec_image *image,
		    const struct ik_progress *progress, enum ik_match *ret_match, bool *ret_body,
		    struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     takes zeros of ours off a look at the target: where the journal notes that some could not be cut off, and
 *             nothing else follows one of its images, size and digests become that image's.
 * Parameters  target: as looked at, with digest; one that is torn, or has none, is left alone
 * Errors      pathres, io/reread
 */
int ik_match_take_zeros_off(const struct ik_scene *scene, const struct ik_journal *journal,
			    const struct ik_progress *progress, struct ik_target *target,
			    struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     is there something in the target that only an overwrite of ours leaves (flow/mixture)?
 * Returns     1 yes, 0 no
 * Errors      flow/mixture
 */
int ik_match_mixture(const struct ik_scene *scene, const struct ik_jrec *rec,
		     struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     does the copy that the journal names hold the image?
 * Returns     1: proved; 0: proved that it does not: none is named, none is there, or it holds something else
 * Errors      it may or may not: io/reread, IK_E_INTERRUPTED, IK_E_MEMORY_EXHAUSTED
 */
int ik_match_copy(const struct ik_scene *scene, const struct ik_jrec_image *image,
		  const struct ik_progress *progress, struct ik_err *err) IK_MUST_CHECK;

#endif
