/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Manifest: whatever is accepted keeps every promise of its struct. */
#include "codec/manifest.h"

#include "codec/relver.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ik_err err = {.errnum = 0};
	struct ik_manifest m;

	if (ik_manifest_parse(size > 0 ? (const void *)data : "", size, &m, &err) < 0) {
		PROPERTY(err.code != IK_E_NONE && err.message[0] != '\0', "a refusal has a reason");
		return 0;
	}
	PROPERTY(ik_relver_check(m.release, NULL) == 0, "the release is one WSL takes");
	PROPERTY(m.n_images >= 1 && m.n_images <= IK_MANIFEST_MAX_IMAGES, "number of images");
	PROPERTY(m.arch != IK_ARCH_UNKNOWN, "the architecture is known");
	for (size_t i = 0; i < m.n_images; i++) {
		const struct ik_manifest_image *image = &m.images[i];

		PROPERTY(ik_manifest_find(&m, image->format) == image, "one image per format");
		PROPERTY(!strpbrk(image->file, "/\\") && image->file[0] != '.', "a plain name");
		PROPERTY(image->size_bytes >= IK_IMAGE_MIN_BYTES &&
				 image->size_bytes <= IK_IMAGE_MAX_BYTES,
			 "a kernel's size");
	}
	return 0;
}
