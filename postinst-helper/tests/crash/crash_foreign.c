/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lets Windows Update act at every I/O call of an install: it replaces the kernel by a new file,
 * rewrites it in place, or deletes it; and while it has the kernel open, so that we must wait. Usage: crash_foreign PROGRAM [check|full|quick [SCENE]]
 * S10: its kernel is never lost once it is whole, nothing is created where it deleted, no mixture
 * boots, and the program does not call a kernel done that is not there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "scene.h"
#include "tally.h"
#include "tap.h"
#include "trace.h"

enum deed {
	REPLACE,
	REWRITE,
	DELETE,
	DEEDS
};
static const char *const deed_names[] = {"replaces", "rewrites", "deletes"};

/* Bigger than one write of the program, so that a rewrite can fall between two of them. */
static const struct scene_kind big = {"install-big", START_OFFICIAL, INSTALL_FIRST,
				      "3M",	     "3M",	     "64K"};

static const char *program;
static struct tally *tally;
static int stride;
static bool only_changes;

struct act {
	const struct scene *s;
	enum deed deed;
};

static void do_deed(void *arg)
{
	const struct act *act = arg;
	const struct scene *s = act->s;
	char t[512], temp[512];

	snprintf(t, sizeof(t), "%s/" WORLD_T, s->w.drive);
	snprintf(temp, sizeof(temp), "%s/Windows/update.tmp", s->w.drive);
	switch (act->deed) {
	case REPLACE:
		write_whole(temp, s->foreign.data, s->foreign.size);
		(void)rename(temp, t);
		break;
	case REWRITE:
		write_whole(t, s->foreign.data, s->foreign.size);
		break;
	case DELETE:
	case DEEDS:
	default:
		(void)unlink(t);
		break;
	}
}

static bool kept_somewhere(const struct scene *s)
{
	struct known k = {
		.a = &s->official, .b = &s->first, .c = &s->foreign, .official = &s->foreign};
	struct verdict v;

	judge(&s->w, &k, &v);
	return !strstr(v.why, "official image is lost");
}

/* In the window a rewrite cannot be told from our own bytes; then the kernel must only be whole. */
static const char *wrong(const struct scene *s, enum deed deed, bool in_window, bool was_done,
			 int status)
{
	struct known k = {
		.a = &s->official, .b = &s->first, .c = &s->foreign, .official = &s->official};
	struct verdict v;

	judge(&s->w, &k, &v);
	if (v.content == IS_MIXED)
		return "a mixture that boots";
	if (status < 0)
		return "ended by a signal";
	if (deed == DELETE)
		return v.content == IS_MISSING ? NULL : "it created a kernel where there was none";
	if (v.content == IS_MISSING)
		return "the kernel is gone";
	if (status == 0 && v.content != IS_B && !was_done)
		return "it says done, but another kernel is there";
	if (v.content != IS_C && !kept_somewhere(s) && !(deed == REWRITE && in_window))
		return "the kernel of Windows Update is lost";
	if (v.content == IS_TORN && !v.safe)
		return "torn and no way back";
	return NULL;
}

/* Afterwards recovery must not touch a whole foreign kernel, and must mend everything else. */
static const char *wrong_after(const struct scene *s, enum deed deed)
{
	struct known k = {
		.a = &s->official, .b = &s->first, .c = &s->foreign, .official = &s->official};
	const char *words[] = {"--target", "lxss", "recover", NULL};
	struct verdict before, after;
	char output[4096];

	judge(&s->w, &k, &before);
	(void)scene_run(s, words, output, sizeof(output));
	judge(&s->w, &k, &after);
	if (deed == DELETE)
		return after.content == IS_MISSING ? NULL : "recovery created a kernel";
	if (before.content == IS_C && after.content != IS_C)
		return "recovery overwrote the kernel of Windows Update";
	if (after.content != IS_A && after.content != IS_B && after.content != IS_C)
		return "recovery left no whole kernel";
	return journal_is_armed(&s->w) ? "recovery left the journal armed" : NULL;
}

/* The program was killed in the window, then Windows Update came: recovery must leave its kernel. */
static void update_after_a_kill(struct scene *s, long n, enum deed deed)
{
	const char *words[] = {"--target", "lxss", "recover", NULL};
	struct known k = {.a = &s->official, .b = &s->first, .c = &s->foreign};
	struct act act = {s, deed};
	struct verdict v;
	char output[4096];
	int r;

	do_deed(&act);
	r = scene_run(s, words, output, sizeof(output));
	judge(&s->w, &k, &v);
	__atomic_fetch_add(&tally->points, 1, __ATOMIC_SEQ_CST);
	if (v.content != IS_C || r != 0 || journal_is_armed(&s->w))
		tally_bad(tally,
			  "%s, killed at %ld, then Windows Update %s: recover (%d) left the %s",
			  s->kind->name, n, deed_names[deed], r, content_name(v.content));
}

