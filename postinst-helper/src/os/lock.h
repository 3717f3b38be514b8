/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * L1, the first of two locks: a flock on a file in the tmpfs that WSL shares between all distros of
 * one VM, or in /run/lock where there is no such tmpfs. L2, the file on the drive, is store/dlock's.
 * It must not know about drives or journals.
 */
#ifndef IK_OS_LOCK_H
#define IK_OS_LOCK_H

#include <stdbool.h>

#include "base/err.h"

#define IK_LOCK_NAME	   "immensity-kernel.lock"
#define IK_LOCK_SHARED_DIR "/mnt/wsl"
#define IK_LOCK_LOCAL_DIR  "/run/lock"

/* A held lock. The flock belongs to the open file, so a forked child keeps it held as well. */
struct ik_lock {
	int fd;	     /* owned; negative = not held */
	bool shared; /* held on the tmpfs shared between distros */
};

/*
 * Purpose     takes L1.
 * Parameters  shared_dir: IK_LOCK_SHARED_DIR, used only when it is a mounted tmpfs; may be NULL
 *             local_dir: IK_LOCK_LOCAL_DIR, the fallback; made, mode 0755, when it is missing
 *             wait_ms: how long to wait for the holder; 0 = do not wait
 *             ret: caller's storage
 * Errors      IK_E_LOCK_BUSY: still held after wait_ms; the message names the holder's pid;
 *             IK_E_LOCK_UNTRUSTED: a symlink, directory, hard link or foreign file has the name and
 *             cannot be removed; IK_E_LOCK_FAILED
 * Effects     may create the file, mode 0600. In the world-writable shared directory a file planted
 *             by somebody else is unlinked and made anew.
 */
int ik_lock_take(const char *shared_dir, const char *local_dir, unsigned int wait_ms,
		 struct ik_lock *ret, struct ik_err *err) IK_MUST_CHECK;

/* Purpose     releases the lock; the file stays. lock may be NULL or not held. */
void ik_lock_release(struct ik_lock *lock);

#define ik_autolock IK_CLEANUP(ik_lock_release)

#endif
