/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long-running work tells how far it is, and how it is asked to stop.
 * It must not know who listens: a terminal, the lock's heartbeat, or nobody.
 */
#ifndef IK_IO_PROGRESS_H
#define IK_IO_PROGRESS_H

#include <stdint.h>

/* All-zero means that nobody listens. */
struct ik_progress {
	/*
	 * Called between blocks. what: static text such as "copying"; done, total: bytes, 0 where none are moved.
	 * Returns 0, or a negative errno to stop the work. Inside the destructive window the answer
	 * is not heeded.
	 */
	int (*tick)(void *ctx, const char *what, uint64_t done, uint64_t total);
	void *ctx;
};

/*
 * Purpose     reports progress; progress may be NULL.
 * Returns     the listener's answer, 0 when there is none
 */
static inline int ik_progress_tick(const struct ik_progress *progress, const char *what,
				   uint64_t done, uint64_t total)
{
	return progress && progress->tick ? progress->tick(progress->ctx, what, done, total) : 0;
}

#endif
