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
#include "tap.h"

#define WORKERS	 2
#define SEEN_MAX (1 << 20)

static const char *program;
static const char *only; /* run this scene only; NULL = all */
static struct tally *tally;
static int rounds;     /* random states per crash point and kind */
static int full_every; /* every Nth state is settled to the end, the others only recovered */
static uint64_t *seen; /* hash table of states already judged */

static bool is_new(uint64_t hash)
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

	if (!is_new(snapshot_hash(state))) {
		snapshot_free(state);
		return;
	}
	snapshot_restore(state, r->recorder.backing);
	snapshot_restore(r->s.start_state, r->s.w.state);
	snapshot_free(state);
	good = scene_is_safe(&r->s, why, sizeof(why));
	if (good && __atomic_add_fetch(&tally->points, 1, __ATOMIC_SEQ_CST) % full_every == 0)
		good = scene_settle(&r->s, why, sizeof(why));
	else if (good)
		good = scene_recovers(&r->s, why, sizeof(why));
	if (good)
		return;
	model_describe(c, weak, text, sizeof(text));
	tally_bad(tally, "%s, %s: %s", r->s.kind->name, text, why);
}

static void run_scene(int worker, int workers, void *arg)
{
	struct recorded r = {.log = {.list = NULL}};
	char name[32];

	snprintf(name, sizeof(name), "w%d", worker);
	seen = calloc(SEEN_MAX, sizeof(*seen));
	record(&r, arg, name);
	for (int upto = worker; upto <= r.log.count; upto += workers) {
		model_each(&r.log, upto, false, rounds, judge_state, &r);
		model_each(&r.log, upto, true, rounds, judge_state, &r);
	}
	if (worker == 0)
		tally->extra[0] += r.log.count;
	scene_close(&r.s);
	oplog_free(&r.log);
	recorder_remove(&r.recorder);
	free(seen);
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
	tally = tally_new();
	for (int i = 0; i < scene_count; i++) {
		long points = tally->points, bad = tally->bad;

		if (only && strcmp(only, scene_kinds[i].name) != 0)
			continue;
		in_parallel(WORKERS, run_scene, (void *)(uintptr_t)&scene_kinds[i]);
		tap_ok(tally->bad == bad && tally->points > points, "%s: %ld crash states, %ld bad",
		       scene_kinds[i].name, tally->points - points, tally->bad - bad);
		tally_show(tally);
	}
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
		refuse_quirk(lies[i], true);
	refuse_quirk("stale-fstat", false);
	tally_show(tally);
	tap_diag(
		"S2 S3 distinct crash states (strong and weak server): %ld, from %ld operations, bad: %ld",
		tally->points, tally->extra[0], tally->bad);
	return tap_done();
}
