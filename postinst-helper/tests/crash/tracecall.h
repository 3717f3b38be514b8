/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells which system calls of a traced process are I/O, and the object and bytes that one of them is about, from its registers
 * and memory. It does nothing to the process.
 */
#ifndef CRASH_TRACECALL_H
#define CRASH_TRACECALL_H

#include <stdbool.h>
#include <sys/ptrace.h>
#include <sys/types.h>

#include "trace.h"

/* Describes the call at whose entry pid stands; false when it is not I/O. */
bool trace_describe(pid_t pid, const struct __ptrace_syscall_info *info, struct trace_call *call);

#endif
