/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds the kernel release inside an image: at a known place, or by the "Linux version " banner.
 *
 * Helper of image only; it knows nothing of formats.
 */
#ifndef IK_CODEC_IMAGESCAN_H
#define IK_CODEC_IMAGESCAN_H

#include "codec/image.h"

/*
 * Purpose     Reads the release that stands at a file offset and ends at a blank or NUL.
 * Parameters  offset: 0 = the image names none. release: IK_IMAGE_RELEASE_BYTES long; "" when there
 *             is none or it is malformed.
 * Returns     0, or the reader's negative errno.
 */
int ik_imagescan_at(ik_image_read_fn read, void *ctx, uint64_t size_bytes, uint64_t offset,
		    char *release) IK_MUST_CHECK;

/*
 * Purpose     Looks through the whole image for "Linux version X.Y.Z… (" and takes the release.
 *             "" when there is none: compressed images (arm64 Image.gz) do not tell.
 * Parameters, returns  as above; reads 64 KiB at a time.
 */
int ik_imagescan_banner(ik_image_read_fn read, void *ctx, uint64_t size_bytes,
			char *release) IK_MUST_CHECK;

#endif
