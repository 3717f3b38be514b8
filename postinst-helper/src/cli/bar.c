/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drawn by the child, wiped by the parent: both share the terminal. At most ten times a second.
 */
#include "cli/bar.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/macro.h"
#include "os/clock.h"
#include "os/sys.h"

#define WIDTH	 30
#define EVERY_MS 100

/* Is standard error a terminal that should show progress? Set once, before the child is made. */
static struct {
	bool on;
	int64_t drawn_ms;
} bar;

static int tick(void *ctx, const char *what, uint64_t done, uint64_t total)
{
	int64_t now = ik_clock_mono_ms();
	char line[160], marks[WIDTH + 1];
	unsigned filled = total ? (unsigned)(done * WIDTH / total) : 0;

	(void)ctx;
	if (done < total && now - bar.drawn_ms < EVERY_MS)
		return 0;
	bar.drawn_ms = now;
	memset(marks, '.', WIDTH);
	memset(marks, '#', IK_MIN(filled, (unsigned)WIDTH));
	marks[WIDTH] = '\0';
	if (!total)
		(void)snprintf(line, sizeof(line), "\r\033[K%s", what);
	else
		(void)snprintf(line, sizeof(line), "\r\033[K%-10s [%s] %3u%% %llu/%llu MiB", what,
			       marks, (unsigned)(done * 100 / total),
			       (unsigned long long)(done >> 20), (unsigned long long)(total >> 20));
	ik_ignore(ik_sys_write(STDERR_FILENO, line, strlen(line))); /* only decoration */
	return 0;
}

struct ik_progress ik_bar(bool wanted)
{
	struct ik_progress progress = {0};

	bar.on = wanted && isatty(STDERR_FILENO);
	if (bar.on)
		progress.tick = tick;
	return progress;
}

void ik_bar_end(void)
{
	if (bar.on)
		ik_ignore(ik_sys_write(STDERR_FILENO, "\r\033[K", 4)); /* only decoration */
}
