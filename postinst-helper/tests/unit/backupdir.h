/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An empty directory in the role of the kernel's, for tests of the backups in it; the images are txnworld's.
 * It must not know which backup is good for what.
 */
#ifndef IK_TEST_BACKUPDIR_H
#define IK_TEST_BACKUPDIR_H

#include <stdbool.h>

#include "store/backup.h"
#include "txnworld.h"

extern int backups_fd; /* the directory */

/* cmocka's setup and teardown for a test; teardown also takes back what calls.h and faults.h let fail. */
int backupdir_setup(void **state);
int backupdir_teardown(void **state);

/* Puts an image there, under a name or by what its digest makes of a prefix. */
void backups_put(const char *file, const struct image *image);
void backups_put_hex(const char *prefix, const struct image *image);

/* The name that a copy of an image has by its digest. */
void backups_hex_name(const char *prefix, const struct image *image, char name[64]);

/* Is the file this very image? */
bool backups_hold(const char *file, const struct image *image);

/* Keeps a copy of an image that lies in the temporary directory; yields its name. */
int backups_keep(struct ik_backups *b, const struct image *image, char name[64],
		 struct ik_err *err);

/* The list; ends the test when it cannot be had. */
struct ik_backups backups_load(void);

#endif
