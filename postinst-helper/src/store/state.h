/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this distro remembers in its state directory: what is pending, the last error, what it installed,
 * and whether the official kernel is in use by the user's wish. A hint for people and for `maint`;
 * the drive is the truth. It must not know how a state comes about.
 */
#ifndef IK_STORE_STATE_H
#define IK_STORE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/macro.h"

#define IK_STATE_DIR  "/var/lib/immensity-kernel"
#define IK_STATE_FILE "state.json"
/* Empty file that is there while something is pending, but for want of WSL 2: what a login script can ask for cheaply. */
#define IK_STATE_PENDING "pending"

/* Something that went wrong or waits. */
struct ik_state_event {
	bool present;
	char command[24];
	char code[48];
	char message[512];
	char hint[512];
	int64_t since_unix_s;
	/* What was wanted, for an install of the package's kernel; empty in what former versions wrote. */
	char series[16];   /* "" = the first that is installed */
	char release[128]; /* "" = not known */
	bool downgrade;	   /* an older kernel may take the place */
};

struct ik_state {
	struct ik_state_event pending;
	struct ik_state_event last_error;
	bool official_hold; /* `official on` */
	char hold_key[512]; /* what kernel= names since then in the place of ours; "" = nothing */
	bool installed;	    /* the texts below are filled */
	char mode[16];
	char release[128];
	char sha256[65];
	char path[512];
	int64_t installed_unix_s;
};

/*
 * Purpose     reads the state. Nothing that is wrong with its content keeps the program from working.
 * Parameters  dir: absolute path of the state directory; ret: a missing or damaged file gives the empty
 *             state (a damaged one is kept as state.json.broken by the next save)
 * Errors      IK_E_STATE_BAD, IK_E_MEMORY_EXHAUSTED: it is there, but could not be read; *ret is the empty state, which
 *             says nothing then
 */
int ik_state_load(const char *dir, struct ik_state *ret, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     writes the state atomically; creates the directory if it is missing.
 * Errors      IK_E_STATE_BAD, by ik_io_fault()
 */
int ik_state_save(const char *dir, const struct ik_state *state, struct ik_err *err) IK_MUST_CHECK;

/* Purpose     removes the state file and, if then empty, the directory; failures are ignored. */
void ik_state_remove(const char *dir);

#endif
