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
#include "tally.h"
#include "tap.h"
#include "trace.h"

#define DEPTH_MAX 3

/* What each tier runs: every Nth point; how often and how widely recovery is killed as well. */
struct tier {
	const char *name;
	int stride;	  /* of the calls that change something, on tmpfs */
	int other_stride; /* the same on the other file systems */
	int read_stride;  /* of all calls, reads included, on tmpfs */
	int dive_every;	  /* every Nth armed state is one from which recovery is killed */
	int dives;	  /* per worker and scene on tmpfs; at most one on the other file systems */
	int depth;
	/* How many calls of recovery are killed at each level, spread evenly; 0 = every call. */
	int fan[DEPTH_MAX], other_fan[DEPTH_MAX];
};

static const struct tier tiers[] = {
	{"quick", 1, 0, 0, 1, 1, 1, {0}, {0}},
	{"check", 2, 16, 0, 1, 2, 1, {0}, {0}},
	{"full", 1, 1, 16, 8, 2, DEPTH_MAX, {0, 2, 2}, {0, 1, 1}},
};

static const struct tier *tier;
static const char *program;
static const char *only; /* run this scene only; NULL = all */
static struct tally *tally;

struct part {
	const struct scene_kind *kind;
	enum arena_fs fs;
	int stride;
	bool only_changes; /* skip reads */
};

/* What is left to do and how, in one worker's part. */
struct dives {
	int armed; /* states seen so far that recovery has to mend */
	int left;
	const int *fan;
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

static long count_calls(const struct scene *s, const char *const *words, bool only_changes)
{
	return -kill_at(s, words, 0, TRACE_COUNT, only_changes);
}

/*
 * Kills recovery at calls spread over all that it makes, each time from the same state, and dives into
 * what that leaves. turn shifts the calls, so that the branches of one level differ.
 */
static void kill_recovery(const struct scene *s, const int *fan, int level, long turn,
			  const char *trail)
{
	const char *words[] = {"--target", s->store ? "wslconfig" : "lxss", "recover", NULL};
	struct snapshot *from = snapshot_take(s->w.root);
	long total = count_calls(s, words, true);
	long step = fan[level - 1] && total > fan[level - 1] ? total / fan[level - 1] : 1;

	for (long n = 1 + turn % step; n <= total; n += step) {
		char why[400], here[200];

		snapshot_restore(from, s->w.root);
		if (kill_at(s, words, n, TRACE_KILL_AFTER, true) < 0)
			break;
		__atomic_fetch_add(&tally->extra[level], 1, __ATOMIC_SEQ_CST);
		snprintf(here, sizeof(here), "%.150s, recover@%ld", trail, n);
		if (!scene_is_safe(s, why, sizeof(why)))
			tally_bad(tally, "%s: %s", here, why);
		if (level < tier->depth && journal_is_armed(&s->w))
			kill_recovery(s, fan, level + 1, turn + n, here);
		else if (!scene_settle(s, why, sizeof(why)))
			tally_bad(tally, "%s: %s", here, why);
	}
	snapshot_free(from);
}

/* Recovery is killed where it has something to do: in states that are armed, spread over the scene. */
static bool is_dive(const struct scene *s, struct dives *dives)
{
	if (dives->left == 0 || s->store || !journal_is_armed(&s->w))
		return false;
	if (dives->armed++ % tier->dive_every != tier->dive_every / 2)
		return false;
	dives->left--;
	return true;
}

static void one_point(const struct scene *s, const struct part *part, long n,
		      enum trace_action action, struct dives *dives)
{
	char why[400], here[200];

	scene_reset(s);
	if (kill_at(s, s->words, n, action, part->only_changes) < 0)
		return;
	__atomic_fetch_add(&tally->points, 1, __ATOMIC_SEQ_CST);
	snprintf(here, sizeof(here), "%s on %s, %s call %ld", s->kind->name,
		 arena_fs_name(part->fs), action == TRACE_KILL_BEFORE ? "before" : "after", n);
	if (!scene_is_safe(s, why, sizeof(why)))
		tally_bad(tally, "%s: %s", here, why);
	if (is_dive(s, dives))
		kill_recovery(s, dives->fan, 1, n, here);
	else if (!scene_settle(s, why, sizeof(why)))
		tally_bad(tally, "%s: %s", here, why);
}

static struct dives plan_dives(const struct part *part, int worker)
{
	if (part->fs == ARENA_TMPFS)
		return (struct dives){.left = part->only_changes ? tier->dives : 0,
				      .fan = tier->fan};
	return (struct dives){.left = tier->depth > 1 && worker == 0, .fan = tier->other_fan};
}

static void run_part(int worker, int workers, void *arg)
{
	const struct part *part = arg;
	struct dives dives = plan_dives(part, worker);
	char name[32], root[128];
	struct scene s;
	long total;

	snprintf(name, sizeof(name), "w%d", worker);
	arena_mount(part->fs, name, root, sizeof(root));
	scene_open(&s, part->kind, program, root);
	scene_reset(&s);
	total = count_calls(&s, s.words, part->only_changes);
	for (long n = 1 + worker * part->stride; n <= total; n += workers * part->stride) {
		one_point(&s, part, n, TRACE_KILL_BEFORE, &dives);
		one_point(&s, part, n, TRACE_KILL_AFTER, &dives);
	}
	scene_close(&s);
	if (part->fs != ARENA_TMPFS)
		arena_unmount(root);
	remove_tree(root);
}

static long inside_recovery(void)
{
	return tally->extra[1] + tally->extra[2] + tally->extra[3];
}

static void run_scene(const struct scene_kind *kind, enum arena_fs fs, int stride,
		      bool only_changes)
{
	struct part part = {kind, fs, stride, only_changes};
	long points = tally->points, bad = tally->bad, deep = inside_recovery();

	if (stride == 0 || (only && strcmp(only, kind->name) != 0))
		return;
	in_parallel(SUITE_WORKERS, run_part, &part);
	tap_ok(tally->bad == bad && tally->points > points,
	       "%s on %s%s: %ld kill points, %ld inside recovery, %ld bad", kind->name,
	       arena_fs_name(fs), only_changes ? "" : ", reads too", tally->points - points,
	       inside_recovery() - deep, tally->bad - bad);
	tally_show(tally);
}

int main(int argc, char **argv)
{
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
	for (int fs = ARENA_TMPFS; fs <= ARENA_FUSE; fs++)
		for (int i = 0; i < scene_count; i++)
			run_scene(&scene_kinds[i], (enum arena_fs)fs,
				  fs == ARENA_TMPFS ? tier->stride : tier->other_stride, true);
	for (int i = 0; i < scene_count; i++)
		run_scene(&scene_kinds[i], ARENA_TMPFS, tier->read_stride, false);
	tap_diag(
		"S1 kill points: %ld, S6 kills inside recovery: %ld (depth 1: %ld, 2: %ld, 3: %ld), "
		"runs of the program: %ld, bad: %ld",
		tally->points, inside_recovery(), tally->extra[1], tally->extra[2], tally->extra[3],
		tally->runs, tally->bad);
	return tap_done();
}
