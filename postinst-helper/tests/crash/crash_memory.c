/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fails the Nth allocation of every command, for every N, once and from then on, by the preloaded
 * library nomemory.so. Usage: crash_memory PROGRAM [check|full|quick [SCENE]]
 * H5: no signal, no bad state, no false "done"; then recover and the command again succeed.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "nomemory.h"
#include "scene.h"
#include "spawn.h"
#include "tally.h"
#include "tap.h"

/* Commands that only look: on a drive with our kernel, in either mode. */
static const struct {
	const char *name, *scene, *words[6];
} looks[] = {
	{"status", "restore", {"--target", "lxss", "status"}},
	{"status-json", "restore", {"--target", "lxss", "--json", "status"}},
	{"doctor", "restore", {"--target", "lxss", "doctor"}},
	{"backups-json", "restore", {"--target", "lxss", "--json", "backups"}},
	{"prepare", "restore", {"--target", "lxss", "prepare"}},
	{"wslconfig-status-json",
	 "wslconfig-update",
	 {"--target", "wslconfig", "--json", "status"}},
	{"wslconfig-doctor", "wslconfig-update", {"--target", "wslconfig", "doctor"}},
};
#define LOOKS (sizeof(looks) / sizeof(looks[0]))

/* Every Nth allocation; a prime, so that no rhythm of the program hides behind it. */
static const struct {
	const char *name;
	int stride;
} tiers[] = {{"quick", 61}, {"check", 61}, {"full", 1}};

static int stride;
static const char *program;
static struct tally *tally;

/* What one worker does again and again. */
struct part {
	struct scene s;
	const char *const *words; /* the command */
	bool looks;		  /* it must change nothing */
	char preload[1100], orders_path[128];
	struct nomemory *orders;
};

