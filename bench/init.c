// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The whole user space of a measured guest: prints what the kernel counted until now and ends the machine.
 * It must not know what is measured with it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* Prints the lines of a file under /proc, each behind a mark that the host looks for. */
static void show(const char *mark, const char *path)
{
	char line[256];
	FILE *file = fopen(path, "r");

	if (!file)
		return;
	while (fgets(line, sizeof(line), file))
		printf("%s %s", mark, line);
	fclose(file);
}

int main(void)
{
	struct timespec now;
	int console;

	/* First of all: everything below costs instructions of its own. */
	clock_gettime(CLOCK_BOOTTIME, &now);
	mkdir("/proc", 0755);
	mkdir("/dev", 0755);
	if (mount("proc", "/proc", "proc", 0, NULL) || mount("devtmpfs", "/dev", "devtmpfs", 0, NULL))
		return 1;
	console = open("/dev/console", O_RDWR);
	if (console < 0 || dup2(console, STDOUT_FILENO) < 0)
		return 1;
	printf("\nbench-nanoseconds %lld\n", now.tv_sec * 1000000000LL + now.tv_nsec);
	show("bench-uptime", "/proc/uptime");
	show("bench-memory", "/proc/meminfo");
	show("bench-version", "/proc/version");
	printf("bench-end\n");
	fflush(stdout);
	tcdrain(STDOUT_FILENO);
	/* QEMU runs with -no-reboot: this ends it, also where no power-off exists. */
	reboot(RB_AUTOBOOT);
	return 1;
}
