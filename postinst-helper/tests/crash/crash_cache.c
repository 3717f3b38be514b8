/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A run is killed while its last writes are in the server's cache only; then recovery runs, undisturbed
 * and with each of its calls failing; then the power is cut. Usage: crash_cache PROGRAM [check|full|quick]
 * Whatever recovery said and did, what is left is safe: it closes no journal over unflushed bytes.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "model.h"
#include "recorder.h"
#include "scene.h"
#include "store/names.h"
#include "tally.h"
#include "tap.h"
#include "trace.h"

/* Where the first run is killed. */
enum moment {
	BEFORE_ZEROING, /* armed, the old kernel still whole */
	AFTER_HEAD,	/* the new kernel whole, its head not flushed */
};

static const struct {
	const char *scene;
	enum moment moment;
	bool quick;
} cases[] = {
	{"install-grow", AFTER_HEAD, true},    {"install-same", AFTER_HEAD, false},
	{"install-shrink", AFTER_HEAD, false}, {"update-grow", AFTER_HEAD, false},
	{"restore", AFTER_HEAD, false},	       {"install-grow", BEFORE_ZEROING, false},
};
#define CASES (sizeof(cases) / sizeof(cases[0]))

/* How a call of recovery fails: at once, or every time from then on. */
static const struct {
	int errnum;
	bool persist;
} faults[] = {{EIO, false}, {EACCES, true}, {EIO, true}, {EROFS, false}};
#define FAULTS (sizeof(faults) / sizeof(faults[0]))

static bool
	full; /* all cases; the first with every fault at each call, the others with one in turn */

static const char *program;
static struct tally *tally;

struct ground {
	struct scene s;
	struct recorder recorder;
	struct oplog log;
	char what[160]; /* for messages */
};

static void run_traced(struct ground *g, const char *const *words, struct trace_job job,
		       struct trace_result *ret)
{
	const char *argv[24];

	job.argv = argv;
	job.preload = g->s.w.preload;
	job.root = g->s.w.drive;
	scene_argv(&g->s, words, argv);
	trace_run(&job, ret);
}

/* The number of the call after which a kill leaves what the case asks for. */
static long find_moment(struct ground *g, enum moment moment)
{
	struct trace_result result = {.fired = true};
	enum content wanted = moment == AFTER_HEAD ? IS_B : IS_A;
	long last = 0;

	for (long n = 1;; n++) {
		struct verdict v;

		scene_reset(&g->s);
		run_traced(g, g->s.words,
			   (struct trace_job){
				   .action = TRACE_KILL_AFTER, .at = n, .only_changes = true},
			   &result);
		if (!result.fired)
			break;
		judge(&g->s.w, &g->s.k, &v);
		if (v.content == wanted && journal_is_armed(&g->s.w))
			last = n;
		if (last && (moment == AFTER_HEAD || v.content != wanted))
			return last;
	}
	tap_die("%s: no kill leaves what is wanted", g->s.kind->name);
}

static void judge_state(const struct choice *c, bool weak, void *arg)
{
	struct ground *g = arg;
	struct snapshot *state = model_state(g->s.start, &g->log, c, weak);
	char why[400], text[120];

	snapshot_restore(state, g->recorder.backing);
	snapshot_free(state);
	__atomic_fetch_add(&tally->points, 1, __ATOMIC_SEQ_CST);
	if (scene_is_safe(&g->s, why, sizeof(why)))
		return;
	model_describe(c, weak, text, sizeof(text));
	tally_bad(tally, "%s, %s: %s", g->what, text, why);
}

/* As long as the journal is armed it may still need the staged image; a restore has none. */
static bool keeps_staged(const struct ground *g)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/" WORLD_TOOLS "/" IK_NAME_NEW, g->s.w.drive);
	return g->s.kind->command == RESTORE || !journal_is_armed(&g->s.w) ||
	       access(path, F_OK) == 0;
}

