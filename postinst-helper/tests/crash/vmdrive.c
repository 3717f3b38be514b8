/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Volumes for machines; see vmdrive.h. */
#include "vmdrive.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spawn.h"
#include "tap.h"

#define HEAD 4096

static void must(const char *const *argv)
{
	char output[1024];

	if (run_plain(argv, output, sizeof(output)) != 0)
		tap_die("%s: %s", argv[0], output);
}

void vmdrive_mount(const struct vmdrive *v)
{
	must((const char *[]){"/bin/ntfs-3g", "-o", v->options, v->image, v->mount_point, NULL});
}

void vmdrive_reset(const struct vmdrive *v)
{
	must((const char *[]){"/bin/cp", "--sparse=always", v->start, v->image, NULL});
	vmdrive_mount(v);
	snapshot_restore(v->s.start_state, v->s.w.state);
}

/* Fills in the directories that only we know. */
static void make_command(struct vmdrive *v, char *const *command)
{
	int n = 0;

	for (; command[n]; n++) {
		const char *more = "";

		if (n == VMDRIVE_WORDS)
			tap_die("too many words in the machine's command");
		if (!strcmp(command[n], "drvfs="))
			more = v->s.w.drive;
		else if (!strcmp(command[n], "ikdata="))
			more = v->data;
		snprintf(v->words[n], sizeof(v->words[n]), "%s%s", command[n], more);
		v->command[n] = v->words[n];
	}
}

static void give_image(const struct vmdrive *v, const char *name, const struct image *image)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", v->data, name);
	(void)unlink(path);
	write_whole(path, image->data, image->size);
}

/* The guest's 9p client keeps file times in whole seconds only, so the kernel has such a time at the start. */
static void make_time_whole(struct vmdrive *v)
{
	struct timespec times[2];

	if (stat(v->s.mtime_of, &v->kernel) < 0)
		tap_die("no %s", v->s.mtime_of);
	times[0] = times[1] = (struct timespec){.tv_sec = v->kernel.st_mtim.tv_sec};
	if (utimensat(AT_FDCWD, v->s.mtime_of, times, 0) < 0)
		tap_die("no time for %s", v->s.mtime_of);
	v->s.mtime = times[1].tv_sec * 1000000000ll;
}

void vmdrive_furnish(struct vmdrive *v, const struct scene_kind *kind, const char *program,
		     const char *bytes, char *const *command)
{
	snprintf(v->start, sizeof(v->start), "%s/v%d.start", arena_dir(), v->worker);
	snprintf(v->image, sizeof(v->image), "%s/v%d.image", arena_dir(), v->worker);
	snprintf(v->mount_point, sizeof(v->mount_point), "%s/v%d", arena_dir(), v->worker);
	snprintf(v->data, sizeof(v->data), "%s/v%d.data", arena_dir(), v->worker);
	(void)mkdir(v->mount_point, 0755);
	(void)mkdir(v->data, 0755);
	(void)unlink(v->image);
	must((const char *[]){"/usr/bin/truncate", "-s", bytes, v->image, NULL});
	must((const char *[]){"/sbin/mkntfs", "-q", "-F", "-Q", v->image, NULL});
	vmdrive_mount(v);
	scene_open(&v->s, kind, program, v->mount_point);
	snprintf(v->tools, sizeof(v->tools), "%s/" WORLD_TOOLS, v->s.w.drive);
	make_time_whole(v);
	give_image(v, "first", &v->s.first);
	give_image(v, "second", &v->s.second);
	arena_unmount(v->mount_point);
	if (rename(v->image, v->start) < 0)
		tap_die("cannot keep %s", v->image);
	make_command(v, command);
}

void vmdrive_clear(struct vmdrive *v)
{
	vmdrive_mount(v);
	scene_close(&v->s);
	arena_unmount(v->mount_point);
	(void)unlink(v->image);
	(void)unlink(v->start);
}

static bool head_is(const struct vmdrive *v, const struct image *image)
{
	uint8_t head[HEAD] = {0};
	FILE *f = fopen(v->s.mtime_of, "re");
	bool same = f && fread(head, sizeof(head), 1, f) == 1 && !memcmp(head, image->data, HEAD);
	if (f)
		fclose(f);
	return same;
}

enum phase vmdrive_phase(const struct vmdrive *v)
{
	bool armed = journal_is_armed(&v->s.w);

	if (head_is(v, v->s.k.a))
		return armed ? ARMED : BEFORE;
	if (head_is(v, v->s.k.b))
		return armed ? HEADED : CLOSED;
	return ZEROED;
}

bool vmdrive_is_same_file(const struct vmdrive *v)
{
	struct stat now;

	return stat(v->s.mtime_of, &now) == 0 && now.st_ino == v->kernel.st_ino &&
	       now.st_nlink == 2;
}
