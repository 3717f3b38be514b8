/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A directory that plays the Windows drive, with the lxss kernel hard-linked into WinSxS, a state
 * directory for the program, and images. It can be put back to a remembered state in a moment.
 * It knows what the program's command line looks like, but not how it works.
 */
#ifndef CRASH_WORLD_H
#define CRASH_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#define WORLD_TOOLS "Windows/System32/lxss/tools"
#define WORLD_T	    WORLD_TOOLS "/kernel"
#define WORLD_LINK  "Windows/WinSxS/amd64_microsoft-windows-lxss/kernel"

/* A kernel image in memory and in a file outside the drive. */
struct image {
	char path[192];
	char release[65];
	uint8_t *data;
	size_t size;
};

struct world {
	char program[256]; /* the shipped binary */
	char root[128];	   /* holds the drive */
	char drive[160];   /* plays C: */
	char state[160];   /* --state-dir, on the Linux side */
	char preload[512]; /* nosleep.so beside the suite */
};

/* A remembered tree; what one name of it is. */
struct snapshot_entry {
	char path[256]; /* relative */
	mode_t mode;
	uid_t uid;
	gid_t gid;
	ino_t ino;
	nlink_t nlink;
	struct timespec mtime;
	uint8_t *data; /* file content or link target */
	size_t size;
	uint64_t sum;  /* hash of data; 0 = not known */
	bool borrowed; /* data belongs to the snapshot that this one was copied from */
	int same_as;   /* index of the first name of the same file, or -1 */
};

struct snapshot {
	struct snapshot_entry *list;
	int count;
};

/* The program to test: first argument of the suite or build/immensity-kernel. */
void world_init(struct world *w, const char *program, const char *root);

/*
 * Gets an image that tests/wslsim/make-image makes, once for the whole arena; ours have "-immensity-" in
 * the release. The caller frees image->data.
 */
void world_image(struct image *image, const char *release, const char *size, const char *seed);

/* Empties the world and makes a drive whose kernel is the image (inbox layout). */
void world_fresh(const struct world *w, const struct image *official);

/* Runs the program: options for this world, then the words; returns its exit status. */
int world_run(const struct world *w, char *output, size_t size, const char *const *words);

/* Fills argv (room for 24) for trace_run(). */
void world_argv(const struct world *w, const char *const *words, const char **argv);

struct snapshot *snapshot_take(const char *root);
/* A second one that borrows the contents of the first, which must stay as long. */
struct snapshot *snapshot_copy(const struct snapshot *from);
/* Before data or size of an entry is changed: gives it data of its own, at least `size` bytes. */
void snapshot_own(struct snapshot_entry *e, size_t size);
void snapshot_restore(const struct snapshot *s, const char *root);
void snapshot_free(struct snapshot *s);
/* 64-bit hash of all names and contents, not of times. */
uint64_t snapshot_hash(const struct snapshot *s);

/* Reads a file beneath a directory; NULL when it cannot be read. */
uint8_t *read_whole(const char *dir, const char *name, size_t *ret_size);

/* Writes a file: in place when it exists. */
void write_whole(const char *path, const void *data, size_t size);

void remove_tree(const char *path);

#endif
