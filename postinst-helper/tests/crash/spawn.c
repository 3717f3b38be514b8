/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs and their output; see spawn.h. */
#include "spawn.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

int spawn_output(void)
{
	return memfd_create("output", MFD_CLOEXEC);
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

/* By vfork: our memory, which holds images and snapshots, is not copied. */
pid_t spawn(const char *preload, const char *const *argv, int out_fd, bool traced)
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

void spawn_take_output(int out_fd, char *output, size_t size)
{
	ssize_t n = output ? pread(out_fd, output, size - 1, 0) : 0;

	if (output)
		output[n > 0 ? n : 0] = '\0';
	close(out_fd);
}

int run_plain(const char *const *argv, char *output, size_t size)
{
	return run_with(NULL, argv, output, size);
}

int run_with(const char *preload, const char *const *argv, char *output, size_t size)
{
	int status, out_fd = spawn_output();
	pid_t pid = spawn(preload, argv, out_fd, false);

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		tap_die("cannot run %s", argv[0]);
	spawn_take_output(out_fd, output, size);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}
