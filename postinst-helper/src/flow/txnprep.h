/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps 2 and 4 to 7 of the in-place transaction: probe, both copies, the way back, the armed journal.
 * It must not touch the target, nor our former image.
 */
#ifndef IK_FLOW_TXNPREP_H
#define IK_FLOW_TXNPREP_H

#include "base/err.h"
#include "base/macro.h"
#include "flow/lxss.h"
#include "flow/txn.h"

/* One transaction under way. */
struct ik_txn {
	struct ik_lxss *lxss;
	const struct ik_txn_image *image;
	enum ik_txn_purpose purpose;
	struct ik_target there; /* the target as it lies there */
	struct ik_target old;	/* A, with digests: the same without zeros of ours behind it */
	bool old_is_torn;	/* nothing worth a backup is in the target */
	bool has_false_head; /* it is torn although its head is valid: a mixture that would boot */
	bool old_waits; /* the copy of A gets its name, old_file, only before the overwriting */
	char new_file[IK_BACKUP_NAME_BYTES];
	char old_file[IK_BACKUP_NAME_BYTES];
};

/*
 * Purpose     steps 2 to 6: probes the server, puts both images and the way back beside the target.
 * Errors      IK_E_SERVER_UNSAFE, IK_E_SPACE_LOW, io/stage, store/backup; nothing of it is left but backups
 */
int ik_txnprep_stage(struct ik_txn *txn, struct ik_err *err) IK_MUST_CHECK;

/* Purpose     step 7: the journal is armed, durable and read back. Errors: store/journal. */
int ik_txnprep_arm(struct ik_txn *txn, struct ik_err *err) IK_MUST_CHECK;

#endif
