/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Beneath the world of txnworld, which lasts for a whole program; this is made anew for each test.
 */
#include "backupdir.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "calls.h"
#include "faults.h"
#include "store/keep.h"
#include "store/names.h"

int backups_fd;

int backupdir_setup(void **state IK_UNUSED)
{
	(void)mkdirat(tmp.fd, "backups", 0755);
	backups_fd = openat(tmp.fd, "backups", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return backups_fd >= 0 ? 0 : -1;
}

int backupdir_teardown(void **state IK_UNUSED)
{
	struct tmp all = {.fd = backups_fd};

	(void)call_met();
	faults_off();
	(void)snprintf(all.path, sizeof(all.path), "%.40s/backups", tmp.path);
	tmp_remove(&all);
	return 0;
}

void backups_put(const char *file, const struct image *image)
{
	put_file(backups_fd, file, image->data, image->size);
}

void backups_put_hex(const char *prefix, const struct image *image)
{
	char name[64];

	backups_hex_name(prefix, image, name);
	backups_put(name, image);
}

void backups_hex_name(const char *prefix, const struct image *image, char name[64])
{
	struct ik_sha256 digest;
	char hex[IK_SHA256_HEX];

	ik_digest_of_bytes(image->data, image->size, &digest);
	ik_digest_hex(&digest, hex);
	(void)snprintf(name, 64, "%s%.12s%s", prefix, hex, IK_NAME_SUFFIX);
}

bool backups_hold(const char *file, const struct image *image)
{
	size_t len = 0;
	ik_autofree char *got = get_file(backups_fd, file, &len);

	return got && len == image->size && memcmp(got, image->data, len) == 0;
}

struct ik_backups backups_load(void)
{
	struct ik_backups b = {0};
	struct ik_err err = {.code = IK_E_NONE};

	if (ik_backups_load(backups_fd, NULL, &b, &err) < 0)
		fail_msg("%s", err.message);
	return b;
}

int backups_keep(struct ik_backups *b, const struct image *image, char name[64], struct ik_err *err)
{
	struct ik_target target;
	int fd = openat(tmp.fd, image->name, O_RDONLY | O_CLOEXEC), r;

	assert_int_equal(ik_target_look(tmp.fd, image->name, IK_TARGET_DIGEST, NULL, &target, NULL),
			 0);
	r = ik_backup_keep(backups_fd, b, &target, fd, NULL, name, err);
	close(fd);
	return r;
}
