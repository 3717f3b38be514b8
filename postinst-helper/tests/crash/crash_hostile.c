/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plants hostile objects under every name that the program uses, and runs it in hostile environments.
 * Usage: crash_hostile PROGRAM
 * H1: nothing is followed, nothing outside our own names is written, nobody hangs; H2: the same
 * behaviour everywhere, no program started, no socket; H4: what the working process may still do.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hostile.h"
#include "os/filter.h"
#include "scene.h"
#include "store/names.h"
#include "tap.h"
#include "trace.h"

static struct scene scene;
static char victim[160];       /* a file that must never change, outside the drive */
static char outside[600];      /* the first write where none may be */
static char status_text[2048]; /* /proc/<pid>/status of the process that writes to the drive */

static const char *const names[] = {IK_NAME_NEW,    IK_NAME_PREV,    IK_NAME_OFFICIAL,
				    IK_NAME_TEMP,   IK_NAME_JOURNAL, IK_NAME_LOCK,
				    IK_NAME_SCRIPT, IK_NAME_README,  IK_NAME_HISTORY};

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/* Our own names on the drive, the state directory, the lock, the log, and memory. */
static bool is_ours(const char *path)
{
	char tools[512];

	snprintf(tools, sizeof(tools), "%s/" WORLD_TOOLS "/", scene.w.drive);
	if (starts_with(path, tools))
		return !strcmp(path + strlen(tools), "kernel") ||
		       starts_with(path + strlen(tools), IK_NAME_PREFIX);
	return starts_with(path, scene.w.state) || starts_with(path, "/run/lock/") ||
	       starts_with(path, "/var/log/") || starts_with(path, "/var/lib/immensity-kernel") ||
	       starts_with(path, "/memfd:") || starts_with(path, "pipe:") ||
	       !strcmp(path, "/dev/null");
}

static void take_status(int pid)
{
	char path[64];
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = read(fd, status_text, sizeof(status_text) - 1);
	status_text[n > 0 ? n : 0] = '\0';
	close(fd);
}

static void watch(const struct trace_call *call, void *arg)
{
	(void)arg;
	if (starts_with(call->path, scene.w.drive) && !status_text[0])
		take_status(call->pid);
	if ((!is_ours(call->path) || (call->path2[0] && !is_ours(call->path2))) && !outside[0])
		snprintf(outside, sizeof(outside), "%s %.250s %.250s", trace_name(call->nr),
			 call->path, call->path2);
}

static bool victim_is_whole(void)
{
	size_t size = 0;
	uint8_t *data = read_whole("/", victim + 1, &size);
	bool whole = data && size == 8 && !memcmp(data, "precious", 8);

	free(data);
	return whole;
}

/* Is what a stranger planted still there, or was a regular file of our own name put in its place? */
static bool still_planted(enum object what, const char *path)
{
	struct stat st;

	if (what != DIRECTORY)
		return true;
	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Runs the command under watch, with a limit: nobody may hang on a FIFO or read a TiB. */
static void run_watched(struct trace_result *result)
{
	const char *argv[24];
	const struct trace_job job = {
		.argv = argv, .preload = scene.w.preload, .watch = watch, .root = scene.w.drive};

	outside[0] = '\0';
	status_text[0] = '\0';
	scene_argv(&scene, scene.words, argv);
	alarm(60);
	trace_run(&job, result);
	alarm(0);
}

static void one_object(const char *name, enum object what, int *bad, int *count)
{
	char path[512], why[400] = "";
	struct trace_result result;
	struct verdict v;

	scene_reset(&scene);
	write_whole(victim, "precious", 8);
	snprintf(path, sizeof(path), "%s/" WORLD_TOOLS "/%s", scene.w.drive, name);
	plant(what, path, victim, arena_dir());
	run_watched(&result);
	judge(&scene.w, &scene.k, &v);
	if (!victim_is_whole())
		snprintf(why, sizeof(why), "a file outside was changed");
	else if (outside[0])
		snprintf(why, sizeof(why), "a write outside our names: %.300s", outside);
	else if (!still_planted(what, path))
		snprintf(why, sizeof(why), "what a stranger made was removed");
	else if (v.content != IS_A && v.content != IS_B)
		snprintf(why, sizeof(why), "the kernel is %s", content_name(v.content));
	else if (result.status < 0 || result.status == 4)
		snprintf(why, sizeof(why), "status %d", result.status);
	else if (result.status == 0 && v.content != IS_B)
		snprintf(why, sizeof(why), "it says done, but is not");
	++*count;
	*bad += why[0] != '\0';
	if (why[0])
		tap_diag("%s as %s: %s: %.160s", object_names[what], name, why, result.output);
}

static void hostile_objects(void)
{
	int bad = 0, count = 0;

	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++)
		for (int what = 0; what < OBJECTS; what++)
			one_object(names[n], (enum object)what, &bad, &count);
	tap_ok(bad == 0,
	       "%d hostile objects under our names: nothing followed, nothing lost, %d bad", count,
	       bad);
}

