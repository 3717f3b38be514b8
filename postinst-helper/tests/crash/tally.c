/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts of several processes; see tally.h. */
#include "tally.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

struct tally *tally_new(void)
{
	struct tally *t =
		mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (t == MAP_FAILED)
		tap_die("memory");
	return t;
}

void tally_bad(struct tally *t, const char *fmt, ...)
{
	int n = __atomic_fetch_add(&t->texts, 1, __ATOMIC_SEQ_CST);
	va_list args;

	__atomic_fetch_add(&t->bad, 1, __ATOMIC_SEQ_CST);
	if (n >= (int)(sizeof(t->text) / sizeof(t->text[0])))
		return;
	va_start(args, fmt);
	vsnprintf(t->text[n], sizeof(t->text[n]), fmt, args);
	va_end(args);
	for (char *p = t->text[n]; *p; p++)
		if (*p == '\n')
			*p = ' ';
}

void tally_show(struct tally *t)
{
	for (size_t i = 0; i < sizeof(t->text) / sizeof(t->text[0]); i++)
		if (t->text[i][0])
			tap_diag("%s", t->text[i]);
	memset(t->text, 0, sizeof(t->text));
	t->texts = 0;
}

void in_parallel(int workers, void (*work)(int worker, int workers, void *arg), void *arg)
{
	pid_t pids[16];
	int status;

	fflush(stdout);
	for (int i = 0; i < workers; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			work(i, workers, arg);
			fflush(stdout);
			_exit(0);
		}
	}
	for (int i = 0; i < workers; i++)
		if (waitpid(pids[i], &status, 0) != pids[i] || status != 0)
			tap_die("worker %d ended with status %d", i, status);
}
