/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TAP output; see tap.h. */
#include "tap.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int count, bad;

void tap_ok(bool good, const char *fmt, ...)
{
	va_list args;

	count++;
	bad += !good;
	printf("%sok %d - ", good ? "" : "not ", count);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
}

void tap_diag(const char *fmt, ...)
{
	va_list args;

	printf("# ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
}

int tap_done(void)
{
	printf("1..%d\n", count);
	return bad ? 1 : 0;
}

void tap_die(const char *fmt, ...)
{
	int saved = errno;
	va_list args;

	printf("Bail out! ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf(" (%s)\n", strerror(saved));
	exit(1);
}
