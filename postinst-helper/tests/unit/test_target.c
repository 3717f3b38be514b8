/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store/target: what a file is taken for that stands, or should stand, where a kernel is expected. */
#include "store/target.h"

#include <fcntl.h>
#include <unistd.h>

#include "faults.h"
#include "txnworld.h"

static void targets_are_judged(void **state IK_UNUSED)
{
	struct ik_target target = {.kind = IK_KIND_UNKNOWN};
	struct ik_err err = {.code = IK_E_NONE};
	struct ik_sha256 digest;
	int fd, dir = tmp.fd;

	assert_int_equal(ik_target_look(dir, "none", IK_TARGET_DIGEST, NULL, &target, NULL), 0);
	assert_int_equal(target.kind, IK_KIND_MISSING);
	put_link(dir, "link", "none");
	assert_true(ik_target_look(dir, "link", IK_TARGET_DIGEST, NULL, &target, &err) < 0);
	assert_int_equal(err.code, IK_E_PATH_SYMLINK);
	assert_true(ik_target_look(dir, "link", IK_TARGET_DIGEST, NULL, &target, NULL) < 0);
	put_file(dir, "kernel", ours.data, ours.size);
	assert_int_equal(ik_target_look(dir, "kernel", IK_TARGET_NO_DIGEST, NULL, &target, NULL),
			 0);
	assert_int_equal(target.kind, IK_KIND_OURS);
	assert_false(target.has_digest);
	assert_int_equal(ik_target_look(dir, "kernel", IK_TARGET_DIGEST_CACHE, NULL, &target, NULL),
			 0);
	ik_digest_of_bytes(ours.data, ours.size, &digest);
	assert_true(target.has_digest && ik_digest_is_equal(&target.whole, &digest));
	/* A read that fails is no judgement: neither of the head, nor of what tells whose it is. */
	for (long at = 1; at <= 3; at++) {
		faults = (struct faults){
			.on = true, .only = "ik_sys_pread", .at = at, .errnum = EIO};
		assert_int_equal(ik_target_look(dir, "kernel", IK_TARGET_NO_DIGEST, NULL, &target,
						at == 2 ? NULL : &err),
				 -EIO);
		faults_off();
		assert_int_equal(target.kind, IK_KIND_OURS); /* as it was */
	}
	/* Nothing of that size is a kernel, so it is not read. */
	put_text(dir, "huge", "x");
	fd = openat(dir, "huge", O_RDWR | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, (off_t)IK_IMAGE_MAX_BYTES + 1), 0);
	assert_int_equal(ik_target_look(dir, "huge", IK_TARGET_DIGEST, NULL, &target, NULL), 0);
	assert_int_equal(target.kind, IK_KIND_TORN);
	assert_false(target.has_digest);
	/* A good head before a body that is cut off: the head decides, and nothing is said of the rest. */
	put_file(dir, "cut", ours.data, 8192);
	assert_int_equal(ik_target_look(dir, "cut", IK_TARGET_NO_DIGEST, NULL, &target, NULL), 0);
	assert_int_equal(target.kind, IK_KIND_FOREIGN);
	assert_string_equal(target.image.release, "");
	close(fd);
	/* Shorter than the size that was said, while its structure is read. */
	fd = openat(dir, "cut", O_RDWR | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, 1024), 0);
	assert_true(ik_target_probe_fd(fd, ours.size, &target.image, &err) < 0);
	assert_int_equal(ftruncate(fd, 8192), 0);
	assert_int_equal(ik_target_body_digest(fd, 8192, &digest, NULL), 0);
	close(fd);
	assert_true(ik_target_probe_fd(-1, MIB, &target.image, &err) < 0);
	assert_int_equal(ik_target_body_digest(dir, 100, &digest, &err), -EINVAL);
	assert_int_equal(err.code, IK_E_FILE_TOO_SMALL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets_are_judged),
	};

	return cmocka_run_group_tests_name("store/target", tests, world_set_up, world_tear_down);
}
