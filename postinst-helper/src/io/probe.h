/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rule R-h: finds out by trying whether the file server behind a directory keeps its promises, before
 * anything that matters is entrusted to it. It must not know what will be written later.
 */
#ifndef IK_IO_PROBE_H
#define IK_IO_PROBE_H

#include "base/err.h"
#include "base/macro.h"

/* Scratch names; a leftover regular file of that name is removed first. */
#define IK_PROBE_NAME_A "immensity-probe-a"
#define IK_PROBE_NAME_B "immensity-probe-b"

/*
 * Purpose     checks with scratch files that exclusive creation excludes, a write can be flushed,
 *             a size change shows through a second descriptor, what was written is read back, and a
 *             rename replaces.
 * Parameters  dir_fd: the very directory that is to be written to
 * Errors      IK_E_SERVER_UNSAFE: a promise is broken, the message says which; IK_E_PATH_DENIED,
 *             IK_E_SPACE_LOW, IK_E_IO_FAILED: it could not even try
 * Effects     the scratch files are gone on return; a crash leaves at most these two
 */
int ik_probe_server(int dir_fd, struct ik_err *err) IK_MUST_CHECK;

#endif
