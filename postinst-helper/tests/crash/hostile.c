/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects and environments; see hostile.h. */
#include "hostile.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tap.h"
#include "world.h"

const char *const object_names[OBJECTS] = {
	"symlink", "dangling symlink",	     "symlink to a directory",	   "FIFO",
	"device",  "directory with content", "hard link to a system file", "sparse file of 1 TiB",
	"garbage"};

static bool make_directory(const char *path)
{
	char inner[600];

	if (mkdir(path, 0777) < 0)
		return false;
	snprintf(inner, sizeof(inner), "%s/inside", path);
	write_whole(inner, "inside", 6);
	return true;
}

static bool make_sparse(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	bool good = fd >= 0 && ftruncate(fd, 1ll << 40) == 0;

	close(fd);
	return good;
}

static bool make_object(enum object what, const char *path, const char *victim, const char *dir)
{
	switch (what) {
	case SYMLINK:
		return symlink(victim, path) == 0;
	case DANGLING:
		return symlink("/tmp/ik-nowhere/x", path) == 0;
	case DIR_SYMLINK:
		return symlink(dir, path) == 0;
	case FIFO:
		return mkfifo(path, 0666) == 0;
	case DEVICE:
		return mknod(path, S_IFCHR | 0666, makedev(1, 1)) == 0;
	case DIRECTORY:
		return make_directory(path);
	case HARD_LINK:
		return link(victim, path) == 0;
	case HUGE_SPARSE:
		return make_sparse(path);
	case GARBAGE:
	case OBJECTS:
		break;
	}
	write_whole(path, "garbage\n", 8);
	return true;
}

void plant(enum object what, const char *path, const char *victim, const char *dir)
{
	if (!make_object(what, path, victim, dir))
		tap_die("cannot plant a %s at %s: %m", object_names[what], path);
}

const struct environment environments[] = {
	{"LD_LIBRARY_PATH", "/nonexistent", VARIABLE},
	{"OPENSSL_CONF", "/nonexistent", VARIABLE},
	{"OPENSSL_MODULES", "/nonexistent", VARIABLE},
	{"OPENSSL_ia32cap", "0", VARIABLE},
	{"TMPDIR", "/nonexistent", VARIABLE},
	{"HOME", "/nonexistent", VARIABLE},
	{"PATH", "", VARIABLE},
	{"IFS", "/", VARIABLE},
	{"LC_ALL", "tr_TR.UTF-8", VARIABLE},
	{"LANGUAGE", "de", VARIABLE},
	{"TZ", ":/etc/passwd", VARIABLE},
	{"LIBMOUNT_MTAB", "/nonexistent", VARIABLE},
	{"LIBMOUNT_FSTAB", "/nonexistent", VARIABLE},
	{"LIBMOUNT_DEBUG", "all", VARIABLE},
	{"LIBBLKID_DEBUG", "all", VARIABLE},
	{"WSL_INTEROP", "/nonexistent", VARIABLE},
	{"WSLENV", "PATH/l", VARIABLE},
	{"WSL_DISTRO_NAME", "\033[2J", VARIABLE},
	{"MALLOC_PERTURB_", "165", VARIABLE},
	{"JANSSON_X", "x", VARIABLE},
	{"closed standard streams", NULL, CLOSED},
	{"a current directory that is gone", NULL, NO_CWD},
	{"umask 0", NULL, UMASK},
	{"a file size limit of 4 KiB", NULL, FILE_LIMIT},
	{"16 descriptors", NULL, FEW_FILES},
	{"SIGCHLD ignored", NULL, IGNORE_CHILD},
	{"all signals blocked", NULL, BLOCKED},
};
const size_t environment_count = sizeof(environments) / sizeof(environments[0]);

void enter_environment(const struct environment *e)
{
	struct rlimit limit;
	sigset_t all;

	switch (e->oddity) {
	case VARIABLE:
		setenv(e->name, e->value, 1);
		break;
	case CLOSED:
		close(0);
		close(1);
		close(2);
		break;
	case NO_CWD:
		if (mkdir("gone", 0700) < 0 || chdir("gone") < 0 || rmdir("../gone") < 0)
			_exit(126);
		break;
	case UMASK:
		umask(0);
		break;
	case FILE_LIMIT:
		limit = (struct rlimit){4096, 4096};
		setrlimit(RLIMIT_FSIZE, &limit);
		break;
	case FEW_FILES:
		limit = (struct rlimit){16, 16};
		setrlimit(RLIMIT_NOFILE, &limit);
		break;
	case IGNORE_CHILD:
		signal(SIGCHLD, SIG_IGN);
		break;
	case BLOCKED:
		sigfillset(&all);
		sigprocmask(SIG_BLOCK, &all, NULL);
		break;
	}
}
