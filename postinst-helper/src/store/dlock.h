/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * L2, the lock file on the Windows drive: excludes other VMs (another Windows user's WSL) and distros
 * that do not share L1. Taken only while L1 is held. It must not know what is done under the lock.
 *
 * Who is stale: a holder of the same boot that named the same L1 file is dead, for we hold that one.
 * Any other holder is watched for IK_DLOCK_WATCH_MS; one whose file does not change is dead.
 * Whoever breaks a lock must run recovery before anything else.
 */
#ifndef IK_STORE_DLOCK_H
#define IK_STORE_DLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/macro.h"
#include "codec/lockrec.h"

#define IK_DLOCK_BEAT_MS  5000u	 /* a holder rewrites its file this often */
#define IK_DLOCK_WATCH_MS 15000u /* three beats */

struct ik_dlock {
	int dir_fd; /* borrowed */
	bool held;
	bool broke; /* a stale lock was broken to get this one */
	int64_t beat_at_ms;
	struct ik_lockrec rec;
};

/*
 * Purpose     takes the lock.
 * Parameters  domain: text that names the L1 lock held by the caller (distro and identity of its file)
 *             sha256: digest of the image to be installed, may be NULL
 * Errors      IK_E_LOCK_BUSY: the holder is alive; IK_E_LOCK_UNTRUSTED: no regular file has the name;
 *             others by ik_io_fault()
 * Effects     creates the lock file; sleeps up to IK_DLOCK_WATCH_MS when the holder's life is unclear
 */
int ik_dlock_take(int dir_fd, const char *domain, const struct ik_sha256 *sha256,
		  struct ik_dlock *ret, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     rewrites the file if it is ours and the last beat is IK_DLOCK_BEAT_MS old; a failure is ignored.
 * Returns     0, or -EBUSY: the last beat was old, and nobody or another holds the lock by now
 */
int ik_dlock_beat(struct ik_dlock *lock);

/*
 * Purpose     makes sure that nobody took the lock over: a machine that slept for longer than the watch passes for
 *             dead. To be asked before what cannot be taken back.
 * Errors      IK_E_LOCK_BUSY: it is another's, and so is all that it guards; others when it cannot be read
 */
int ik_dlock_check(const struct ik_dlock *lock, struct ik_err *err) IK_MUST_CHECK;

/* Purpose     removes the lock file if it still is ours; lock may be NULL or not held. */
void ik_dlock_release(struct ik_dlock *lock);

#define ik_autodlock IK_CLEANUP(ik_dlock_release)

#endif
