/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One wrapper for each call; see calls.h. */
#include "calls.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <jansson.h>
#include <libmount.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/macro.h"
#include "faults.h"
#include "support.h"

struct calls calls;

static void arm(struct calls want)
{
	calls = want;
	calls.times = 1;
}

void call_fails(const char *name, long at, int errnum)
{
	arm((struct calls){.name = name, .at = at, .errnum = errnum});
}

void call_gives(const char *name, long at, long result)
{
	arm((struct calls){.name = name, .at = at, .result = result});
}

void call_changes(const char *name, long at, void (*change)(void *out))
{
	arm((struct calls){.name = name, .at = at, .change = change});
}

bool call_met(void)
{
	bool met = calls.met;

	calls = (struct calls){.name = NULL};
	return met;
}

int calls_tear_down(void **state IK_UNUSED)
{
	faults_off();
	(void)call_met();
	tmp_remove(&tmp);
	return 0;
}

#ifdef IK_COVERAGE
extern void __gcov_dump(void);
#endif

int in_child(int (*fn)(void *arg), void *arg)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		int r = fn(arg);

		(void)call_met();
#ifdef IK_COVERAGE
		__gcov_dump();
#endif
		_exit(r);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

/* Is it this call's turn? */
static bool meet(const char *name)
{
	if (!calls.name || strcmp(calls.name, name) != 0)
		return false;
	calls.count++;
	if (calls.count < calls.at || calls.count >= calls.at + calls.times)
		return false;
	calls.met = true;
	return true;
}

/* The answer in the place of the real one. */
static long instead(void)
{
	if (!calls.errnum)
		return calls.result;
	errno = calls.errnum;
	return -1;
}

/* A call that yields a number and, through `out`, perhaps more. */
#define WRAP_OUT(type, symbol, name, params, args, out) \
	type __real_##symbol params;                    \
	type __wrap_##symbol params;                    \
	type __wrap_##symbol params                     \
	{                                               \
		type result_;                           \
                                                        \
		if (!meet(name))                        \
			return __real_##symbol args;    \
		if (!calls.change)                      \
			return (type)instead();         \
		result_ = __real_##symbol args;         \
		calls.change(out);                      \
		return result_;                         \
	}

#define WRAP(type, symbol, name, params, args) WRAP_OUT(type, symbol, name, params, args, NULL)

