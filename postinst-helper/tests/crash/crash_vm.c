/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kills a virtual machine while the program in it works on an ntfs-3g volume through 9p: the way of the
 * bytes that WSL has, as far as it can be had without Windows. After each kill the drive is judged, from the
 * host, before and after the volume was mounted again, and recovered, by the host or by another life of the guest.
 * tests/wslsim/test-power-cut makes the machine and calls this:
 * Usage: crash_vm PROGRAM quick|check|full COMMAND...   (words "drvfs=" and "ikdata=" get a directory appended)
 * S8: no bad state; the hard link and the file's number are kept every time. S13 over 9p is measured.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tally.h"
#include "tap.h"
#include "vm.h"
#include "vmdrive.h"

#define WORKERS	      2
#define MAX_CHANGES   512
#define CONSOLE_BYTES 65536
#define ROUNDS	      3 /* for the window, in the full size */
#define GUEST_EVERY   5 /* so often a guest recovers, not the host */

static const char *const phase_names[PHASES] = {"before arming", "armed, head valid", "head zeroed",
						"after the head", "done"};
/* Of 20 kills so many fall into each phase. */
static const int shares[PHASES] = {3, 3, 8, 3, 3};

static const struct scene_kind kinds[] = {
	{"install", START_OFFICIAL, INSTALL_FIRST, "2M", "3M", "1M"},
	{"update", START_INSTALLED, INSTALL_SECOND, "1M", "3M", "2M"},
	{"restore", START_INSTALLED, RESTORE, "3M", "2M", "1M"},
};
static const struct scene_kind window_kind = {"window", START_OFFICIAL, INSTALL_FIRST,
					      "20M",	"20M",		"1M"};

static const char *program;
static char *const *command;
static int kills_wanted; /* per scene */

/* Shared by the workers. */
static struct counts {
	long hits[PHASES];
	long in_guest; /* recovered there */
	long window_us[ROUNDS];
} * counts;
static struct tally *tally;

/* A rehearsed change. */
struct change {
	enum phase phase;
	double at;
};

struct rehearsal {
	const struct vmdrive *v;
	struct change list[MAX_CHANGES];
	int count;
	double end;
};

/* The moment of a kill: so long after the number-th change that shows the phase. */
struct moment {
	const struct vmdrive *v;
	enum phase phase;
	int number;
	double delay;
	int seen;
};

static const char *order_of(const struct scene_kind *kind)
{
	switch (kind->command) {
	case INSTALL_FIRST:
		return "install --image /mnt/data/first";
	case INSTALL_SECOND:
		return "install --image /mnt/data/second";
	case RESTORE:
		return "restore";
	case REMOVE:
	case RECOVER:
		break;
	}
	tap_die("%s: no such work for a guest", kind->name);
}

static bool note_change(void *arg, double at, double *ret_delay)
{
	struct rehearsal *r = arg;

	(void)ret_delay;
	if (r->count < MAX_CHANGES)
		r->list[r->count++] = (struct change){vmdrive_phase(r->v), at};
	return false;
}

/* An undisturbed life tells the changes and their times. */
static void rehearse(struct vmdrive *v, struct rehearsal *r)
{
	char console[CONSOLE_BYTES], why[400];
	struct vm_life life = {v->command, order_of(v->s.kind), v->tools, note_change, r};

	*r = (struct rehearsal){.v = v};
	vmdrive_reset(v);
	if (vm_run(&life, console, sizeof(console), &r->end) != VM_DONE)
		tap_die("%s in a guest, undisturbed: %s", v->s.kind->name, console);
	if (!scene_is_safe(&v->s, why, sizeof(why)) || scene_end(&v->s) != END_NEW)
		tap_die("%s in a guest, undisturbed, did not reach its end", v->s.kind->name);
	arena_unmount(v->mount_point);
}

static double random_fraction(struct vmdrive *v)
{
	v->random = v->random * 1103515245u + 12345u;
	return (double)(v->random >> 8 & 0xffff) / 65536.0;
}

/*
 * The turn-th of `turns` kills in a phase: its changes are divided evenly, the place within is random. Every
 * other kill comes right at its change, for a busy host is too slow for a delay in a short phase.
 */
