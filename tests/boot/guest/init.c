// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The first program of the test guest: notes the time, mounts what a shell needs, runs it,
 * restarts the machine. It is static and stands alone in the initramfs's root, like the init of
 * WSL. It checks nothing itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KLOG_CONSOLE_LEVEL 8 /* syslog(2): set the console's log level */

static const struct {
	const char *source;
	const char *target;
	const char *type;
	unsigned long flags;
} mounts[] = {
	{"proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC},
	{"sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC},
	{"tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV},
	{"tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV},
};

/* Ends the machine: QEMU runs with -no-reboot, so that a restart is the end of it. */
static void __attribute__((noreturn)) leave(void)
{
	sync();
	reboot(RB_AUTOBOOT);
	for (;;)
		pause();
}

static void __attribute__((noreturn, format(printf, 1, 2))) give_up(const char *format, ...)
{
	va_list args;

	printf("TAP> # init: ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf(": %s\n", strerror(errno));
	fflush(stdout);
	leave();
}

/* The initramfs holds no device nodes, so the kernel could not open a console for us. */
static void open_console(void)
{
	int fd;

	mkdir("/dev", 0755);
	if (mount("devtmpfs", "/dev", "devtmpfs", MS_NOSUID, NULL) < 0 && errno != EBUSY)
		leave();
	fd = open("/dev/console", O_RDWR);
	if (fd < 0)
		leave();
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	if (fd > 2)
		close(fd);
}

static void mount_all(void)
{
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		mkdir(mounts[i].target, 0755);
		if (mount(mounts[i].source, mounts[i].target, mounts[i].type, mounts[i].flags,
			  NULL) < 0)
			give_up("cannot mount %s", mounts[i].target);
	}
}

int main(void)
{
	struct timespec boot;
	pid_t child;
	int status;

	clock_gettime(CLOCK_BOOTTIME, &boot);
	open_console();
	mount_all();
	/* From here on only the report and a panic reach the console. */
	klogctl(KLOG_CONSOLE_LEVEL, NULL, 1);
	printf("\nTAP> # uptime at init: %ld.%03ld s\n", (long)boot.tv_sec, boot.tv_nsec / 1000000);
	fflush(stdout);

	setenv("PATH", "/bin:/sbin:/usr/bin:/usr/sbin", 1);
	child = fork();
	if (child < 0)
		give_up("cannot fork");
	if (child == 0) {
		execl("/bin/sh", "sh", "/ik/run", (char *)NULL);
		give_up("cannot run /bin/sh");
	}
	/* Orphans are reaped too; the shell's end is the end. */
	while (waitpid(-1, &status, 0) != child)
		;
	leave();
}
