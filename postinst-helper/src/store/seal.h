/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is written down about the backups whose names hold no digest: a small file with that of the first official
 * image, in the form of sha256sum, and the journal. Without either a rotten byte would be invisible for ever.
 * It must not know what follows from a contradiction.
 */
#ifndef IK_STORE_SEAL_H
#define IK_STORE_SEAL_H

#include <stdbool.h>

#include "base/err.h"
#include "codec/jrec.h"
#include "os/digest.h"

enum ik_seal_state {
	IK_SEAL_NONE,  /* no such file, or nothing that we wrote in it: to be written */
	IK_SEAL_WHOLE, /* it was read */
	IK_SEAL_UNREAD, /* it is there and cannot be read just now: says nothing, and is not written over */
};

struct ik_seal {
	enum ik_seal_state state;
	struct ik_sha256 first; /* with IK_SEAL_WHOLE: digest of the first official image */
	bool has_journal;
	struct ik_jrec rec; /* with has_journal */
};

/*
 * Purpose     reads what is written down.
 * Parameters  dir_fd: directory of the target
 * Errors      IK_E_MEMORY_EXHAUSTED alone: what cannot be read says nothing
 */
int ik_seal_load(int dir_fd, struct ik_seal *ret, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     tells whether a backup is another one than what is written down about it.
 * Parameters  file: its name; digest, size_bytes: what it holds
 * Returns     false also where nothing is written down
 */
bool ik_seal_contradicts(const struct ik_seal *seal, const char *file,
			 const struct ik_sha256 *digest, uint64_t size_bytes);

/*
 * Purpose     writes the digest of the first official image down, once that is proved.
 * Errors      as ik_afile_put()
 * Effects     the name is durable once the caller has flushed the directory; a crash leaves it whole or absent
 */
int ik_seal_put(int dir_fd, const struct ik_sha256 *digest, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     takes one away that speaks of an image that is gone, before another one gets the name.
 * Errors      as ik_afile_remove()
 * Effects     durable on return: it must not outlive a power cut that the new image outlives
 */
int ik_seal_drop(int dir_fd, struct ik_err *err) IK_MUST_CHECK;

#endif
