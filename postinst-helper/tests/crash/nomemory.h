/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a suite and the preloaded library nomemory.so tell each other, in a file that both map and whose
 * path is in the environment. The library must not know the program, and the program nothing of this.
 */
#ifndef CRASH_NOMEMORY_H
#define CRASH_NOMEMORY_H

#include <stddef.h>

#define NOMEMORY_PATH "CRASH_NOMEMORY" /* the environment variable */

struct nomemory {
	long at;      /* number of the allocation that fails, from 1; 0 = only count */
	long lasting; /* all later ones fail, too */
	long count;   /* allocations so far, of the program and of every process it forks */
	long fired;   /* allocations that were made to fail */
	size_t bytes; /* wanted by the first of them */
};

#endif
