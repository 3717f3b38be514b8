/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files and trees for unit tests, by plain calls, so that a fault in os/sys cannot hide itself.
 */
#include "support.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct tmp tmp;

void tmp_make(struct tmp *t, const char *base)
{
	(void)snprintf(t->path, sizeof(t->path), "%s/ik-test.XXXXXX", base ? base : "/tmp");
	assert_non_null(mkdtemp(t->path));
	t->fd = open(t->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(t->fd >= 0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

void tmp_remove(struct tmp *t)
{
	(void)close(t->fd);
	(void)nftw(t->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int tmp_setup(void **state)
{
	static struct tmp t;

	tmp_make(&t, NULL);
	*state = &t;
	return 0;
}

int tmp_teardown(void **state)
{
	tmp_remove(*state);
	return 0;
}

static void make_way(int dir_fd, const char *path)
{
	char part[512];

	(void)snprintf(part, sizeof(part), "%s", path);
	for (char *slash = strchr(part, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdirat(dir_fd, part, 0755);
		*slash = '/';
	}
}

void put_file(int dir_fd, const char *path, const void *data, size_t len)
{
	int fd;

	make_way(dir_fd, path);
	fd = openat(dir_fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), (ssize_t)len);
	assert_int_equal(close(fd), 0);
}

void put_text(int dir_fd, const char *path, const char *text)
{
	put_file(dir_fd, path, text, strlen(text));
}

void put_dir(int dir_fd, const char *path)
{
	make_way(dir_fd, path);
	assert_int_equal(mkdirat(dir_fd, path, 0755), 0);
}

void put_link(int dir_fd, const char *path, const char *target)
{
	make_way(dir_fd, path);
	assert_int_equal(symlinkat(target, dir_fd, path), 0);
}

char *get_file(int dir_fd, const char *path, size_t *ret_len)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *data;

	if (fd < 0)
		return NULL;
	assert_int_equal(fstat(fd, &st), 0);
	data = calloc(1, (size_t)st.st_size + 1);
	assert_non_null(data);
	assert_int_equal(read(fd, data, (size_t)st.st_size), st.st_size);
	(void)close(fd);
	if (ret_len)
		*ret_len = (size_t)st.st_size;
	return data;
}

char *pattern(size_t len, unsigned seed)
{
	char *bytes = malloc(len);

	assert_non_null(bytes);
	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)(i * 31 + seed + i / 4096);
	return bytes;
}
