/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The versioned images in our folder: their names, whether they hold what the name says, and which of
 * them may go. It must not know .wslconfig.
 */
#ifndef IK_FLOW_WIMG_H
#define IK_FLOW_WIMG_H

#include <stdbool.h>

#include "base/err.h"
#include "base/macro.h"
#include "io/progress.h"
#include "store/target.h"

#define IK_WIMG_NAME_BYTES 128

struct ik_wimg {
	char file[IK_WIMG_NAME_BYTES];
	struct ik_target image;
	bool good; /* valid head, and the digest (when computed) agrees with the name */
};

struct ik_wimgs {
	struct ik_wimg *list; /* owned; newest first */
	size_t count;
};

/* Purpose     name of the file for an image: kernel-<version>-<12 hex digits of its digest>. */
void ik_wimg_name(const char *version, const struct ik_sha256 *digest,
		  char ret[IK_WIMG_NAME_BYTES]);

/* Purpose     does the digest agree with the name? */
bool ik_wimg_name_fits(const char *file, const struct ik_sha256 *digest);

/*
 * Purpose     lists the images in our folder.
 * Parameters  digests: hash each, past the caches
 */
int ik_wimgs_load(int dir_fd, bool digests, const struct ik_progress *progress,
		  struct ik_wimgs *ret, struct ik_err *err) IK_MUST_CHECK;

/* Purpose     frees the list; images may be NULL. */
void ik_wimgs_done(struct ik_wimgs *images);

#define ik_autowimgs IK_CLEANUP(ik_wimgs_done)

/*
 * Purpose     removes the oldest images that nothing needs.
 * Parameters  keep: how many stay at least; named: file names that stay in any case, NULL-terminated
 *             running: release that stays in any case, may be NULL
 * Effects     an image that Windows does not let go is left for the next time
 */
void ik_wimgs_prune(int dir_fd, const struct ik_wimgs *images, size_t keep,
		    const char *const *named, const char *running);

#endif
