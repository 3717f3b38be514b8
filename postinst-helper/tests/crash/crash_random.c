/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random sequences of installs of two versions, restores, removals, recoveries, kills in the middle of
 * each, other distros, and Windows Update replacing or rewriting the kernel.
 * Usage: crash_random PROGRAM [check|full|quick [FIRST-SEED]]
 * B1: an official image that we have replaced once is never lost, and every sequence ends safe.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scene.h"
#include "tally.h"
#include "tap.h"
#include "trace.h"

#define STEPS_MAX 7
#define OFFICIALS 3

static const char *program;
static struct tally *tally;
static long sequences, first_seed = 1;

/* All that a sequence needs to know. */
struct play {
	struct scene s;
	struct image officials[OFFICIALS]; /* Microsoft's kernels, one after the other */
	char distros[2][160];		   /* their state directories */
	bool held[OFFICIALS];		   /* we have it in our keeping */
	uint64_t chance;
	char trail[300];
};

static unsigned int draw(struct play *p, unsigned int limit)
{
	p->chance ^= p->chance << 13; /* xorshift64 */
	p->chance ^= p->chance >> 7;
	p->chance ^= p->chance << 17;
	return (unsigned int)(p->chance >> 20) % limit;
}

static bool is_image(const uint8_t *data, size_t size, const struct image *image)
{
	return data && size == image->size && memcmp(data, image->data, size) == 0;
}

static int official_in_place(const struct play *p)
{
	size_t size = 0;
	uint8_t *data = read_whole(p->s.w.drive, WORLD_T, &size);
	int found = -1;

	for (int i = 0; i < OFFICIALS; i++)
		if (is_image(data, size, &p->officials[i]))
			found = i;
	free(data);
	return found;
}

static bool is_kept(const struct play *p, int official)
{
	const struct image *image = &p->officials[official];
	struct known k = {.a = image, .b = image, .official = image};
	struct verdict v;

	judge(&p->s.w, &k, &v);
	return !strstr(v.why, "official image is lost");
}

/* One run of the program by one of the distros, perhaps killed at a random call. */
static int act(struct play *p, const char *name, const char *const *words)
{
	unsigned int distro = draw(p, 2);
	bool killed = draw(p, 3) == 0;
	const char *argv[24];
	char output[4096];
	struct trace_result result;
	struct trace_job job = {.argv = argv,
				.preload = p->s.w.preload,
				.root = p->s.w.drive,
				.action = draw(p, 2) ? TRACE_KILL_AFTER : TRACE_KILL_BEFORE,
				.only_changes = true};
	size_t used = strlen(p->trail);

	snprintf(p->s.w.state, sizeof(p->s.w.state), "%s", p->distros[distro]);
	if (!killed) {
		snprintf(p->trail + used, sizeof(p->trail) - used, " %s/%u", name, distro);
		return scene_run(&p->s, words, output, sizeof(output));
	}
	job.at = 1 + draw(p, 60);
	snprintf(p->trail + used, sizeof(p->trail) - used, " %s/%u!%ld", name, distro, job.at);
	scene_argv(&p->s, words, argv);
	trace_run(&job, &result);
	return result.fired ? -9 : result.status;
}

static void windows_update(struct play *p, int official, bool in_place)
{
	char path[512], temp[512];
	size_t used = strlen(p->trail);

	snprintf(path, sizeof(path), "%s/" WORLD_T, p->s.w.drive);
	snprintf(temp, sizeof(temp), "%s/Windows/update.tmp", p->s.w.drive);
	write_whole(in_place ? path : temp, p->officials[official].data,
		    p->officials[official].size);
	if (!in_place)
		(void)rename(temp, path);
	snprintf(p->trail + used, sizeof(p->trail) - used, " %s%d", in_place ? "rewrite" : "update",
		 official);
}

static void one_step(struct play *p)
{
	const char *install[] = {"--target", "lxss", "install", "--image", NULL, NULL};
	const char *recover[] = {"--target", "lxss", "recover", NULL};
	const char *restore[] = {"--target", "lxss", "restore", NULL};
	const char *remove_words[] = {"--target", "lxss", "remove", NULL};
	int before = official_in_place(p);

	switch (draw(p, 9)) {
	case 0:
	case 1:
	case 2:
		install[4] = p->s.first.path;
		(void)act(p, "v1", install);
		break;
	case 3:
	case 4:
		install[4] = p->s.second.path;
		(void)act(p, "v2", install);
		break;
	case 5:
		(void)act(p, "restore", restore);
		break;
	case 6:
		(void)act(p, "remove", remove_words);
		break;
	case 7:
		(void)act(p, "recover", recover);
		break;
	default:
		windows_update(p, (int)draw(p, OFFICIALS), draw(p, 2));
		return;
	}
	/* What the program took away, it must have; what it has, it keeps. */
	if (before >= 0 && official_in_place(p) != before)
		p->held[before] = true;
}

