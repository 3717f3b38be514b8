/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every unit test needs: cmocka's headers in the right order, a temporary directory that goes
 * away, files and trees in it. It knows nothing about the modules under test.
 */
#ifndef IK_TEST_SUPPORT_H
#define IK_TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A temporary directory: path and descriptor. */
struct tmp {
	char path[64];
	int fd;
};

/* One for all tests of a program, where they share it. */
extern struct tmp tmp;

/* Makes a directory beneath `base` ("/tmp" when NULL); ends the test when it cannot. */
void tmp_make(struct tmp *t, const char *base);

/* Removes the directory with all that is in it. */
void tmp_remove(struct tmp *t);

/* cmocka's setup and teardown for a test or a group: *state is a struct tmp. */
int tmp_setup(void **state);
int tmp_teardown(void **state);

/* Writes a file beneath a directory, making the directories on its way. */
void put_file(int dir_fd, const char *path, const void *data, size_t len);

/* The same for a NUL-terminated text. */
void put_text(int dir_fd, const char *path, const char *text);

/* Makes a directory with all that lead to it. */
void put_dir(int dir_fd, const char *path);

/* Makes a symlink, and the directories on its way. */
void put_link(int dir_fd, const char *path, const char *target);

/* Reads a whole file; the caller frees it. NULL when it cannot be read. */
char *get_file(int dir_fd, const char *path, size_t *ret_len);

/* Bytes that differ from seed to seed and from page to page; the caller frees them. */
char *pattern(size_t len, unsigned seed);

#endif
