/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the manifest that a kernel package ships beside its images: what they are and their digests.
 *
 * Strict: an unknown, missing, repeated or malformed member is an error. It opens no file.
 */
#ifndef IK_CODEC_MANIFEST_H
#define IK_CODEC_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "codec/image.h"
#include "os/digest.h"

#define IK_MANIFEST_SCHEMA     1
#define IK_MANIFEST_MAX_BYTES  ((size_t)64 << 10)
#define IK_MANIFEST_MAX_IMAGES 8u

struct ik_manifest_image {
	char file[64];		     /* name in the manifest's own directory: [A-Za-z0-9._-] only */
	enum ik_image_format format; /* never IK_IMAGE_UNKNOWN */
	uint64_t size_bytes;	     /* within IK_IMAGE_MIN_BYTES … IK_IMAGE_MAX_BYTES */
	struct ik_sha256 sha256;
};

struct ik_manifest {
	char release[IK_IMAGE_RELEASE_BYTES]; /* passed ik_relver_check() */
	char version[64];		      /* package version, e.g. "7.3.4-1" */
	char series[16];		      /* "stable" or "longterm" */
	enum ik_arch arch;
	size_t n_images; /* at least 1 */
	struct ik_manifest_image images[IK_MANIFEST_MAX_IMAGES];
};

/*
 * Purpose     Reads and checks a manifest.
 * Parameters  bytes, len_bytes: the JSON text, borrowed. ret: filled on success.
 * Errors      IK_E_MANIFEST_BAD: not JSON, too long, repeated key, another schema number, or a member
 *             is missing, unknown or bad; the message names the member and, for syntax, the line.
 */
int ik_manifest_parse(const void *bytes, size_t len_bytes, struct ik_manifest *ret,
		      struct ik_err *err) IK_MUST_CHECK;

/* The image of that format, borrowed; NULL when the package has none. */
const struct ik_manifest_image *ik_manifest_find(const struct ik_manifest *manifest,
						 enum ik_image_format format);

#endif