static bool is_torn(const struct scene *s)
{
	struct known k = {.a = &s->official, .b = &s->first};
	struct verdict v;

	judge(&s->w, &k, &v);
	return v.content == IS_TORN;
}

/* The nth call that `only` takes: somebody acts before it or, with EACCES, while the program waits for it. */
static bool one_point(struct scene *s, long n, enum deed deed, int errnum,
		      bool (*only)(const struct trace_call *call))
{
	const char *argv[24], *text;
	struct act act = {s, deed};
	struct trace_result result;
	struct trace_job job = {.argv = argv,
				.preload = s->w.preload,
				.root = s->w.drive,
				.at = n,
				.errnum = errnum,
				.hook = do_deed,
				.arg = &act,
				.only = only,
				.only_changes = only_changes && !only};
	struct trace_result till;
	bool in_window, was_done;

	scene_argv(s, s->words, argv);
	/* How far had the program come at that moment? A killed run of the same length tells. */
	scene_reset(s);
	job.action = TRACE_KILL_BEFORE;
	trace_run(&job, &till);
	if (!till.fired)
		return false;
	/* Who had to wait must look again: only what is half written already may be taken for our own bytes. */
	in_window = journal_is_armed(&s->w) && (!errnum || is_torn(s));
	was_done = scene_end(s) == END_NEW; /* proved already; what comes later is a new story */
	if (in_window && deed != DELETE && !errnum)
		update_after_a_kill(s, n, deed);
	scene_reset(s);
	job.action = errnum ? TRACE_FAIL : TRACE_HOOK;
	trace_run(&job, &result);
	__atomic_fetch_add(&tally->points, 1, __ATOMIC_SEQ_CST);
	text = wrong(s, deed, in_window, was_done, result.status);
	if (!text)
		text = wrong_after(s, deed);
	if (text)
		tally_bad(tally, "%s, %s %s %s call %ld '%s' (status %d): %s: %.100s",
			  s->kind->name, deed_names[deed], errnum ? "while waiting for" : "before",
			  trace_name(result.at.nr), n,
			  strrchr(result.at.path, '/') ? strrchr(result.at.path, '/') : "",
			  result.status, text, result.output);
	return true;
}

/* Whoever writes the kernel may have it open so that nobody else can. */
static bool opens_kernel(const struct trace_call *call)
{
	const char *name = strrchr(call->path, '/');

	return call->nr == SYS_openat2 && name && strcmp(name, "/kernel") == 0;
}

static void run_scene(int worker, int workers, void *arg)
{
	char name[32], root[128];
	struct scene s;
	bool more = true;

	snprintf(name, sizeof(name), "w%d", worker);
	arena_mount(ARENA_TMPFS, name, root, sizeof(root));
	scene_open(&s, arg, program, root);
	for (long n = 1 + worker * stride; more; n += workers * stride)
		for (int deed = 0; deed < DEEDS && more; deed++)
			more = one_point(&s, n, (enum deed)deed, 0, NULL);
	more = true;
	for (long n = 1 + worker; more; n += workers)
		for (int deed = 0; deed < DEEDS && more; deed++)
			more = one_point(&s, n, (enum deed)deed, EACCES, opens_kernel);
	scene_close(&s);
	remove_tree(root);
}

int main(int argc, char **argv)
{
	const struct scene_kind *kinds[] = {NULL, NULL, &big};
	const char *tier = argc > 2 ? argv[2] : "check";

	if (argc < 2) {
		fprintf(stderr, "Usage: crash_foreign PROGRAM [check|full|quick [SCENE]]\n");
		return 2;
	}
	program = argv[1];
	stride = !strcmp(tier, "quick") ? 3 : 1; /* odd: no kind of call is always left out */
	only_changes = strcmp(tier, "full") != 0;
	kinds[0] = scene_find("install-grow");
	kinds[1] = scene_find("install-shrink");
	arena_enter();
	tally = tally_new();
	for (size_t i = 0; i < 3; i++) {
		long points = tally->points, bad = tally->bad;

		if (argc > 3 && strcmp(argv[3], kinds[i]->name) != 0)
			continue;
		in_parallel(SUITE_WORKERS, run_scene, (void *)(uintptr_t)kinds[i]);
		tap_ok(tally->bad == bad && tally->points > points,
		       "%s: another writer at %ld moments, %ld bad", kinds[i]->name,
		       tally->points - points, tally->bad - bad);
		tally_show(tally);
	}
	tap_diag("S10 acts of another writer: %ld, bad: %ld", tally->points, tally->bad);
	return tap_done();
}
