/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seccomp allow-list of the child that works on the drive. Calls that are not listed fail with
 * EPERM; nothing is killed, because a surprise in a library must not end us in the middle of a write.
 * It must not know what the child does beyond the calls it needs.
 */
#ifndef IK_OS_FILTER_H
#define IK_OS_FILTER_H

#include <stddef.h>

#include "base/err.h"

/*
 * Purpose     installs the filter in the calling thread; it cannot be taken off again.
 * Errors      IK_E_PRIV_SECCOMP. A kernel without seccomp is not an error: the ids are dropped anyway.
 * Effects     needs no_new_privs
 * Source      Linux: Documentation/userspace-api/seccomp_filter.rst
 */
int ik_filter_install(struct ik_err *err) IK_MUST_CHECK;

/* Purpose     how many system calls the list allows (bar: at most 45). */
size_t ik_filter_count(void);

#endif