static struct moment choose(struct vmdrive *v, const struct rehearsal *r, enum phase phase,
			    int turn, int turns)
{
	struct moment m = {.v = v, .phase = phase};
	int total = 0, number = 0;
	double place;

	for (int i = 0; i < r->count; i++)
		total += r->list[i].phase == phase;
	place = (turn + random_fraction(v)) / turns * total;
	m.number = (int)place;
	for (int i = 0; i < r->count && turn % 2 == 1; i++) {
		double next = i + 1 < r->count ? r->list[i + 1].at : r->end;

		if (r->list[i].phase == phase && number++ == m.number)
			m.delay = (place - m.number) * (next - r->list[i].at);
	}
	return m;
}

static bool is_the_moment(void *arg, double at, double *ret_delay)
{
	struct moment *m = arg;
	enum phase now = vmdrive_phase(m->v);

	(void)at;
	if (now > m->phase)
		return true;
	*ret_delay = m->delay;
	return now == m->phase && m->seen++ == m->number;
}

/* A guest recovers; the host's recovery after it must succeed and find nothing to change. */
static bool guest_recovers(struct vmdrive *v, char *why, size_t size)
{
	char console[CONSOLE_BYTES];
	struct vm_life life = {.command = v->command, .order = "recover"};
	struct snapshot *before, *after;
	bool same;

	__atomic_fetch_add(&counts->in_guest, 1, __ATOMIC_SEQ_CST);
	if (vm_run(&life, console, sizeof(console), NULL) != VM_DONE) {
		snprintf(why, size, "recover in a guest: %.300s", console);
		return false;
	}
	before = snapshot_take(v->s.w.drive);
	if (!scene_recovers(&v->s, why, size))
		return false;
	after = snapshot_take(v->s.w.drive);
	same = snapshot_hash(before) == snapshot_hash(after);
	if (!same)
		snprintf(why, size, "a recover after that of the guest changed something");
	snapshot_free(before);
	snapshot_free(after);
	return same;
}

/* Safe, the same file, and in the same state when the volume was mounted again. */
static bool stays_safe(struct vmdrive *v, enum phase phase, char *why, size_t size)
{
	if (!scene_is_safe(&v->s, why, size))
		return false;
	arena_unmount(v->mount_point);
	vmdrive_mount(v);
	if (!scene_is_safe(&v->s, why, size))
		return false;
	if (vmdrive_phase(v) == phase && vmdrive_is_same_file(v))
		return true;
	snprintf(why, size, "another file or state after the volume was mounted again");
	return false;
}

/*
 * Without a head the journal must name the file by the number that the recovering system sees, and the
 * guest's 9p client adds 2 to the server's: then, and now and then, a guest recovers first.
 */
static bool drive_is_good(struct vmdrive *v, bool in_guest, char *why, size_t size)
{
	enum phase phase = vmdrive_phase(v);

	__atomic_fetch_add(&counts->hits[phase], 1, __ATOMIC_SEQ_CST);
	if (!stays_safe(v, phase, why, size))
		return false;
	if ((in_guest || phase == ZEROED) && !guest_recovers(v, why, size))
		return false;
	if (!scene_settle(&v->s, why, size))
		return false;
	if (!vmdrive_is_same_file(v))
		snprintf(why, size, "in the end the kernel is another file");
	return vmdrive_is_same_file(v);
}

static void kill_once(struct vmdrive *v, int number, struct moment *m)
{
	char console[CONSOLE_BYTES], why[400] = "";
	struct vm_life life = {v->command, order_of(v->s.kind), v->tools, is_the_moment, m};
	enum vm_end end;
	bool good;

	vmdrive_reset(v);
	end = vm_run(&life, console, sizeof(console), NULL);
	/* A guest that was quicker than its last moment is a machine killed when all is done. */
	good = end != VM_FAILED;
	if (!good)
		snprintf(why, sizeof(why), "the guest failed before the kill: %.300s", console);
	else
		good = drive_is_good(v, number % GUEST_EVERY == GUEST_EVERY - 1, why, sizeof(why));
	arena_unmount(v->mount_point);
	__atomic_fetch_add(&tally->points, 1, __ATOMIC_SEQ_CST);
	if (!good)
		tally_bad(tally, "%s, kill %d, meant for \"%s\", change %d and %.3f s: %s",
			  v->s.kind->name, number, phase_names[m->phase], m->number, m->delay, why);
}

/* The number-th kill of all: which phase is it for, and which turn there? */
static enum phase phase_of(int number, int *ret_turn, int *ret_turns)
{
	int from = 0;

