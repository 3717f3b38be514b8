/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A preloaded library that turns sleeping into time that has passed: waits of seconds, as for a stale
 * lock, cost nothing in the suites. The program itself is the shipped one. It knows nothing about it.
 */
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long long slept_ns;

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *want, struct timespec *left);
int clock_gettime(clockid_t clock, struct timespec *ret);

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *want, struct timespec *left)
{
	(void)clock;
	(void)flags;
	(void)left;
	slept_ns += want->tv_sec * 1000000000ll + want->tv_nsec;
	return 0;
}

int clock_gettime(clockid_t clock, struct timespec *ret)
{
	long r = syscall(SYS_clock_gettime, clock, ret);

	if (r == 0 && clock == CLOCK_MONOTONIC) {
		long long ns = ret->tv_nsec + slept_ns;

		ret->tv_sec += ns / 1000000000;
		ret->tv_nsec = ns % 1000000000;
	}
	return (int)r;
}
