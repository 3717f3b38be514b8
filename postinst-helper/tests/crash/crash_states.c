/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records a run of each scene on the recording file system, then replays the states that a crash may
 * leave, with a strong and a weak server, and recovers from each. Usage: crash_states PROGRAM [check|full|quick [SCENE]]
 * S2, S3: every state is safe and recovery ends old or new; servers that lie are refused in time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "recorder.h"
#include "scene.h"
#include "tally.h"
#include "tap.h"

#define SEEN_MAX   (1 << 17) /* twice what a scene has, or more */
#define SCENES_MAX 32

static const char *program;
static const char *only; /* run this scene only; NULL = all */
static int rounds;	 /* random states per crash point and kind */
static int full_every;	 /* every Nth state is settled to the end, the others only recovered */

/* Each scene has a table of the states that were judged already, so that none is counted twice. */
static bool is_new(uint64_t *seen, uint64_t hash)
{
	size_t at = hash % SEEN_MAX;

	if (!hash)
		hash = 1;
	while (seen[at] && seen[at] != hash)
		at = (at + 1) % SEEN_MAX;
	if (seen[at] == hash)
		return false;
	seen[at] = hash;
	return true;
}

struct recorded {
	struct scene s;
	struct oplog log;
	struct recorder recorder;
	struct tally *tally;
	uint64_t *seen;
};

/* Runs the scene's command on the recorder and leaves the scene pointing at the backing directory. */
static void record(struct recorded *r, const struct scene_kind *kind, const char *name)
{
	char output[4096];
	int status;

	recorder_make(&r->recorder, name);
	scene_open(&r->s, kind, program, r->recorder.backing);
	recorder_start(&r->recorder, &r->s, NULL);
	status = scene_run(&r->s, r->s.words, output, sizeof(output));
	recorder_stop(&r->recorder, &r->s);
	if (status != 0)
		tap_die("%s on the recorder ended with %d: %s", kind->name, status, output);
	oplog_read(r->recorder.log, &r->log);
}

static void judge_state(const struct choice *c, bool weak, void *arg)
{
	struct recorded *r = arg;
	struct snapshot *state = model_state(r->s.start, &r->log, c, weak);
	char why[400], text[120];
	bool good;

	if (!is_new(r->seen, snapshot_hash(state))) {
		snapshot_free(state);
		return;
	}
	snapshot_restore(state, r->recorder.backing);
	snapshot_restore(r->s.start_state, r->s.w.state);
	snapshot_free(state);
	good = scene_is_safe(&r->s, why, sizeof(why));
	if (good && ++r->tally->points % full_every == 0)
		good = scene_settle(&r->s, why, sizeof(why));
	else if (good)
		good = scene_recovers(&r->s, why, sizeof(why));
	if (good)
		return;
	model_describe(c, weak, text, sizeof(text));
	tally_bad(r->tally, "%s, %s: %s", r->s.kind->name, text, why);
}

static void run_scene(const struct scene_kind *kind, struct tally *tally, const char *name)
{
	struct recorded r = {.tally = tally};

	r.seen = calloc(SEEN_MAX, sizeof(*r.seen));
	if (!r.seen)
		tap_die("memory");
	record(&r, kind, name);
	for (int upto = 0; upto <= r.log.count; upto++) {
		model_each(r.s.start, &r.log, upto, false, rounds, judge_state, &r);
		if (!model_weak_differs(&r.log, upto))
			continue;
		model_each(r.s.start, &r.log, upto, true, rounds, judge_state, &r);
		tally->extra[1]++;
	}
	tally->extra[0] = r.log.count;
	tap_diag("%s: %ld states of %d operations", kind->name, tally->points, r.log.count);
	scene_close(&r.s);
	oplog_free(&r.log);
	recorder_remove(&r.recorder);
	free(r.seen);
}

/* A worker takes one scene after the other. */
struct all {
	struct tally *shared; /* extra[0]: the next scene */
	struct tally *scenes[SCENES_MAX];
};

static bool is_wanted(int scene)
{
	return !only || !strcmp(only, scene_kinds[scene].name);
}

static void run_scenes(int worker, int workers, void *arg)
{
	struct all *all = arg;
	char name[32];
	long i;

	(void)workers;
	snprintf(name, sizeof(name), "w%d", worker);
	while ((i = __atomic_fetch_add(&all->shared->extra[0], 1, __ATOMIC_SEQ_CST)) < scene_count)
		if (is_wanted((int)i))
			run_scene(&scene_kinds[i], all->scenes[i], name);
}

static void states_of_all(void)
{
	long points = 0, bad = 0, operations = 0, weaker = 0;
	struct all all = {.shared = tally_new()};

	for (int i = 0; i < scene_count && i < SCENES_MAX; i++)
		all.scenes[i] = tally_new();
	in_parallel(SUITE_WORKERS, run_scenes, &all);
	for (int i = 0; i < scene_count; i++) {
		struct tally *t = all.scenes[i];

		if (!is_wanted(i))
			continue;
		tap_ok(t->bad == 0 && t->points > 0, "%s: %ld crash states, %ld bad",
		       scene_kinds[i].name, t->points, t->bad);
		tally_show(t);
		points += t->points;
		bad += t->bad;
		operations += t->extra[0];
		weaker += t->extra[1];
	}
	tap_diag("S2 S3 distinct crash states (strong and weak server): %ld, from %ld operations "
		 "(after %ld a weak server leaves other states), bad: %ld",
		 points, operations, weaker, bad);
}

/* A server that lies must be found out before the first destructive byte. */
static void refuse_quirk(const char *quirk, bool must_refuse)
{
	char output[4096], why[400] = "";
	struct recorder recorder;
	struct scene s;
	int status;
	enum scene_end end;

	recorder_make(&recorder, "q");
	scene_open(&s, scene_find("install-shrink"), program, recorder.backing);
	recorder_start(&recorder, &s, quirk);
	status = scene_run(&s, s.words, output, sizeof(output));
	recorder_stop(&recorder, &s);
	end = scene_end(&s);
	if (must_refuse)
		tap_ok(status != 0 && status != 4 && end == END_OLD && !journal_is_armed(&s.w) &&
			       scene_is_safe(&s, why, sizeof(why)),
		       "a server with %s is refused before the first destructive byte (status %d) %s",
		       quirk, status, why);
	else
		tap_ok(status == 0 && end == END_NEW,
		       "a server with %s works all the same (status %d)", quirk, status);
	if ((status != 0) != must_refuse)
		tap_diag("%s", output);
	scene_close(&s);
	recorder_remove(&recorder);
}

int main(int argc, char **argv)
{
	static const char *const lies[] = {"fsync-unsupported", "fsync-error", "size-ignored",
					   "size-invalid",	"write-lost",  "rename-denied"};
	const char *tier = argc > 2 ? argv[2] : "check";

	if (argc < 2) {
		fprintf(stderr, "Usage: crash_states PROGRAM [check|full|quick [SCENE]]\n");
		return 2;
	}
	program = argv[1];
	only = argc > 3 ? argv[3] : NULL;
	rounds = !strcmp(tier, "full") ? 150 : !strcmp(tier, "quick") ? 0 : 1;
	full_every = !strcmp(tier, "quick") ? 1000000 : 8;
	arena_enter();
	states_of_all();
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
		refuse_quirk(lies[i], true);
	refuse_quirk("stale-fstat", false);
	return tap_done();
}
