/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lets any call of os/sys, of os/pathres and of the allocator fail inside one process: the linker puts these
 * in front of the real ones (see WRAPPED in the Makefile). Nothing happens until a test asks for it.
 * It must not know what is tested.
 */
#ifndef IK_TEST_FAULTS_H
#define IK_TEST_FAULTS_H

#include <stdbool.h>

struct faults {
	bool on;	  /* count, and act */
	const char *only; /* count calls of this name alone; NULL = all */
	long at;	  /* number of the call, from 1; 0 = only count */
	int errnum;	  /* it fails with this; 0 = a read is short, other calls are left alone */
	bool lasting;	  /* later calls of the same name fail, too */
	const char *also; /* after the first failure every call of this name fails, too */
	bool lies;	  /* with errnum 0: the call does nothing and says that it did */
	long hook_at;	  /* before this call somebody else acts */
	void (*hook)(void);
	/* results */
	long count;
	const char *failed; /* name of the call that failed first */
	const char *fired;  /* name of the call that failed or that the hook came before */
};

extern struct faults faults;

/* Waits become time that has passed. */
extern bool faults_skip_sleep;

/* Forgets everything but that. */
void faults_off(void);

#endif
