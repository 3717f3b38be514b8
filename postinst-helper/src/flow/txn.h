/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mode `lxss`: puts an image in the target's place, steps 0 to 17 of the protocol. Installing the
 * package's image and putting a backup back are the same transaction with another source.
 * It must not know where the image comes from.
 */
#ifndef IK_FLOW_TXN_H
#define IK_FLOW_TXN_H

#include "base/err.h"
#include "base/macro.h"
#include "flow/lxss.h"

/* The image that is to come. */
struct ik_txn_image {
	int fd;			 /* read by pread; borrowed */
	struct ik_target target; /* size in id, digests, what it is */
	const char *file;	 /* its copy beside the target; NULL = stage it first */
};

/* What the transaction is for. */
enum ik_txn_purpose {
	IK_TXN_INSTALL, /* rules about newer and foreign kernels apply */
	IK_TXN_RESTORE, /* the user asked for this very image */
};

/*
 * Purpose     the whole transaction, under the lock, after recovery.
 * Parameters  lxss: open, recovered; image: borrowed
 * Returns     0: done, the same, or (only IK_TXN_INSTALL) newer: see report->action
 * Errors      a refusal by flow/plan; IK_E_SERVER_UNSAFE, IK_E_SPACE_LOW, IK_E_PATH_DENIED and others
 *             with the target untouched or put back; IK_E_RECOVERY_NEEDED when it is torn
 * Effects     on success the target holds the image, flushed and proved; report->target
 */
int ik_txn_run(struct ik_lxss *lxss, const struct ik_txn_image *image, enum ik_txn_purpose purpose,
	       struct ik_err *err) IK_MUST_CHECK;

#endif
