/* SPDX-License-Identifier: GPL-2.0-or-later */
/* io/inplace, io/stage, io/afile, io/probe: bytes, inode and what is left after a refusal. */
#include "io/inplace.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "faults.h"
#include "io/afile.h"
#include "io/probe.h"
#include "io/stage.h"
#include "os/memfd.h"
#include "os/sys.h"
#include "support.h"

#define KIB 1024u

/* Overwrites "t", which has old_len bytes, by new_len bytes; returns ik_inplace_write()'s result. */
static int overwrite(struct tmp *t, size_t old_len, size_t new_len, struct ik_inplace *job,
		     struct ik_err *err)
{
	ik_autofree char *old = pattern(old_len, 1), *new = pattern(new_len, 2);
	struct ik_sealed ik_autosealed sealed = {.fd = -EBADF};
	ik_autoclose int fd = -EBADF;

	put_file(t->fd, "t", old, old_len);
	assert_int_equal(ik_sealed_copy_bytes(new, new_len, "new", &sealed, NULL), 0);
	memset(job, 0, sizeof(*job));
	assert_int_equal(ik_path_open_regular(t->fd, "t", O_RDWR, &fd, &job->id, NULL), 0);
	job->dir_fd = t->fd;
	job->name = "t";
	job->fd = fd;
	job->from_fd = sealed.fd;
	job->size_bytes = new_len;
	job->digest = sealed.digest;
	ik_digest_of_bytes(new + IK_MIN(new_len, (size_t)IK_HEAD_BYTES),
			   new_len - IK_MIN(new_len, (size_t)IK_HEAD_BYTES), &job->body);
	return ik_inplace_write(job, err);
}

static void overwrites_whatever_the_sizes(void **state)
{
	static const struct {
		size_t old_len, new_len;
	} rows[] = {
		{64 * KIB, 64 * KIB},	   {64 * KIB, 3000 * KIB}, {3000 * KIB, 64 * KIB},
		{64 * KIB, IK_HEAD_BYTES}, {100, 64 * KIB},	   {1024 * KIB + 1, 1024 * KIB - 1},
	};
	struct tmp *t = *state;

	for (size_t i = 0; i < IK_ARRAY_SIZE(rows); i++) {
		ik_autofree char *want = pattern(rows[i].new_len, 2), *got = NULL;
		struct ik_file_id id;
		struct ik_inplace job;
		size_t len = 0;

		assert_int_equal(overwrite(t, rows[i].old_len, rows[i].new_len, &job, NULL), 0);
		assert_int_equal(job.reach, IK_INPLACE_WRITTEN);
		assert_false(job.padded);
		assert_int_equal(ik_path_identify(t->fd, "t", &id, NULL), 0);
		assert_true(ik_file_id_is_same(&id, &job.id));
		got = get_file(t->fd, "t", &len);
		assert_int_equal(len, rows[i].new_len);
		assert_memory_equal(got, want, len);
		assert_int_equal(unlinkat(t->fd, "t", 0), 0);
	}
}

/* Growing is the only step that takes room: where it fails, the old image is as it was. */
static void no_room_leaves_the_old_image(void **state)
{
	struct rlimit old_limit, limit = {200 * KIB, RLIM_INFINITY};
	ik_autofree char *want = pattern(64 * KIB, 1), *got = NULL;
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct tmp *t = *state;
	struct ik_err err = {0};
	struct ik_inplace job;
	size_t len = 0;
	int r;

	assert_int_equal(sigaction(SIGXFSZ, &ignore, NULL), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old_limit), 0);
	limit.rlim_max = old_limit.rlim_max;
	/* The source is sealed before the limit counts. */
	ik_autofree char *new = pattern(300 * KIB, 2);
	struct ik_sealed ik_autosealed sealed = {.fd = -EBADF};
	ik_autoclose int fd = -EBADF;

	put_file(t->fd, "t", want, 64 * KIB);
	assert_int_equal(ik_sealed_copy_bytes(new, 300 * KIB, "new", &sealed, NULL), 0);
	memset(&job, 0, sizeof(job));
	assert_int_equal(ik_path_open_regular(t->fd, "t", O_RDWR, &fd, &job.id, NULL), 0);
	job.dir_fd = t->fd;
	job.name = "t";
	job.fd = fd;
	job.from_fd = sealed.fd;
	job.size_bytes = 300 * KIB;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	r = ik_inplace_write(&job, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old_limit), 0);
	assert_true(r < 0);
	assert_int_equal(err.code, IK_E_SPACE_LOW);
	assert_int_equal(job.reach, IK_INPLACE_UNTOUCHED);
	got = get_file(t->fd, "t", &len);
	assert_int_equal(len, 64 * KIB);
	assert_memory_equal(got, want, len);
}

