/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The recording file system under a scene; see recorder.h. */
#include "recorder.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "spawn.h"
#include "tap.h"

void recorder_make(struct recorder *r, const char *name)
{
	snprintf(r->backing, sizeof(r->backing), "%s/%s-b", arena_dir(), name);
	snprintf(r->mount_point, sizeof(r->mount_point), "%s/%s-m", arena_dir(), name);
	snprintf(r->log, sizeof(r->log), "%s/%s-log", arena_dir(), name);
	if (mkdir(r->backing, 0755) < 0 || mkdir(r->mount_point, 0755) < 0)
		tap_die("cannot make %s", r->mount_point);
}

/* Everything but the state directory is looked for beneath the other root. */
static void move_to(struct scene *s, const struct world *from, const char *root)
{
	world_init(&s->w, from->program, root);
	snprintf(s->w.state, sizeof(s->w.state), "%s", from->state);
	snprintf(s->profile, sizeof(s->profile), "%s/Users/Ann", s->w.drive);
}

void recorder_start(struct recorder *r, struct scene *s, const char *quirk)
{
	char helper[512], output[4096];

	arena_helper("recfs", helper, sizeof(helper));
	(void)unlink(r->log);
	if (run_plain((const char *[]){helper, r->backing, r->mount_point, quirk ? "-" : r->log,
				       quirk, NULL},
		      output, sizeof(output)) != 0)
		tap_die("recfs: %s", output);
	r->real = s->w;
	move_to(s, &r->real, r->mount_point);
}

void recorder_stop(struct recorder *r, struct scene *s)
{
	s->w = r->real;
	snprintf(s->profile, sizeof(s->profile), "%s/Users/Ann", s->w.drive);
	arena_unmount(r->mount_point);
}

void recorder_remove(struct recorder *r)
{
	remove_tree(r->backing);
	(void)unlink(r->log);
	(void)rmdir(r->mount_point);
}
