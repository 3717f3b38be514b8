/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ptrace driver; see trace.h. x86-64 only. */
#include "trace.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

#define TRACEES_MAX 8
#define OPTIONS                                                                                   \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | \
	 PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)

/* How the arguments of a call name its object. */
enum shape {
	FD,	 /* argument 0 is a descriptor */
	AT,	 /* argument 0 a directory, 1 a name */
	AT_AT,	 /* 0, 1 and 2, 3 */
	NOTHING, /* no object on a file system */
};

static const struct {
	long nr;
	const char *name;
	enum shape shape;
	bool changes;
} calls[] = {
	{SYS_read, "read", FD, false},
	{SYS_write, "write", FD, true},
	{SYS_pread64, "pread", FD, false},
	{SYS_pwrite64, "pwrite", FD, true},
	{SYS_openat, "openat", AT, false},
	{SYS_openat2, "openat2", AT, false},
	{SYS_ftruncate, "ftruncate", FD, true},
	{SYS_fsync, "fsync", FD, false},
	{SYS_fdatasync, "fdatasync", FD, false},
	{SYS_renameat, "renameat", AT_AT, true},
	{SYS_renameat2, "renameat2", AT_AT, true},
	{SYS_rename, "rename", NOTHING, true},
	{SYS_unlinkat, "unlinkat", AT, true},
	{SYS_mkdirat, "mkdirat", AT, true},
	{SYS_linkat, "linkat", AT_AT, true},
	{SYS_utimensat, "utimensat", AT, true},
	{SYS_fchmod, "fchmod", FD, true},
	{SYS_flock, "flock", FD, false},
	{SYS_newfstatat, "fstatat", AT, false},
	{SYS_fstat, "fstat", FD, false},
	{SYS_statx, "statx", AT, false},
	{SYS_getdents64, "getdents", FD, false},
	{SYS_readlinkat, "readlinkat", AT, false},
	{SYS_fstatfs, "fstatfs", FD, false},
	{SYS_fadvise64, "fadvise", FD, false},
	{SYS_memfd_create, "memfd_create", NOTHING, false},
	{SYS_lseek, "lseek", FD, false},
};

struct tracee {
	pid_t pid;
	bool fresh;    /* its first stop, which ptrace itself causes, has not been seen */
	bool counting; /* main has begun */
	bool inside;   /* between the entry and the exit of a call */
	bool set_result;
	long result; /* to be put in place at the exit */
	bool kill_at_exit;
};

struct driver {
	const struct trace_job *job;
	struct trace_result *ret;
	struct tracee tracees[TRACEES_MAX];
	int count;
	int status;
	pid_t first;
};

const char *trace_name(long nr)
{
	static char text[32];

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].nr == nr)
			return calls[i].name;
	snprintf(text, sizeof(text), "call %ld", nr);
	return text;
}

static int find_call(long nr)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].nr == nr)
			return (int)i;
	return -1;
}

static struct tracee *find_tracee(struct driver *d, pid_t pid)
{
	for (int i = 0; i < d->count; i++)
		if (d->tracees[i].pid == pid)
			return &d->tracees[i];
	return NULL;
}

static void peek_text(pid_t pid, uint64_t address, char *text, size_t size)
{
	size_t done = 0;

	text[0] = '\0';
	while (done < size - 1) { /* never across a page that may not be there */
		size_t want = 4096 - (address + done) % 4096;
		struct iovec here = {text + done, want < size - 1 - done ? want : size - 1 - done};
		struct iovec there = {(void *)(uintptr_t)(address + done), here.iov_len};
		ssize_t n = process_vm_readv(pid, &here, 1, &there, 1, 0);

		if (n <= 0)
			break;
		if (memchr(text + done, '\0', (size_t)n))
			return;
		done += (size_t)n;
	}
	text[done] = '\0';
}

