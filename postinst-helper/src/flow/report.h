/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one run found out and did: plain data without pointers, so that the child without privileges
 * can send it to its parent through a pipe, and the command line can print it as text or JSON.
 * It must not know how things are printed.
 */
#ifndef IK_FLOW_REPORT_H
#define IK_FLOW_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/macro.h"
#include "flow/plan.h"

#define IK_REPORT_BACKUPS  40
#define IK_REPORT_FINDINGS 32
#define IK_REPORT_STEPS	   24
#define IK_REPORT_NOTES	   12

/* A kernel image somewhere. */
struct ik_report_image {
	enum ik_kind kind;
	bool has_sha256;
	uint8_t sha256[32];
	uint64_t size_bytes;
	char format[16];   /* "elf", "bzimage", "arm64" or "" */
	char release[128]; /* "" when unknown */
	char path[1200];   /* as a user of Linux would name it; "" when there is none */
	char windows_path[512];
};

/* One backup. */
struct ik_report_backup {
	char id[96];	 /* what `restore --to` takes */
	bool good;	 /* the digest that is known for it was read back */
	bool unreadable; /* it is there and could not be read: no digest, no size */
	int64_t mtime_unix_s;
	struct ik_report_image image; /* image.kind is the origin */
};

enum ik_level {
	IK_LEVEL_OK,
	IK_LEVEL_INFO,
	IK_LEVEL_WARNING,
	IK_LEVEL_PROBLEM,
};

/* One finding of `doctor`. */
struct ik_report_finding {
	enum ik_level level;
	char code[48]; /* stable name */
	char message[320];
	char remedy[320]; /* "" when nothing is to be done */
};

/* What a changing command did. */
enum ik_action {
	IK_ACTION_NONE,
	IK_ACTION_INSTALLED,
	IK_ACTION_UNCHANGED, /* the very image was there */
	IK_ACTION_NEWER,     /* a newer one of ours was there */
	IK_ACTION_RESTORED,
	IK_ACTION_REMOVED,
	IK_ACTION_RECOVERED,
	IK_ACTION_PLANNED, /* --dry-run */
	IK_ACTION_HELD,	   /* the official kernel is in use by the user's wish */
};

struct ik_report {
	int result; /* 0, or the negative errno of the worker's function */
	struct ik_err err;
	enum ik_action action;
	enum ik_mode mode;
	bool target_writable;
	char profile[1024]; /* Linux path of the Windows profile, "" when none was found */
	unsigned profiles;  /* how many there are */
	struct ik_report_image target; /* what Windows boots next */
	char journal[16];	       /* state of the journal, "none" without one */
	enum ik_recovery recovery;     /* what the start of the run had to do */
	bool unflushed;	      /* the target is whole, but the journal could not be closed */
	bool recovery_needed; /* read-only commands: somebody should run `recover` */
	bool unseen;	    /* the kernel or its journal could not be looked at; a note says why */
	bool key_stays;	    /* a removal could not take our kernel= back */
	bool lxss_stays;    /* a removal could not put the kernel in lxss back */
	uint64_t window_us; /* time during which T could not be booted */
	unsigned backup_count;
	struct ik_report_backup backups[IK_REPORT_BACKUPS];
	unsigned finding_count;
	struct ik_report_finding findings[IK_REPORT_FINDINGS];
	unsigned step_count;
	char steps[IK_REPORT_STEPS][200]; /* the plan, one line each */
	unsigned note_count;
	char notes[IK_REPORT_NOTES][320]; /* things the user should know, one line each */
};

/* Purpose     appends one line to the plan; lines beyond the room are dropped. */
void ik_report_step(struct ik_report *report, const char *fmt, ...) IK_PRINTF(2, 3);

/* Purpose     appends one note; notes beyond the room are dropped. */
void ik_report_note(struct ik_report *report, const char *fmt, ...) IK_PRINTF(2, 3);

/*
 * Purpose     appends one finding; findings beyond the room are dropped.
 * Parameters  remedy: borrowed, may be NULL
 */
void ik_report_finding(struct ik_report *report, enum ik_level level, const char *code,
		       const char *remedy, const char *fmt, ...) IK_PRINTF(5, 6);

/*
 * Purpose     makes a report that came from another process safe to use: texts end in NUL, counts
 *             and enumerations are in range.
 */
void ik_report_sanitize(struct ik_report *report);

/* Purpose     name for JSON; static string. */
const char *ik_action_name(enum ik_action action);

#endif
