/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drives, images and the program's command line; see world.h. */
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "spawn.h"
#include "tap.h"

void world_init(struct world *w, const char *program, const char *root)
{
	char real[4096];

	if (!realpath(program, real))
		tap_die("no program %s", program);
	snprintf(w->program, sizeof(w->program), "%.255s", real);
	snprintf(w->root, sizeof(w->root), "%s", root);
	snprintf(w->drive, sizeof(w->drive), "%s/drive", root);
	snprintf(w->state, sizeof(w->state), "%s/state-%s", arena_dir(), strrchr(root, '/') + 1);
	arena_helper("nosleep.so", w->preload, sizeof(w->preload));
}

/* Made once for all workers and scenes of a suite: the same words always give the same bytes. */
static void make_image(const struct image *image, const char *size, const char *seed)
{
	char output[512], temp[256];

	if (access(image->path, F_OK) == 0)
		return;
	snprintf(temp, sizeof(temp), "%s.%d", image->path, (int)getpid());
	if (run_plain((const char *[]){"/usr/bin/python3", "tests/wslsim/make-image", "--release",
				       image->release, "--size", size, "--seed", seed, temp, NULL},
		      output, sizeof(output)) != 0)
		tap_die("make-image: %s", output);
	if (rename(temp, image->path) < 0)
		tap_die("cannot rename %s", temp);
}

void world_image(struct image *image, const char *release, const char *size, const char *seed)
{
	snprintf(image->path, sizeof(image->path), "%s/image-%.32s-%.16s-%s", arena_dir(), seed,
		 size, release);
	snprintf(image->release, sizeof(image->release), "%s", release);
	make_image(image, size, seed);
	image->data = read_whole("/", image->path + 1, &image->size);
	if (!image->data)
		tap_die("no image %s", image->path);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

/* A rail: whatever a mistake may pass, nothing outside the arena is ever removed. */
void remove_tree(const char *path)
{
	size_t len = strlen(arena_dir());

	if (strncmp(path, arena_dir(), len) != 0 || path[len] != '/' || strstr(path, "/../"))
		tap_die("refusing to remove '%s', which is not in the arena", path);
	(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void make_way(const char *path)
{
	char part[512];

	snprintf(part, sizeof(part), "%s", path);
	for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(part, 0755);
		*slash = '/';
	}
}

void write_whole(const char *path, const void *data, size_t size)
{
	int fd;

	make_way(path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size || ftruncate(fd, (off_t)size) < 0)
		tap_die("cannot write %s", path);
	close(fd);
}

uint8_t *read_whole(const char *dir, const char *name, size_t *ret_size)
{
	char path[1024];
	struct stat st;
	uint8_t *data = NULL;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		data = malloc((size_t)st.st_size + 1); /* one more byte: text is read as a string */
		if (data)
			data[st.st_size] = '\0';
		if (!data || pread(fd, data, (size_t)st.st_size, 0) != st.st_size) {
			free(data);
			data = NULL;
		}
		*ret_size = (size_t)st.st_size;
	}
	close(fd);
	return data;
}

void world_fresh(const struct world *w, const struct image *official)
{
	char target[512], link_path[512];

	remove_tree(w->drive);
	remove_tree(w->state);
	snprintf(target, sizeof(target), "%s/" WORLD_T, w->drive);
	snprintf(link_path, sizeof(link_path), "%s/" WORLD_LINK, w->drive);
	write_whole(target, official->data, official->size);
	make_way(link_path);
	if (link(target, link_path) < 0 || mkdir(w->state, 0755) < 0)
		tap_die("cannot furnish the drive and %s", w->state);
}

void world_argv(const struct world *w, const char *const *words, const char **argv)
{
	int n = 0;

	argv[n++] = w->program;
	argv[n++] = "--config";
	argv[n++] = "/dev/null";
	argv[n++] = "--state-dir";
	argv[n++] = w->state;
	argv[n++] = "--drive";
	argv[n++] = w->drive;
	while (*words && n < 23)
		argv[n++] = *words++;
	argv[n] = NULL;
}

int world_run(const struct world *w, char *output, size_t size, const char *const *words)
{
	const char *argv[24];

	world_argv(w, words, argv);
	return run_with(w->preload, argv, output, size);
}