/* Kill, recover with call n of it failing (0 = undisturbed), cut the power. false: it has no call n. */
static bool one_run(struct ground *g, long moment, long n, size_t fault)
{
	const char *recover[] = {"--target", "lxss", "recover", NULL};
	struct trace_result first, second;
	struct snapshot *before = g->s.start;

	scene_reset(&g->s);
	g->s.start = snapshot_take(g->s.w.root); /* with the inode numbers that are there now */
	recorder_start(&g->recorder, &g->s, NULL);
	run_traced(
		g, g->s.words,
		(struct trace_job){.action = TRACE_KILL_AFTER, .at = moment, .only_changes = true},
		&first);
	run_traced(g, recover,
		   (struct trace_job){.action = n ? TRACE_FAIL : TRACE_COUNT,
				      .at = n,
				      .errnum = faults[fault].errnum,
				      .persist = faults[fault].persist},
		   &second);
	recorder_stop(&g->recorder, &g->s);
	if (second.fired || !n) {
		snprintf(g->what, sizeof(g->what),
			 "%s, recovery with %s at %ld %s '%.40s' (status %d)", g->s.kind->name,
			 n ? strerror(faults[fault].errnum) : "no fault", n,
			 n ? trace_name(second.at.nr) : "",
			 strrchr(second.at.path, '/') ? strrchr(second.at.path, '/') : "",
			 second.status);
		if (!keeps_staged(g))
			tally_bad(tally, "%s: armed, but the staged image is gone", g->what);
		oplog_read(g->recorder.log, &g->log);
		model_each(g->s.start, &g->log, g->log.count, false, 1, judge_state, g);
		if (model_weak_differs(&g->log, g->log.count))
			model_each(g->s.start, &g->log, g->log.count, true, 1, judge_state, g);
		oplog_free(&g->log);
		__atomic_fetch_add(&tally->runs, 1, __ATOMIC_SEQ_CST);
	}
	snapshot_free(g->s.start);
	g->s.start = before;
	return second.fired;
}

static void run_case(int worker, int workers, void *arg)
{
	size_t which = (size_t)(uintptr_t)arg;
	struct ground g = {.log = {.list = NULL}};
	char name[32];
	bool more = true;
	long moment;

	snprintf(name, sizeof(name), "w%d", worker);
	recorder_make(&g.recorder, name);
	scene_open(&g.s, scene_find(cases[which].scene), program, g.recorder.backing);
	moment = find_moment(&g, cases[which].moment);
	if (worker == 0)
		one_run(&g, moment, 0, 0);
	for (long n = 1 + worker; more; n += workers)
		for (size_t f = 0; f < (full && which == 0 ? FAULTS : 1) && more; f++)
			more = one_run(&g, moment, n, full ? ((size_t)n + f) % FAULTS : 0);
	scene_close(&g.s);
	recorder_remove(&g.recorder);
}

int main(int argc, char **argv)
{
	const char *tier = argc > 2 ? argv[2] : "check";

	if (argc < 2) {
		fprintf(stderr, "Usage: crash_cache PROGRAM [check|full|quick]\n");
		return 2;
	}
	program = argv[1];
	full = !strcmp(tier, "full");
	arena_enter();
	tally = tally_new();
	for (size_t i = 0; i < CASES; i++) {
		long runs = tally->runs, bad = tally->bad;

		if (!full && !cases[i].quick)
			continue;
		in_parallel(SUITE_WORKERS, run_case, (void *)(uintptr_t)i);
		tap_ok(tally->bad == bad && tally->runs > runs,
		       "%s, killed %s: %ld recoveries, then power cuts, %ld bad", cases[i].scene,
		       cases[i].moment == AFTER_HEAD ? "before the last flush" : "when armed",
		       tally->runs - runs, tally->bad - bad);
		tally_show(tally);
	}
	tap_diag("S6 recoveries after a kill, then a power cut: %ld, states: %ld, bad: %ld",
		 tally->runs, tally->points, tally->bad);
	return tap_done();
}
