/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fails every I/O call of every scene with every errno that a Windows drive gives, once and for ever,
 * and makes reads and writes short. Usage: crash_fault PROGRAM [check|full|quick [SCENE]]
 * S4: no bad state, no false "done"; S5: a failure that leaves the old kernel leaves it untouched.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "scene.h"
#include "tally.h"
#include "tap.h"
#include "trace.h"

static const struct {
	int errnum;
	const char *name;
} errors[] = {
	{ENOSPC, "ENOSPC"},	    {EIO, "EIO"},	{EACCES, "EACCES"}, {EROFS, "EROFS"},
	{EBADF, "EBADF"},	    {EINVAL, "EINVAL"}, {EINTR, "EINTR"},   {ESTALE, "ESTALE"},
	{EOPNOTSUPP, "EOPNOTSUPP"}, {0, "short"},
};
#define ERRORS (sizeof(errors) / sizeof(errors[0]))

/* What a tier fails in each scene. */
struct tier {
	const char *name;
	int spread;	 /* calls that change something get every Nth error, once and for ever */
	int read_stride; /* every Nth of all calls, reads included, gets one error; 0 = none */
};

static const struct tier tiers[] = {{"quick", 9, 0}, {"check", 16, 0}, {"full", 5, 4}};

static const struct tier *tier;
static const char *program;
static const char *only; /* run this scene only; NULL = all */
static struct tally *tally;

/* Which statuses may go with which end. Status 4 promises only that recovery helps. */
static const char *wrong_status(const struct scene *s, int status, enum scene_end end)
{
	if (status < 0)
		return "it was ended by a signal";
	if (status == 0 && end != END_NEW && (s->kind->command != RECOVER || end == END_OTHER))
		return "it says done, but is not";
	if ((status == 1 || status == 3 || status == 5 || status == 7) && end == END_OTHER)
		return "it says that nothing changed, but something did";
	if (status != 0 && status != 1 && status != 3 && status != 4 && status != 5 && status != 7)
		return "odd status";
	return NULL;
}

/*
 * The drive itself could not be opened or recognized, so the kernel was never looked at, and nothing at all
 * was changed: then "refused" and "not now" are the truth, whatever the kernel was before.
 */
static bool was_never_reached(const struct scene *s, const struct trace_result *result)
{
	struct snapshot *now;
	bool same;

	if (strstr(result->at.path, "/lxss") || (result->status != 3 && result->status != 7))
		return false;
	now = snapshot_take(s->w.root);
	same = snapshot_hash(now) == snapshot_hash(s->start);
	snapshot_free(now);
	return same;
}

/* The old kernel must have its old time and file: it was not touched, or fully put back. */
static bool old_is_untouched(const struct scene *s)
{
	struct stat st;

	if (s->store || s->any_time || s->kind->command == RECOVER || scene_end(s) != END_OLD)
		return true;
	return stat(s->mtime_of, &st) == 0 && st.st_nlink == 2 &&
	       st.st_mtim.tv_sec * 1000000000ll + st.st_mtim.tv_nsec == s->mtime;
}

static void check(const struct scene *s, const struct trace_result *result, const char *error,
		  bool persist)
{
	enum scene_end end = scene_end(s);
	const char *wrong;
	char why[400] = "";
	struct verdict v = {.padded = false};

	if (!s->store)
		judge(&s->w, &s->k, &v);
	/* Where the server refuses to cut the file, zeros behind the new image are the agreed way. */
	if (v.padded && v.content == IS_B && result->at.nr == SYS_ftruncate)
		end = END_NEW;
	if (v.padded && v.content == IS_A && result->at.nr == SYS_ftruncate &&
	    s->kind->command == RECOVER)
		end = END_OLD;
	/* Where the grown kernel cannot be looked at any more, nobody may cut it; the next recovery must (scene_settle). */
	if (v.padded && v.content == IS_A && result->at.nr == SYS_pread64 &&
	    journal_notes_zeros(&s->w))
		end = END_OLD;
	wrong = was_never_reached(s, result) ? NULL : wrong_status(s, result->status, end);
	if (!scene_is_safe(s, why, sizeof(why)))
		wrong = why;
	else if (!wrong && !old_is_untouched(s))
		wrong = "the old kernel has another time of change";
	else if (!wrong && !scene_settle(s, why, sizeof(why)))
		wrong = why;
	if (wrong)
		tally_bad(tally, "%s, %s%s at %s '%s' (status %d, %s): %s: %.80s", s->kind->name,
			  persist ? "lasting " : "", error, trace_name(result->at.nr),
			  strrchr(result->at.path, '/') ? strrchr(result->at.path, '/') : "",
			  result->status,
			  end == END_OLD ? "old" :
			  end == END_NEW ? "new" :
					   "other",
			  wrong, result->output);
}

