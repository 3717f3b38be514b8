/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A suite's work in several processes, and the counts and texts that they share. It knows nothing about what is counted.
 */
#ifndef CRASH_TALLY_H
#define CRASH_TALLY_H

/* Counts shared by the worker processes of a suite. */
struct tally {
	long points, bad, runs;
	long extra[4];
	int texts;
	char text[12][400];
};

struct tally *tally_new(void);
void tally_bad(struct tally *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Prints the texts of what was bad, once. */
void tally_show(struct tally *t);

/* More than the processors that a small machine has: workers wait for disks, file systems and each other. */
#define SUITE_WORKERS 3

/* Runs work(worker, workers, arg) in `workers` processes; ends the suite when one dies. */
void in_parallel(int workers, void (*work)(int worker, int workers, void *arg), void *arg);

#endif