static struct nomemory *map_orders(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	void *map;

	if (fd < 0 || ftruncate(fd, sizeof(struct nomemory)) < 0)
		tap_die("cannot make %s", path);
	map = mmap(NULL, sizeof(struct nomemory), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		tap_die("cannot map %s", path);
	close(fd);
	return map;
}

static int run(struct part *p, long n, bool lasting, char *output, size_t size)
{
	const char *argv[24];

	*p->orders = (struct nomemory){.at = n, .lasting = lasting};
	scene_argv(&p->s, p->words, argv);
	return run_with(p->preload, argv, output, size);
}

static void open_part(struct part *p, const struct scene_kind *kind, const char *const *words,
		      int worker, const char *root)
{
	char library[512], output[8192];

	scene_open(&p->s, kind, program, root);
	p->looks = words != NULL;
	p->words = words ? words : p->s.words;
	snprintf(p->orders_path, sizeof(p->orders_path), "%s/orders-%d", arena_dir(), worker);
	p->orders = map_orders(p->orders_path);
	arena_helper("nomemory.so", library, sizeof(library));
	snprintf(p->preload, sizeof(p->preload), "%s:%s", p->s.w.preload, library);
	if (setenv(NOMEMORY_PATH, p->orders_path, 1) < 0)
		tap_die("memory");
	scene_reset(&p->s);
	if (run(p, 0, false, output, sizeof(output)) != 0)
		tap_die("with memory it fails: %s", output);
}

static void close_part(struct part *p)
{
	scene_close(&p->s);
	munmap(p->orders, sizeof(*p->orders));
	(void)unlink(p->orders_path);
}

/* Has the drive changed since the start of the scene? */
static bool is_changed(const struct scene *s)
{
	struct snapshot *now = snapshot_take(s->w.root);
	bool changed = snapshot_hash(now) != snapshot_hash(s->start);

	snapshot_free(now);
	return changed;
}

/*
 * A command that only looks may know less, but it changes nothing. With --json it prints one whole object or
 * nothing. Status 4 is right where the worker's answer was lost.
 */
static const char *wrong_look(const struct part *p, int status, const char *output)
{
	const char *brace = strchr(output, '{');

	if (status != 0 && status != 1 && status != 4)
		return "odd status";
	if (status == 0 && brace && (strstr(output, "\"data\": null") || !strstr(output, "\n}\n")))
		return "it says done, with half an answer";
	return is_changed(&p->s) ? "it changed something" : NULL;
}

/* A command that changes something. Status 4 promises only that recovery helps. */
static const char *wrong_change(const struct part *p, int status)
{
	enum scene_end end = scene_end(&p->s);

	if (status == 0)
		return end == END_NEW || (p->s.kind->command == RECOVER && end == END_OLD) ?
			       NULL :
			       "it says done, but is not";
	if (status != 1 && status != 4)
		return "odd status";
	/* A recovery that could not begin leaves what it found; whether that is safe is judged elsewhere. */
	return status == 1 && end == END_OTHER && p->s.kind->command != RECOVER ?
		       "it says that nothing changed, but something did" :
		       NULL;
}

static const char *judge_run(const struct part *p, int status, const char *output, char *why,
			     size_t size)
{
	const char *wrong = status < 0 ? "it was ended by a signal" : NULL;

	if (!wrong && !scene_is_safe(&p->s, why, size))
		wrong = why;
	if (!wrong)
		wrong = p->looks ? wrong_look(p, status, output) : wrong_change(p, status);
	/* On a drive as at the start there is nothing that could keep the command from its end. */
	if (!wrong && !p->looks && is_changed(&p->s) && !scene_settle(&p->s, why, size))
		wrong = why;
	return wrong;
}

static bool one_failure(struct part *p, const char *name, long n, bool lasting)
{
	char output[8192], why[400] = "";
	const char *wrong;
	int status;

	scene_reset(&p->s);
	status = run(p, n, lasting, output, sizeof(output));
	if (p->orders->fired == 0)
		return false;
	__atomic_fetch_add(&tally->points, 1, __ATOMIC_SEQ_CST);
	if (status == 0)
		__atomic_fetch_add(&tally->extra[0], 1, __ATOMIC_SEQ_CST);
	wrong = judge_run(p, status, output, why, sizeof(why));
	if (wrong)
		tally_bad(tally, "%s, %s %ld (%zu bytes), status %d: %s: %.160s", name,
			  lasting ? "all allocations from" : "allocation", n, p->orders->bytes,
			  status, wrong, output);
	return true;
}

/* One command: a scene's own, or one that looks. */
struct command_of {
	const char *name;
	const struct scene_kind *kind;
	const char *const *words;
};

static void run_command(int worker, int workers, void *arg)
{
	const struct command_of *c = arg;
	struct part *p = calloc(1, sizeof(*p));
	char name[32], root[128];
	bool more = p != NULL;

	snprintf(name, sizeof(name), "w%d", worker);
	arena_mount(ARENA_TMPFS, name, root, sizeof(root));
	open_part(p, c->kind, c->words, worker, root);
	for (long n = 1 + worker * stride; more; n += workers * stride) {
		more = one_failure(p, c->name, n, false);
		if (more)
			more = one_failure(p, c->name, n, true);
	}
	close_part(p);
	free(p);
	remove_tree(root);
}

static void test_command(struct command_of c, const char *only)
{
	long points = tally->points, bad = tally->bad;

	if (only && strcmp(only, c.name) != 0)
		return;
	in_parallel(SUITE_WORKERS, run_command, &c);
	tap_ok(tally->bad == bad && tally->points > points, "%s: %ld failed allocations, %ld bad",
	       c.name, tally->points - points, tally->bad - bad);
	tally_show(tally);
}

int main(int argc, char **argv)
{
	const char *wanted = argc > 2 ? argv[2] : "check", *only = argc > 3 ? argv[3] : NULL;

	for (size_t i = 0; i < sizeof(tiers) / sizeof(tiers[0]); i++)
		if (!strcmp(tiers[i].name, wanted))
			stride = tiers[i].stride;
	if (argc < 2 || !stride) {
		fprintf(stderr, "Usage: crash_memory PROGRAM [check|full|quick [COMMAND]]\n");
		return 2;
	}
	program = argv[1];
	arena_enter();
	tally = tally_new();
	for (int i = 0; i < scene_count; i++)
		test_command((struct command_of){scene_kinds[i].name, &scene_kinds[i], NULL}, only);
	for (size_t i = 0; i < LOOKS; i++)
		test_command((struct command_of){looks[i].name, scene_find(looks[i].scene),
						 looks[i].words},
			     only);
	tap_diag("H5 failed allocations: %ld, of these survived with status 0: %ld, bad: %ld",
		 tally->points, tally->extra[0], tally->bad);
	return tap_done();
}
