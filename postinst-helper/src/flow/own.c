/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Only a closed journal says what is in the target; of one that is armed or superseded, nobody knows.
 */
#include "flow/own.h"

#include <string.h>

#include "base/macro.h"

static bool is_ours(const struct ik_jrec_image *image)
{
	return strcmp(image->origin, ik_kind_name(IK_KIND_OURS)) == 0;
}

/* The image of ours that is in the target by this record; NULL = none of ours. */
static const struct ik_jrec_image *held(const struct ik_jrec *rec)
{
	switch (rec->state) {
	case IK_JREC_DONE:
	case IK_JREC_GOOD: /* what was restored is ours only if it was kept as ours */
		return !(rec->flags & IK_JREC_F_RESTORE) || is_ours(&rec->b) ? &rec->b : NULL;
	case IK_JREC_IDLE: /* called off, or undone */
		return is_ours(&rec->a) ? &rec->a : NULL;
	case IK_JREC_ARMED:
	case IK_JREC_SUPERSEDED:
		break;
	}
	return NULL;
}

bool ik_own_by_journal(const struct ik_journal *journal, const struct ik_target *target)
{
	const struct ik_jrec_image *image = journal->present ? held(&journal->rec) : NULL;

	return image && target->has_digest && target->id.size_bytes == image->size_bytes &&
	       ik_digest_is_equal(&target->whole, &image->sha256);
}
