/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The owner of every system call that changes something. Each function is the call, the EINTR loop
 * and the errno; any policy belongs to the callers.
 */
#include "os/sys.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#define ALL_SEALS (F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL)
#define IO_CHUNK  (1u << 20) /* bytes per read or write call */

/* Repeats a call that a signal interrupted and yields its result. */
#define RETRY(call)                                        \
	({                                                 \
		__typeof__(call) result_;                  \
		do {                                       \
			result_ = (call);                  \
		} while (result_ == -1 && errno == EINTR); \
		result_;                                   \
	})

static int status_of(long result)
{
	return result == -1 ? -errno : 0;
}

static int fd_of(long result, int *ret_fd)
{
	if (result < 0)
		return -errno;
	*ret_fd = (int)result;
	return 0;
}

int ik_sys_openat2(int dir_fd, const char *path, int flags, mode_t mode, uint64_t resolve,
		   int *ret_fd)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned int)(flags | O_CLOEXEC),
		.mode = mode,
		.resolve = resolve,
	};

	return fd_of(RETRY(syscall(SYS_openat2, dir_fd, path, &how, sizeof(how))), ret_fd);
}

int ik_sys_openat(int dir_fd, const char *name, int flags, mode_t mode, int *ret_fd)
{
	return fd_of(RETRY(openat(dir_fd, name, flags | O_CLOEXEC | O_NOFOLLOW, mode)), ret_fd);
}

int ik_sys_open_read(const char *path, int flags, int *ret_fd)
{
	return fd_of(RETRY(open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | flags)), ret_fd);
}

int ik_sys_create(int dir_fd, const char *name, mode_t mode, int *ret_fd)
{
	return ik_sys_openat(dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOCTTY, mode, ret_fd);
}

ssize_t ik_sys_pread(int fd, void *buf, size_t len, uint64_t off)
{
	size_t done = 0;

	while (done < len) {
		size_t chunk = IK_MIN(len - done, (size_t)IO_CHUNK);
		ssize_t n = RETRY(pread(fd, (char *)buf + done, chunk, (off_t)(off + done)));

		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int ik_sys_pwrite(int fd, const void *buf, size_t len, uint64_t off)
{
	size_t done = 0;

	while (done < len) {
		size_t chunk = IK_MIN(len - done, (size_t)IO_CHUNK);
		ssize_t n = RETRY(pwrite(fd, (const char *)buf + done, chunk, (off_t)(off + done)));

		if (n < 0)
			return -errno;
		if (n == 0)
			return -ENOSPC;
		done += (size_t)n;
	}
	return 0;
}

int ik_sys_write(int fd, const void *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = RETRY(write(fd, (const char *)buf + done, len - done));

		if (n < 0)
			return -errno;
		if (n == 0)
			return -ENOSPC;
		done += (size_t)n;
	}
	return 0;
}

int ik_sys_read_all(int fd, size_t max, char **ret_buf, size_t *ret_len)
{
	ik_autofree char *buf = NULL;
	size_t len = 0, cap = 0;

	for (;;) {
		ssize_t n;

		if (len == cap) {
			char *more = realloc(buf, (cap ? cap * 2 : 4096) + 1);

			if (!more)
				return -ENOMEM;
			buf = more;
			cap = cap ? cap * 2 : 4096;
		}
		n = RETRY(read(fd, buf + len, cap - len));
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > max)
			return -EFBIG;
	}
	buf[len] = '\0';
	*ret_buf = ik_steal_ptr(buf);
	*ret_len = len;
	return 0;
}

int ik_sys_ftruncate(int fd, uint64_t size_bytes)
{
	return status_of(RETRY(ftruncate(fd, (off_t)size_bytes)));
}

int ik_sys_fsync(int fd)
{
	return status_of(RETRY(fsync(fd)));
}

void ik_sys_fsync_dir(int dir_fd)
{
	(void)RETRY(fsync(dir_fd)); /* see the header: no answer would change what we do */
}

int ik_sys_rename(int from_dir_fd, const char *from, int to_dir_fd, const char *to)
{
	return status_of(RETRY(renameat(from_dir_fd, from, to_dir_fd, to)));
}

int ik_sys_unlink(int dir_fd, const char *name)
{
	return status_of(RETRY(unlinkat(dir_fd, name, 0)));
}

int ik_sys_rmdir(int dir_fd, const char *name)
{
	return status_of(RETRY(unlinkat(dir_fd, name, AT_REMOVEDIR)));
}

int ik_sys_mkdir(int dir_fd, const char *name, mode_t mode)
{
	return status_of(RETRY(mkdirat(dir_fd, name, mode)));
}

int ik_sys_link(int from_dir_fd, const char *from, int to_dir_fd, const char *to)
{
	return status_of(RETRY(linkat(from_dir_fd, from, to_dir_fd, to, 0)));
}

int ik_sys_set_mtime(int fd, const struct timespec *mtime)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, *mtime};

	return status_of(RETRY(futimens(fd, times)));
}

int ik_sys_fchmod(int fd, mode_t mode)
{
	return status_of(RETRY(fchmod(fd, mode)));
}

int ik_sys_flock(int fd, int operation)
{
	return status_of(RETRY(flock(fd, operation | LOCK_NB)));
}

int ik_sys_memfd(const char *name, int *ret_fd)
{
	return fd_of(RETRY(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING)), ret_fd);
}

int ik_sys_seal(int fd)
{
	return status_of(RETRY(fcntl(fd, F_ADD_SEALS, ALL_SEALS)));
}

int ik_sys_is_sealed(int fd)
{
	int seals = RETRY(fcntl(fd, F_GET_SEALS));

	if (seals == -1)
		return -errno;
	return (seals & ALL_SEALS) == ALL_SEALS;
}

void ik_sys_drop_cache(int fd)
{
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED); /* a hint */
}

int ik_sys_free_bytes(int fd, uint64_t *ret_bytes)
{
	struct statvfs vfs;
	uint64_t bytes;

	if (RETRY(fstatvfs(fd, &vfs)) == -1)
		return -errno;
	if (__builtin_mul_overflow((uint64_t)vfs.f_bavail, (uint64_t)vfs.f_frsize, &bytes))
		bytes = UINT64_MAX;
	*ret_bytes = bytes;
	return 0;
}
