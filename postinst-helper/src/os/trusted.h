/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Input from files that only root could have written. It must not know what is in them.
 */
#ifndef IK_OS_TRUSTED_H
#define IK_OS_TRUSTED_H

#include <stdint.h>

#include "base/err.h"
#include "os/memfd.h"

/*
 * Purpose     opens a file that only root could have written and seals a copy of it.
 * Parameters  dir: absolute path of the package directory; its last component and the file may be
 *             neither symlinks nor owned or writable by others than root (or, when we are not root,
 *             than ourselves)
 *             path: relative path beneath it
 *             max_bytes: size limit
 * Errors      IK_E_FILE_UNTRUSTED: owner or mode; others from pathres and memfd
 */
int ik_trusted_seal(const char *dir, const char *path, uint64_t max_bytes, struct ik_sealed *ret,
		    struct ik_err *err) IK_MUST_CHECK;

#endif