/* On the way to the kernel, or in its place: refused with status 3, and left as it is. */
static void hostile_way(void)
{
	static const struct {
		const char *path;
		enum object what;
	} cases[] = {
		{"Windows/System32/lxss/tools/kernel", SYMLINK},
		{"Windows/System32/lxss/tools/kernel", DANGLING},
		{"Windows/System32/lxss/tools/kernel", FIFO},
		{"Windows/System32/lxss/tools/kernel", DEVICE},
		{"Windows/System32/lxss/tools/kernel", DIRECTORY},
		{"Windows/System32/lxss/tools", DIR_SYMLINK},
		{"Windows/System32/lxss", DIR_SYMLINK},
		{"Windows/System32", DIR_SYMLINK},
		{"Windows", DIR_SYMLINK},
	};
	int bad = 0, count = sizeof(cases) / sizeof(cases[0]);

	for (int i = 0; i < count; i++) {
		char path[512], aside[600], real[600];
		struct trace_result result;

		scene_reset(&scene);
		write_whole(victim, "precious", 8);
		snprintf(path, sizeof(path), "%s/%s", scene.w.drive, cases[i].path);
		/* A symlinked directory leads to the real tree, moved aside: following would "work". */
		snprintf(aside, sizeof(aside), "%s/aside", arena_dir());
		snprintf(real, sizeof(real), "%s", aside);
		remove_tree(aside);
		if (rename(path, aside) < 0)
			tap_die("cannot move %s aside", path);
		if (cases[i].what == DIR_SYMLINK)
			(void)!symlink(real, path);
		else
			plant(cases[i].what, path, victim, arena_dir());
		run_watched(&result);
		if (result.status != 3 || outside[0] || !victim_is_whole()) {
			bad++;
			tap_diag("%s at %s: status %d %s: %.160s", object_names[cases[i].what],
				 cases[i].path, result.status, outside, result.output);
		}
		remove_tree(path);
		remove_tree(aside);
	}
	tap_ok(bad == 0,
	       "%d hostile objects in place of the kernel or on the way to it are refused, %d bad",
	       count, bad);
}

/* Runs the command in an environment, or in ours (NULL); its output goes to a file of the arena. */
static int run_in(const struct environment *e, char *output, size_t size)
{
	const char *argv[24];
	char path[200];
	uint8_t *data;
	size_t n = 0;
	int status;
	pid_t pid = fork();

	snprintf(path, sizeof(path), "%s/output", arena_dir());
	scene_argv(&scene, scene.words, argv);
	if (pid == 0) {
		int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		if (chdir(arena_dir()) < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
			_exit(126);
		if (e)
			enter_environment(e);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid)
		tap_die("lost a process");
	data = read_whole("/", path + 1, &n);
	snprintf(output, size, "%s", data ? (char *)data : "");
	free(data);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void hostile_environments(void)
{
	char plain[4096], output[4096], why[400];
	int bad = 0;

	scene_reset(&scene);
	if (run_in(NULL, plain, sizeof(plain)) != 0)
		tap_die("undisturbed: %s", plain);
	for (size_t i = 0; i < environment_count; i++) {
		const struct environment *e = &environments[i];
		int r;
		bool same;

		scene_reset(&scene);
		r = run_in(e, output, sizeof(output));
		same = r == 0 && scene_end(&scene) == END_NEW &&
		       scene_is_safe(&scene, why, sizeof(why)) &&
		       (e->oddity == CLOSED || !strcmp(plain, output));
		/* Where root may not raise the limit, the refusal must come in time. */
		if (e->oddity == FILE_LIMIT && r > 0 && r != 4)
			same = scene_end(&scene) == END_OLD;
		if (same)
			continue;
		bad++;
		tap_diag("%s: status %d: %.200s", e->name, r, output);
	}
	tap_ok(bad == 0, "%zu hostile environments change neither result nor output, %d bad",
	       environment_count, bad);
}

/* What the process that writes to the drive is. */
static bool status_has(const char *line)
{
	if (strstr(status_text, line))
		return true;
	tap_diag("not in the status: %s", line);
	return false;
}

static void worker_is_confined(void)
{
	struct trace_result result;
	bool good = true;

	scene_reset(&scene);
	run_watched(&result);
	tap_ok(result.status == 0 && result.forbidden == 0,
	       "no program is started and no socket opened (%ld)", result.forbidden);
	good = status_has("CapPrm:\t0000000000000000") && status_has("CapEff:\t0000000000000000") &&
	       status_has("CapBnd:\t0000000000000000") && status_has("CapInh:\t0000000000000000") &&
	       status_has("NoNewPrivs:\t1") && status_has("Seccomp:\t2");
	tap_ok(good,
	       "the process that writes to the drive has no capability, a filter, no way back");
	tap_ok(ik_filter_count() > 0 && ik_filter_count() <= 45, "the filter allows %zu calls",
	       ik_filter_count());
}

static void give_away(const char *path, uid_t uid)
{
	char tools[512];

	(void)!lchown(path, uid, uid);
	snprintf(tools, sizeof(tools), "%s/" WORLD_TOOLS, path);
	(void)!lchown(tools, uid, uid);
	snprintf(tools, sizeof(tools), "%s/" WORLD_T, path);
	(void)!lchown(tools, uid, uid);
}

static void worker_is_the_owner(void)
{
	struct trace_result result;

	scene_reset(&scene);
	(void)chmod(arena_dir(), 0755);
	give_away(scene.w.drive, 65534);
	run_watched(&result);
	tap_ok(result.status == 0 && strstr(status_text, "Uid:\t65534\t65534\t65534\t65534") &&
		       strstr(status_text, "Groups:\t \n"),
	       "on a drive that belongs to a user, the user's id does the work (status %d)",
	       result.status);
	if (result.status != 0)
		tap_diag("%s", result.output);
}

int main(int argc, char **argv)
{
	char root[128];

	if (argc < 2) {
		fprintf(stderr, "Usage: crash_hostile PROGRAM\n");
		return 2;
	}
	arena_enter();
	arena_mount(ARENA_TMPFS, "drive", root, sizeof(root));
	snprintf(victim, sizeof(victim), "%s/victim", root);
	scene_open(&scene, scene_find("install-grow"), argv[1], root);
	hostile_objects();
	hostile_way();
	hostile_environments();
	worker_is_confined();
	worker_is_the_owner();
	return tap_done();
}
