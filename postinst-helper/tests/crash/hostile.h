/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hostile objects that can be planted under a name, and hostile environments that a process can be put into. It knows nothing
 * about the program.
 */
#ifndef CRASH_HOSTILE_H
#define CRASH_HOSTILE_H

#include <stddef.h>

enum object {
	SYMLINK,
	DANGLING,
	DIR_SYMLINK,
	FIFO,
	DEVICE,
	DIRECTORY,
	HARD_LINK,
	HUGE_SPARSE,
	GARBAGE,
	OBJECTS
};

/* What an object is, for messages. */
extern const char *const object_names[OBJECTS];

/* Makes an object at path, or ends the suite. Links lead to victim, a file that must not change, or into dir. */
void plant(enum object what, const char *path, const char *victim, const char *dir);

/* Something odd about a process. */
enum oddity {
	VARIABLE,
	CLOSED,
	NO_CWD,
	UMASK,
	FILE_LIMIT,
	FEW_FILES,
	IGNORE_CHILD,
	BLOCKED
};

struct environment {
	const char *name, *value; /* a variable and its value, or a name for the oddity */
	enum oddity oddity;
};

extern const struct environment environments[];
extern const size_t environment_count;

/* Puts this process into an environment, for good. */
void enter_environment(const struct environment *e);

#endif
