/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * io/inplace on a drive that refuses, that says yes and does nothing, and that somebody else writes to: how far it
 * says that it got, and which bytes are left. Sizes and digests on a good drive are test_inplace.
 */
#include "io/inplace.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "faults.h"
#include "os/memfd.h"
#include "support.h"

#define KIB ((size_t)1024)

static struct tmp *t; /* where somebody else acts, too */

static void put_at(const char *name, off_t off, const char *bytes, size_t len)
{
	int fd = openat(t->fd, name, O_WRONLY | O_CLOEXEC);

	assert_int_equal(pwrite(fd, bytes, len, off), (ssize_t)len);
	assert_int_equal(close(fd), 0);
}

static void appends(void)
{
	struct stat st;

	assert_int_equal(fstatat(t->fd, "t", &st, 0), 0);
	put_at("t", st.st_size, "more", 4);
}

static void writes_head(void)
{
	put_at("t", 100, "theirs", 6);
}

static void replace_by(size_t len)
{
	ik_autofree char *bytes = pattern(len, 3);

	put_file(t->fd, "incoming", bytes, len);
	assert_int_equal(renameat(t->fd, "incoming", t->fd, "t"), 0);
}

static void replaces_by_smaller(void)
{
	replace_by(8 * KIB);
}

static void replaces_by_larger(void)
{
	replace_by(900 * KIB);
}

enum left {
	OLD,	    /* the old image, nothing else */
	OLD_ZEROS,  /* zeros behind it, up to the size of the new one */
	OLD_MORE,   /* and what somebody else wrote behind that */
	NEW_ZEROS,  /* the new image, zeros up to the size of the old one */
	NO_HEAD,    /* no loader starts it */
	THEIR_HEAD, /* the old one with what somebody else wrote */
	THEIRS,	    /* somebody else's */
};

#define FAULT(...) .want = {.on = true, __VA_ARGS__}

