/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scenes: a command of the program on a drive in a given state, with what may be there before and
 * after. The suites run each scene again and again and disturb it in their own way.
 */
#ifndef CRASH_SCENE_H
#define CRASH_SCENE_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "judge.h"
#include "world.h"

/* The state that a command finds. */
enum start {
	START_OFFICIAL,	 /* Microsoft's kernel, nothing of ours */
	START_INSTALLED, /* our first kernel is installed */
	START_TORN,	 /* an install was killed right after the head was zeroed */
	START_TORN_LATE, /* the same right before the head was written: the body is the new one */
	START_REFRESHED, /* ours was installed, then Windows Update wrote a newer official one over it */
	START_STORE, /* Store WSL: a profile with a .wslconfig, no lxss kernel */
	START_STORE_INSTALLED,
	START_STORE_FORCED, /* the user's own kernel= was replaced by force: it must come back */
};

enum command {
	INSTALL_FIRST,
	INSTALL_SECOND,
	RESTORE,
	REMOVE,
	RECOVER
};

struct scene_kind {
	const char *name;
	enum start start;
	enum command command;
	const char *official_size, *first_size, *second_size; /* for make-image */
};

struct scene {
	const struct scene_kind *kind;
	struct world w;
	struct known k;
	struct snapshot *start, *start_state; /* the drive and the state directory */
	const char *words[6];		      /* the command */
	const char *again[6];		      /* what is run at the end and must succeed */
	const struct image *final;	      /* what the kernel is after `again` */
	char mtime_of[512];		      /* the kernel's path */
	long long mtime;		      /* its time of change at the start */
	bool any_time; /* it may have another one: setting it was made to fail */
	struct image official, first, second, foreign;
	/* .wslconfig mode: the text before and after, the user's own, and the profile's directory */
	bool store;
	char profile[256], profile_arg[256];
	uint8_t *old_text, *new_text;
	size_t old_size, new_size;
	const char *user_text;
};

extern const struct scene_kind scene_kinds[];
extern const int scene_count;

/* Finds a scene by name; ends the suite when there is none. */
const struct scene_kind *scene_find(const char *name);

/* Furnishes the drive on an empty file system at root, runs the command once undisturbed as a check. */
void scene_open(struct scene *s, const struct scene_kind *kind, const char *program,
		const char *root);
void scene_close(struct scene *s);

/* Puts the drive back to the start. */
void scene_reset(const struct scene *s);

/* Is the drive in a safe state right now? why gets the reason when not. */
bool scene_is_safe(const struct scene *s, char *why, size_t size);

/* Is the transaction complete (the wanted state), untouched, or neither? */
enum scene_end {
	END_OLD,
	END_NEW,
	END_OTHER
};
enum scene_end scene_end(const struct scene *s);

/*
 * After a disturbance: recover must succeed and leave the old or the new state, a second recover must
 * change nothing, and the command run again must succeed. In .wslconfig mode, a removal after all that
 * must give the user's own text back, byte for byte. false and why when not.
 */
bool scene_settle(const struct scene *s, char *why, size_t size);

/* The first half of it: recover succeeds and leaves the old or the new state. */
bool scene_recovers(const struct scene *s, char *why, size_t size);

/* The kernel's time of change now, in nanoseconds; -1 when it cannot be looked at. */
long long scene_mtime(const struct scene *s);

/* Runs the command, or other words, undisturbed. */
int scene_run(const struct scene *s, const char *const *words, char *output, size_t size);

/* Fills argv (room for 24) for trace_run(). */
void scene_argv(const struct scene *s, const char *const *words, const char **argv);

#endif
