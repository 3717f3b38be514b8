/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lets one call of the C library, of libmount or of jansson fail or give another answer: the linker puts these in front
 * of the real ones (see WRAPPED_LIBC in the Makefile). Nothing happens until a test asks for it.
 * It stands below os/sys, where faults.h stands above it. It must not know what is tested.
 */
#ifndef IK_TEST_CALLS_H
#define IK_TEST_CALLS_H

#include <stdbool.h>

struct calls {
	const char *name; /* which call, without suffixes such as 64; NULL = none */
	long at;	  /* the first one that is met, from 1 */
	long times;	  /* how many are met */
	int errnum;	  /* it fails with this errno, and nothing is done; 0 = see below */
	long result;	  /* without `change`: it does nothing and returns this */
	void (*change)(void *out); /* it is done, and this changes what it has answered */
	long count;		   /* calls of that name so far */
	bool met;
};

extern struct calls calls;

/* The at-th call of that name fails with errnum. What returns a pointer returns NULL. */
void call_fails(const char *name, long at, int errnum);

/* The at-th call of that name does nothing and returns result. */
void call_gives(const char *name, long at, long result);

/* The at-th call of that name is done; then `change` gets the address of its answer. */
void call_changes(const char *name, long at, void (*change)(void *out));

/* Ends it; did it happen? */
bool call_met(void);

/* Runs fn in a process of its own, counters of coverage and all; yields its exit status, or -1. */
int in_child(int (*fn)(void *arg), void *arg);

/* cmocka's teardown of a test: no fault of either kind is left, and the shared temporary directory goes. */
int calls_tear_down(void **state);

#endif
