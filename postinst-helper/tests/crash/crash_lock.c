/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two versions, eight processes, two distros that see the drive through mounts of their own, random
 * kills of whoever is at work. Usage: crash_lock PROGRAM [check|full|quick]
 * S11: whoever says done told the truth, the highest version wins, no stale lock stays, nothing torn.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scene.h"
#include "spawn.h"
#include "store/names.h"
#include "tally.h"
#include "tap.h"

#define PROCESSES 8
#define DISTROS	  2

static struct tally *tally;
static struct scene scene;
static char mounts[DISTROS][128];
static unsigned int chance = 12345;

static unsigned int draw(unsigned int limit)
{
	chance = chance * 1103515245u + 12345u; /* C standard's example generator: repeatable */
	return (chance >> 8) % limit;
}

/* The tmpfs that WSL shares between the distros of one VM, over an empty /mnt of the arena. */
static void make_shared_tmpfs(void)
{
	if (mount("arena", "/mnt", "tmpfs", 0, "size=1m") < 0 || mkdir("/mnt/wsl", 0755) < 0 ||
	    mount("arena", "/mnt/wsl", "tmpfs", 0, "size=1m,mode=1777") < 0)
		tap_die("cannot make /mnt/wsl");
}

static void mount_distros(const char *backing)
{
	char helper[512], output[512];

	arena_helper("recfs", helper, sizeof(helper));
	for (int i = 0; i < DISTROS; i++) {
		snprintf(mounts[i], sizeof(mounts[i]), "%s/distro%d", arena_dir(), i);
		if (mkdir(mounts[i], 0755) < 0 ||
		    run_plain((const char *[]){helper, backing, mounts[i], NULL}, output,
			      sizeof(output)) != 0)
			tap_die("recfs: %s", output);
	}
}

static pid_t start(int distro, bool second)
{
	struct world w = scene.w;
	const char *words[] = {"--target",
			       "lxss",
			       "install",
			       "--image",
			       second ? scene.second.path : scene.first.path,
			       NULL};
	const char *argv[24];
	pid_t pid = fork();
	int null_fd;

	if (pid != 0)
		return pid;
	snprintf(w.drive, sizeof(w.drive), "%s/drive", mounts[distro]);
	snprintf(w.state, sizeof(w.state), "%s/state%d", arena_dir(), distro);
	world_argv(&w, words, argv);
	null_fd = open("/dev/null", O_RDWR);
	(void)dup2(null_fd, 1);
	(void)dup2(null_fd, 2);
	setpgid(0, 0); /* so that a kill reaches the worker process as well */
	execv(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

struct ended {
	bool done, killed;
};

static void run_all(struct ended *ended)
{
	pid_t pids[PROCESSES];
	int victims = (int)draw(3), status;

	for (int i = 0; i < PROCESSES; i++) {
		pids[i] = start(i % DISTROS, i >= PROCESSES / 2);
		usleep(draw(4000));
	}
	for (int i = 0; i < victims; i++) {
		usleep(draw(60000));
		(void)kill(-pids[draw(PROCESSES)], SIGKILL);
	}
	for (int i = 0; i < PROCESSES; i++) {
		if (waitpid(pids[i], &status, 0) != pids[i])
			tap_die("lost a process");
		ended[i].killed = WIFSIGNALED(status);
		ended[i].done = WIFEXITED(status) && WEXITSTATUS(status) == 0;
		if (WIFEXITED(status) && WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 3 &&
		    WEXITSTATUS(status) != 5)
			tally_bad(tally, "process %d ended with status %d", i, WEXITSTATUS(status));
	}
}

static void judge_round(long round, const struct ended *ended)
{
	const char *recover[] = {"--target", "lxss", "recover", NULL};
	struct known k = {.a = &scene.official,
			  .b = &scene.first,
			  .c = &scene.second,
			  .official = &scene.official,
			  .linked = true};
	char output[2048], path[512];
	bool first_done = false, second_done = false;
	struct verdict v;
	int r;

	for (int i = 0; i < PROCESSES; i++) {
		first_done |= ended[i].done && i < PROCESSES / 2;
		second_done |= ended[i].done && i >= PROCESSES / 2;
		tally->extra[0] += ended[i].killed;
	}
	r = scene_run(&scene, recover, output, sizeof(output));
	judge(&scene.w, &k, &v);
	if (r != 0)
		tally_bad(tally, "round %ld: recover ended with %d: %.150s", round, r, output);
	else if (!v.safe)
		tally_bad(tally, "round %ld: %s", round, v.why);
	else if (second_done && v.content != IS_C)
		tally_bad(tally, "round %ld: the higher version was done, but there is the %s",
			  round, content_name(v.content));
	else if (first_done && v.content == IS_A)
		tally_bad(tally, "round %ld: a version was done, but the old one is there", round);
	snprintf(path, sizeof(path), "%s/" WORLD_TOOLS "/" IK_NAME_LOCK, scene.w.drive);
	r = scene_run(&scene, scene.words, output, sizeof(output));
	if ((r != 0 && r != 3) || access(path, F_OK) == 0)
		tally_bad(tally, "round %ld: a stale lock stays (status %d)", round, r);
}

int main(int argc, char **argv)
{
	const char *tier = argc > 2 ? argv[2] : "check";
	long rounds = !strcmp(tier, "full") ? 500 : !strcmp(tier, "quick") ? 6 : 25;
	char root[128];

	if (argc < 2) {
		fprintf(stderr, "Usage: crash_lock PROGRAM [check|full|quick]\n");
		return 2;
	}
	arena_enter();
	tally = tally_new();
	make_shared_tmpfs();
	arena_mount(ARENA_TMPFS, "backing", root, sizeof(root));
	scene_open(&scene, scene_find("install-grow"), argv[1], root);
	mount_distros(root);
	for (long round = 1; round <= rounds; round++) {
		struct ended ended[PROCESSES];

		scene_reset(&scene);
		run_all(ended);
		judge_round(round, ended);
	}
	for (int i = 0; i < DISTROS; i++)
		arena_unmount(mounts[i]);
	tap_ok(tally->bad == 0, "%ld rounds of %d processes in %d distros, %ld killed, %ld bad",
	       rounds, PROCESSES, DISTROS, tally->extra[0], tally->bad);
	tally_show(tally);
	tap_diag("S11 rounds: %ld, bad: %ld", rounds, tally->bad);
	return tap_done();
}
