/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Namespaces and file systems; see arena.h. */
#include "arena.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spawn.h"
#include "tap.h"

static char dir[64] = "/tmp/ik-crash.XXXXXX";

const char *arena_dir(void)
{
	return dir;
}

static void hide(const char *path)
{
	if (access(path, F_OK) == 0 && mount("arena", path, "tmpfs", 0, "size=16m,mode=0755") < 0)
		tap_die("cannot hide %s", path);
}

static _Noreturn void wait_and_clean(pid_t child)
{
	int status = 1;

	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	/* This process unshared, so the arena is mounted for it as well. */
	(void)umount2(dir, MNT_DETACH);
	(void)rmdir(dir);
	exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

/* Process 1 of the namespace only waits: daemons that lose their parent become its children. */
static void be_init_then_fork(void)
{
	pid_t child = fork();
	int status = 1;

	if (child == 0)
		return;
	for (;;) {
		int got;
		pid_t pid = wait(&got);

		if (pid == child)
			status = got;
		if (pid == child || (pid < 0 && errno != EINTR))
			break;
	}
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

/* Larger folios make images of a MiB about a tenth quicker to write and read; not every kernel has them. */
static int mount_memory(void)
{
	if (mount("arena", dir, "tmpfs", 0, "size=2g,mode=0755,huge=within_size") == 0)
		return 0;
	return mount("arena", dir, "tmpfs", 0, "size=2g,mode=0755");
}

void arena_enter(void)
{
	pid_t child;

	setvbuf(stdout, NULL, _IOLBF, 0);
	/* Files are read into memory again and again: its pages are kept, not asked for each time. */
	(void)mallopt(M_MMAP_THRESHOLD, 1 << 30);
	(void)mallopt(M_TRIM_THRESHOLD, 1 << 30);
	if (geteuid() != 0) {
		printf("ok 1 - crash suite # SKIP needs root for namespaces\n1..1\n");
		exit(0);
	}
	if (!mkdtemp(dir))
		tap_die("cannot make a directory");
	if (unshare(CLONE_NEWNS | CLONE_NEWPID) < 0)
		tap_die("no private namespaces");
	child = fork();
	if (child < 0)
		tap_die("fork");
	if (child > 0)
		wait_and_clean(child);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || mount_memory() < 0 ||
	    mount("proc", "/proc", "proc", 0, NULL) < 0)
		tap_die("cannot mount in the arena");
	hide("/run/lock");
	hide("/var/log");
	be_init_then_fork();
}

void arena_helper(const char *name, char *path, size_t size)
{
	char self[512];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[n > 0 ? n : 0] = '\0';
	*(strrchr(self, '/') ? strrchr(self, '/') : self) = '\0';
	snprintf(path, size, "%s/%s", self, name);
}

static void must(const char *const *argv)
{
	char output[1024];

	if (run_plain(argv, output, sizeof(output)) != 0)
		tap_die("%s failed: %s", argv[0], output);
}

static void make_image_file(const char *path, off_t bytes)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, bytes) < 0)
		tap_die("cannot make %s", path);
	close(fd);
}

static void mount_image(enum arena_fs fs, const char *path)
{
	char image[256];

	snprintf(image, sizeof(image), "%s.image", path);
	make_image_file(image, 48 << 20);
	if (fs == ARENA_EXT4) {
		must((const char *[]){"/sbin/mkfs.ext4", "-q", "-F", image, NULL});
		must((const char *[]){"/bin/mount", "-o", "loop", image, path, NULL});
	} else {
		must((const char *[]){"/sbin/mkntfs", "-q", "-F", "-Q", image, NULL});
		/* big_writes: not every 4 KiB of a write by itself, which is slow and proves nothing more */
		must((const char *[]){"/bin/ntfs-3g", "-o", "big_writes", image, path, NULL});
	}
}

static void mount_fuse(const char *path)
{
	char backing[256], helper[512];

	snprintf(backing, sizeof(backing), "%s.backing", path);
	if (mkdir(backing, 0755) < 0 && errno != EEXIST)
		tap_die("cannot make %s", backing);
	arena_helper("recfs", helper, sizeof(helper));
	must((const char *[]){helper, backing, path, NULL});
}

void arena_mount(enum arena_fs fs, const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", dir, name);
	if (mkdir(path, 0755) < 0)
		tap_die("cannot make %s", path);
	if (fs == ARENA_EXT4 || fs == ARENA_NTFS)
		mount_image(fs, path);
	else if (fs == ARENA_FUSE)
		mount_fuse(path);
}

void arena_unmount(const char *path)
{
	for (int i = 0; umount2(path, 0) < 0 && i < 100; i++)
		usleep(20000);
}

const char *arena_fs_name(enum arena_fs fs)
{
	static const char *const names[] = {"tmpfs", "ext4", "ntfs-3g", "fuse recorder"};

	return names[fs];
}
