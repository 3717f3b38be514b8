/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records every block that ntfs-3g writes to a volume while the program works on it, then cuts the
 * power after each of them, mounts what is left, judges and recovers. Writes are not torn here: torn
 * data are crash_states' business. NTFS's own journal, which ntfs-3g does not write, guards its metadata:
 * where a cut falls inside one operation of the file system, the operation is carried on to its end, as
 * that journal would.
 * Usage: crash_ntfs PROGRAM [check|full|quick [SCENE]]
 * S7: no bad state; the hard link and the file's number are kept every time.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "oplog.h"
#include "scene.h"
#include "spawn.h"
#include "store/names.h"
#include "tally.h"
#include "tap.h"

#define VOLUME_BYTES (40u << 20)
#define CHUNK	     65536u
/* Writes that one operation of the file system may still need. */
#define OPERATION_MAX 16

static const char *program;
static const char *only; /* run this scene only; NULL = all */
static struct tally *tally;
static int cuts_wanted; /* per scene */

struct volume {
	struct scene s;
	char image[160], mount_point[128];
	uint8_t *bytes; /* content at the start, then after the writes so far */
	struct oplog log;
	int writes; /* recorded */
	int next;   /* operation of the log to be looked at next */
	int done;   /* writes that are in bytes */
};

/*
 * A cut may fall between the two copies of the volume's own first records. Windows mends that from its
 * journal at the mount; ntfs-3g has none and wants its own repair program first.
 */
static void mount_volume(const char *image, const char *mount_point)
{
	char output[1024];

	if (run_plain((const char *[]){"/bin/ntfs-3g", image, mount_point, NULL}, output,
		      sizeof(output)) == 0)
		return;
	__atomic_fetch_add(&tally->extra[1], 1, __ATOMIC_SEQ_CST);
	if (run_plain((const char *[]){"/bin/ntfsfix", image, NULL}, output, sizeof(output)) != 0 ||
	    run_plain((const char *[]){"/bin/ntfs-3g", image, mount_point, NULL}, output,
		      sizeof(output)) != 0)
		tap_die("ntfs-3g %s: %s", image, output);
}

/* Only what is not zero is written: most of the volume is a hole. */
static void write_volume(const struct volume *v)
{
	static const uint8_t zeros[CHUNK];
	int fd = open(v->image, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, VOLUME_BYTES) < 0)
		tap_die("cannot write %s", v->image);
	for (size_t at = 0; at < VOLUME_BYTES; at += CHUNK)
		if (memcmp(v->bytes + at, zeros, CHUNK) != 0 &&
		    pwrite(fd, v->bytes + at, CHUNK, (off_t)at) != (ssize_t)CHUNK)
			tap_die("cannot write %s", v->image);
	close(fd);
}

/* Furnishes the volume, keeps its bytes, then runs the command on it through the recorder. */
static void record(struct volume *v, const struct scene_kind *kind, const char *name)
{
	char backing[128], through[128], log[160], helper[512], image[200], output[4096];
	size_t size;
	int status;

	snprintf(backing, sizeof(backing), "%s/%s-b", arena_dir(), name);
	snprintf(through, sizeof(through), "%s/%s-r", arena_dir(), name);
	snprintf(v->mount_point, sizeof(v->mount_point), "%s/%s-m", arena_dir(), name);
	snprintf(log, sizeof(log), "%s/%s-log", arena_dir(), name);
	snprintf(v->image, sizeof(v->image), "%s/volume", backing);
	if (mkdir(backing, 0755) < 0 || mkdir(through, 0755) < 0 || mkdir(v->mount_point, 0755) < 0)
		tap_die("cannot make %s", backing);
	v->bytes = calloc(1, VOLUME_BYTES);
	write_volume(v);
	if (run_plain((const char *[]){"/sbin/mkntfs", "-q", "-F", "-Q", v->image, NULL}, output,
		      sizeof(output)) != 0)
		tap_die("mkntfs: %s", output);
	mount_volume(v->image, v->mount_point);
	scene_open(&v->s, kind, program, v->mount_point);
	arena_unmount(v->mount_point);
	free(v->bytes);
	v->bytes = read_whole("/", v->image + 1, &size);
	arena_helper("recfs", helper, sizeof(helper));
	if (run_plain((const char *[]){helper, backing, through, log, NULL}, output,
		      sizeof(output)) != 0)
		tap_die("recfs: %s", output);
	snprintf(image, sizeof(image), "%s/volume", through);
	mount_volume(image, v->mount_point);
	status = scene_run(&v->s, v->s.words, output, sizeof(output));
	arena_unmount(v->mount_point);
	arena_unmount(through);
	if (status != 0)
		tap_die("%s on ntfs-3g ended with %d: %s", kind->name, status, output);
	oplog_read(log, &v->log);
	(void)unlink(log);
}

