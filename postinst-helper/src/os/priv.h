/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two processes: the parent (root) reads the package's files and waits; the child, without
 * privileges, does all work on the drive. It must not know what that work is.
 *
 * Who the child is: the uid= and gid= of the drive's mount line when there is one; otherwise the
 * owner of the drive's root directory. So it stays root only when that directory belongs to root and
 * the mount names nobody else (a test directory given with --drive). Even then it has no capability.
 */
#ifndef IK_OS_PRIV_H
#define IK_OS_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "os/memfd.h"

#define IK_PRIV_FSIZE_MAX (512u * 1024u * 1024u) /* largest file the child may write, bytes */
#define IK_PRIV_REPLY_MAX (4u * 1024u * 1024u)	 /* largest reply of the child, bytes */

/* Whom the child becomes. */
struct ik_priv_user {
	uid_t uid;
	gid_t gid;
};

/* How the child is confined. All-zero would be "drop to root's ids, filter on". */
struct ik_priv_opts {
	struct ik_priv_user user; /* from ik_priv_choose_user(); used only when we are root */
	bool no_filter; /* leave the seccomp filter out (sanitizer builds need more calls) */
};

/*
 * Purpose     the child's work.
 * Parameters  arg: as given to ik_priv_run(), copy-on-write: changes do not reach the parent
 *             reply: bytes appended here reach the parent, also on failure
 *             err: filled on failure; reaches the parent
 * Returns     0 or positive on success, negative errno on failure
 */
typedef int (*ik_priv_fn)(void *arg, struct ik_strbuf *reply, struct ik_err *err);

/*
 * Purpose     empties the environment and sets a fixed PATH, LC_ALL and umask, opens /dev/null for
 *             standard streams that are closed, lets SIGCHLD be as usual, ignores SIGXFSZ and SIGPIPE.
 *             Call it first in main.
 * Effects     environment, umask (077), descriptors 0 to 2 and those signals of the process
 * Errors      IK_E_MEMORY_EXHAUSTED, IK_E_IO_FAILED
 */
int ik_priv_clean_environment(struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     decides whom the child becomes.
 * Parameters  has_mount_ids: the mount line named uid= (and gid=)
 *             mount: these ids; read only when has_mount_ids
 *             drive_fd: root directory of the drive, for its owner
 * Errors      IK_E_IO_FAILED
 */
int ik_priv_choose_user(bool has_mount_ids, struct ik_priv_user mount, int drive_fd,
			struct ik_priv_user *ret, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     runs fn in a confined child and waits for it: ids dropped, no supplementary groups, no
 *             capabilities, no_new_privs, not dumpable, umask 077, limits (file size 512 MiB with
 *             SIGXFSZ ignored, no new processes, no core), seccomp allow-list with errno action.
 * Parameters  opts: borrowed; fn, arg: see ik_priv_fn; reply: what the child replied is appended
 * Returns     what fn returned
 * Errors      the child's own error object; IK_E_PRIV_DROP, IK_E_PRIV_SECCOMP: fn was not called;
 *             IK_E_PRIV_CHILD_DIED: a signal ended the child, its work may be half done
 * Effects     SIGINT, SIGTERM, SIGHUP and SIGQUIT do not end the waiting parent; they are passed on
 *             to the child. Locks taken by flock stay held while the child lives.
 */
int ik_priv_run(const struct ik_priv_opts *opts, ik_priv_fn fn, void *arg, struct ik_strbuf *reply,
		struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     confines the calling process as ik_priv_run() confines its child; for the child itself
 *             and for tests.
 * Errors      IK_E_PRIV_DROP, IK_E_PRIV_SECCOMP
 */
int ik_priv_confine(const struct ik_priv_opts *opts, struct ik_err *err) IK_MUST_CHECK;

#endif