static void path_of_fd(pid_t pid, int fd, char *path, size_t size)
{
	char link[64];
	ssize_t n;

	if (fd == AT_FDCWD)
		snprintf(link, sizeof(link), "/proc/%d/cwd", pid);
	else
		snprintf(link, sizeof(link), "/proc/%d/fd/%d", pid, fd);
	n = readlink(link, path, size - 1);
	path[n > 0 ? n : 0] = '\0';
}

static void path_of_at(pid_t pid, int dir_fd, uint64_t name, char *path, size_t size)
{
	char text[300], dir[512];

	text[0] = '\0';
	if (name)
		peek_text(pid, name, text, sizeof(text));
	if (text[0] == '/') {
		snprintf(path, size, "%s", text);
		return;
	}
	path_of_fd(pid, dir_fd, dir, sizeof(dir));
	snprintf(path, size, "%.200s%s%s", dir, text[0] ? "/" : "", text);
}

/* Does an open create? openat has its flags in an argument, openat2 in memory. */
static bool open_creates(pid_t pid, const struct __ptrace_syscall_info *info)
{
	uint64_t flags = info->entry.args[2];

	if (info->entry.nr == SYS_openat2) {
		errno = 0;
		flags = (uint64_t)ptrace(PTRACE_PEEKDATA, pid, (void *)(uintptr_t)flags, NULL);
	}
	return flags & (O_CREAT | O_TRUNC);
}

static void describe(pid_t pid, const struct __ptrace_syscall_info *info, int index,
		     struct trace_call *call)
{
	const uint64_t *a = (const uint64_t *)info->entry.args;

	memset(call, 0, sizeof(*call));
	call->pid = pid;
	call->nr = (long)info->entry.nr;
	call->changes = calls[index].changes;
	switch (calls[index].shape) {
	case FD:
		path_of_fd(pid, (int)a[0], call->path, sizeof(call->path));
		break;
	case AT:
		path_of_at(pid, (int)a[0], a[1], call->path, sizeof(call->path));
		break;
	case AT_AT:
		path_of_at(pid, (int)a[0], a[1], call->path, sizeof(call->path));
		path_of_at(pid, (int)a[2], a[3], call->path2, sizeof(call->path2));
		break;
	case NOTHING:
		break;
	}
	if (call->nr == SYS_openat || call->nr == SYS_openat2)
		call->changes = open_creates(pid, info);
	if (call->nr == SYS_pwrite64 || call->nr == SYS_write || call->nr == SYS_pread64) {
		call->length = a[2];
		call->offset = call->nr == SYS_write ? UINT64_MAX : a[3];
	}
	if (call->nr == SYS_ftruncate)
		call->length = a[1];
}

static bool beneath(const char *path, const char *root)
{
	size_t len;

	if (!root)
		return true;
	len = strlen(root);
	return strncmp(path, root, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

static void kill_all(struct driver *d)
{
	for (int i = 0; i < d->count; i++)
		kill(d->tracees[i].pid, SIGKILL);
}

static void set_nr(pid_t pid, long nr)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) == 0) {
		regs.orig_rax = (unsigned long)nr;
		ptrace(PTRACE_SETREGS, pid, NULL, &regs);
	}
}

static void skip_call(struct tracee *t, long result)
{
	set_nr(t->pid, -1);
	t->set_result = true;
	t->result = result;
}

/* A short count: half of it, in whole blocks where the whole was, at least one byte. */
static void shorten(struct tracee *t, const struct __ptrace_syscall_info *info)
{
	struct user_regs_struct regs;
	uint64_t half = info->entry.args[2] / 2;

	if (half > 4096)
		half = half / 512 * 512;
	if (ptrace(PTRACE_GETREGS, t->pid, NULL, &regs) == 0) {
		regs.rdx = half ? half : 1;
		ptrace(PTRACE_SETREGS, t->pid, NULL, &regs);
	}
}

