/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waking, watching and killing a machine; see vm.h. */
#include "vm.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

#define CHANGES	      (IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)
#define LIMIT_SECONDS 180.0

struct machine {
	const struct vm_life *life;
	pid_t pid;
	int in, out, watch;
	char *console;
	size_t used, size;
	bool ordered;
	double ordered_at, kill_at; /* 0 = not yet */
};

static double now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void start(struct machine *m)
{
	int in[2], out[2];

	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		tap_die("pipe");
	m->pid = fork();
	if (m->pid < 0)
		tap_die("fork");
	if (m->pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		dup2(out[1], 2);
		execv(m->life->command[0], m->life->command);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	m->in = in[1];
	m->out = out[0];
	m->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (m->watch < 0 ||
	    (m->life->watched && inotify_add_watch(m->watch, m->life->watched, CHANGES) < 0))
		tap_die("cannot watch %s", m->life->watched);
}

/* SIGKILL for the machine's process is what a power cut is for the guest. */
static void stop(struct machine *m)
{
	int status;

	kill(m->pid, SIGKILL);
	(void)waitpid(m->pid, &status, 0);
	close(m->in);
	close(m->out);
	close(m->watch);
}

static void take_changes(struct machine *m)
{
	char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t n = read(m->watch, buf, sizeof(buf));

	for (ssize_t at = 0; at < n;) {
		const struct inotify_event *e = (const void *)(buf + at);
		double delay = 0;

		if (m->ordered && m->kill_at == 0 &&
		    m->life->changed(m->life->arg, now() - m->ordered_at, &delay))
			m->kill_at = now() + delay;
		at += (ssize_t)(sizeof(*e) + e->len);
	}
}

/* The guest repeats that it is waiting; one order is enough. */
static void give_order(struct machine *m)
{
	if (m->ordered || !strstr(m->console, "# waiting"))
		return;
	if (dprintf(m->in, "%s\n", m->life->order) < 0)
		tap_die("the machine takes no order");
	m->ordered = true;
	m->ordered_at = now();
}

/* Returns false at the end of the console. */
static bool take_console(struct machine *m)
{
	ssize_t n = read(m->out, m->console + m->used, m->size - 1 - m->used);

	if (n <= 0)
		return false;
	m->used += (size_t)n;
	m->console[m->used] = '\0';
	give_order(m);
	return !strstr(m->console, "TAP> done");
}

static enum vm_end follow(struct machine *m)
{
	double limit = now() + LIMIT_SECONDS;

	for (;;) {
		struct pollfd fds[] = {{m->watch, POLLIN, 0}, {m->out, POLLIN, 0}};
		double rest = (m->kill_at > 0 ? m->kill_at : limit) - now();
		struct timespec wait = {.tv_sec = (time_t)rest};

		if (rest <= 0)
			return m->kill_at > 0 ? VM_KILLED : VM_FAILED;
		wait.tv_nsec = (long)((rest - (double)wait.tv_sec) * 1e9);
		if (ppoll(fds, 2, &wait, NULL) < 0)
			tap_die("ppoll");
		if (fds[0].revents)
			take_changes(m);
		if (fds[1].revents && !take_console(m))
			return strstr(m->console, "TAP> done") &&
					       !strstr(m->console, "TAP> not ok") ?
				       VM_DONE :
				       VM_FAILED;
	}
}

enum vm_end vm_run(const struct vm_life *life, char *console, size_t size, double *ret_seconds)
{
	struct machine m = {.life = life, .console = console, .size = size};
	enum vm_end end;

	console[0] = '\0';
	start(&m);
	end = follow(&m);
	if (ret_seconds)
		*ret_seconds = now() - m.ordered_at;
	stop(&m);
	return end;
}
