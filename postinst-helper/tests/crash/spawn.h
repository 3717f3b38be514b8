/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starts programs from a suite that holds a lot of memory, and takes their output. It knows nothing about what they do.
 */
#ifndef CRASH_SPAWN_H
#define CRASH_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A file in memory for the output of a program. */
int spawn_output(void);

/*
 * Starts argv[0] with stdout and stderr on out_fd, and with a library preloaded unless preload is NULL. A traced one asks for
 * ptrace by us and stops for the first time at the end of execve. Returns its id, or -1.
 */
pid_t spawn(const char *preload, const char *const *argv, int out_fd, bool traced);

/* Reads what was written, cut to size and ended by '\0', and closes the file; output may be NULL. */
void spawn_take_output(int out_fd, char *output, size_t size);

/* Runs a program to its end; returns its exit status or -signal. output may be NULL. */
int run_plain(const char *const *argv, char *output, size_t size);

/* The same with a library preloaded; NULL = none. */
int run_with(const char *preload, const char *const *argv, char *output, size_t size);

#endif
