/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flock on the VM-wide tmpfs. That directory is world-writable, so the file found there is
 * judged before it is trusted: a regular file of ours, one link, not writable by others.
 */
#include "os/lock.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "os/clock.h"
#include "os/pathres.h"
#include "os/sys.h"

#define RETRY_MS     50 /* between two looks at a held lock */
#define REPLACE_MAX  8	/* times a planted file is removed before we give up */
#define PID_TEXT_MAX 24

/* Is it the tmpfs that WSL mounts there, rather than an ordinary directory of that name? */
static bool is_shared_tmpfs(int dir_fd)
{
	struct statfs fs;
	struct stat here, parent;

	if (fstatfs(dir_fd, &fs) < 0 || fs.f_type != TMPFS_MAGIC)
		return false;
	if (fstat(dir_fd, &here) < 0 || fstatat(dir_fd, "..", &parent, 0) < 0)
		return false;
	return here.st_dev != parent.st_dev;
}

static int open_place(const char *shared_dir, const char *local_dir, int *ret_fd, bool *ret_shared,
		      struct ik_err *err)
{
	ik_autoclose int fd = -EBADF;
	int r;

	if (shared_dir &&
	    ik_sys_openat(AT_FDCWD, shared_dir, O_RDONLY | O_DIRECTORY, 0, &fd) == 0 &&
	    is_shared_tmpfs(fd)) {
		*ret_shared = true;
		*ret_fd = ik_steal_fd(&fd);
		return 0;
	}
	fd = ik_close(fd);
	r = ik_sys_openat(AT_FDCWD, local_dir, O_RDONLY | O_DIRECTORY, 0, &fd);
	/* A root that is only being made, or a distribution without systemd, may not have it yet. */
	if (r == -ENOENT && (r = ik_sys_mkdir(AT_FDCWD, local_dir, 0755)) >= 0)
		r = ik_sys_openat(AT_FDCWD, local_dir, O_RDONLY | O_DIRECTORY, 0, &fd);
	if (r < 0) {
		r = ik_err_set(err, IK_E_LOCK_FAILED, r, "cannot open '%s' for the lock",
			       local_dir);
		ik_err_hint(err, "make that directory, owned by root, and try again");
		return r;
	}
	*ret_shared = false;
	*ret_fd = ik_steal_fd(&fd);
	return 0;
}

static bool is_private(const struct stat *st)
{
	return st->st_uid == geteuid() && (st->st_mode & 0077) == 0;
}

/* A file that only we could have made. */
static bool is_ours(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 && is_private(&st);
}

/* Right after it was made with mode 0600: does the file system keep owner and mode at all? */
static bool keeps_mode(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && is_private(&st);
}

static int fail_without_mode(int dir_fd, struct ik_err *err)
{
	int r = ik_err_set(err, IK_E_LOCK_UNTRUSTED, EPERM,
			   "the lock file '%s' cannot be made private: its file system keeps no "
			   "owner or mode",
			   IK_LOCK_NAME);

	ik_ignore(ik_sys_unlink(dir_fd, IK_LOCK_NAME));
	ik_err_hint(err, "name a directory on a Linux file system with --state-dir");
	return r;
}

/*
 * Opens or makes the lock file. A planted name is unlinked, which root may do even in a sticky
 * directory; a planted directory cannot be and is refused.
 */
static int open_file(int dir_fd, int *ret_fd, struct ik_err *err)
{
	for (int i = 0; i < REPLACE_MAX; i++) {
		ik_autoclose int fd = -EBADF;
		int r = ik_sys_create(dir_fd, IK_LOCK_NAME, 0600, &fd);

		if (r == 0 && !keeps_mode(fd))
			return fail_without_mode(dir_fd, err);
		if (r == -EEXIST)
			r = ik_sys_openat(dir_fd, IK_LOCK_NAME, O_RDWR | O_NONBLOCK | O_NOCTTY, 0,
					  &fd);
		if (r == 0 && is_ours(fd)) {
			*ret_fd = ik_steal_fd(&fd);
			return 0;
		}
		if (r == -EACCES || r == -EROFS || r == -ENOSPC)
			return ik_err_set(err, IK_E_LOCK_FAILED, r,
					  "cannot open the lock file '%s'", IK_LOCK_NAME);
		r = ik_sys_unlink(dir_fd, IK_LOCK_NAME);
		if (r < 0 && r != -ENOENT)
			return ik_err_set(err, IK_E_LOCK_UNTRUSTED, r,
					  "something that is not our lock file has the name '%s'",
					  IK_LOCK_NAME);
	}
	return ik_err_set(err, IK_E_LOCK_UNTRUSTED, ELOOP,
			  "the lock file '%s' is replaced again and again", IK_LOCK_NAME);
}

/* After the flock the name must still stand for our file: someone may have replaced it meanwhile. */
static bool name_is_ours(int dir_fd, int fd)
{
	struct stat by_name, by_fd;

	return fstatat(dir_fd, IK_LOCK_NAME, &by_name, AT_SYMLINK_NOFOLLOW) == 0 &&
	       fstat(fd, &by_fd) == 0 && by_name.st_ino == by_fd.st_ino &&
	       by_name.st_dev == by_fd.st_dev;
}

static void write_pid(int fd)
{
	char text[PID_TEXT_MAX];

	(void)snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	/* Only a help for messages: a failure does not weaken the lock. */
	if (ik_sys_ftruncate(fd, 0) == 0)
		(void)!ik_sys_pwrite(fd, text, strlen(text), 0);
}

static int report_busy(int fd, struct ik_err *err)
{
	char text[PID_TEXT_MAX] = "";
	ssize_t n = ik_sys_pread(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? strspn(text, "0123456789") : 0] = '\0';
	ik_err_set(err, IK_E_LOCK_BUSY, EBUSY,
		   "another run of immensity-kernel (process %s) is at work",
		   text[0] ? text : "unknown");
	ik_err_hint(err, "Wait until it has ended and try again; the lock goes away with it.");
	return -EBUSY;
}

int ik_lock_take(const char *shared_dir, const char *local_dir, unsigned int wait_ms,
		 struct ik_lock *ret, struct ik_err *err)
{
	ik_autoclose int dir_fd = -EBADF;
	int64_t end = ik_clock_mono_ms() + wait_ms;
	bool shared = false;
	int r = open_place(shared_dir, local_dir, &dir_fd, &shared, err);

	if (r < 0)
		return r;
	for (;;) {
		ik_autoclose int fd = -EBADF;

		r = open_file(dir_fd, &fd, err);
		if (r < 0)
			return r;
		r = ik_sys_flock(fd, LOCK_EX);
		if (r == 0 && name_is_ours(dir_fd, fd)) {
			write_pid(fd);
			*ret = (struct ik_lock){.fd = ik_steal_fd(&fd), .shared = shared};
			return 0;
		}
		if (r < 0 && r != -EWOULDBLOCK)
			return ik_err_set(err, IK_E_LOCK_FAILED, r, "cannot lock '%s'",
					  IK_LOCK_NAME);
		if (ik_clock_mono_ms() >= end)
			return report_busy(fd, err);
		ik_clock_sleep_ms(RETRY_MS);
	}
}

void ik_lock_release(struct ik_lock *lock)
{
	if (!lock)
		return;
	/* Closing releases the flock once no child holds the same open file. */
	lock->fd = ik_close(lock->fd);
}