static bool nothing_is_lost(struct play *p, char *why, size_t size)
{
	for (int i = 0; i < OFFICIALS; i++)
		if (p->held[i] && !is_kept(p, i)) {
			snprintf(why, size, "official image %d is lost", i);
			return false;
		}
	return true;
}

/* At the end: recovery, then a whole kernel that somebody meant to be there. */
static bool ends_well(struct play *p, char *why, size_t size)
{
	const char *recover[] = {"--target", "lxss", "recover", NULL};
	char output[4096];
	size_t n = 0;
	uint8_t *data;
	bool good;
	int r = scene_run(&p->s, recover, output, sizeof(output));

	data = read_whole(p->s.w.drive, WORLD_T, &n);
	good = is_image(data, n, &p->s.first) || is_image(data, n, &p->s.second);
	free(data);
	if (r == 0 && (good || official_in_place(p) >= 0) && !journal_is_armed(&p->s.w))
		return true;
	snprintf(why, size, "recovery ended with %d and %s: %.150s", r,
		 good ? "a whole kernel" : "no whole kernel", output);
	return false;
}

static void one_sequence(struct play *p, long seed)
{
	int steps;
	long done;
	char why[300] = "";
	bool good = true;

	p->chance = (uint64_t)seed * 0x9e3779b97f4a7c15u | 1;
	p->trail[0] = '\0';
	memset(p->held, 0, sizeof(p->held));
	snprintf(p->s.w.state, sizeof(p->s.w.state), "%s", p->distros[0]);
	scene_reset(&p->s);
	remove_tree(p->distros[1]);
	if (mkdir(p->distros[1], 0755) < 0)
		tap_die("cannot make %s", p->distros[1]);
	steps = 2 + (int)draw(p, STEPS_MAX - 1);
	for (int i = 0; i < steps && good; i++) {
		one_step(p);
		good = nothing_is_lost(p, why, sizeof(why));
	}
	if (good)
		good = ends_well(p, why, sizeof(why)) && nothing_is_lost(p, why, sizeof(why));
	__atomic_fetch_add(&tally->extra[0], steps, __ATOMIC_SEQ_CST);
	if (!good)
		tally_bad(tally, "seed %ld:%s: %s", seed, p->trail, why);
	done = __atomic_add_fetch(&tally->points, 1, __ATOMIC_SEQ_CST);
	if (done % 1000 == 0) /* a run of minutes shows that it lives */
		tap_diag("%ld sequences, %ld bad", done, tally->bad);
}

static void run_sequences(int worker, int workers, void *arg)
{
	struct play p = {.chance = 1};
	char name[32], root[128];

	(void)arg;
	snprintf(name, sizeof(name), "r%d", worker);
	arena_mount(ARENA_TMPFS, name, root, sizeof(root));
	scene_open(&p.s, scene_find("install-grow"), program, root);
	p.officials[0] = p.s.official;
	world_image(&p.officials[1], "5.15.133.1-microsoft-standard-WSL2", "1152K", "official1");
	world_image(&p.officials[2], "5.15.146.1-microsoft-standard-WSL2", "1M", "official2");
	snprintf(p.distros[0], sizeof(p.distros[0]), "%s", p.s.w.state);
	snprintf(p.distros[1], sizeof(p.distros[1]), "%s/state-other%d", arena_dir(), worker);
	for (long n = worker; n < sequences; n += workers)
		one_sequence(&p, first_seed + n);
}

int main(int argc, char **argv)
{
	const char *tier = argc > 2 ? argv[2] : "check";

	if (argc < 2) {
		fprintf(stderr, "Usage: crash_random PROGRAM [check|full|quick [FIRST-SEED]]\n");
		return 2;
	}
	program = argv[1];
	first_seed = argc > 3 ? atol(argv[3]) : 1;
	sequences = !strcmp(tier, "full") ? 10000 : !strcmp(tier, "quick") ? 60 : 300;
	arena_enter();
	tally = tally_new();
	in_parallel(SUITE_WORKERS, run_sequences, NULL);
	tap_ok(tally->bad == 0 && tally->points == sequences,
	       "%ld random sequences lose no official image and end safe, %ld bad", tally->points,
	       tally->bad);
	tally_show(tally);
	tap_diag("B1 sequences: %ld, steps: %ld, bad: %ld", tally->points, tally->extra[0],
		 tally->bad);
	return tap_done();
}