static const struct row {
	const char *what;
	size_t old_len, new_len;
	struct faults want;
	enum ik_code code;
	enum ik_inplace_reach reach;
	enum left left;
} rows[] = {
	{"no memory", 64 * KIB, 300 * KIB, FAULT(.only = "memory", .at = 1, .errnum = ENOMEM),
	 IK_E_MEMORY_EXHAUSTED, IK_INPLACE_UNTOUCHED, OLD},
	{"growing is refused", 64 * KIB, 300 * KIB,
	 FAULT(.only = "ik_sys_ftruncate", .at = 1, .errnum = ENOSPC), IK_E_SPACE_LOW,
	 IK_INPLACE_UNTOUCHED, OLD},
	{"growing does nothing", 64 * KIB, 300 * KIB,
	 FAULT(.only = "ik_sys_ftruncate", .at = 1, .lies = true), IK_E_VERIFY_MISMATCH,
	 IK_INPLACE_UNTOUCHED, OLD},
	{"grown, but not flushed", 64 * KIB, 300 * KIB,
	 FAULT(.only = "ik_sys_fsync", .at = 1, .errnum = EIO), IK_E_IO_FAILED,
	 IK_INPLACE_UNTOUCHED, OLD},
	{"the same, and its size cannot be asked", 64 * KIB, 300 * KIB,
	 FAULT(.only = "ik_sys_fsync", .at = 1, .errnum = EIO, .also = "ik_file_id_of"),
	 IK_E_IO_FAILED, IK_INPLACE_UNTOUCHED, OLD_ZEROS},
	{"the same, and cannot be cut", 64 * KIB, 300 * KIB,
	 FAULT(.only = "ik_sys_fsync", .at = 1, .errnum = EIO, .also = "ik_sys_ftruncate"),
	 IK_E_IO_FAILED, IK_INPLACE_UNTOUCHED, OLD_ZEROS},
	{"the same, and the time stays", 64 * KIB, 300 * KIB,
	 FAULT(.only = "ik_sys_fsync", .at = 1, .errnum = EIO, .also = "ik_sys_set_mtime"),
	 IK_E_IO_FAILED, IK_INPLACE_UNTOUCHED, OLD},
	{"the same, and somebody else appended", 64 * KIB, 300 * KIB,
	 FAULT(.only = "ik_sys_fsync", .at = 1, .errnum = EIO, .hook_at = 1, .hook = appends),
	 IK_E_IO_FAILED, IK_INPLACE_UNTOUCHED, OLD_MORE},
	{"the old head is read short", 64 * KIB, 64 * KIB, FAULT(.only = "ik_sys_pread", .at = 1),
	 IK_E_IO_FAILED, IK_INPLACE_UNTOUCHED, OLD},
	{"the zeroed head is not flushed", 64 * KIB, 64 * KIB,
	 FAULT(.only = "ik_sys_fsync", .at = 1, .errnum = EIO), IK_E_IO_FAILED,
	 IK_INPLACE_UNTOUCHED, OLD},
	{"the same, and the old one is not written", 64 * KIB, 64 * KIB,
	 FAULT(.only = "ik_sys_fsync", .at = 1, .errnum = EIO, .also = "ik_sys_pwrite"),
	 IK_E_IO_FAILED, IK_INPLACE_TORN, NO_HEAD},
	{"the head is not zeroed, the old one not flushed", 64 * KIB, 64 * KIB,
	 FAULT(.only = "ik_sys_pwrite", .at = 1, .errnum = EIO, .also = "ik_sys_fsync"),
	 IK_E_IO_FAILED, IK_INPLACE_TORN, OLD},
	{"the head is not zeroed, the old one not read back", 64 * KIB, 64 * KIB,
	 FAULT(.only = "ik_sys_pwrite", .at = 1, .errnum = EIO, .also = "ik_sys_openat2"),
	 IK_E_IO_FAILED, IK_INPLACE_TORN, OLD},
	/* Reading, zeroing, putting back, flushing: the fifth call begins the reading back. */
	{"the head is not zeroed, somebody else writes it", 64 * KIB, 64 * KIB,
	 FAULT(.at = 2, .errnum = EIO, .hook_at = 5, .hook = writes_head), IK_E_IO_FAILED,
	 IK_INPLACE_TORN, THEIR_HEAD},
	{"the new image is read short", 64 * KIB, 64 * KIB, FAULT(.only = "ik_sys_pread", .at = 2),
	 IK_E_IO_FAILED, IK_INPLACE_TORN, NO_HEAD},
	{"it cannot be cut", 300 * KIB, 64 * KIB,
	 FAULT(.only = "ik_sys_ftruncate", .at = 1, .errnum = EINVAL), IK_E_NONE,
	 IK_INPLACE_WRITTEN, NEW_ZEROS},
	{"it can neither be cut nor zeroed", 300 * KIB, 64 * KIB,
	 FAULT(.only = "ik_sys_ftruncate", .at = 1, .errnum = EINVAL, .also = "ik_sys_pwrite"),
	 IK_E_IO_FAILED, IK_INPLACE_TORN, NO_HEAD},
	{"it cannot be cut, and somebody else appended", 300 * KIB, 64 * KIB,
	 FAULT(.only = "ik_sys_ftruncate", .at = 1, .errnum = EINVAL, .hook_at = 1,
	       .hook = appends),
	 IK_E_VERIFY_MISMATCH, IK_INPLACE_TORN, NO_HEAD},
	{"cutting does nothing", 300 * KIB, 64 * KIB,
	 FAULT(.only = "ik_sys_ftruncate", .at = 1, .lies = true), IK_E_VERIFY_MISMATCH,
	 IK_INPLACE_TORN, NO_HEAD},
	{"replaced by a larger file", 64 * KIB, 300 * KIB,
	 FAULT(.only = "ik_sys_openat2", .hook_at = 2, .hook = replaces_by_larger),
	 IK_E_TARGET_CHANGED, IK_INPLACE_REPLACED, THEIRS},
	{"replaced by a smaller file", 64 * KIB, 64 * KIB,
	 FAULT(.only = "ik_sys_openat2", .hook_at = 1, .hook = replaces_by_smaller),
	 IK_E_TARGET_CHANGED, IK_INPLACE_REPLACED, THEIRS},
};

