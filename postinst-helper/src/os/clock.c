/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time and boot id straight from the kernel; no time zone is read.
 */
#include "os/clock.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "os/sys.h"

int64_t ik_clock_unix_s(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
	return now.tv_sec;
}

int64_t ik_clock_mono_ms(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void ik_clock_sleep_ms(unsigned int ms)
{
	struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
		;
}

void ik_clock_iso(int64_t unix_s, char ret_text[21])
{
	time_t t = (time_t)unix_s;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || tm.tm_year < -1900 || tm.tm_year > 8099)
		(void)gmtime_r(&(time_t){0}, &tm);
	(void)strftime(ret_text, 21, "%Y-%m-%dT%H:%M:%SZ", &tm); /* years 0 to 9999 always fit */
}

void ik_clock_boot_id(char ret_id[IK_BOOT_ID_LEN])
{
	static const char none[IK_BOOT_ID_LEN] = "00000000-0000-0000-0000-000000000000";
	ik_autoclose int fd = -EBADF;

	memcpy(ret_id, none, IK_BOOT_ID_LEN);
	if (ik_sys_openat(AT_FDCWD, "/proc/sys/kernel/random/boot_id", O_RDONLY, 0, &fd) < 0)
		return;
	if (ik_sys_pread(fd, ret_id, IK_BOOT_ID_LEN - 1, 0) != IK_BOOT_ID_LEN - 1)
		memcpy(ret_id, none, IK_BOOT_ID_LEN);
	ret_id[IK_BOOT_ID_LEN - 1] = '\0';
}

int ik_clock_random(void *buf, size_t len, struct ik_err *err)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = getrandom((char *)buf + done, len - done, 0);

		if (n < 0 && errno != EINTR)
			return ik_err_set(err, IK_E_IO_FAILED, errno, "cannot get random bytes");
		if (n > 0)
			done += (size_t)n;
	}
	return 0;
}