/* What is read back must be what was wanted, not only what was given. */
static void a_wrong_digest_is_found(void **state)
{
	struct tmp *t = *state;
	struct ik_err err = {0};
	struct ik_inplace job;
	ik_autofree char *new = pattern(64 * KIB, 2);
	struct ik_sealed ik_autosealed sealed = {.fd = -EBADF};
	ik_autoclose int fd = -EBADF;

	assert_int_equal(overwrite(t, 64 * KIB, 64 * KIB, &job, NULL), 0);
	assert_int_equal(ik_sealed_copy_bytes(new, 64 * KIB, "new", &sealed, NULL), 0);
	assert_int_equal(ik_path_open_regular(t->fd, "t", O_RDWR, &fd, &job.id, NULL), 0);
	job.fd = fd;
	job.from_fd = sealed.fd;
	job.body.bytes[0] ^= 1;
	assert_true(ik_inplace_write(&job, &err) < 0);
	assert_int_equal(err.code, IK_E_VERIFY_MISMATCH);
	assert_int_equal(job.reach, IK_INPLACE_TORN);
	ik_autofree char *got = get_file(t->fd, "t", NULL);
	assert_int_equal(got[0] | got[1] | got[100] | got[4095], 0);
}

static void too_small_for_a_head(void **state)
{
	struct ik_err err = {0};
	struct ik_inplace job;

	assert_true(overwrite(*state, 64 * KIB, 100, &job, &err) < 0);
	assert_int_equal(err.code, IK_E_FILE_TOO_SMALL);
	assert_int_equal(job.reach, IK_INPLACE_UNTOUCHED);
}

static void staging(void **state)
{
	ik_autofree char *bytes = pattern(1500 * KIB, 7), *got = NULL;
	struct ik_sealed ik_autosealed sealed = {.fd = -EBADF};
	struct tmp *t = *state;
	struct ik_err err = {0};
	struct ik_stage stage;
	size_t len = 0;

	assert_int_equal(ik_sealed_copy_bytes(bytes, 1500 * KIB, "x", &sealed, NULL), 0);
	stage = (struct ik_stage){
		.from_fd = sealed.fd,
		.size_bytes = sealed.size_bytes,
		.digest = sealed.digest,
		.dir_fd = t->fd,
		.temp = "temp",
		.name = "final",
		.what = "copying",
	};
	put_text(t->fd, "temp", "left by a crash");
	assert_int_equal(ik_stage_copy(&stage, NULL, NULL), 0);
	got = get_file(t->fd, "final", &len);
	assert_int_equal(len, 1500 * KIB);
	assert_memory_equal(got, bytes, len);
	assert_int_equal(faccessat(t->fd, "temp", F_OK, 0), -1);
	stage.digest.bytes[3] ^= 1;
	assert_true(ik_stage_copy(&stage, NULL, &err) < 0);
	assert_int_equal(err.code, IK_E_VERIFY_MISMATCH);
	assert_int_equal(faccessat(t->fd, "temp", F_OK, 0), -1);
	put_link(t->fd, "temp", "/etc/hostname");
	assert_true(ik_stage_copy(&stage, NULL, &err) < 0);
	assert_int_equal(err.code, IK_E_PATH_SYMLINK);
}