static bool all_zero(const char *bytes, size_t len)
{
	return bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0;
}

/* Are these the bytes, and nothing but zeros behind them up to len? */
static bool holds(const char *got, size_t got_len, const char *want, size_t want_len, size_t len)
{
	return got_len == len && memcmp(got, want, want_len) == 0 &&
	       (len == want_len || all_zero(got + want_len, len - want_len));
}

static bool is_left(const struct row *row, const char *old, const char *new)
{
	size_t len = 0;
	ik_autofree char *got = get_file(t->fd, "t", &len);

	switch (row->left) {
	case OLD:
		return holds(got, len, old, row->old_len, row->old_len);
	case OLD_ZEROS:
		return holds(got, len, old, row->old_len, row->new_len);
	case OLD_MORE:
		return len == row->new_len + 4 && memcmp(got + row->new_len, "more", 4) == 0 &&
		       holds(got, row->new_len, old, row->old_len, row->new_len);
	case NEW_ZEROS:
		return holds(got, len, new, row->new_len, row->old_len);
	case NO_HEAD:
		return all_zero(got, IK_HEAD_BYTES);
	case THEIR_HEAD:
		return len == row->old_len && memcmp(got + 100, "theirs", 6) == 0 &&
		       memcmp(got + 106, old + 106, len - 106) == 0;
	case THEIRS:
		break;
	}
	ik_autofree char *theirs = pattern(len, 3);

	return memcmp(got, theirs, len) == 0;
}

static void one_overwrite(const struct row *row)
{
	ik_autofree char *old = pattern(row->old_len, 1), *new = pattern(row->new_len, 2);
	struct ik_sealed ik_autosealed sealed = {.fd = -EBADF};
	struct ik_inplace job = {.dir_fd = t->fd, .name = "t", .size_bytes = row->new_len};
	ik_autoclose int fd = -EBADF;
	struct ik_err err = {0};
	const char *fired;
	int r;

	put_file(t->fd, "t", old, row->old_len);
	assert_int_equal(ik_sealed_copy_bytes(new, row->new_len, "new", &sealed, NULL), 0);
	assert_int_equal(ik_path_open_regular(t->fd, "t", O_RDWR, &fd, &job.id, NULL), 0);
	job.fd = fd;
	job.from_fd = sealed.fd;
	job.digest = sealed.digest;
	ik_digest_of_bytes(new + IK_HEAD_BYTES, row->new_len - IK_HEAD_BYTES, &job.body);
	faults = row->want;
	r = ik_inplace_write(&job, &err);
	fired = faults.fired;
	faults_off();
	if (!fired || (r < 0) != (row->code != IK_E_NONE) || err.code != row->code ||
	    job.reach != row->reach)
		fail_msg("%s: %d, code %d, reach %d: %s", row->what, r, err.code, job.reach,
			 err.message);
	assert_int_equal(r >= 0 && job.padded, row->left == NEW_ZEROS);
	if (!is_left(row, old, new))
		fail_msg("%s: other bytes are left", row->what);
	assert_int_equal(unlinkat(t->fd, "t", 0), 0);
}

static void overwriting(void **state)
{
	t = *state;
	for (size_t i = 0; i < IK_ARRAY_SIZE(rows); i++)
		one_overwrite(&rows[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(overwriting, tmp_setup, tmp_teardown),
	};

	return cmocka_run_group_tests_name("overwrite", tests, NULL, NULL);
}