	for (int phase = BEFORE; phase < PHASES; phase++) {
		int to, sum = 0;

		for (int i = 0; i <= phase; i++)
			sum += shares[i];
		to = (kills_wanted * sum + 10) / 20;
		if (number < to) {
			*ret_turn = number - from;
			*ret_turns = to - from;
			return phase;
		}
		from = to;
	}
	tap_die("no phase for kill %d", number);
}

static void run_scene(int worker, int workers, void *arg)
{
	struct vmdrive *v = calloc(1, sizeof(*v));
	struct rehearsal *r = calloc(1, sizeof(*r));

	if (!v || !r)
		tap_die("memory");
	v->worker = worker;
	v->options = "rw"; /* writes every 4 KiB by itself, so that a kill may fall between them */
	v->random = (unsigned int)worker + 1;
	vmdrive_furnish(v, arg, program, "48M", command);
	rehearse(v, r);
	for (int i = worker; i < kills_wanted; i += workers) {
		int turn = 0, turns = 1;
		enum phase phase = phase_of(i, &turn, &turns);
		struct moment m = choose(v, r, phase, turn, turns);

		kill_once(v, i, &m);
	}
	vmdrive_clear(v);
	free(v);
	free(r);
}

/* S13 over 9p: how long the guest itself says that its kernel had no head. */
static void measure_window(int worker, int workers, void *arg)
{
	static const char key[] = "\"bootless_window_us\": ";
	struct vmdrive *v = calloc(1, sizeof(*v));
	char console[CONSOLE_BYTES];

	(void)workers;
	if (!v)
		tap_die("memory");
	v->worker = worker;
	v->options = "big_writes";
	vmdrive_furnish(v, &window_kind, program, "160M", command);
	for (int i = 0; i < *(const int *)arg; i++) {
		struct vm_life life = {.command = v->command,
				       .order = "--json install --image /mnt/data/first"};
		const char *figure;

		vmdrive_reset(v);
		if (vm_run(&life, console, sizeof(console), NULL) != VM_DONE)
			tap_die("install of 20 MiB in a guest: %s", console);
		figure = strstr(console, key);
		counts->window_us[i] = figure ? strtol(figure + sizeof(key) - 1, NULL, 10) : 0;
		arena_unmount(v->mount_point);
	}
	vmdrive_clear(v);
	free(v);
}

static void show_window(int rounds)
{
	bool good = true;

	in_parallel(1, measure_window, &rounds);
	for (int i = 0; i < rounds; i++) {
		good = good && counts->window_us[i] > 0;
		tap_diag("S13 over 9p, 20 MiB: bootless window %ld us, guest time under TCG",
			 counts->window_us[i]);
	}
	tap_ok(good, "a guest installs 20 MiB and says how long there was no head");
}

static void show_phases(void)
{
	char text[300] = "";
	size_t used = 0;

	for (int i = 0; i < PHASES; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s %ld",
					 i ? ", " : "", phase_names[i], counts->hits[i]);
	tap_diag("S8 kills by what the drive showed: %s", text);
}

int main(int argc, char **argv)
{
	const size_t scenes = sizeof(kinds) / sizeof(kinds[0]);

	if (argc < 4) {
		fprintf(stderr, "Usage: crash_vm PROGRAM quick|check|full COMMAND...\n");
		return 2;
	}
	program = argv[1];
	kills_wanted = !strcmp(argv[2], "full") ? 34 : !strcmp(argv[2], "quick") ? 3 : 7;
	command = argv + 3;
	arena_enter();
	tally = tally_new();
	counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (counts == MAP_FAILED)
		tap_die("memory");
	for (size_t i = 0; i < scenes; i++) {
		long points = tally->points, bad = tally->bad;

		in_parallel(WORKERS, run_scene, (void *)(uintptr_t)&kinds[i]);
		tap_ok(tally->bad == bad && tally->points - points == kills_wanted,
		       "%s in a guest over 9p on ntfs-3g: %ld kills, %ld bad", kinds[i].name,
		       tally->points - points, tally->bad - bad);
		tally_show(tally);
	}
	show_phases();
	tap_ok(counts->hits[ZEROED] > 0, "the kernel had no head at %ld of the kills",
	       counts->hits[ZEROED]);
	tap_diag("S8 kills of a virtual machine: %ld, recovered by a guest: %ld, bad: %ld",
		 tally->points, counts->in_guest, tally->bad);
	show_window(kills_wanted > 20 ? ROUNDS : 1);
	return tap_done();
}