#define WRAP_POINTER(type, symbol, params, args)     \
	type __real_##symbol params;                 \
	type __wrap_##symbol params;                 \
	type __wrap_##symbol params                  \
	{                                            \
		if (!meet(#symbol))                  \
			return __real_##symbol args; \
		errno = calls.errnum;                \
		return NULL;                         \
	}

/* files */
WRAP(int, openat64, "openat", (int dir, const char *path, int flags, mode_t mode),
     (dir, path, flags, mode))
WRAP(int, open64, "open", (const char *path, int flags, mode_t mode), (path, flags, mode))
WRAP(int, __open64_2, "open", (const char *path, int flags), (path, flags))
WRAP_OUT(ssize_t, read, "read", (int fd, void *buf, size_t len), (fd, buf, len), buf)
WRAP(ssize_t, write, "write", (int fd, const void *buf, size_t len), (fd, buf, len))
WRAP_OUT(ssize_t, pread64, "pread", (int fd, void *buf, size_t len, off_t off), (fd, buf, len, off),
	 buf)
WRAP(ssize_t, pwrite64, "pwrite", (int fd, const void *buf, size_t len, off_t off),
     (fd, buf, len, off))
WRAP(int, ftruncate64, "ftruncate", (int fd, off_t size), (fd, size))
WRAP(int, fsync, "fsync", (int fd), (fd))
WRAP(int, renameat, "renameat", (int from, const char *a, int to, const char *b), (from, a, to, b))
WRAP(int, unlinkat, "unlinkat", (int dir, const char *path, int flags), (dir, path, flags))
WRAP(int, mkdirat, "mkdirat", (int dir, const char *path, mode_t mode), (dir, path, mode))
WRAP(int, linkat, "linkat", (int from, const char *a, int to, const char *b, int flags),
     (from, a, to, b, flags))
WRAP(int, futimens, "futimens", (int fd, const struct timespec times[2]), (fd, times))
WRAP(int, fchmod, "fchmod", (int fd, mode_t mode), (fd, mode))
WRAP(int, flock, "flock", (int fd, int operation), (fd, operation))
WRAP(int, memfd_create, "memfd_create", (const char *name, unsigned int flags), (name, flags))
WRAP_OUT(int, fstat64, "fstat", (int fd, struct stat *st), (fd, st), st)
WRAP_OUT(int, fstatat64, "fstatat", (int dir, const char *path, struct stat *st, int flags),
	 (dir, path, st, flags), st)
WRAP_OUT(int, fstatfs64, "fstatfs", (int fd, struct statfs *fs), (fd, fs), fs)
WRAP_OUT(int, fstatvfs64, "fstatvfs", (int fd, struct statvfs *vfs), (fd, vfs), vfs)
WRAP_OUT(int, statx, "statx",
	 (int dir, const char *path, int flags, unsigned int mask, struct statx *stx),
	 (dir, path, flags, mask, stx), stx)
WRAP_OUT(ssize_t, readlinkat, "readlinkat", (int dir, const char *path, char *buf, size_t size),
	 (dir, path, buf, size), buf)
WRAP_POINTER(FILE *, fdopen, (int fd, const char *mode), (fd, mode))
WRAP_POINTER(DIR *, fdopendir, (int fd), (fd))
WRAP_POINTER(struct dirent *, readdir64, (DIR * dir), (dir))

/* processes */
WRAP(int, sigaction, "sigaction",
     (int number, const struct sigaction *action, struct sigaction *old), (number, action, old))
WRAP(int, sigprocmask, "sigprocmask", (int how, const sigset_t *set, sigset_t *old),
     (how, set, old))
WRAP(int, signalfd, "signalfd", (int fd, const sigset_t *set, int flags), (fd, set, flags))
WRAP(int, poll, "poll", (struct pollfd * fds, nfds_t n, int ms), (fds, n, ms))
WRAP(int, pipe2, "pipe2", (int ends[2], int flags), (ends, flags))
WRAP_OUT(pid_t, waitpid, "waitpid", (pid_t pid, int *status, int options), (pid, status, options),
	 status)
WRAP(int, setgroups, "setgroups", (size_t n, const gid_t *list), (n, list))
WRAP(int, setresgid, "setresgid", (gid_t r, gid_t e, gid_t s), (r, e, s))
WRAP(int, setresuid, "setresuid", (uid_t r, uid_t e, uid_t s), (r, e, s))
WRAP_OUT(int, getresgid, "getresgid", (gid_t * r, gid_t *e, gid_t *s), (r, e, s),
	 ((gid_t *[]){r, e, s}))
WRAP_OUT(int, getresuid, "getresuid", (uid_t * r, uid_t *e, uid_t *s), (r, e, s),
	 ((uid_t *[]){r, e, s}))
WRAP(int, getrlimit64, "getrlimit", (int what, struct rlimit *limit), (what, limit))
WRAP(int, setrlimit64, "setrlimit", (int what, const struct rlimit *limit), (what, limit))
WRAP(int, clearenv, "clearenv", (void), ())
WRAP(int, setenv, "setenv", (const char *name, const char *value, int over), (name, value, over))
/* The build for coverage has its own fork(). */
#ifdef IK_COVERAGE
WRAP(pid_t, __gcov_fork, "fork", (void), ())
#else
WRAP(pid_t, fork, "fork", (void), ())
#endif

/* time, chance, memory */
WRAP(ssize_t, getrandom, "getrandom", (void *buf, size_t len, unsigned int flags),
     (buf, len, flags))
WRAP_POINTER(char *, strdup, (const char *text), (text))
WRAP_POINTER(void *, reallocarray, (void *old, size_t n, size_t size), (old, n, size))

/* libraries */
WRAP_POINTER(struct libmnt_table *, mnt_new_table, (void), ())
WRAP_POINTER(struct libmnt_iter *, mnt_new_iter, (int direction), (direction))
WRAP(int, mnt_table_parse_stream, "mnt_table_parse_stream",
     (struct libmnt_table * table, FILE *stream, const char *name), (table, stream, name))
WRAP_POINTER(char *, json_dumps, (const json_t *json, size_t flags), (json, flags))

int __real_clock_nanosleep(clockid_t clock, int flags, const struct timespec *t,
			   struct timespec *left);
int __wrap_clock_nanosleep(clockid_t clock, int flags, const struct timespec *t,
			   struct timespec *left);

/* Returns its error instead of setting errno; interrupted, it leaves what is left. */
int __wrap_clock_nanosleep(clockid_t clock, int flags, const struct timespec *t,
			   struct timespec *left)
{
	return meet("clock_nanosleep") ? calls.errnum :
					 __real_clock_nanosleep(clock, flags, t, left);
}

int __real_fcntl64(int fd, int what, ...);
int __wrap_fcntl64(int fd, int what, ...);

int __wrap_fcntl64(int fd, int what, ...)
{
	va_list args;
	void *arg;

	va_start(args, what);
	arg = va_arg(args, void *);
	va_end(args);
	return meet("fcntl") ? (int)instead() : __real_fcntl64(fd, what, arg);
}

int __real_prctl(int option, ...);
int __wrap_prctl(int option, ...);

int __wrap_prctl(int option, ...)
{
	unsigned long arg[4];
	va_list args;

	va_start(args, option);
	for (int i = 0; i < (option == PR_SET_SECCOMP ? 2 : 4); i++)
		arg[i] = va_arg(args, unsigned long);
	va_end(args);
	if (option == PR_SET_SECCOMP && meet("seccomp")) {
		if (!calls.change)
			return (int)instead();
		calls.change((void *)arg[1]); /* seen, not installed */
		return 0;
	}
	if ((option == PR_SET_NO_NEW_PRIVS && meet("no_new_privs")) ||
	    (option == PR_SET_DUMPABLE && meet("dumpable")))
		return (int)instead();
	return __real_prctl(option, arg[0], arg[1], arg[2], arg[3]);
}

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

static const struct raw {
	long number;
	int args;
	const char *name;
} raws[] = {
	{SYS_openat2, 4, "openat2"},
	{SYS_capset, 2, "capset"},
	{SYS_capget, 2, "capget"},
	{-1, 5, "another raw call"},
};

/* Named by what is called. */
long __wrap_syscall(long number, ...)
{
	const struct raw *raw = raws;
	long arg[5] = {0}, r;
	va_list args;

	while (raw->number != number && raw->number != -1)
		raw++;
	va_start(args, number);
	for (int i = 0; i < raw->args; i++)
		arg[i] = va_arg(args, long);
	va_end(args);
	if (!meet(raw->name))
		return __real_syscall(number, arg[0], arg[1], arg[2], arg[3], arg[4]);
	if (!calls.change)
		return instead();
	r = __real_syscall(number, arg[0], arg[1], arg[2], arg[3], arg[4]);
	calls.change((void *)arg[1]);
	return r;
}
