/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs one piece of work in the confined child and brings its report back.
 * It must not know what the work is.
 */
#ifndef IK_FLOW_WORKER_H
#define IK_FLOW_WORKER_H

#include "base/err.h"
#include "base/macro.h"
#include "flow/report.h"
#include "flow/session.h"
#include "flow/source.h"

/* What the work is about. All pointers are borrowed; what does not apply is NULL. */
struct ik_job {
	const struct ik_session *session;
	const struct ik_source *source; /* image to install */
	const char *domain;		/* names the L1 lock that the parent holds */
	const char *backup;		/* what `restore --to` named */
	bool purge;			/* `remove`: also what is kept otherwise */
	bool digests;			/* look: also hash everything */
	const struct ik_err *refusal;	/* why nothing may be changed in this run, see flow/act */
	struct ik_progress progress;	/* heeds signals; filled by the worker */
};

/*
 * Purpose     the work itself, in the child.
 * Parameters  job: the child's copy; report: all-zero, sent back also on failure
 */
typedef int (*ik_job_fn)(struct ik_job *job, struct ik_report *report, struct ik_err *err);

/*
 * Purpose     runs fn in a confined child (os/priv), under limits that suffice where they may be raised (os/limits).
 * Parameters  ret: filled with what the child reported, made safe; all-zero if it said nothing
 * Returns     what fn returned
 * Errors      fn's own; IK_E_PRIV_*
 */
int ik_worker_run(ik_job_fn fn, const struct ik_job *job, struct ik_report *ret,
		  struct ik_err *err) IK_MUST_CHECK;

#endif
