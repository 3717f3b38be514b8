/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may read and write what is made on the drive, under the narrowest umask: on a drive mounted with `metadata` a run
 * of another distro may have another owner, and no rights beyond these bits.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "calls.h"
#include "io/afile.h"
#include "io/stage.h"
#include "os/digest.h"
#include "store/dlock.h"
#include "store/history.h"
#include "store/journal.h"
#include "store/names.h"
#include "support.h"

static mode_t old_umask;

static int set_up(void **state IK_UNUSED)
{
	tmp_make(&tmp, NULL);
	old_umask = umask(077);
	return 0;
}

static int tear_down(void **state IK_UNUSED)
{
	(void)call_met();
	umask(old_umask);
	tmp_remove(&tmp);
	return 0;
}

static int mode_of(const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(tmp.fd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	return (int)(st.st_mode & 07777);
}

static void every_owner_reads_images(void **state IK_UNUSED)
{
	struct ik_stage stage = {.size_bytes = 5,
				 .dir_fd = tmp.fd,
				 .temp = IK_NAME_TEMP,
				 .name = IK_NAME_OFFICIAL,
				 .what = "copying"};

	put_text(tmp.fd, "from", "bytes");
	ik_digest_of_bytes("bytes", 5, &stage.digest);
	stage.from_fd = openat(tmp.fd, "from", O_RDONLY | O_CLOEXEC);
	assert_int_equal(ik_stage_copy(&stage, NULL, NULL), 0);
	close(stage.from_fd);
	assert_int_equal(mode_of(IK_NAME_OFFICIAL), 0644);
}

static void every_owner_reads_the_guides(void **state IK_UNUSED)
{
	assert_int_equal(ik_afile_put(tmp.fd, IK_NAME_SCRIPT, "rem", 3, 0644, NULL), 0);
	assert_int_equal(mode_of(IK_NAME_SCRIPT), 0644);
}

static void every_owner_writes_the_journal(void **state IK_UNUSED)
{
	struct ik_journal journal;
	struct ik_jrec rec = {.state = IK_JREC_IDLE,
			      .target = "kernel",
			      .transaction = "0123456789abcdef0123456789abcdef",
			      .a = {.origin = "official", .file = IK_NAME_OFFICIAL},
			      .b = {.origin = "ours", .file = IK_NAME_NEW}};

	assert_int_equal(ik_journal_load(tmp.fd, &journal, NULL), 0);
	assert_int_equal(ik_journal_write(&journal, &rec, NULL), 0);
	assert_int_equal(mode_of(IK_NAME_JOURNAL), 0666);
}

/* A lock that cannot be read could never be told from a dead one. */
static void every_owner_reads_the_lock(void **state IK_UNUSED)
{
	struct ik_dlock lock;

	assert_int_equal(ik_dlock_take(tmp.fd, "domain", NULL, &lock, NULL), 0);
	assert_int_equal(mode_of(IK_NAME_LOCK), 0666);
	ik_dlock_release(&lock);
}

static void every_owner_writes_the_history(void **state IK_UNUSED)
{
	ik_history_drive(tmp.fd, "line");
	assert_int_equal(mode_of(IK_NAME_HISTORY), 0666);
}

/* The log lies on the Linux side, where the umask is the administrator's wish. */
static void the_log_keeps_to_the_umask(void **state IK_UNUSED)
{
	ik_history_log(tmp.path, "line");
	assert_int_equal(mode_of(IK_HISTORY_LOG), 0600);
}

static void a_drive_without_modes_is_fine(void **state IK_UNUSED)
{
	struct ik_dlock lock;

	call_fails("fchmod", 1, EPERM);
	assert_int_equal(ik_dlock_take(tmp.fd, "domain", NULL, &lock, NULL), 0);
	assert_true(call_met());
	assert_int_equal(mode_of(IK_NAME_LOCK), 0600);
	ik_dlock_release(&lock);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_owner_reads_images),	      TEST(every_owner_reads_the_guides),
		TEST(every_owner_writes_the_journal), TEST(every_owner_reads_the_lock),
		TEST(every_owner_writes_the_history), TEST(the_log_keeps_to_the_umask),
		TEST(a_drive_without_modes_is_fine),
	};

	return cmocka_run_group_tests_name("modes of files on the drive", tests, NULL, NULL);
}
