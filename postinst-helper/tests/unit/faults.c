/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One wrapper for each call; see faults.h. */
#include "faults.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

#include "os/pathres.h"

struct faults faults;
bool faults_skip_sleep;
static int64_t slept_ms;

void faults_off(void)
{
	faults = (struct faults){.on = false};
}

/* 0 = go on, negative = fail with it, positive = make it short. */
static int meet(const char *name)
{
	if (faults.on && faults.failed && faults.also && strcmp(faults.also, name) == 0)
		return faults.errnum ? -faults.errnum : 1;
	if (!faults.on || (faults.only && strcmp(faults.only, name) != 0))
		return 0;
	faults.count++;
	if (faults.hook && faults.count == faults.hook_at) {
		faults.on = false; /* what the other one does is not counted */
		faults.hook();
		faults.on = true;
		faults.fired = name;
	}
	if (faults.count != faults.at &&
	    !(faults.lasting && faults.count > faults.at && faults.at && faults.failed &&
	      strcmp(faults.failed, name) == 0))
		return 0;
	faults.fired = faults.failed = name;
	return faults.errnum ? -faults.errnum : 1;
}

#define WRAP_AS(name, params, args, failure) \
	int __real_##name params;            \
	int __wrap_##name params;            \
	int __wrap_##name params             \
	{                                    \
		int r = meet(#name);         \
                                             \
		if (r < 0)                   \
			return failure;      \
		if (r > 0 && faults.lies)    \
			return 0;            \
		return __real_##name args;   \
	}

#define WRAP(name, params, args) WRAP_AS(name, params, args, r)

/* The same for calls with an error object. */
#define WRAP_ERR(name, params, args) \
	WRAP_AS(name, params, args, ik_err_set(err, IK_E_IO_FAILED, r, "made to fail"))

WRAP(ik_sys_openat2,
     (int dir_fd, const char *path, int flags, mode_t mode, uint64_t resolve, int *ret_fd),
     (dir_fd, path, flags, mode, resolve, ret_fd))
WRAP(ik_sys_openat, (int dir_fd, const char *name, int flags, mode_t mode, int *ret_fd),
     (dir_fd, name, flags, mode, ret_fd))
WRAP(ik_sys_create, (int dir_fd, const char *name, mode_t mode, int *ret_fd),
     (dir_fd, name, mode, ret_fd))
WRAP(ik_sys_pwrite, (int fd, const void *buf, size_t len, uint64_t off), (fd, buf, len, off))
WRAP(ik_sys_read_all, (int fd, size_t max, char **ret_buf, size_t *ret_len),
     (fd, max, ret_buf, ret_len))
WRAP(ik_sys_ftruncate, (int fd, uint64_t size_bytes), (fd, size_bytes))
WRAP(ik_sys_fsync, (int fd), (fd))
WRAP(ik_sys_rename, (int from_dir_fd, const char *from, int to_dir_fd, const char *to),
     (from_dir_fd, from, to_dir_fd, to))
WRAP(ik_sys_unlink, (int dir_fd, const char *name), (dir_fd, name))
WRAP(ik_sys_link, (int from_dir_fd, const char *from, int to_dir_fd, const char *to),
     (from_dir_fd, from, to_dir_fd, to))
WRAP(ik_sys_set_mtime, (int fd, const struct timespec *mtime), (fd, mtime))
WRAP_ERR(ik_clock_random, (void *buf, size_t len, struct ik_err *err), (buf, len, err))
WRAP_ERR(ik_file_id_of, (int fd, struct ik_file_id *ret, struct ik_err *err), (fd, ret, err))
WRAP_ERR(ik_path_identify,
	 (int dir_fd, const char *path, struct ik_file_id *ret, struct ik_err *err),
	 (dir_fd, path, ret, err))

int __real_ik_sys_free_bytes(int fd, uint64_t *ret_bytes);
int __wrap_ik_sys_free_bytes(int fd, uint64_t *ret_bytes);

int __wrap_ik_sys_free_bytes(int fd, uint64_t *ret_bytes)
{
	int r = meet("ik_sys_free_bytes");

	if (r == 0)
		return __real_ik_sys_free_bytes(fd, ret_bytes);
	*ret_bytes = 0;
	return IK_MIN(r, 0);
}

ssize_t __real_ik_sys_pread(int fd, void *buf, size_t len, uint64_t off);
ssize_t __wrap_ik_sys_pread(int fd, void *buf, size_t len, uint64_t off);

ssize_t __wrap_ik_sys_pread(int fd, void *buf, size_t len, uint64_t off)
{
	int r = meet("ik_sys_pread");

	return r < 0 ? r : __real_ik_sys_pread(fd, buf, r > 0 ? len / 2 : len, off);
}

#define WRAP_MEMORY(name, params, args)                                                           \
	void *__real_##name params;                                                               \
	void *__wrap_##name params;                                                               \
	void *__wrap_##name params                                                                \
	{                                                                                         \
		return faults.errnum == ENOMEM && meet("memory") < 0 ? NULL : __real_##name args; \
	}

WRAP_MEMORY(malloc, (size_t size), (size))
WRAP_MEMORY(calloc, (size_t n, size_t size), (n, size))
WRAP_MEMORY(realloc, (void *old, size_t size), (old, size))

int __real_posix_memalign(void **ret, size_t alignment, size_t size);
int __wrap_posix_memalign(void **ret, size_t alignment, size_t size);

int __wrap_posix_memalign(void **ret, size_t alignment, size_t size)
{
	if (faults.errnum == ENOMEM && meet("memory") < 0)
		return ENOMEM;
	return __real_posix_memalign(ret, alignment, size);
}

int64_t __real_ik_clock_mono_ms(void);
int64_t __wrap_ik_clock_mono_ms(void);

int64_t __wrap_ik_clock_mono_ms(void)
{
	return __real_ik_clock_mono_ms() + slept_ms;
}

void __real_ik_clock_sleep_ms(unsigned int ms);
void __wrap_ik_clock_sleep_ms(unsigned int ms);

void __wrap_ik_clock_sleep_ms(unsigned int ms)
{
	if (faults_skip_sleep)
		slept_ms += ms;
	else
		__real_ik_clock_sleep_ms(ms);
}