static void small_files(void **state)
{
	struct tmp *t = *state;
	struct ik_err err = {0};
	ik_autofree char *got = NULL, *none = NULL;
	size_t len = 0;

	assert_int_equal(ik_afile_read(t->fd, "f", 100, &none, &len, NULL), 0);
	assert_null(none);
	assert_int_equal(ik_afile_replace(t->fd, "f", "one", 3, 0600, NULL), 0);
	assert_int_equal(ik_afile_replace(t->fd, "f", "second", 6, 0600, NULL), 0);
	assert_int_equal(ik_afile_read(t->fd, "f", 100, &got, &len, NULL), 1);
	assert_string_equal(got, "second");
	assert_int_equal(ik_afile_read(t->fd, "f", 5, &none, &len, &err), -EFBIG);
	assert_int_equal(err.code, IK_E_FILE_TOO_BIG);
	put_link(t->fd, "link", "f");
	assert_true(ik_afile_replace(t->fd, "link", "x", 1, 0600, &err) < 0);
	assert_int_equal(err.code, IK_E_PATH_SYMLINK);
	assert_true(ik_afile_remove(t->fd, "link", &err) < 0);
	put_dir(t->fd, "dir");
	assert_true(ik_afile_replace(t->fd, "dir", "x", 1, 0600, &err) < 0);
	assert_int_equal(err.code, IK_E_FILE_IS_DIRECTORY);
	assert_int_equal(ik_afile_remove(t->fd, "f", NULL), 0);
	assert_int_equal(ik_afile_remove(t->fd, "f", NULL), 0);
}

static void probing(void **state)
{
	struct tmp *t = *state;
	struct ik_err err = {0};

	put_text(t->fd, IK_PROBE_NAME_A, "left by a crash");
	put_text(t->fd, IK_PROBE_NAME_B, "left by a crash");
	assert_int_equal(ik_probe_server(t->fd, &err), 0);
	assert_int_equal(faccessat(t->fd, IK_PROBE_NAME_A, F_OK, 0), -1);
	assert_int_equal(faccessat(t->fd, IK_PROBE_NAME_B, F_OK, 0), -1);
	put_dir(t->fd, IK_PROBE_NAME_A);
	assert_true(ik_probe_server(t->fd, &err) < 0);
	assert_int_equal(err.code, IK_E_FILE_IS_DIRECTORY);
}

/* Who has no memory to read a file back has not seen that it differs. */
static void without_memory_no_server_is_blamed(void **state)
{
	struct tmp *t = *state;
	struct ik_err err = {0};

	faults = (struct faults){.on = true, .only = "memory", .at = 1, .errnum = ENOMEM};
	assert_int_equal(ik_probe_server(t->fd, &err), -ENOMEM);
	assert_non_null(faults.fired);
	faults_off();
	assert_int_equal(err.code, IK_E_MEMORY_EXHAUSTED);
	assert_int_equal(ik_probe_server(t->fd, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(overwrites_whatever_the_sizes, tmp_setup,
						tmp_teardown),
		cmocka_unit_test_setup_teardown(no_room_leaves_the_old_image, tmp_setup,
						tmp_teardown),
		cmocka_unit_test_setup_teardown(a_wrong_digest_is_found, tmp_setup, tmp_teardown),
		cmocka_unit_test_setup_teardown(too_small_for_a_head, tmp_setup, tmp_teardown),
		cmocka_unit_test_setup_teardown(staging, tmp_setup, tmp_teardown),
		cmocka_unit_test_setup_teardown(small_files, tmp_setup, tmp_teardown),
		cmocka_unit_test_setup_teardown(probing, tmp_setup, tmp_teardown),
		cmocka_unit_test_setup_teardown(without_memory_no_server_is_blamed, tmp_setup,
						tmp_teardown),
	};

	return cmocka_run_group_tests_name("inplace", tests, NULL, NULL);
}