/* Lets one more write reach the disk; false at the end of the log. */
static bool advance(struct volume *v)
{
	const struct op *op;

	do {
		if (v->next == v->log.count)
			return false;
		op = &v->log.list[v->next++];
	} while (op->head.kind != OP_WRITE);
	if (op->head.offset + op->head.data_len > VOLUME_BYTES)
		tap_die("a write beyond the volume");
	memcpy(v->bytes + op->head.offset, op->data, op->head.data_len);
	v->done++;
	return true;
}

/* Can each of our names be opened, or made, without an error of the file system's own? */
static bool names_work(const struct volume *v)
{
	static const char *const names[] = {"kernel",	     IK_NAME_JOURNAL, IK_NAME_LOCK,
					    IK_NAME_NEW,     IK_NAME_PREV,    IK_NAME_OFFICIAL,
					    IK_NAME_HISTORY, IK_NAME_SCRIPT,  IK_NAME_README};
	bool work = true;
	char path[512];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int fd;

		snprintf(path, sizeof(path), "%s/" WORLD_TOOLS "/%s", v->s.w.drive, names[i]);
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		work = work && (fd >= 0 || errno != EIO);
		if (fd >= 0)
			close(fd);
	}
	return work;
}

/* Is the volume itself between two states, program or not? Asked only where something was found. */
static bool is_inside_operation(const struct volume *v)
{
	bool work;

	write_volume(v);
	mount_volume(v->image, v->mount_point);
	work = names_work(v);
	arena_unmount(v->mount_point);
	return !work;
}

static bool judge_volume(const struct volume *v, char *why, size_t size)
{
	bool good;

	write_volume(v);
	mount_volume(v->image, v->mount_point);
	good = scene_is_safe(&v->s, why, size) && scene_recovers(&v->s, why, size);
	arena_unmount(v->mount_point);
	return good;
}

/* One cut: what is on the disk now is all there is. */
static void judge_cut(struct volume *v)
{
	char why[400] = "";
	int number = v->done;
	bool good = judge_volume(v, why, sizeof(why));

	if (!good && is_inside_operation(v)) {
		__atomic_fetch_add(&tally->extra[2], 1, __ATOMIC_SEQ_CST);
		for (int i = 0; !good && i < OPERATION_MAX && advance(v); i++)
			good = judge_volume(v, why, sizeof(why));
	}
	__atomic_fetch_add(&tally->points, 1, __ATOMIC_SEQ_CST);
	if (!good)
		tally_bad(tally, "%s, cut after write %d of %d: %s", v->s.kind->name, number,
			  v->writes, why);
}

static void run_scene(int worker, int workers, void *arg)
{
	struct volume v = {.writes = 0};
	char name[32];
	int stride;

	snprintf(name, sizeof(name), "n%d", worker);
	record(&v, arg, name);
	for (int i = 0; i < v.log.count; i++)
		v.writes += v.log.list[i].head.kind == OP_WRITE;
	stride = v.writes / cuts_wanted + 1;
	while (advance(&v))
		if (v.done / stride % workers == worker && (v.done - 1) % stride == 0)
			judge_cut(&v);
	if (worker == 0)
		tally->extra[0] += v.writes;
	free(v.bytes);
	oplog_free(&v.log);
	(void)unlink(v.image);
}

int main(int argc, char **argv)
{
	static const char *const names[] = {"install-same",  "install-grow", "install-shrink",
					    "update-shrink", "restore",	     "remove",
					    "recover",	     "recover-late"};
	const char *tier = argc > 2 ? argv[2] : "check";

	if (argc < 2) {
		fprintf(stderr, "Usage: crash_ntfs PROGRAM [check|full|quick [SCENE]]\n");
		return 2;
	}
	program = argv[1];
	only = argc > 3 ? argv[3] : NULL;
	cuts_wanted = !strcmp(tier, "full") ? 170 : !strcmp(tier, "quick") ? 6 : 10;
	arena_enter();
	tally = tally_new();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		long points = tally->points, bad = tally->bad;

		if (only && strcmp(only, names[i]) != 0)
			continue;
		in_parallel(SUITE_WORKERS, run_scene, (void *)(uintptr_t)scene_find(names[i]));
		tap_ok(tally->bad == bad && tally->points > points,
		       "%s on an ntfs-3g volume: %ld cuts, %ld bad", names[i],
		       tally->points - points, tally->bad - bad);
		tally_show(tally);
		for (int w = 0; w < SUITE_WORKERS;
		     w++) { /* the next scene wants fresh directories */
			char path[160];

			for (const char *suffix = "brm"; *suffix; suffix++) {
				snprintf(path, sizeof(path), "%s/n%d-%c", arena_dir(), w, *suffix);
				remove_tree(path);
			}
		}
	}
	tap_diag("S7 cuts: %ld, of %ld block writes, volumes to be mended first: %ld, "
		 "operations carried on: %ld, bad: %ld",
		 tally->points, tally->extra[0], tally->extra[1], tally->extra[2], tally->bad);
	return tap_done();
}
