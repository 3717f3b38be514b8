/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An image file on the drive: who it is, whether its head is valid, what it says about itself, and its
 * digest. Serves the kernel that Windows boots as well as backups. It must not know policies.
 */
#ifndef IK_STORE_TARGET_H
#define IK_STORE_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "codec/image.h"
#include "io/progress.h"
#include "os/digest.h"
#include "os/pathres.h"
#include "store/kind.h"

struct ik_target {
	enum ik_kind kind;
	struct ik_file_id id;	/* valid unless kind is IK_KIND_MISSING */
	struct ik_image image;	/* what the image says; format and release may be unknown */
	bool has_digest;	/* the two below are filled */
	struct ik_sha256 whole; /* of all bytes */
	struct ik_sha256 body;	/* of all but the first 4 KiB */
};

/* Whether to hash the file, and how. */
enum ik_target_digest {
	IK_TARGET_NO_DIGEST,
	IK_TARGET_DIGEST,	/* read past every cache */
	IK_TARGET_DIGEST_CACHE, /* the cache is emptied first and filled, because a copy follows */
};

/* Purpose     is the file neither shorter nor longer than any kernel? */
bool ik_target_has_kernel_size(const struct ik_target *target);

/*
 * Purpose     looks at an image file: identity, head, release. Cheap: reads a few blocks.
 * Parameters  dir_fd, name: where; digest: also hash it all, unless it is bigger than any kernel
 *             progress: may be NULL; ret: filled on success
 * Returns     0; a missing file is IK_KIND_MISSING, a damaged one IK_KIND_TORN
 * Errors      pathres (symlink, FIFO, directory, device, no right); io
 */
int ik_target_look(int dir_fd, const char *name, enum ik_target_digest digest,
		   const struct ik_progress *progress, struct ik_target *ret,
		   struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     checks an open image: structure, architecture of this machine, and tells its release.
 * Parameters  fd: any readable file; size_bytes: its size
 * Errors      codec/image; IK_E_IMAGE_ARCH
 */
int ik_target_probe_fd(int fd, uint64_t size_bytes, struct ik_image *ret,
		       struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     digest of everything behind the first 4 KiB of an open file.
 * Errors      os/digest
 */
int ik_target_body_digest(int fd, uint64_t size_bytes, struct ik_sha256 *ret,
			  struct ik_err *err) IK_MUST_CHECK;

#endif