static void act(struct driver *d, struct tracee *t, const struct __ptrace_syscall_info *info,
		const struct trace_call *call)
{
	const struct trace_job *job = d->job;

	d->ret->fired = true;
	d->ret->at = *call;
	switch (job->action) {
	case TRACE_COUNT:
		break;
	case TRACE_KILL_BEFORE:
		set_nr(t->pid, -1);
		kill_all(d);
		break;
	case TRACE_KILL_AFTER:
		t->kill_at_exit = true;
		break;
	case TRACE_FAIL:
		skip_call(t, -job->errnum);
		break;
	case TRACE_SHORT:
		if (call->nr == SYS_pwrite64 || call->nr == SYS_write || call->nr == SYS_pread64 ||
		    call->nr == SYS_read)
			shorten(t, info);
		break;
	case TRACE_HOOK:
		job->hook(job->arg);
		break;
	}
}

/* A later call of the same kind on the same name, for lasting failures. */
static bool is_again(const struct driver *d, const struct trace_call *call)
{
	return d->job->persist && d->job->action == TRACE_FAIL && d->ret->fired &&
	       call->nr == d->ret->at.nr && strcmp(call->path, d->ret->at.path) == 0;
}

static void at_entry(struct driver *d, struct tracee *t, const struct __ptrace_syscall_info *info)
{
	int index = find_call((long)info->entry.nr);
	struct trace_call call;

	if (info->entry.nr == SYS_umask)
		t->counting = true;
	if (!t->counting)
		return;
	if (info->entry.nr == SYS_execve || info->entry.nr == SYS_socket)
		d->ret->forbidden++;
	if (index < 0)
		return;
	describe(t->pid, info, index, &call);
	if (call.changes && d->job->watch)
		d->job->watch(&call, d->job->arg);
	if (!beneath(call.path, d->job->root) && !beneath(call.path2, d->job->root))
		return;
	d->ret->changes += call.changes;
	if (is_again(d, &call)) {
		skip_call(t, -d->job->errnum);
		return;
	}
	if (d->job->only_changes && !call.changes && call.nr != SYS_fsync)
		return;
	d->ret->calls++;
	if (d->ret->calls == d->job->at)
		act(d, t, info, &call);
}

static void at_exit(struct driver *d, struct tracee *t)
{
	struct user_regs_struct regs;

	if (t->set_result && ptrace(PTRACE_GETREGS, t->pid, NULL, &regs) == 0) {
		regs.rax = (unsigned long)t->result;
		ptrace(PTRACE_SETREGS, t->pid, NULL, &regs);
	}
	t->set_result = false;
	if (t->kill_at_exit)
		kill_all(d);
}

static void at_call(struct driver *d, struct tracee *t)
{
	struct __ptrace_syscall_info info = {.op = 0};

	if (ptrace(PTRACE_GET_SYSCALL_INFO, t->pid, (void *)sizeof(info), &info) < 0)
		return; /* killed meanwhile */
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		at_entry(d, t, &info);
	else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
		at_exit(d, t);
}

static void forget(struct driver *d, pid_t pid)
{
	for (int i = 0; i < d->count; i++)
		if (d->tracees[i].pid == pid)
			d->tracees[i] = d->tracees[--d->count];
}

/* A process that a fork made: it is followed like its parent. */
static struct tracee *adopt(struct driver *d, pid_t pid)
{
	struct tracee *t;

	if (d->count == TRACEES_MAX)
		tap_die("too many processes");
	t = &d->tracees[d->count++];
	*t = (struct tracee){.pid = pid, .counting = d->count > 1};
	return t;
}

/* A fork is announced before the new process stops for the first time: known in time for a kill. */
static void on_event(struct driver *d, pid_t pid, int event)
{
	unsigned long message;

	if ((event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
	     event == PTRACE_EVENT_CLONE) &&
	    ptrace(PTRACE_GETEVENTMSG, pid, NULL, &message) == 0 && !find_tracee(d, (pid_t)message))
		adopt(d, (pid_t)message)->fresh = true;
}