static bool moves_bytes(long nr)
{
	return nr == SYS_pwrite64 || nr == SYS_write || nr == SYS_pread64 || nr == SYS_read;
}

static bool one_fault(struct scene *s, long n, size_t which, bool persist, bool only_changes)
{
	const char *argv[24];
	struct trace_result result;
	const struct trace_job job = {.root = s->w.drive,
				      .at = n,
				      .errnum = errors[which].errnum,
				      .persist = persist,
				      .argv = argv,
				      .preload = s->w.preload,
				      .only_changes = only_changes,
				      .action = errors[which].errnum ? TRACE_FAIL : TRACE_SHORT};

	scene_argv(s, s->words, argv);
	scene_reset(s);
	trace_run(&job, &result);
	if (!result.fired)
		return false;
	if (!errors[which].errnum && !moves_bytes(result.at.nr))
		return true;
	__atomic_fetch_add(&tally->points, 1, __ATOMIC_SEQ_CST);
	if (result.status == 0)
		__atomic_fetch_add(&tally->extra[0], 1, __ATOMIC_SEQ_CST);
	/* The time of change is a courtesy to the Windows installer; failing to set it harms nothing. */
	s->any_time = result.at.nr == SYS_utimensat;
	check(s, &result, errors[which].name, persist);
	return true;
}

static void fail_changes(struct scene *s, int worker, int workers)
{
	bool more = true;

	for (long n = 1 + worker; more; n += workers)
		for (size_t e = 0; e < ERRORS && more; e++) {
			/* every write is made short: that is a fault of few calls only */
			if (errors[e].errnum && ((size_t)n + e) % (size_t)tier->spread != 0)
				continue;
			more = one_fault(s, n, e, false, true);
			/* EINTR for ever would only show that the program waits for ever */
			if (more && errors[e].errnum && errors[e].errnum != EINTR)
				more = one_fault(s, n, e, true, true);
		}
}

/* One error each, all kinds in turn, every second one for ever. */
static void fail_reads_too(struct scene *s, int worker, int workers)
{
	bool more = tier->read_stride > 0;

	for (long turn = worker; more; turn += workers) {
		size_t e = (size_t)turn % ERRORS;
		bool persist =
			turn / (long)ERRORS % 2 && errors[e].errnum && errors[e].errnum != EINTR;

		more = one_fault(s, 1 + turn * tier->read_stride, e, persist, false);
	}
}

static void run_scene(int worker, int workers, void *arg)
{
	char name[32], root[128];
	struct scene s;

	snprintf(name, sizeof(name), "w%d", worker);
	arena_mount(ARENA_TMPFS, name, root, sizeof(root));
	scene_open(&s, arg, program, root);
	fail_changes(&s, worker, workers);
	fail_reads_too(&s, worker, workers);
	scene_close(&s);
	remove_tree(root);
}

int main(int argc, char **argv)
{
	const char *wanted = argc > 2 ? argv[2] : "check";

	for (size_t i = 0; i < sizeof(tiers) / sizeof(tiers[0]); i++)
		if (!strcmp(tiers[i].name, wanted))
			tier = &tiers[i];
	if (argc < 2 || !tier) {
		fprintf(stderr, "Usage: crash_fault PROGRAM [check|full|quick [SCENE]]\n");
		return 2;
	}
	program = argv[1];
	only = argc > 3 ? argv[3] : NULL;
	arena_enter();
	tally = tally_new();
	for (int i = 0; i < scene_count; i++) {
		long points = tally->points, bad = tally->bad;

		if (only && strcmp(only, scene_kinds[i].name) != 0)
			continue;
		in_parallel(SUITE_WORKERS, run_scene, (void *)(uintptr_t)&scene_kinds[i]);
		tap_ok(tally->bad == bad && tally->points > points, "%s: %ld faults, %ld bad",
		       scene_kinds[i].name, tally->points - points, tally->bad - bad);
		tally_show(tally);
	}
	tap_diag("S4 injected faults: %ld, of these survived with status 0: %ld, bad: %ld",
		 tally->points, tally->extra[0], tally->bad);
	return tap_done();
}
