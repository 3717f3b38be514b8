/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes copies of images beside the target, under names that spare what is there. It must not know when.
 */
#ifndef IK_STORE_KEEP_H
#define IK_STORE_KEEP_H

#include "base/err.h"
#include "io/progress.h"
#include "store/backup.h"

/*
 * Purpose     makes sure that a proved copy of an image exists.
 * Returns     0; 1: the copy is of ours, and waits under IK_NAME_TEMP until ik_backup_place() gives it the name
 * Parameters  b: what is there, the copy is added; image: the image, with digest; fd: open for reading
 *             progress: may be NULL; ret_file: name of the copy
 * Errors      as ik_stage_copy(); pathres: what has the first official image's name is no regular file
 * Effects     the digest of a good first official image is written down if it is not yet (store/seal)
 *             the copy is durable, its name once the caller has flushed the directory; nothing
 *             is replaced
 */
int ik_backup_keep(int dir_fd, struct ik_backups *b, const struct ik_target *image, int fd,
		   const struct ik_progress *progress, char ret_file[IK_BACKUP_NAME_BYTES],
		   struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     gives the copy that waits its name, in place of our former image.
 * Errors      by ik_io_fault(), pathres; the former image is still there unless the flush failed
 * Effects     the name is durable on return
 */
int ik_backup_place(int dir_fd, struct ik_err *err) IK_MUST_CHECK;

#endif
