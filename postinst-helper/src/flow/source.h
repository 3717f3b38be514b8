/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The image to install: which one, whether it is what its manifest says, and a sealed copy of it.
 * The parent's work, for it reads root-owned files. It must not touch the drive.
 */
#ifndef IK_FLOW_SOURCE_H
#define IK_FLOW_SOURCE_H

#include "base/err.h"
#include "base/macro.h"
#include "codec/image.h"
#include "codec/manifest.h"
#include "flow/session.h"
#include "os/memfd.h"
#include "store/kind.h"

struct ik_source {
	struct ik_sealed sealed; /* fd negative = none */
	struct ik_sha256 body;	 /* digest behind the first 4 KiB */
	struct ik_image image;	 /* structure and release */
	char version[64];	 /* of the package; the release for a given file */
	char path[512];		 /* where it came from, for messages */
	enum ik_kind kind;	 /* ours, or foreign for other files */
};

/*
 * Purpose     tells whether a kernel package is installed.
 * Parameters  series: "stable" or "longterm"; NULL = any
 */
bool ik_source_has_package(const char *series);

/*
 * Purpose     tells which series a wish for one means: without its package it is no choice, and the first that is
 *             installed counts, as it does for "".
 * Parameters  wanted: borrowed
 * Returns     its name; wanted where none is installed
 */
const char *ik_source_series(const char *wanted);

/* Purpose     is this the release of the kernel package of this series? */
bool ik_source_is_of(const char *series, const char *release);

/*
 * Purpose     reads the manifest of the kernel package.
 * Parameters  ret_dir: directory of the release beneath IK_IMAGE_DIR, 128 bytes
 * Errors      IK_E_IMAGE_MISSING: no package installed; IK_E_MANIFEST_BAD; IK_E_FILE_UNTRUSTED
 */
int ik_source_manifest(const struct ik_session *session, struct ik_manifest *ret, char *ret_dir,
		       struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     seals and checks the package's image.
 * Parameters  wanted: format; IK_IMAGE_UNKNOWN takes the setting `image_format`, and if that is auto
 *             too, bzImage, then ELF
 * Errors      as ik_source_manifest(); IK_E_IMAGE_*; IK_E_RELEASE_BAD
 */
int ik_source_open(const struct ik_session *session, enum ik_image_format wanted,
		   struct ik_source *ret, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     seals and checks an image that the user named.
 * Errors      as above; IK_E_IMAGE_MISSING
 */
int ik_source_open_file(const char *path, struct ik_source *ret, struct ik_err *err) IK_MUST_CHECK;

/* Purpose     releases it; source may be NULL. */
void ik_source_close(struct ik_source *source);

#define ik_autosource IK_CLEANUP(ik_source_close)

#endif
