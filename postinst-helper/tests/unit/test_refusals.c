/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * io/stage, io/afile, io/probe and store/journal on a drive that refuses, that says yes and does nothing,
 * and that somebody else writes to: what is left, and what is said about it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "faults.h"
#include "io/afile.h"
#include "io/probe.h"
#include "io/stage.h"
#include "os/memfd.h"
#include "store/journal.h"
#include "store/names.h"
#include "support.h"

#define KIB ((size_t)1024)

static struct tmp *t; /* where somebody else acts, too */

/* Each case: the call that fails, and what is said about it. */
#define FAULT(...) .want = {.on = true, __VA_ARGS__}

/* ---- copies and small files ---- */

static bool is_there(const char *name)
{
	return faccessat(t->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool is_text(const char *name, const char *want)
{
	ik_autofree char *got = get_file(t->fd, name, NULL);

	return got && strcmp(got, want) == 0;
}

/* Whatever is refused: no temporary file, and the file before is what it was. */
static void staging(void **state)
{
	static const struct {
		struct faults want;
		enum ik_code code;
	} cases[] = {
		{FAULT(.only = "memory", .at = 1, .errnum = ENOMEM), IK_E_MEMORY_EXHAUSTED},
		{FAULT(.only = "ik_sys_create", .at = 1, .errnum = EROFS), IK_E_PATH_DENIED},
		{FAULT(.only = "ik_sys_pread", .at = 1), IK_E_FILE_CHANGED},
		{FAULT(.only = "ik_sys_pread", .at = 1, .errnum = EIO), IK_E_IO_FAILED},
		{FAULT(.only = "ik_sys_pwrite", .at = 1, .errnum = ENOSPC), IK_E_SPACE_LOW},
		{FAULT(.only = "ik_sys_pwrite", .at = 1, .lies = true), IK_E_VERIFY_MISMATCH},
		{FAULT(.only = "ik_sys_fsync", .at = 1, .errnum = EIO), IK_E_IO_FAILED},
		{FAULT(.only = "ik_sys_rename", .at = 1, .errnum = EACCES), IK_E_PATH_DENIED},
	};
	ik_autofree char *bytes = pattern(100 * KIB, 7);
	struct ik_sealed ik_autosealed sealed = {.fd = -EBADF};
	struct ik_stage stage = {.size_bytes = 100 * KIB, .temp = "temp", .name = "final"};
	struct ik_err err = {0};

	t = *state;
	assert_int_equal(ik_sealed_copy_bytes(bytes, 100 * KIB, "x", &sealed, NULL), 0);
	stage.from_fd = sealed.fd;
	stage.digest = sealed.digest;
	stage.dir_fd = t->fd;
	put_text(t->fd, "final", "before");
	for (size_t i = 0; i < IK_ARRAY_SIZE(cases); i++) {
		faults = cases[i].want;
		assert_true(ik_stage_copy(&stage, NULL, &err) < 0);
		assert_non_null(faults.fired);
		faults_off();
		assert_int_equal(err.code, cases[i].code);
		assert_false(is_there("temp"));
		assert_true(is_text("final", "before"));
	}
	put_link(t->fd, "link", "final");
	stage.name = "link";
	assert_true(ik_stage_copy(&stage, NULL, &err) < 0);
	assert_int_equal(err.code, IK_E_PATH_SYMLINK);
	assert_true(ik_stage_copy(&stage, NULL, NULL) < 0);
	assert_false(is_there("temp"));
	assert_true(is_text("final", "before"));
}

static void small_files(void **state)
{
	static const struct {
		struct faults want;
		enum ik_code code;
	} cases[] = {
		{FAULT(.only = "ik_sys_create", .at = 1, .errnum = EACCES), IK_E_PATH_DENIED},
		{FAULT(.only = "ik_sys_pwrite", .at = 1, .errnum = ENOSPC), IK_E_SPACE_LOW},
		{FAULT(.only = "ik_sys_pwrite", .at = 1, .lies = true), IK_E_VERIFY_MISMATCH},
		{FAULT(.only = "ik_sys_fsync", .at = 1, .errnum = EIO), IK_E_IO_FAILED},
		{FAULT(.only = "ik_sys_rename", .at = 1, .errnum = EIO), IK_E_IO_FAILED},
	};
	struct ik_err err = {0};
	char name[256], *none = NULL;
	size_t len;

	t = *state;
	put_text(t->fd, "f", "before");
	for (size_t i = 0; i < IK_ARRAY_SIZE(cases); i++) {
		faults = cases[i].want;
		assert_true(ik_afile_replace(t->fd, "f", "after", 5, 0600, &err) < 0);
		assert_non_null(faults.fired);
		faults_off();
		assert_int_equal(err.code, cases[i].code);
		assert_false(is_there("f" IK_AFILE_TEMP));
		assert_true(is_text("f", "before"));
	}
	faults = (struct faults){.on = true, .only = "ik_sys_unlink", .at = 1, .errnum = EACCES};
	assert_true(ik_afile_remove(t->fd, "f", &err) < 0);
	assert_int_equal(err.code, IK_E_PATH_DENIED);
	/* Somebody else was faster: it is gone, and that is what was wanted. */
	faults = (struct faults){.on = true, .only = "ik_sys_unlink", .at = 1, .errnum = ENOENT};
	assert_int_equal(ik_afile_remove(t->fd, "f", NULL), 0);
	faults = (struct faults){.on = true, .only = "ik_sys_read_all", .at = 1, .errnum = EIO};
	assert_int_equal(ik_afile_read(t->fd, "f", 100, &none, &len, &err), -EIO);
	faults_off();
	/* Nobody asks why. */
	put_link(t->fd, "link", "f");
	assert_true(ik_afile_put(t->fd, "link", "x", 1, 0600, NULL) < 0);
	assert_true(ik_afile_remove(t->fd, "link", NULL) < 0);
	assert_true(ik_afile_read(t->fd, "link", 100, &none, &len, NULL) < 0);
	assert_true(is_text("f", "before"));
	/* No room for the suffix of the temporary file. */
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_true(ik_afile_put(t->fd, name, "x", 1, 0600, &err) < 0);
	assert_int_equal(err.code, IK_E_PATH_BAD);
}

/* ---- what a server promises ---- */

static void probing(void **state)
{
	static const struct {
		struct faults want;
		enum ik_code code;
	} cases[] = {
		{FAULT(.only = "ik_sys_create", .at = 1, .errnum = EACCES), IK_E_PATH_DENIED},
		{FAULT(.only = "ik_sys_create", .at = 2, .lies = true), IK_E_SERVER_UNSAFE},
		{FAULT(.only = "ik_sys_create", .at = 3, .errnum = EIO), IK_E_IO_FAILED},
		{FAULT(.only = "ik_sys_pwrite", .at = 1, .errnum = ENOSPC), IK_E_SPACE_LOW},
		{FAULT(.only = "ik_sys_pwrite", .at = 1, .lies = true), IK_E_SERVER_UNSAFE},
		{FAULT(.only = "ik_sys_pwrite", .at = 2, .errnum = ENOSPC), IK_E_SPACE_LOW},
		{FAULT(.only = "ik_sys_fsync", .at = 1, .errnum = EOPNOTSUPP), IK_E_SERVER_UNSAFE},
		{FAULT(.only = "ik_sys_fsync", .at = 1, .errnum = ENOSPC), IK_E_SPACE_LOW},
		{FAULT(.only = "ik_sys_fsync", .at = 2, .errnum = EIO), IK_E_SERVER_UNSAFE},
		{FAULT(.only = "ik_sys_ftruncate", .at = 1, .errnum = ENOSPC), IK_E_SPACE_LOW},
		{FAULT(.only = "ik_sys_ftruncate", .at = 1, .lies = true), IK_E_SERVER_UNSAFE},
		{FAULT(.only = "ik_sys_ftruncate", .at = 2, .errnum = EINVAL), IK_E_SERVER_UNSAFE},
		{FAULT(.only = "ik_sys_ftruncate", .at = 2, .lies = true), IK_E_SERVER_UNSAFE},
		{FAULT(.only = "ik_sys_rename", .at = 1, .errnum = EEXIST), IK_E_SERVER_UNSAFE},
		{FAULT(.only = "ik_sys_rename", .at = 1, .lies = true), IK_E_SERVER_UNSAFE},
		{FAULT(.only = "ik_path_identify", .at = 3, .errnum = EIO), IK_E_IO_FAILED},
	};

	t = *state;
	for (size_t i = 0; i < IK_ARRAY_SIZE(cases); i++) {
		struct ik_err err = {0};

		faults = cases[i].want;
		assert_true(ik_probe_server(t->fd, &err) < 0);
		assert_non_null(faults.fired);
		faults_off();
		if (err.code != cases[i].code)
			fail_msg("%s, call %ld: %s", cases[i].want.only, cases[i].want.at,
				 err.message);
		assert_false(is_there(IK_PROBE_NAME_A));
		assert_false(is_there(IK_PROBE_NAME_B));
	}
}

/* ---- the journal ---- */

static struct ik_jrec a_record(void)
{
	struct ik_jrec rec = {.state = IK_JREC_ARMED, .target_ino = 5, .target_nlink = 2};

	(void)snprintf(rec.target, sizeof(rec.target), "kernel");
	rec.a.size_bytes = rec.b.size_bytes = 1 << 20;
	(void)snprintf(rec.a.file, sizeof(rec.a.file), IK_NAME_OFFICIAL);
	(void)snprintf(rec.b.file, sizeof(rec.b.file), IK_NAME_NEW);
	return rec;
}

/* Another program writes two records: the second one where ours has just been written. */
static void writes_journal(void)
{
	struct ik_jrec rec = a_record();
	struct ik_journal theirs;

	assert_int_equal(ik_journal_load(t->fd, &theirs, NULL), 0);
	assert_int_equal(ik_journal_write(&theirs, &rec, NULL), 0);
	assert_int_equal(ik_journal_write(&theirs, &rec, NULL), 0);
}

/* A slot of the same generation as ours, in the place where ours is not. */
static void writes_other_slot(void)
{
	uint8_t bytes[IK_JREC_SLOT_BYTES];
	struct ik_jrec rec = a_record();
	int fd = openat(t->fd, IK_NAME_JOURNAL, O_WRONLY | O_CLOEXEC);

	rec.generation = 2;
	assert_int_equal(ik_jrec_encode(&rec, bytes, NULL), 0);
	assert_int_equal(pwrite(fd, bytes, sizeof(bytes), 0), (ssize_t)sizeof(bytes));
	assert_int_equal(close(fd), 0);
}

/* Writes that did not arrive are noticed; what the caller knows stays what it knew. */
static void journal_not_written(void **state)
{
	static const struct {
		const char *what;
		int before; /* records in it */
		struct faults want;
		enum ik_code code;
	} cases[] = {
		{"the first one is lost", 0, FAULT(.only = "ik_sys_pwrite", .at = 2, .lies = true),
		 IK_E_JOURNAL_BAD},
		{"the second one is lost", 1, FAULT(.only = "ik_sys_pwrite", .at = 1, .lies = true),
		 IK_E_JOURNAL_BAD},
		{"a later one is lost", 4, FAULT(.only = "ik_sys_pwrite", .at = 1, .lies = true),
		 IK_E_JOURNAL_BAD},
		{"another writer", 2,
		 FAULT(.only = "ik_sys_pread", .hook_at = 2, .hook = writes_journal),
		 IK_E_JOURNAL_BAD},
		{"another writer of the same generation", 1,
		 FAULT(.only = "ik_sys_pread", .hook_at = 2, .hook = writes_other_slot),
		 IK_E_JOURNAL_BAD},
		{"it cannot be made", 0, FAULT(.only = "ik_sys_create", .at = 1, .errnum = EROFS),
		 IK_E_PATH_DENIED},
		{"it cannot be filled", 0, FAULT(.only = "ik_sys_pwrite", .at = 1, .errnum = EIO),
		 IK_E_IO_FAILED},
		{"it cannot be flushed", 2, FAULT(.only = "ik_sys_fsync", .at = 1, .errnum = EIO),
		 IK_E_IO_FAILED},
		{"it cannot be read back", 2, FAULT(.only = "ik_sys_pread", .at = 2, .errnum = EIO),
		 IK_E_IO_FAILED},
	};

	t = *state;
	for (size_t i = 0; i < IK_ARRAY_SIZE(cases); i++) {
		struct ik_jrec rec = a_record();
		struct ik_journal journal;
		struct ik_err err = {0};

		(void)unlinkat(t->fd, IK_NAME_JOURNAL, 0);
		assert_int_equal(ik_journal_load(t->fd, &journal, NULL), 0);
		for (int n = 0; n < cases[i].before; n++)
			assert_int_equal(ik_journal_write(&journal, &rec, NULL), 0);
		faults = cases[i].want;
		assert_true(ik_journal_write(&journal, &rec, &err) < 0);
		assert_non_null(faults.fired);
		faults_off();
		if (err.code != cases[i].code)
			fail_msg("%s: %s", cases[i].what, err.message);
		assert_int_equal(journal.present, cases[i].before > 0);
		assert_int_equal(journal.rec.generation, cases[i].before);
	}
}

/* A record that could not be read again is not written; nor is one through something that is no file of ours. */
static void journal_refused(void **state)
{
	struct ik_jrec rec = a_record();
	struct ik_journal journal;
	struct ik_err err = {0};

	t = *state;
	assert_int_equal(ik_journal_load(t->fd, &journal, NULL), 0);
	(void)snprintf(rec.b.file, sizeof(rec.b.file), "a/b");
	assert_true(ik_journal_write(&journal, &rec, &err) < 0);
	assert_int_equal(err.code, IK_E_JOURNAL_BAD);
	assert_false(is_there(IK_NAME_JOURNAL));
	rec = a_record();
	put_text(t->fd, "elsewhere", "x");
	put_link(t->fd, IK_NAME_JOURNAL, "elsewhere");
	assert_true(ik_journal_write(&journal, &rec, &err) < 0);
	assert_int_equal(err.code, IK_E_PATH_SYMLINK);
	assert_true(ik_journal_write(&journal, &rec, NULL) < 0);
	assert_true(is_text("elsewhere", "x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(staging, tmp_setup, tmp_teardown),
		cmocka_unit_test_setup_teardown(small_files, tmp_setup, tmp_teardown),
		cmocka_unit_test_setup_teardown(probing, tmp_setup, tmp_teardown),
		cmocka_unit_test_setup_teardown(journal_not_written, tmp_setup, tmp_teardown),
		cmocka_unit_test_setup_teardown(journal_refused, tmp_setup, tmp_teardown),
	};

	return cmocka_run_group_tests_name("refusals", tests, NULL, NULL);
}
