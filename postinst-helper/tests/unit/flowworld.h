/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One job of flow/ at a time, in either mode, on the drive of txnworld, with what it reported. It must not know what a
 * test expects.
 */
#ifndef IK_TEST_FLOWWORLD_H
#define IK_TEST_FLOWWORLD_H

#include "flow/worker.h"
#include "txnworld.h"

#define PROFILE	  "Users/Ann/"
#define WSLCONFIG PROFILE ".wslconfig"
#define OWN	  PROFILE "AppData/Local/immensity-kernel"
#define OWN_KEY	  "C:\\\\Users\\\\Ann\\\\AppData\\\\Local\\\\immensity-kernel"

extern struct ik_session fresh_session; /* as it was opened */
extern struct ik_report job_report;	/* of the last job */
extern struct ik_err job_err;
extern bool fired_last; /* did it meet its fault? */
extern char ours_path[160], newer_path[160];

/* Setup and teardown of a group; and of one test: the official kernel, mode lxss, nothing of ours in the profile. */
int flow_set_up(void **state);
int flow_tear_down(void **state);
int flow_start(void **state);

/* From now on, mode wslconfig. */
void store_mode(void);

/* Removes a path of the drive with all that is in it. */
void remove_tree(const char *where);

/* Runs a job in this process, with an image when there is a path, and the faults that are set. */
int run_job(int (*fn)(struct ik_job *, struct ik_report *, struct ik_err *), const char *image,
	    const char *backup);

/* Does the report say this? */
bool has_note(const char *part);

#endif
