/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A preloaded library that makes the Nth allocation fail, or all from the Nth on. It counts over all
 * processes that the program forks. The program itself is the shipped one; see nomemory.h.
 */
#include "nomemory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static struct nomemory *orders;

/* The C library's own names for what is replaced here. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static __attribute__((constructor)) void take_orders(void)
{
	const char *path = getenv(NOMEMORY_PATH);
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *map = fd < 0 ? MAP_FAILED :
			     mmap(NULL, sizeof(*orders), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (fd >= 0)
		close(fd);
	if (map != MAP_FAILED)
		orders = map;
}

static bool is_refused(size_t size)
{
	long n;

	if (!orders)
		return false;
	n = __atomic_add_fetch(&orders->count, 1, __ATOMIC_SEQ_CST);
	if (orders->at == 0 || n < orders->at || (n > orders->at && !orders->lasting))
		return false;
	if (__atomic_fetch_add(&orders->fired, 1, __ATOMIC_SEQ_CST) == 0)
		orders->bytes = size;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return is_refused(size) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return is_refused(n * size) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
	return is_refused(size) ? NULL : __libc_realloc(old, size);
}

void *reallocarray(void *old, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(old, bytes);
}

void *memalign(size_t alignment, size_t size);

void *memalign(size_t alignment, size_t size)
{
	return is_refused(size) ? NULL : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
	void *got = memalign(alignment, size);

	if (!got)
		return ENOMEM;
	*ret = got;
	return 0;
}
