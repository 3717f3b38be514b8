/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs the shipped program under ptrace, counts its I/O calls from the first line of main on, and at
 * the Nth one kills every process of it, fails the call, or lets somebody else act. It also judges
 * which paths are written. It must not know the update protocol.
 *
 * With nosleep.so preloaded, waits of seconds cost nothing.
 */
#ifndef CRASH_TRACE_H
#define CRASH_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum trace_action {
	TRACE_COUNT,	   /* only count */
	TRACE_KILL_BEFORE, /* the call does not happen */
	TRACE_KILL_AFTER,  /* the call happens, nothing after it */
	TRACE_FAIL,  /* the call does not happen and fails with errnum; hook(), if any, runs then */
	TRACE_SHORT, /* a read or write moves only part of its bytes */
	TRACE_HOOK,  /* hook() runs before the call */
};

/* One call that changes something, as it is about to happen. */
struct trace_call {
	int pid; /* the process that makes it */
	long nr;
	char path[512];	 /* absolute path of the object; "" when it has none */
	char path2[512]; /* second name of rename and link */
	uint64_t offset, length;
	bool changes; /* it writes, creates, renames, removes, cuts */
};

struct trace_job {
	const char *const *argv; /* program and arguments, NULL-terminated */
	const char *preload;	 /* library that skips sleeps; NULL = none */
	const char *root;	 /* only calls on objects beneath it count; NULL = all */
	enum trace_action action;
	long at;	   /* number of the call, from 1 */
	int errnum;	   /* for TRACE_FAIL */
	bool persist;	   /* for TRACE_FAIL: all later calls of the same kind and name fail too */
	bool only_changes; /* count only calls that change something */
	bool (*only)(const struct trace_call *call); /* count only these; NULL = all */
	void (*hook)(void *arg);
	/* Called for every call that changes something; may be NULL. */
	void (*watch)(const struct trace_call *call, void *arg);
	void *arg; /* for hook and watch */
};

struct trace_result {
	long calls;	      /* counted calls */
	long changes;	      /* calls that change something beneath root */
	bool fired;	      /* the action took place */
	struct trace_call at; /* the call it took place at */
	int status;	      /* exit status; -signal when a signal ended it */
	long forbidden;	      /* execve and socket calls after the start of main */
	char output[8192];    /* stdout and stderr, cut */
};

/* Runs the job to its end; ends the suite when ptrace itself does not work. */
void trace_run(const struct trace_job *job, struct trace_result *ret);

/* Name of a system call for messages. */
const char *trace_name(long nr);

#endif
