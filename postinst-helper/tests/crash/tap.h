/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TAP for the crash suites: one line per property, diagnostics with counts, a plan at the end.
 * It knows nothing about what is tested.
 */
#ifndef CRASH_TAP_H
#define CRASH_TAP_H

#include <stdbool.h>

/* Reports one property. */
void tap_ok(bool good, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Prints a comment. */
void tap_diag(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Prints the plan; returns the exit status for main. */
int tap_done(void);

/* Ends the suite at once because the test itself cannot go on. */
_Noreturn void tap_die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
