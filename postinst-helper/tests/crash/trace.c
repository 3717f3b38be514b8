/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ptrace driver; see trace.h. x86-64 only. */
#include "trace.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "spawn.h"
#include "tap.h"
#include "tracecall.h"

#define TRACEES_MAX 8
#define OPTIONS                                                                                   \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | \
	 PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)

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

static struct tracee *find_tracee(struct driver *d, pid_t pid)
{
	for (int i = 0; i < d->count; i++)
		if (d->tracees[i].pid == pid)
			return &d->tracees[i];
	return NULL;
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
		if (job->hook)
			job->hook(job->arg);
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
	struct trace_call call;

	if (info->entry.nr == SYS_umask)
		t->counting = true;
	if (!t->counting)
		return;
	if (info->entry.nr == SYS_execve || info->entry.nr == SYS_socket)
		d->ret->forbidden++;
	if (!trace_describe(t->pid, info, &call))
		return;
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
	if (d->job->only && !d->job->only(&call))
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

void trace_run(const struct trace_job *job, struct trace_result *ret)
{
	struct driver d = {.job = job, .ret = ret};
	int status, out_fd = spawn_output();

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
	spawn_take_output(out_fd, ret->output, sizeof(ret->output));
}
