/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What flow/txn, flow/recover and their jobs decide where no call fails by chance: the same image again, older and
 * foreign ones, backups by name, mixtures. Somebody else who comes in between is test_between.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "faults.h"
#include "io/reread.h"
#include "txnworld.h"

static struct stat kernel_stat(void)
{
	struct stat st;

	assert_int_equal(fstatat(session.drive.fd, KERNEL, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st;
}

/* ---- which image may replace which ---- */

static void the_same_image_again(void **state IK_UNUSED)
{
	struct ik_report report = {0};
	struct ik_jrec before, after;
	struct stat was, now;

	start_installed();
	before = record();
	was = kernel_stat();
	assert_int_equal(install(&ours, &report, NULL), 0);
	assert_int_equal(report.action, IK_ACTION_UNCHANGED);
	after = record();
	now = kernel_stat();
	assert_int_equal(after.generation, before.generation);
	assert_memory_equal(&now.st_ctim, &was.st_ctim, sizeof(was.st_ctim));
}

static void an_older_image(void **state IK_UNUSED)
{
	struct ik_report report = {0};
	struct ik_err err = {0};

	start_installed();
	assert_int_equal(install(&newer, &report, NULL), 0);
	assert_true(install(&ours, &report, &err) < 0);
	assert_int_equal(err.code, IK_E_TARGET_NEWER);
	assert_int_equal(report.action, IK_ACTION_NEWER);
	assert_true(is(&newer));
	session.conf.allow_downgrade = true;
	assert_int_equal(install(&ours, &report, NULL), 0);
	session.conf.allow_downgrade = false;
	assert_int_equal(report.action, IK_ACTION_INSTALLED);
	assert_true(is(&ours));
}

static void a_foreign_image(void **state IK_UNUSED)
{
	struct ik_report report = {0};
	struct ik_err err = {0};

	start_official();
	put_kernel(KERNEL, foreign.data, foreign.size, 0);
	assert_true(install(&ours, &report, &err) < 0);
	assert_int_equal(err.code, IK_E_TARGET_FOREIGN);
	assert_true(is(&foreign));
	session.conf.replace_foreign = true;
	assert_int_equal(install(&ours, &report, NULL), 0);
	session.conf.replace_foreign = false;
	assert_true(is(&ours));
	assert_true(has_copy(record().a.file, &foreign));
}

/* Our former image is named like the backup of the present one: it is staged before it is replaced. */
static void the_previous_image(void **state IK_UNUSED)
{
	struct ik_report report = {0};

	start_installed();
	assert_int_equal(install(&newer, &report, NULL), 0);
	assert_true(has_copy(IK_NAME_PREV, &ours));
	assert_int_equal(restore("previous", &report, NULL), 0);
	assert_int_equal(report.action, IK_ACTION_RESTORED);
	assert_true(is(&ours));
	assert_true(has_copy(IK_NAME_PREV, &newer));
	/* Had it been interrupted, the journal would have named a copy of each. */
	assert_string_equal(record().a.file, IK_NAME_PREV);
	assert_string_equal(record().b.file, IK_NAME_NEW);
	assert_false(is_there(IK_NAME_NEW));
}

/* A journal that was lost takes nothing away that the backups still hold. */
static void restored_without_a_journal(void **state IK_UNUSED)
{
	struct ik_report report = {0};

	start_installed();
	assert_int_equal(unlinkat(session.drive.fd, TOOLS IK_NAME_JOURNAL, 0), 0);
	assert_int_equal(restore("official", &report, NULL), 0);
	assert_true(is(&official));
	assert_true(has_copy(IK_NAME_OFFICIAL, &official));
}

/* The server does not let the file be cut: zeros follow the image, and everybody is told. */
static void installed_with_zeros(void **state IK_UNUSED)
{
	struct ik_report report = {0};
	struct ik_sha256 digest;
	size_t len = 0;

	start_installed();
	/* The first two are the probe's. */
	faults = (struct faults){.on = true, .only = "ik_sys_ftruncate", .at = 3, .errnum = EINVAL};
	assert_int_equal(install(&newer, &report, NULL), 0);
	assert_non_null(faults.fired);
	faults_off();
	assert_int_equal(report.action, IK_ACTION_INSTALLED);
	assert_int_equal(record().state, IK_JREC_DONE);
	assert_true(record().flags & IK_JREC_F_PADDED);
	assert_true(is(&newer));
	ik_autofree char *got = get_file(session.drive.fd, KERNEL, &len);
	assert_int_equal(len, ours.size);
	for (size_t i = newer.size; i < len; i++)
		assert_int_equal(got[i], 0);
	/* What is reported, and remembered, is the image: the zeros are none of it, and may be cut off any time. */
	ik_digest_of_bytes(newer.data, newer.size, &digest);
	assert_true(report.target.has_sha256);
	assert_memory_equal(report.target.sha256, digest.bytes, IK_SHA256_LEN);
	assert_int_equal(report.target.size_bytes, newer.size);
}

/* ---- mixtures that only one end betrays ---- */

static void put_part(const struct image *image, size_t from, size_t to)
{
	int fd = openat(session.drive.fd, KERNEL, O_WRONLY | O_CLOEXEC);

	assert_int_equal(pwrite(fd, image->data + from, to - from, (off_t)from),
			 (ssize_t)(to - from));
	assert_int_equal(close(fd), 0);
}

/* Somebody else wrote their kernel into the file that we were writing the old image to: only its end is ours. */
static void an_end_of_the_old_image(void **state IK_UNUSED)
{
	struct ik_report report = {0};

	start_armed_old();
	put_part(&foreign, 0, official.size - 65536);
	assert_int_equal(recover(&report, NULL), 0);
	assert_int_equal(report.recovery, IK_RECOVERY_RESTORE_OLD);
	assert_true(is(&official));
}

/* The same while the new image was written, which still lies beside it. */
static void an_end_of_the_new_image(void **state IK_UNUSED)
{
	struct ik_report report = {0};

	start_armed_new();
	put_kernel(TOOLS IK_NAME_NEW, ours.data, ours.size, 0);
	put_part(&foreign, 0, foreign.size - 65536);
	assert_int_equal(recover(&report, NULL), 0);
	assert_int_equal(report.recovery, IK_RECOVERY_RESTORE_OLD);
	assert_true(is(&official));
	assert_false(is_there(IK_NAME_NEW));
}

/* Theirs was longer than ours, and our cut came just after it: nothing of ours is in it, but it is not whole. */
static void theirs_cut_by_us(void **state IK_UNUSED)
{
	struct ik_report report = {0};

	start_armed_new();
	put_kernel(KERNEL, foreign.data, foreign.size - 4096, 0);
	assert_int_equal(recover(&report, NULL), 0);
	assert_int_equal(report.recovery, IK_RECOVERY_RESTORE_OLD);
	assert_true(is(&official));
}

/* Our head was written last, over a body that somebody else had written. */
static void a_head_of_the_old_image(void **state IK_UNUSED)
{
	struct ik_report report = {0};

	start_armed_old();
	put_kernel(KERNEL, foreign.data, foreign.size, 0);
	put_part(&official, 0, IK_HEAD_BYTES);
	assert_int_equal(recover(&report, NULL), 0);
	assert_int_equal(report.recovery, IK_RECOVERY_RESTORE_OLD);
	assert_true(is(&official));
}

/* ---- the job of recovery ---- */

static void the_mark_is_not_written(void **state IK_UNUSED)
{
	char *before = session.env.release;
	struct ik_report report = {0};
	struct ik_err err = {0};
	char running[] = OURS;

	start_installed();
	session.env.release = running;
	/* The first one is the lock's. */
	faults = (struct faults){.on = true, .only = "ik_sys_pwrite", .at = 2, .errnum = EIO};
	assert_int_equal(recover(&report, &err), 0); /* a note: the next run writes it */
	faults_off();
	assert_int_equal(err.code, IK_E_NONE);
	assert_int_equal(record().state, IK_JREC_DONE);
	assert_int_equal(recover(&report, NULL), 0);
	assert_int_equal(record().state, IK_JREC_GOOD);
	session.env.release = before;
}

static void no_drive(void **state IK_UNUSED)
{
	struct ik_report report = {0};
	struct ik_err err = {0};
	int fd = session.drive.fd;

	start_torn();
	session.drive.fd = -EBADF;
	(void)ik_err_set(&session.drive_err, IK_E_DRIVE_MISSING, 0, "no drive");
	assert_true(recover(&report, &err) < 0);
	session.drive.fd = fd;
	assert_int_equal(err.code, IK_E_DRIVE_MISSING);
	assert_true(head_is_zero());
	assert_int_equal(recover(&report, NULL), 0);
	assert_true(is(&official));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_image_again),
		cmocka_unit_test(an_older_image),
		cmocka_unit_test(a_foreign_image),
		cmocka_unit_test(the_previous_image),
		cmocka_unit_test(restored_without_a_journal),
		cmocka_unit_test(installed_with_zeros),
		cmocka_unit_test(an_end_of_the_old_image),
		cmocka_unit_test(an_end_of_the_new_image),
		cmocka_unit_test(theirs_cut_by_us),
		cmocka_unit_test(a_head_of_the_old_image),
		cmocka_unit_test(the_mark_is_not_written),
		cmocka_unit_test(no_drive),
	};

	return cmocka_run_group_tests_name("commit", tests, world_set_up, world_tear_down);
}
