/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ground that every change in mode `lxss` stands on: the lock on the drive, the journal, the
 * backups, and one call that overwrites the target. It must not decide anything.
 */
#ifndef IK_FLOW_LXSS_H
#define IK_FLOW_LXSS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/macro.h"
#include "flow/report.h"
#include "flow/scene.h"
#include "flow/worker.h"
#include "io/inplace.h"
#include "io/sight.h"
#include "store/backup.h"
#include "store/dlock.h"
#include "store/journal.h"

struct ik_lxss {
	const struct ik_scene *scene; /* borrowed */
	struct ik_report *report;     /* borrowed */
	int dir_fd;		      /* of the target; borrowed */
	const char *name;	      /* of the target */
	struct ik_dlock lock;
	struct ik_journal journal;
	struct ik_backups backups;
	bool has_backups;
	struct ik_target
		known; /* what was last proved to be at the target; digest may be missing */
	struct ik_sight judged; /* the target right before it was judged */
	bool half_written; /* by us, and recovery could not repair it: whatever its head says, it is no kernel */
	struct ik_progress outer;    /* the worker's */
	struct ik_progress progress; /* the same, and the lock's heartbeat */
	struct ik_progress window;   /* the same, but only a lost lock stops the work */
};

/* Never opened. A descriptor that is all-zero is stdin: nothing of ours may be written relative to that. */
#define IK_LXSS_NONE                                                                         \
	{                                                                                    \
		.dir_fd = -EBADF, .lock = {.dir_fd = -EBADF}, .journal = {.dir_fd = -EBADF } \
	}

/*
 * Purpose     takes the lock and reads the journal.
 * Parameters  job: borrowed; ret: must not move afterwards, its progress points to it. After a failure it is
 *             only to be closed: it may have no lock and no journal
 * Errors      store/dlock, store/journal
 */
int ik_lxss_open(const struct ik_scene *scene, const struct ik_job *job, struct ik_report *report,
		 struct ik_lxss *ret, struct ik_err *err) IK_MUST_CHECK;

/* Purpose     releases the lock and the memory; lxss may be NULL or IK_LXSS_NONE. */
void ik_lxss_close(struct ik_lxss *lxss);

#define ik_autolxss IK_CLEANUP(ik_lxss_close)

/* Purpose     reads (again) which backups there are. Errors: store/backup. */
int ik_lxss_load_backups(struct ik_lxss *lxss, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     remembers what the target looks like, in front of a judgement.
 * Errors      io/sight
 */
int ik_lxss_sight(struct ik_lxss *lxss, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     opens the target for a change by the last judgement. Opening it may have waited for somebody who was
 *             writing it, long enough for another WSL to take the lock: both are asked again.
 * Parameters  ret_id: what was opened, also with IK_E_TARGET_CHANGED
 * Errors      ik_scene_open_target(); IK_E_LOCK_BUSY; IK_E_TARGET_CHANGED: it is not what was judged
 */
int ik_lxss_open_judged(struct ik_lxss *lxss, int *ret_fd, struct ik_file_id *ret_id,
			struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     overwrites the target with an image that the journal names, then puts back the time of
 *             last change that the journal remembers.
 * Parameters  from_fd: the image; image: its size and digests; ret_job: how far it got, also on failure
 * Errors      ik_lxss_open_judged(), ik_inplace_write()
 */
int ik_lxss_write(struct ik_lxss *lxss, int from_fd, const struct ik_jrec_image *image,
		  struct ik_inplace *ret_job, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     fills the report's target from what is at the target now; with a digest, without zeros of ours behind it.
 * Parameters  with_digest: hash it too
 */
int ik_lxss_report_target(const struct ik_scene *scene, bool with_digest,
			  const struct ik_progress *progress, struct ik_report *report,
			  struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     the same at the end of a change: hashes only if what was proved last is not known.
 */
int ik_lxss_report_known(struct ik_lxss *lxss, struct ik_err *err) IK_MUST_CHECK;

/* Purpose     describes an image for a report; path and Windows path are the caller's. */
void ik_lxss_describe(const struct ik_target *target, struct ik_report_image *ret);

#endif
