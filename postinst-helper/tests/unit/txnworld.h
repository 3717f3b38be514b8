/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A drive with a kernel in a temporary directory, images, and the jobs of flow/ run on it inside the test's process;
 * states in which a run may find it. It must not know what a test expects.
 */
#ifndef IK_TEST_TXNWORLD_H
#define IK_TEST_TXNWORLD_H

#include "codec/jrec.h"
#include "flow/report.h"
#include "flow/session.h"
#include "store/journal.h"
#include "store/names.h"
#include "support.h"

#define TOOLS  "Windows/System32/lxss/tools/"
#define KERNEL TOOLS "kernel"
#define MIB    ((size_t)1 << 20)
#define OURS   "7.3.4-1-immensity-microsoft-standard-WSL2"

struct image {
	const char *name; /* beneath the temporary directory */
	const char *release;
	size_t size;
	uint8_t *data;
};

/* A, B (grows), C (shrinks again), and somebody else's. */
extern struct image official, ours, newer, foreign;
extern struct ik_session session;
extern char drive_path[96], state_path[96];
extern struct ik_progress work_progress; /* of the jobs that follow */

/* Setup and teardown of a group. */
int world_set_up(void **state);
int world_tear_down(void **state);

/* Writes a file of the drive, in place when it is there, followed by zeros. */
void put_kernel(const char *path, const void *data, size_t len, size_t zeros);

/*
 * Somebody else's kernel takes the kernel's place. Made beside it and renamed: another file for sure, where a number of an
 * inode may be used again.
 */
void replace_kernel(void);

/* Somebody zeroes the kernel's head. */
void zero_head(void);

/* Makes a copy useless. */
void spoil(const char *name);

/* A descriptor of the kernel's directory, for the caller to close. */
int tools_fd(void);

/* Is this image there, whatever follows it? */
bool is(const struct image *image);
bool has_copy(const char *name, const struct image *image);
bool head_is_zero(void);

/* Is there anything of this name beside the kernel? */
bool is_there(const char *name);

/* Copies of kernels beside the first official one and our former one. */
unsigned strange_copies(void);

/* The journal as it lies there; its record changed. */
struct ik_journal journal(void);
struct ik_jrec record(void);
void set_journal(enum ik_jrec_state state, uint32_t flags);
void set_record(const struct ik_jrec *rec);

/* The jobs; faults.on holds for the job alone and is off afterwards. */
int install(const struct image *image, struct ik_report *report, struct ik_err *err);
int restore(const char *what, struct ik_report *report, struct ik_err *err);
int recover(struct ik_report *report, struct ik_err *err);

void start_official(void);
void start_installed(void);
void start_torn(void);		 /* armed, the backup is good */
void start_torn_no_backup(void); /* only the new image is */
void start_torn_no_copy(void);
void start_torn_by_others(void); /* the journal is closed */
void start_armed_old(void);
void start_armed_old_padded(void); /* zeros behind it */
void start_armed_new(void);
void start_done_padded(void);
void start_armed_foreign(void);
void start_mixture(void);     /* somebody else's head over the new body */
void start_mixture_old(void); /* over the old body */
void start_missing(void);

#endif
