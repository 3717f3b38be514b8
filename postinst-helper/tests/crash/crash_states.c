/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records a run of each scene on the recording file system, then replays the states that a crash may
 * leave, with a strong and a weak server, and recovers from each. Usage: crash_states PROGRAM [check|full|quick [SCENE]]
 * S2, S3: every state is safe and recovery ends old or new; servers that lie are refused in time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model.h"
#include "scene.h"
#include "tap.h"
#include "trace.h"

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
	char backing[160];
};

/* Runs the scene's command on the recorder and leaves the scene pointing at the backing directory. */
static void record(struct recorded *r, const struct scene_kind *kind, const char *name)
{
	char mount_point[128], log[160], helper[512], output[4096];
	struct world through;
	int status;

	snprintf(r->backing, sizeof(r->backing), "%s/%s-b", arena_dir(), name);
	snprintf(mount_point, sizeof(mount_point), "%s/%s-m", arena_dir(), name);
	snprintf(log, sizeof(log), "%s/%s-log", arena_dir(), name);
	if (mkdir(r->backing, 0755) < 0 || mkdir(mount_point, 0755) < 0)
		tap_die("cannot make %s", mount_point);
	scene_open(&r->s, kind, program, r->backing);
	arena_helper("recfs", helper, sizeof(helper));
	if (run_plain((const char *[]){helper, r->backing, mount_point, log, NULL}, output,
		      sizeof(output)) != 0)
		tap_die("recfs: %s", output);
	through = r->s.w;
	world_init(&r->s.w, program, mount_point);
	snprintf(r->s.w.state, sizeof(r->s.w.state), "%s", through.state);
	snprintf(r->s.profile, sizeof(r->s.profile), "%s/Users/Ann", r->s.w.drive);
	status = scene_run(&r->s, r->s.words, output, sizeof(output));
	r->s.w = through;
	snprintf(r->s.profile, sizeof(r->s.profile), "%s/Users/Ann", r->s.w.drive);
	arena_unmount(mount_point);
	if (status != 0)
		tap_die("%s on the recorder ended with %d: %s", kind->name, status, output);
	oplog_read(log, &r->log);
	(void)unlink(log);
	(void)rmdir(mount_point);
}

static void describe(const struct choice *c, bool weak, char *text, size_t size)
{
	static const char *const data[] = {"all", "none", "all but", "only", "random", "torn"};

	snprintf(text, size, "%s server, after %d, names %d, data %s %d/%llu",
		 weak ? "weak" : "strong", c->upto, c->names, data[c->data], c->which,
		 (unsigned long long)c->seed);
}

static void judge_state(struct recorded *r, const struct choice *c, bool weak)
{
	struct snapshot *state = model_state(r->s.start, &r->log, c, weak);
	char why[400], text[120];
	bool good;

	if (!is_new(snapshot_hash(state))) {
		snapshot_free(state);
		return;
	}
	snapshot_restore(state, r->backing);
	snapshot_restore(r->s.start_state, r->s.w.state);
	snapshot_free(state);
	good = scene_is_safe(&r->s, why, sizeof(why));
	if (good && __atomic_add_fetch(&tally->points, 1, __ATOMIC_SEQ_CST) % full_every == 0)
		good = scene_settle(&r->s, why, sizeof(why));
	else if (good)
		good = scene_recovers(&r->s, why, sizeof(why));
	if (good)
		return;
	describe(c, weak, text, sizeof(text));
	tally_bad(tally, "%s, %s: %s", r->s.kind->name, text, why);
}

/* All kinds of states after one operation, with one length of the prefix of names. */
static void judge_prefix(struct recorded *r, int upto, int names, bool weak)
{
	struct choice c = {.upto = upto, .names = names};
	int writes = model_unflushed(&r->log, upto, weak);

	c.data = DATA_ALL;
	judge_state(r, &c, weak);
	if (!writes)
		return;
	c.data = DATA_NONE;
	judge_state(r, &c, weak);
	for (c.which = 0; c.which < writes && c.which < 8; c.which++) {
		c.data = DATA_BUT;
		judge_state(r, &c, weak);
		c.data = DATA_ONLY;
		judge_state(r, &c, weak);
	}
	for (int i = 0; i < rounds; i++) {
		c.seed = (uint64_t)upto * 1000u + (uint64_t)i;
		c.data = DATA_RANDOM;
		judge_state(r, &c, weak);
		c.data = DATA_TORN;
		judge_state(r, &c, weak);
	}
}

static void judge_after(struct recorded *r, int upto, bool weak)
{
	int floor = model_floor(&r->log, upto, weak);

	judge_prefix(r, upto, upto, weak);
	if (floor < upto)
		judge_prefix(r, upto, floor, weak);
	for (int names = floor + 1; names < upto; names += 1 + (upto - floor) / 4)
		judge_prefix(r, upto, names, weak);
}

static void run_scene(int worker, int workers, void *arg)
{
	struct recorded r = {.log = {.list = NULL}};
	char name[32];

	snprintf(name, sizeof(name), "w%d", worker);
	seen = calloc(SEEN_MAX, sizeof(*seen));
	record(&r, arg, name);
	for (int upto = worker; upto <= r.log.count; upto += workers) {
		judge_after(&r, upto, false);
		judge_after(&r, upto, true);
	}
	if (worker == 0)
		tally->extra[0] += r.log.count;
	scene_close(&r.s);
	oplog_free(&r.log);
	remove_tree(r.backing);
	free(seen);
}

/* A server that lies must be found out before the first destructive byte. */
static void refuse_quirk(const char *quirk, bool must_refuse)
{
	char backing[160], mount_point[160], helper[512], output[4096], why[400] = "";
	struct world real;
	struct scene s;
	int status;
	enum scene_end end;

	snprintf(backing, sizeof(backing), "%s/q-b", arena_dir());
	snprintf(mount_point, sizeof(mount_point), "%s/q-m", arena_dir());
	if (mkdir(backing, 0755) < 0 || mkdir(mount_point, 0755) < 0)
		tap_die("cannot make %s", mount_point);
	scene_open(&s, scene_find("install-shrink"), program, backing);
	arena_helper("recfs", helper, sizeof(helper));
	if (run_plain((const char *[]){helper, backing, mount_point, "-", quirk, NULL}, output,
		      sizeof(output)) != 0)
		tap_die("recfs: %s", output);
	real = s.w;
	world_init(&s.w, program, mount_point);
	snprintf(s.w.state, sizeof(s.w.state), "%s", real.state);
	status = scene_run(&s, s.words, output, sizeof(output));
	s.w = real;
	arena_unmount(mount_point);
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
	remove_tree(backing);
	(void)rmdir(mount_point);
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
	rounds = !strcmp(tier, "full") ? 14 : !strcmp(tier, "quick") ? 0 : 1;
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
