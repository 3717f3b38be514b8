/* SPDX-License-Identifier: GPL-2.0-or-later */
/* os/memfd and os/trusted: a sealed copy is whole and checked, or there is none. */
#include "os/memfd.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "calls.h"
#include "faults.h"
#include "os/sys.h"
#include "os/trusted.h"
#include "support.h"

#define SIZE 300000u /* more than one step of the copy */

static uint8_t data[SIZE];

static int set_up(void **state)
{
	struct tmp *t;

	assert_int_equal(tmp_setup(state), 0);
	t = *state;
	for (size_t i = 0; i < SIZE; i++)
		data[i] = (uint8_t)(i * 7 + i / 1000);
	put_file(t->fd, "image", data, SIZE);
	put_file(t->fd, "dir/image", data, SIZE);
	return 0;
}

static void check_copy(struct ik_sealed *copy)
{
	struct ik_sha256 want;
	uint8_t *got = malloc(SIZE);

	assert_non_null(got);
	ik_digest_of_bytes(data, SIZE, &want);
	assert_int_equal(copy->size_bytes, SIZE);
	assert_true(ik_digest_is_equal(&copy->digest, &want));
	assert_int_equal(ik_sys_pread(copy->fd, got, SIZE, 0), SIZE);
	assert_memory_equal(got, data, SIZE);
	assert_int_equal(ik_sys_is_sealed(copy->fd), 1);
	free(got);
	ik_sealed_done(copy);
	assert_true(copy->fd < 0);
	ik_sealed_done(NULL);
}

static void copies_are_whole(void **state)
{
	struct tmp *t = *state;
	struct ik_sealed copy = {.fd = -1};
	int fd = openat(t->fd, "image", O_RDONLY | O_CLOEXEC);

	assert_int_equal(ik_sealed_copy_fd(fd, "image", SIZE, &copy, NULL), 0);
	check_copy(&copy);
	assert_int_equal(ik_sealed_copy_bytes(data, SIZE, "bytes", &copy, NULL), 0);
	check_copy(&copy);
	close(fd);
}

/* What can fail on the way: by call of the C library, or by call of os/sys and the allocator. */
static const struct {
	const char *call, *fault;
	int errnum;
	bool bytes_too; /* the copy of bytes meets it, too */
	enum ik_code code;
} cases[] = {
	{"memfd_create", NULL, EMFILE, true, IK_E_MEMORY_EXHAUSTED},
	{"fcntl", NULL, EPERM, true, IK_E_IO_FAILED},
	{NULL, "ik_sys_pwrite", ENOSPC, true, IK_E_MEMORY_EXHAUSTED},
	{NULL, "ik_sys_pread", EIO, false, IK_E_IO_FAILED},
	{NULL, "memory", ENOMEM, false, IK_E_MEMORY_EXHAUSTED},
};

static void arm(size_t i)
{
	if (cases[i].call)
		call_fails(cases[i].call, 1, cases[i].errnum);
	else
		faults = (struct faults){
			.on = true, .only = cases[i].fault, .at = 1, .errnum = cases[i].errnum};
}

static void check_failure(size_t i, int r, const struct ik_sealed *copy, const struct ik_err *err)
{
	bool met = call_met() || faults.fired;

	faults_off();
	assert_true(met);
	assert_int_equal(r, -cases[i].errnum);
	assert_int_equal(err->code, cases[i].code);
	assert_int_equal(copy->fd, -1);
}

static void no_half_copy_is_given(void **state)
{
	struct tmp *t = *state;
	struct ik_sealed copy = {.fd = -1};
	int fd = openat(t->fd, "image", O_RDONLY | O_CLOEXEC);

	for (size_t i = 0; i < IK_ARRAY_SIZE(cases); i++) {
		struct ik_err err = {.code = IK_E_NONE};

		arm(i);
		check_failure(i, ik_sealed_copy_fd(fd, "x", SIZE, &copy, &err), &copy, &err);
		if (!cases[i].bytes_too)
			continue;
		arm(i);
		check_failure(i, ik_sealed_copy_bytes(data, SIZE, "x", &copy, &err), &copy, &err);
	}
	close(fd);
}

static int seal(const struct tmp *t, const char *path, struct ik_err *err)
{
	struct ik_sealed copy = {.fd = -1};
	int r;

	*err = (struct ik_err){.code = IK_E_NONE};
	r = ik_trusted_seal(t->path, path, SIZE, &copy, err);
	assert_int_equal(copy.fd >= 0, r == 0);
	ik_sealed_done(&copy);
	return r;
}

static void a_file_that_cannot_be_examined_is_not_trusted(void **state)
{
	struct tmp *t = *state;
	struct ik_err err;

	for (long at = 1; at <= 4; at++) { /* directory, way, identity twice, file */
		call_fails("fstat", at, EIO);
		assert_int_equal(seal(t, "dir/image", &err), -EIO);
		assert_true(call_met());
		assert_int_equal(err.code, IK_E_IO_FAILED);
	}
	call_fails("strdup", 1, ENOMEM);
	assert_int_equal(seal(t, "dir/image", &err), -ENOMEM);
	assert_true(call_met());
	assert_int_equal(err.code, IK_E_MEMORY_EXHAUSTED);
	faults = (struct faults){.on = true, .only = "ik_sys_openat", .at = 1, .errnum = EACCES};
	assert_int_equal(seal(t, "dir/image", &err), -EACCES);
	faults_off();
	assert_int_equal(err.code, IK_E_IO_FAILED);
	assert_int_equal(seal(t, "missing/image", &err), -ENOENT);
	assert_int_equal(err.code, IK_E_PATH_MISSING);
	assert_int_equal(seal(t, "dir/image", &err), 0);
}

/* Root trusts root alone; without root our own files are as good as root's, another's are not. */
static void without_root_our_own_files_are_trusted(void **state)
{
	struct tmp *t = *state;
	struct ik_err err;
	int mine, of_another;

	if (geteuid() != 0)
		skip();
	assert_int_equal(fchmod(t->fd, 0755), 0);
	assert_int_equal(fchownat(t->fd, "dir", 65534, 65534, 0), 0);
	assert_int_equal(fchownat(t->fd, "dir/image", 65534, 65534, 0), 0);
	assert_int_equal(seal(t, "dir/image", &err), -EPERM);
	assert_int_equal(seteuid(65534), 0);
	mine = seal(t, "dir/image", &err);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(seteuid(65533), 0);
	of_another = seal(t, "dir/image", &err);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(mine, 0);
	assert_int_equal(of_another, -EPERM);
	assert_int_equal(err.code, IK_E_FILE_UNTRUSTED);
}

static void the_directory_itself_must_be_trusted(void **state)
{
	struct tmp *t = *state;
	struct ik_err err;

	assert_int_equal(fchmod(t->fd, 0777), 0);
	assert_int_equal(seal(t, "image", &err), -EPERM);
	assert_int_equal(err.code, IK_E_FILE_UNTRUSTED);
	assert_int_equal(fchmod(t->fd, 0755), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_are_whole),
		cmocka_unit_test(no_half_copy_is_given),
		cmocka_unit_test(a_file_that_cannot_be_examined_is_not_trusted),
		cmocka_unit_test(the_directory_itself_must_be_trusted),
		cmocka_unit_test(without_root_our_own_files_are_trusted),
	};

	return cmocka_run_group_tests_name("os/memfd, os/trusted", tests, set_up, tmp_teardown);
}
