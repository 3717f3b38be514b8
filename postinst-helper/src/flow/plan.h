/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every decision of the program as a pure function: facts in, verdict out.
 * What a kernel is, which mode to use, whether an image may be replaced, how an interrupted
 * transaction is finished. It must not open, read or print anything, so that each rule is one row of
 * a table in the unit test.
 */
#ifndef IK_FLOW_PLAN_H
#define IK_FLOW_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/macro.h"
#include "store/kind.h"

/* How Windows is told which kernel to boot. */
enum ik_mode {
	IK_MODE_AUTO,	   /* not decided yet */
	IK_MODE_LXSS,	   /* overwrite System32\lxss\tools\kernel in place */
	IK_MODE_WSLCONFIG, /* versioned file and kernel= in .wslconfig */
};

/* Which product runs WSL. */
enum ik_plan_flavour {
	IK_PLAN_FLAVOUR_UNKNOWN,
	IK_PLAN_FLAVOUR_INBOX,
	IK_PLAN_FLAVOUR_STORE,
};

/* What ik_plan_mode() needs to know. */
struct ik_plan_mode_facts {
	enum ik_mode wanted; /* option or configuration; IK_MODE_AUTO leaves the choice to us */
	enum ik_plan_flavour flavour;
	bool target_exists;   /* System32\lxss\tools\kernel is there */
	bool target_writable; /* … and opened for writing */
	unsigned profiles;    /* Windows profiles found; an explicit one counts as exactly 1 */
};

/*
 * Purpose     chooses the mode (design 6.2).
 * Returns     0
 * Errors      IK_E_MODE_UNKNOWN: it cannot tell
 */
int ik_plan_mode(const struct ik_plan_mode_facts *facts, enum ik_mode *ret,
		 struct ik_err *err) IK_MUST_CHECK;

/* What ik_plan_replace() decides. */
enum ik_verdict {
	IK_VERDICT_DO,	    /* replace it */
	IK_VERDICT_SAME,    /* the very image is there */
	IK_VERDICT_NEWER,   /* a newer one of ours is there: nothing to do, or refuse */
	IK_VERDICT_FOREIGN, /* somebody else's is there: refuse */
	IK_VERDICT_MISSING, /* never created in place: refuse */
	IK_VERDICT_TORN,    /* damaged and not known to be our doing: refuse */
};

/* What ik_plan_replace() needs to know. */
struct ik_plan_replace_facts {
	enum ik_kind current;	     /* what is there */
	bool same_digest;	     /* it is byte for byte what we want there */
	const char *current_release; /* "" when unknown */
	const char *wanted_release;
	bool allow_downgrade; /* --force or configuration */
	bool replace_foreign; /* --force or configuration */
};

/* Purpose     decides whether an image may be replaced by another (design 6.2). */
enum ik_verdict ik_plan_replace(const struct ik_plan_replace_facts *facts);

/*
 * Purpose     turns a refusing verdict into an error.
 * Parameters  where: name of the place for the message
 * Returns     0 for IK_VERDICT_DO and IK_VERDICT_SAME, else negative
 */
int ik_plan_verdict_error(enum ik_verdict verdict, const struct ik_plan_replace_facts *facts,
			  const char *where, struct ik_err *err) IK_MUST_CHECK;

/* How T's content compares with an image that the journal names. */
enum ik_match {
	IK_MATCH_NO,
	IK_MATCH_EXACT,
	IK_MATCH_PADDED, /* the image followed by nothing but zero bytes */
};

/* What the journal says, as far as recovery is concerned. */
enum ik_plan_journal {
	IK_PLAN_JOURNAL_NONE,  /* no valid slot */
	IK_PLAN_JOURNAL_IDLE,  /* IDLE, DONE, GOOD or SUPERSEDED: nothing is under way */
	IK_PLAN_JOURNAL_ARMED, /* a transaction was under way */
};

/* What ik_plan_recover() needs to know. */
struct ik_plan_recover_facts {
	enum ik_plan_journal journal;
	bool target_exists;
	bool header_valid;
	bool same_inode;      /* T is the file the journal speaks of */
	enum ik_match is_old; /* T against A, the image before the transaction */
	enum ik_match is_new; /* T against B, the image the transaction wants */
	bool body_is_ours; /* T is no whole image, but a part of it is A's or B's: we were at it */
	bool distrust_new; /* a write or flush of B failed in this very run */
	bool backup_good;  /* a backup with A's digest verifies */
	bool staged_good;  /* a staged image with B's digest verifies */
};

/* What recovery does: one row of the table each. */
enum ik_recovery {
	IK_RECOVERY_NOTHING,	 /* nothing under way, T as it should be */
	IK_RECOVERY_IDLE,	 /* T is A: cut padding if any, journal IDLE */
	IK_RECOVERY_FORWARD,	 /* T is B: cut padding if any, journal DONE */
	IK_RECOVERY_SUPERSEDED,	 /* somebody else wrote T: leave it, journal SUPERSEDED */
	IK_RECOVERY_RESTORE_OLD, /* write A back */
	IK_RECOVERY_RESTORE_NEW, /* write B: its backup is bad, the staged image is good */
	IK_RECOVERY_LOUD,	 /* our torn T and no good image: Windows instructions */
	IK_RECOVERY_NOT_OURS,	 /* torn, but not by us: leave it, instructions */
	IK_RECOVERY_NO_TARGET,	 /* T is missing: never created, instructions */
};

/* Purpose     decides how an interrupted transaction is finished (table of safe update, 2.4). */
enum ik_recovery ik_plan_recover(const struct ik_plan_recover_facts *facts);

/*
 * Purpose     bytes that must be free before a transaction starts.
 * Parameters  old_bytes, new_bytes: sizes of A and B, both at most 256 MiB
 *             backup_needed: A is not backed up yet
 */
uint64_t ik_plan_space(uint64_t old_bytes, uint64_t new_bytes, bool backup_needed);

/* Purpose     name for JSON and messages; static string. */
const char *ik_mode_name(enum ik_mode mode);

#endif
