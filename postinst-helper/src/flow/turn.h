/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One change of this system's: its limits, the lock between runs of one system (L1), the state as it is under that lock,
 * the worker, and what is remembered of the end. It must not know which job is run.
 */
#ifndef IK_FLOW_TURN_H
#define IK_FLOW_TURN_H

#include <stdbool.h>

#include "base/err.h"
#include "base/macro.h"
#include "flow/report.h"
#include "flow/session.h"
#include "flow/worker.h"
#include "os/lock.h"

#define IK_TURN_DOMAIN_BYTES 64

struct ik_turn {
	struct ik_session *session; /* borrowed */
	struct ik_report *report;   /* borrowed */
	const char *command;	    /* as it is remembered */
	const char *option, *value; /* of the command, for what is advised; NULL = none; borrowed */
	struct ik_lock lock;
	char domain[IK_TURN_DOMAIN_BYTES];
	bool packaged; /* installs the package's kernel: what is pending may allow or forbid it */
	bool borrowed; /* an older kernel may take the place because what is pending says so */
	bool left;     /* nothing was to be done after all, and nothing is remembered */
	bool hold;     /* remember that the official kernel is wanted */
	bool keeps;    /* says nothing of that wish: it stays as it is */
	bool returns;  /* `official off`: the kernel= that `on` put back may go again */
	char before[512];  /* what kernel= named before, as far as it was looked at */
	struct ik_err low; /* which limit of this process forbids a change */
};

/* Purpose     begins a turn: clears the report, raises the limits. No lock is taken. */
void ik_turn_begin(struct ik_turn *turn, struct ik_session *session, const char *command,
		   struct ik_report *report);

/*
 * Purpose     may something be changed at all? For a recovery, and for what overwrites a kernel: that is not begun under a
 *             limit that could end it half-way.
 * Errors      flow/session; the limit's; IK_E_RECOVERY_NEEDED: the kernel is half written, which is the greater news
 */
int ik_turn_check(const struct ik_turn *turn, struct ik_err *err) IK_MUST_CHECK;
int ik_turn_check_change(const struct ik_turn *turn, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     takes L1 and reads the state again, which the one before may have changed.
 * Errors      IK_E_LOCK_BUSY and others of os/lock
 */
int ik_turn_lock(struct ik_turn *turn, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     runs a job under L1, unless the state that is read there forbids it (flow/wish).
 * Effects     a worker that was killed is made up for at once
 */
int ik_turn_run(struct ik_turn *turn, ik_job_fn fn, struct ik_job *job,
		struct ik_err *err) IK_MUST_CHECK;

/* Purpose     saves the state. That this fails is a note: it does not undo what was done. */
void ik_turn_save(struct ik_turn *turn);

/*
 * Purpose     remembers how it ended, and lets the lock go.
 * Parameters  r, why: how it ended, with this command as the next step where an install was advised; err: gets a copy of
 *             why on failure
 * Returns     r
 */
int ik_turn_finish(struct ik_turn *turn, int r, struct ik_err *why, struct ik_err *err);

#endif
