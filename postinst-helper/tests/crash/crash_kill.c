/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kills the program before and after every I/O call of every scene, and again inside the recovery
 * that follows, to depth 3. Usage: crash_kill PROGRAM [check|full|quick [SCENE]]
 * S1 and S6: each state must be safe, and recovery must lead to the old or the new kernel.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scene.h"
#include "tap.h"
#include "trace.h"

#define WORKERS 2

/* What each tier runs: every Nth point, on which file systems, how deep. */
struct tier {
	const char *name;
	int stride;	   /* of the points on tmpfs */
	int other_stride;  /* of the points on the other file systems */
	bool only_changes; /* skip reads */
	int depth_points;  /* states per worker from which recovery is killed as well */
	int depth;
};

static const struct tier tiers[] = {
	{"quick", 1, 0, true, 1, 1},
	{"check", 2, 16, true, 2, 1},
	{"full", 1, 2, false, 3, 3},
};

static const struct tier *tier;
static const char *program;
static const char *only; /* run this scene only; NULL = all */
static struct tally *tally;

struct part {
	const struct scene_kind *kind;
	enum arena_fs fs;
	int stride;
};

static long kill_at(const struct scene *s, const char *const *words, long at,
		    enum trace_action action, bool only_changes)
{
	const char *argv[24];
	struct trace_result result;
	const struct trace_job job = {.argv = argv,
				      .preload = s->w.preload,
				      .root = s->w.drive,
				      .at = at,
				      .action = action,
				      .only_changes = only_changes};

	scene_argv(s, words, argv);
	trace_run(&job, &result);
	__atomic_fetch_add(&tally->runs, 1, __ATOMIC_SEQ_CST);
	return result.fired ? at : -result.calls;
}

/* Kills recovery at every call, each time from the same state, and dives into what that leaves. */
static void kill_recovery(const struct scene *s, int depth, const char *trail)
{
	const char *words[] = {"--target", s->store ? "wslconfig" : "lxss", "recover", NULL};
	struct snapshot *from = snapshot_take(s->w.root);
	long fired = 1;

	for (long n = 1; fired > 0; n += depth > 1 ? 3 : 1) {
		char why[400], here[200];

		snapshot_restore(from, s->w.root);
		fired = kill_at(s, words, n, TRACE_KILL_AFTER, true);
		if (fired < 0)
			break;
		__atomic_fetch_add(&tally->extra[0], 1, __ATOMIC_SEQ_CST);
		snprintf(here, sizeof(here), "%.150s, recover@%ld", trail, n);
		if (!scene_is_safe(s, why, sizeof(why)))
			tally_bad(tally, "%s: %s", here, why);
		if (depth > 1)
			kill_recovery(s, depth - 1, here);
		else if (!scene_settle(s, why, sizeof(why)))
			tally_bad(tally, "%s: %s", here, why);
	}
	snapshot_free(from);
}

/* Recovery is killed where it has something to do: in the first states of a scene that are armed. */
static bool one_point(const struct scene *s, long n, enum trace_action action, int *deep_left,
		      const char *fs)
{
	char why[400], here[200];
	long fired;

	scene_reset(s);
	fired = kill_at(s, s->words, n, action, tier->only_changes);
	if (fired < 0)
		return false;
	__atomic_fetch_add(&tally->points, 1, __ATOMIC_SEQ_CST);
	snprintf(here, sizeof(here), "%s on %s, %s call %ld", s->kind->name, fs,
		 action == TRACE_KILL_BEFORE ? "before" : "after", n);
	if (!scene_is_safe(s, why, sizeof(why)))
		tally_bad(tally, "%s: %s", here, why);
	if (*deep_left > 0 && !s->store && journal_is_armed(&s->w)) {
		--*deep_left;
		kill_recovery(s, tier->depth, here);
		return true;
	}
	if (!scene_settle(s, why, sizeof(why)))
		tally_bad(tally, "%s: %s", here, why);
	return true;
}

static long count_calls(const struct scene *s)
{
	scene_reset(s);
	return -kill_at(s, s->words, 0, TRACE_COUNT, tier->only_changes);
}

static void run_part(int worker, int workers, void *arg)
{
	const struct part *part = arg;
	char name[32], root[128];
	struct scene s;
	int deep_left = part->fs == ARENA_TMPFS ? tier->depth_points : 0;
	long total;

	snprintf(name, sizeof(name), "w%d", worker);
	arena_mount(part->fs, name, root, sizeof(root));
	scene_open(&s, part->kind, program, root);
	total = count_calls(&s);
	for (long n = 1 + worker * part->stride; n <= total; n += workers * part->stride) {
		one_point(&s, n, TRACE_KILL_BEFORE, &deep_left, arena_fs_name(part->fs));
		one_point(&s, n, TRACE_KILL_AFTER, &deep_left, arena_fs_name(part->fs));
	}
	scene_close(&s);
	if (part->fs != ARENA_TMPFS)
		arena_unmount(root);
	remove_tree(root);
}

static void run_scene(const struct scene_kind *kind, enum arena_fs fs, int stride)
{
	struct part part = {kind, fs, stride};
	long points = tally->points, bad = tally->bad, deep = tally->extra[0];

	if (stride == 0 || (only && strcmp(only, kind->name) != 0))
		return;
	in_parallel(WORKERS, run_part, &part);
	tap_ok(tally->bad == bad && tally->points > points,
	       "%s on %s: %ld kill points, %ld inside recovery, %ld bad", kind->name,
	       arena_fs_name(fs), tally->points - points, tally->extra[0] - deep, tally->bad - bad);
	tally_show(tally);
}

int main(int argc, char **argv)
{
	static const enum arena_fs others[] = {ARENA_EXT4, ARENA_NTFS, ARENA_FUSE};
	const char *wanted = argc > 2 ? argv[2] : "check";

	for (size_t i = 0; i < sizeof(tiers) / sizeof(tiers[0]); i++)
		if (!strcmp(tiers[i].name, wanted))
			tier = &tiers[i];
	if (argc < 2 || !tier) {
		fprintf(stderr, "Usage: crash_kill PROGRAM [check|full|quick [SCENE]]\n");
		return 2;
	}
	program = argv[1];
	only = argc > 3 ? argv[3] : NULL;
	arena_enter();
	tally = tally_new();
	for (int i = 0; i < scene_count; i++)
		run_scene(&scene_kinds[i], ARENA_TMPFS, tier->stride);
	for (size_t f = 0; f < 3; f++)
		for (int i = 0; i < scene_count; i += 1)
			run_scene(&scene_kinds[i], others[f], tier->other_stride);
	tally_show(tally);
	tap_diag(
		"S1 kill points: %ld, S6 kills inside recovery: %ld, runs of the program: %ld, bad: %ld",
		tally->points, tally->extra[0], tally->runs, tally->bad);
	return tap_done();
}