static void on_stop(struct driver *d, pid_t pid, int status)
{
	struct tracee *t = find_tracee(d, pid);
	int signal_nr = WSTOPSIG(status);

	if (!t) {
		t = adopt(d, pid);
		t->fresh = true;
	}
	on_event(d, pid, status >> 16);
	if (signal_nr == (SIGTRAP | 0x80))
		at_call(d, t);
	if (signal_nr == (SIGTRAP | 0x80) || signal_nr == SIGTRAP ||
	    (t->fresh && signal_nr == SIGSTOP))
		signal_nr = 0; /* ptrace's own stop, not a signal for the program */
	t->fresh = false;
	ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)signal_nr); /* fails when killed: fine */
}

static void loop(struct driver *d)
{
	while (d->count > 0) {
		int status;
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			return;
		if (WIFSTOPPED(status)) {
			on_stop(d, pid, status);
			continue;
		}
		forget(d, pid);
		if (pid == d->first)
			d->ret->status =
				WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
	}
}

/* The environment of a program: ours, with another library preloaded. */
static char **environment(const char *preload)
{
	static char variable[600];
	static char *list[256];
	size_t n = 0;

	for (char **e = environ; *e && n < sizeof(list) / sizeof(list[0]) - 2; e++)
		if (strncmp(*e, "LD_PRELOAD=", 11) != 0)
			list[n++] = *e;
	if (preload) {
		snprintf(variable, sizeof(variable), "LD_PRELOAD=%s", preload);
		list[n++] = variable;
	}
	list[n] = NULL;
	return list;
}

/*
 * Starts a program without copying our memory, which holds images and snapshots. Under ptrace it stops
 * for the first time at the end of execve.
 */
static pid_t spawn(const char *preload, const char *const *argv, int out_fd, bool traced)
{
	char **env = environment(preload);
	pid_t pid = vfork();

	if (pid != 0)
		return pid;
	if (dup2(open("/dev/null", O_RDONLY), 0) < 0 || dup2(out_fd, 1) < 0 || dup2(out_fd, 2) < 0)
		_exit(126);
	if (traced)
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	execve(argv[0], (char *const *)(uintptr_t)argv, env);
	_exit(127);
}

static void take_output(int fd, char *output, size_t size)
{
	ssize_t n = output ? pread(fd, output, size - 1, 0) : 0;

	if (output)
		output[n > 0 ? n : 0] = '\0';
	close(fd);
}

void trace_run(const struct trace_job *job, struct trace_result *ret)
{
	struct driver d = {.job = job, .ret = ret};
	int status, out_fd = memfd_create("output", MFD_CLOEXEC);

	memset(ret, 0, sizeof(*ret));
	d.first = spawn(job->preload, job->argv, out_fd, true);
	if (d.first < 0 || waitpid(d.first, &status, 0) != d.first || !WIFSTOPPED(status))
		tap_die("cannot start %s under ptrace", job->argv[0]);
	if (ptrace(PTRACE_SETOPTIONS, d.first, NULL, (void *)OPTIONS) < 0)
		tap_die("ptrace options");
	adopt(&d, d.first);
	if (ptrace(PTRACE_SYSCALL, d.first, NULL, NULL) < 0)
		tap_die("ptrace");
	loop(&d);
	take_output(out_fd, ret->output, sizeof(ret->output));
}

int run_plain(const char *const *argv, char *output, size_t size)
{
	return run_with(NULL, argv, output, size);
}

int run_with(const char *preload, const char *const *argv, char *output, size_t size)
{
	int status, out_fd = memfd_create("output", MFD_CLOEXEC);
	pid_t pid = spawn(preload, argv, out_fd, false);

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		tap_die("cannot run %s", argv[0]);
	take_output(out_fd, output, size);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}
