/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel with zeros behind it, because the server would not let the file be cut (on Windows, while a program has it
 * mapped): it is the image before the zeros to everybody, and no copy holds any of them.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "faults.h"
#include "flow/remove.h"
#include "flow/status.h"
#include "flowworld.h"

static struct stat kernel_stat(void)
{
	struct stat st;

	assert_int_equal(fstatat(session.drive.fd, KERNEL, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st;
}

/* The nth cut of the job that follows is refused, or all from that on. */
static void refuse_cut(long n, bool lasting)
{
	faults = (struct faults){.on = true,
				 .only = "ik_sys_ftruncate",
				 .at = n,
				 .lasting = lasting,
				 .errnum = EINVAL};
}

/* `newer` over `ours`, with zeros up to the size of that. The first two cuts are the probe's. */
static void start_padded(void)
{
	struct ik_report report = {0};

	start_installed();
	refuse_cut(3, false);
	assert_int_equal(install(&newer, &report, NULL), 0);
	assert_int_equal(report.action, IK_ACTION_INSTALLED);
	assert_int_equal(kernel_stat().st_size, ours.size);
	assert_true(record().flags & IK_JREC_F_PADDED);
}

/* Status, and `verify` with it, sees this image and nothing to mend. */
static void assert_whole(const struct image *image)
{
	struct ik_sha256 digest;

	ik_digest_of_bytes(image->data, image->size, &digest);
	assert_int_equal(run_job(ik_status_job, NULL, NULL), 0);
	assert_false(job_report.recovery_needed);
	assert_true(job_report.target.has_sha256);
	assert_memory_equal(job_report.target.sha256, digest.bytes, IK_SHA256_LEN);
	assert_int_equal(job_report.target.size_bytes, image->size);
}

static void it_is_whole(void **state IK_UNUSED)
{
	struct ik_report report = {0};
	uint64_t generation;

	start_padded();
	assert_whole(&newer);
	session.env.release = (char *)newer.release;
	generation = record().generation;
	for (int again = 0; again < 3; again++) {
		memset(&report, 0, sizeof(report));
		refuse_cut(1, true);
		assert_int_equal(recover(&report, NULL), 0);
		assert_int_equal(report.action, IK_ACTION_NONE);
		assert_int_equal(record().state, IK_JREC_GOOD);
		assert_int_equal(record().generation, generation + 1); /* that one note */
		assert_whole(&newer);
	}
	/* Nothing maps it any more. */
	assert_int_equal(recover(&report, NULL), 0);
	assert_int_equal(report.action, IK_ACTION_NONE);
	assert_int_equal(kernel_stat().st_size, newer.size);
	assert_int_equal(record().state, IK_JREC_GOOD);
	assert_false(record().flags & IK_JREC_F_PADDED);
	assert_whole(&newer);
}

/* A start of WSL without rights on Windows: nothing is pending. */
static void without_a_lock_it_waits(void **state IK_UNUSED)
{
	struct ik_report report = {0};

	start_padded();
	faults = (struct faults){.on = true, .only = "ik_sys_create", .at = 1, .errnum = EACCES};
	assert_int_equal(recover(&report, NULL), 0);
	assert_int_equal(kernel_stat().st_size, ours.size);
}

static void the_same_image_again(void **state IK_UNUSED)
{
	struct ik_report report = {0};

	start_padded();
	refuse_cut(1, true);
	assert_int_equal(install(&newer, &report, NULL), 0);
	assert_int_equal(report.action, IK_ACTION_UNCHANGED);
	assert_true(has_copy(IK_NAME_PREV, &ours));
}

/* Its backup has no zeros; and where the overwriting is interrupted, it comes back as it was. */
static void another_image_over_it(void **state IK_UNUSED)
{
	struct ik_report report = {0};

	start_padded();
	refuse_cut(1, false); /* by the recovery before */
	session.conf.allow_downgrade = true;
	assert_int_equal(install(&ours, &report, NULL), 0);
	session.conf.allow_downgrade = false;
	assert_int_equal(report.action, IK_ACTION_INSTALLED);
	assert_true(has_copy(IK_NAME_PREV, &newer));
	assert_int_equal(record().a.size_bytes, newer.size);
	set_journal(IK_JREC_ARMED, 0);
	zero_head();
	refuse_cut(1, true);
	assert_int_equal(recover(&report, NULL), 0);
	assert_int_equal(report.action, IK_ACTION_RECOVERED);
	assert_true(is(&newer));
	assert_int_equal(kernel_stat().st_size, ours.size);
	assert_whole(&newer);
}

/* An overwriting of it that is called off leaves it as it was, and known. */
static void called_off_over_it(void **state IK_UNUSED)
{
	struct ik_report report = {0};
	struct ik_err err = {0};
	bool fired = true;

	for (long n = 1; fired; n++) {
		start_padded();
		faults = (struct faults){.on = true,
					 .only = "ik_sys_fsync",
					 .at = n,
					 .errnum = EIO,
					 .also = "ik_sys_ftruncate"};
		session.conf.allow_downgrade = true;
		fired = install(&ours, &report, &err) < 0 || faults.fired;
		session.conf.allow_downgrade = false;
		faults_off();
		refuse_cut(1, true);
		assert_int_equal(recover(&report, NULL), 0);
		assert_whole(is(&newer) ? &newer : &ours);
		assert_int_equal(strange_copies(), 0);
	}
}

static void restored_and_removed(void **state IK_UNUSED)
{
	struct ik_report report = {0};

	start_padded();
	assert_int_equal(restore("previous", &report, NULL), 0);
	assert_true(is(&ours));
	start_padded();
	refuse_cut(1, true);
	assert_int_equal(recover(&report, NULL), 0);
	refuse_cut(1, false);
	assert_int_equal(run_job(ik_remove_job, NULL, NULL), 0);
	assert_true(is(&official));
	assert_int_equal(strange_copies(), 0);
}

/*
 * A failed overwriting of the official kernel, called off, whose growth could not be taken back. False: the call was not
 * reached, or nothing of that kind came of it.
 */
static bool start_official_padded(const char *call, long n, bool *ret_fired)
{
	struct ik_report report = {0};
	struct ik_err err = {0};
	struct stat before, after;

	start_official();
	before = kernel_stat();
	faults = (struct faults){
		.on = true, .only = call, .at = n, .errnum = EIO, .also = "ik_sys_ftruncate"};
	assert_true(install(&ours, &report, &err) < 0 || is(&ours));
	*ret_fired = faults.fired;
	faults_off();
	after = kernel_stat();
	if (!is(&official) || after.st_size == before.st_size)
		return false;
	assert_memory_equal(&after.st_mtim, &before.st_mtim, sizeof(before.st_mtim));
	return true;
}

static void nobody_keeps_zeros(void **state IK_UNUSED)
{
	static const char *const calls[] = {"ik_sys_fsync", "ik_sys_pwrite"};
	struct ik_report report = {0};
	unsigned found = 0;

	for (size_t i = 0; i < 2 * IK_ARRAY_SIZE(calls); i++) {
		bool fired = true, removed = i >= IK_ARRAY_SIZE(calls);

		for (long n = 1; fired; n++) {
			if (!start_official_padded(calls[i % IK_ARRAY_SIZE(calls)], n, &fired))
				continue;
			found++;
			assert_whole(&official);
			refuse_cut(1, true);
			if (removed)
				assert_int_equal(run_job(ik_remove_job, NULL, NULL), 0);
			refuse_cut(1, false);
			assert_int_equal(install(&ours, &report, NULL), 0);
			assert_true(has_copy(IK_NAME_OFFICIAL, &official));
			assert_int_equal(strange_copies(), 0);
			assert_int_equal(run_job(ik_remove_job, NULL, NULL), 0);
			assert_int_equal(kernel_stat().st_size, official.size);
			assert_true(is(&official));
		}
	}
	assert_true(found >= 4);
}

#define TEST(f) cmocka_unit_test_setup(f, flow_start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_is_whole),	    TEST(without_a_lock_it_waits),
		TEST(the_same_image_again), TEST(another_image_over_it),
		TEST(called_off_over_it),   TEST(restored_and_removed),
		TEST(nobody_keeps_zeros),
	};

	return cmocka_run_group_tests_name("zeros", tests, flow_set_up, flow_tear_down);
}
