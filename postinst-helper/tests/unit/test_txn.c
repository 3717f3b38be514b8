/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow/txn, txnjob, txnprep, recover, settle with io/inplace, io/stage and store/journal below them, in one process:
 * every row of the recovery table, somebody else at each moment, and every call made to fail.
 * The same from outside, on the shipped program, is tests/crash. IK_TEST_ALL=1 leaves no call out.
 */
#include "flow/txn.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "faults.h"
#include "flow/recover.h"
#include "flow/txnjob.h"
#include "store/names.h"
#include "support.h"

#define TOOLS	 "Windows/System32/lxss/tools/"
#define KERNEL	 TOOLS "kernel"
#define MIB	 ((size_t)1 << 20)
#define OFFICIAL "5.15.90.1-microsoft-standard-WSL2"
#define OURS	 "7.3.4-1-immensity-microsoft-standard-WSL2"
#define NEWER	 "7.3.5-1-immensity-microsoft-standard-WSL2"
#define FOREIGN	 "6.6.87.2-locietta-WSL2"

struct image {
	const char *name; /* beneath the temporary directory */
	const char *release;
	size_t size;
	uint8_t *data;
};

/* A, B (grows), C (shrinks again), and somebody else's. */
static struct image official = {"official", OFFICIAL, MIB + 8192, NULL};
static struct image ours = {"ours", OURS, MIB + 40960, NULL};
static struct image newer = {"newer", NEWER, MIB, NULL};
static struct image foreign = {"foreign", FOREIGN, MIB + 4096, NULL};

static struct tmp tmp;
static struct ik_session session = {.drive = {.fd = -EBADF}};
static char drive_path[96], state_path[96];

/* A head that codec/image takes for a bzImage, and a body that differs from image to image. */
static void make_image(struct image *image)
{
	uint8_t *p = calloc(1, image->size);
	char banner[128];

	assert_non_null(p);
	for (size_t i = 8192; i < image->size; i++)
		p[i] = (uint8_t)(i * 7 + (i >> 12) + (size_t)image->release[0] +
				 image->size / 4096);
	memcpy(p, "MZ", 2);
	ik_put_le32(p + 0x3c, 0x80);
	memcpy(p + 0x80, "PE\0\0", 4);
	ik_put_le16(p + 0x84, 0x8664);
	p[0x1f1] = 7;
	ik_put_le32(p + 0x1f4, (uint32_t)((image->size - 8 * 512) / 16));
	ik_put_le16(p + 0x1fe, 0xaa55);
	memcpy(p + 0x202, "HdrS", 4);
	ik_put_le16(p + 0x206, 0x020f);
	ik_put_le16(p + 0x20e, 0x600 - 0x200);
	p[0x211] = 1;
	ik_put_le16(p + 0x236, 1);
	(void)snprintf(banner, sizeof(banner), "%s (root@build) #1 SMP", image->release);
	memcpy(p + 0x600, banner, strlen(banner));
	image->data = p;
	put_file(tmp.fd, image->name, p, image->size);
}

/* Writes a file of the drive, in place when it is there, followed by zeros. */
static void put_kernel(const char *path, const void *data, size_t len, size_t zeros)
{
	int fd = openat(session.drive.fd, path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, data, len, 0), (ssize_t)len);
	assert_int_equal(ftruncate(fd, (off_t)len), 0);
	assert_int_equal(ftruncate(fd, (off_t)(len + zeros)), 0);
	assert_int_equal(close(fd), 0);
}

static void remove_own(void)
{
	static const char *const names[] = {
		IK_NAME_NEW,	 IK_NAME_TEMP, IK_NAME_PREV,   IK_NAME_OFFICIAL,
		IK_NAME_JOURNAL, IK_NAME_LOCK, IK_NAME_SCRIPT, IK_NAME_README,
	};
	char path[128];

	for (size_t i = 0; i < IK_ARRAY_SIZE(names); i++) {
		(void)snprintf(path, sizeof(path), TOOLS "%s", names[i]);
		(void)unlinkat(session.drive.fd, path, 0);
	}
}

static int tools_fd(void)
{
	int fd = openat(session.drive.fd, TOOLS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static bool is(const struct image *image)
{
	size_t len = 0;
	ik_autofree char *got = get_file(session.drive.fd, KERNEL, &len);

	return got && len >= image->size && memcmp(got, image->data, image->size) == 0;
}

static bool has_copy(const char *name, const struct image *image)
{
	size_t len = 0;
	char path[128];

	(void)snprintf(path, sizeof(path), TOOLS "%s", name);
	ik_autofree char *got = get_file(session.drive.fd, path, &len);

	return got && len == image->size && memcmp(got, image->data, len) == 0;
}

static struct ik_journal journal(void)
{
	struct ik_journal seen;

	assert_int_equal(ik_journal_load(tools_fd(), &seen, NULL), 0);
	return seen;
}

static void set_journal(enum ik_jrec_state state, uint32_t flags)
{
	struct ik_journal seen = journal();

	assert_int_equal(ik_journal_mark(&seen, state, flags, "set by the test", NULL), 0);
	assert_int_equal(close(seen.dir_fd), 0);
}

static int install(const struct image *image, struct ik_report *report, struct ik_err *err)
{
	struct ik_source ik_autosource source = {.sealed = {.fd = -EBADF}};
	struct ik_job job = {.session = &session, .source = &source};
	char path[160];
	bool on = faults.on;
	int r;

	faults.on = false;
	(void)snprintf(path, sizeof(path), "%s/%s", tmp.path, image->name);
	assert_int_equal(ik_source_open_file(path, &source, NULL), 0);
	faults.on = on;
	r = ik_txnjob_install(&job, report, err);
	faults.on = false;
	return r;
}

static int restore(const char *what, struct ik_report *report, struct ik_err *err)
{
	struct ik_job job = {.session = &session, .backup = what};
	int r = ik_txnjob_restore(&job, report, err);

	faults.on = false;
	return r;
}

static int recover(struct ik_report *report, struct ik_err *err)
{
	struct ik_job job = {.session = &session};
	int r = ik_recover_job(&job, report, err);

	faults.on = false;
	return r;
}

/* ---- states in which a run may find the drive ---- */

static void start_official(void)
{
	remove_own();
	(void)unlinkat(session.drive.fd, KERNEL, 0);
	put_kernel(KERNEL, official.data, official.size, 0);
}

static void start_installed(void)
{
	struct ik_report report = {0};

	start_official();
	assert_int_equal(install(&ours, &report, NULL), 0);
	assert_true(is(&ours));
}

static void start_torn(void)
{
	static const uint8_t zeros[IK_HEAD_BYTES];
	int fd;

	start_installed();
	set_journal(IK_JREC_ARMED, 0);
	fd = openat(session.drive.fd, KERNEL, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, zeros, sizeof(zeros), 0), (ssize_t)sizeof(zeros));
	assert_int_equal(close(fd), 0);
}

static void spoil(const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), TOOLS "%s", name);
	put_kernel(path, "spoilt", 6, 0);
}

static void start_torn_no_backup(void)
{
	start_torn();
	spoil(IK_NAME_OFFICIAL);
	put_kernel(TOOLS IK_NAME_NEW, ours.data, ours.size, 0);
}

static void start_torn_no_copy(void)
{
	start_torn();
	spoil(IK_NAME_OFFICIAL);
}

static void start_torn_by_others(void)
{
	start_torn();
	set_journal(IK_JREC_DONE, 0);
}

static void start_armed_old(void)
{
	start_installed();
	set_journal(IK_JREC_ARMED, 0);
	put_kernel(KERNEL, official.data, official.size, 0);
}

static void start_armed_old_padded(void)
{
	start_armed_old();
	put_kernel(KERNEL, official.data, official.size, 5000);
}

static void start_armed_new(void)
{
	start_installed();
	set_journal(IK_JREC_ARMED, 0);
}

static void start_done_padded(void)
{
	start_installed();
	set_journal(IK_JREC_DONE, IK_JREC_F_PADDED);
	put_kernel(KERNEL, ours.data, ours.size, 5000);
}

static void start_armed_foreign(void)
{
	start_installed();
	set_journal(IK_JREC_ARMED, 0);
	put_kernel(KERNEL, foreign.data, foreign.size, 0);
}

/* Somebody else's head over our body. */
static void start_mixture(void)
{
	start_installed();
	set_journal(IK_JREC_ARMED, 0);
	int fd = openat(session.drive.fd, KERNEL, O_WRONLY | O_CLOEXEC);

	assert_int_equal(pwrite(fd, foreign.data, IK_HEAD_BYTES, 0), IK_HEAD_BYTES);
	assert_int_equal(close(fd), 0);
}

static void start_missing(void)
{
	start_installed();
	set_journal(IK_JREC_ARMED, 0);
	assert_int_equal(unlinkat(session.drive.fd, KERNEL, 0), 0);
}

/* ---- the recovery table ---- */

static const struct row {
	const char *what;
	void (*start)(void);
	enum ik_recovery verdict;
	enum ik_code code; /* of recover; IK_E_NONE = success */
	const struct image *then;
	enum ik_jrec_state journal;
} rows[] = {
	{"official", start_official, IK_RECOVERY_NOTHING, IK_E_NONE, &official, 0},
	{"installed", start_installed, IK_RECOVERY_NOTHING, IK_E_NONE, &ours, IK_JREC_DONE},
	{"torn", start_torn, IK_RECOVERY_RESTORE_OLD, IK_E_NONE, &official, IK_JREC_IDLE},
	{"torn, backup bad", start_torn_no_backup, IK_RECOVERY_RESTORE_NEW, IK_E_NONE, &ours,
	 IK_JREC_DONE},
	{"torn, no copy", start_torn_no_copy, IK_RECOVERY_LOUD, IK_E_RECOVERY_NEEDED, NULL,
	 IK_JREC_ARMED},
	{"torn, journal closed", start_torn_by_others, IK_RECOVERY_NOT_OURS, IK_E_TARGET_TORN, NULL,
	 IK_JREC_DONE},
	{"armed, old", start_armed_old, IK_RECOVERY_IDLE, IK_E_NONE, &official, IK_JREC_IDLE},
	{"armed, old and zeros", start_armed_old_padded, IK_RECOVERY_IDLE, IK_E_NONE, &official,
	 IK_JREC_IDLE},
	{"armed, new", start_armed_new, IK_RECOVERY_FORWARD, IK_E_NONE, &ours, IK_JREC_DONE},
	{"done, new and zeros", start_done_padded, IK_RECOVERY_FORWARD, IK_E_NONE, &ours,
	 IK_JREC_DONE},
	{"armed, foreign", start_armed_foreign, IK_RECOVERY_SUPERSEDED, IK_E_NONE, &foreign,
	 IK_JREC_SUPERSEDED},
	{"armed, mixture", start_mixture, IK_RECOVERY_RESTORE_OLD, IK_E_NONE, &official,
	 IK_JREC_IDLE},
	{"armed, missing", start_missing, IK_RECOVERY_NO_TARGET, IK_E_NONE, NULL, IK_JREC_ARMED},
};

static void recovery_table(void **state IK_UNUSED)
{
	for (size_t i = 0; i < IK_ARRAY_SIZE(rows); i++) {
		struct ik_report report = {0};
		struct ik_err err = {0};
		struct ik_journal after;
		int r;

		rows[i].start();
		r = recover(&report, &err);
		if ((r < 0) != (rows[i].code != IK_E_NONE) || err.code != rows[i].code)
			fail_msg("%s: %d %s", rows[i].what, r, err.message);
		if (rows[i].then && !is(rows[i].then))
			fail_msg("%s: another kernel is there", rows[i].what);
		/* Without a file there is no target at all, and nothing is asked. */
		if (rows[i].verdict != IK_RECOVERY_NO_TARGET)
			assert_int_equal(report.recovery, rows[i].verdict);
		after = journal();
		assert_int_equal(after.present ? after.rec.state : 0, rows[i].journal);
		(void)close(after.dir_fd);
	}
}

/* ---- every call fails ---- */

enum work {
	INSTALL,
	UPDATE,
	RESTORE,
	RECOVER
};

static int do_work(enum work work, struct ik_err *err)
{
	struct ik_report report = {0};

	switch (work) {
	case INSTALL:
		return install(&ours, &report, err);
	case UPDATE:
		return install(&newer, &report, err);
	case RESTORE:
		return restore("official", &report, err);
	case RECOVER:
		break;
	}
	return recover(&report, err);
}

static const struct image *wanted(enum work work)
{
	return work == INSTALL ? &ours :
	       work == UPDATE  ? &newer :
	       work == RESTORE ? &official :
				 NULL;
}

static bool head_is_zero(void)
{
	size_t len = 0;
	ik_autofree char *got = get_file(session.drive.fd, KERNEL, &len);

	return got && (len == 0 || (got[0] == 0 && memcmp(got, got + 1, IK_HEAD_BYTES - 1) == 0));
}

/* One of the known kernels; or torn, with an armed journal and a copy that it names. */
static const char *unsafe(void)
{
	struct ik_journal j;
	bool good;

	if (is(&official) || is(&ours) || is(&newer))
		return NULL;
	if (!head_is_zero())
		return "a mixture";
	j = journal();
	good = j.present && j.rec.state == IK_JREC_ARMED &&
	       (has_copy(j.rec.a.file, &official) || has_copy(j.rec.a.file, &ours) ||
		has_copy(j.rec.b.file, &ours));
	(void)close(j.dir_fd);
	return good ? NULL : "torn without a way back";
}

static bool one_fault(const char *what, void (*start)(void), enum work work, struct faults want)
{
	struct ik_err err = {0}, late = {0};
	struct ik_report report = {0};
	const char *bad;
	struct faults seen;
	int r;

	faults_off();
	start();
	faults = want;
	faults.on = true;
	r = do_work(work, &err);
	seen = faults;
	faults_off();
	if (!seen.fired)
		return false;
	bad = unsafe();
	if (!bad && r >= 0 && wanted(work) && !is(wanted(work)))
		bad = "it says done, but is not";
	if (!bad && (r < 0) != (err.code != IK_E_NONE))
		bad = "result and error do not agree";
	if (!bad && (recover(&report, &late) < 0 || (bad = unsafe()) || head_is_zero()))
		bad = "it cannot be recovered";
	if (bad)
		fail_msg("%s, call %ld, %s fails with %d%s: %s (%d: %s; then %s)", what, want.at,
			 seen.fired, want.errnum, want.lasting ? " for ever" : "", bad, r,
			 err.message, late.message);
	return true;
}

/* Each call in turn, with a short read or one of these. */
static const int errnums[] = {EIO, ENOSPC, EACCES, EINVAL, 0, EROFS, ENOMEM};

static void every_call_fails(const char *what, void (*start)(void), enum work work)
{
	bool all = getenv("IK_TEST_ALL") != NULL;
	bool more = true;

	for (long n = 1; more; n++)
		for (size_t e = 0; e < IK_ARRAY_SIZE(errnums) && more; e++) {
			struct faults want = {.at = n, .errnum = errnums[e], .lasting = n & 1};

			/* Memory is counted only where it is asked for: the count does not end the loop. */
			if ((size_t)n % IK_ARRAY_SIZE(errnums) != e && !all)
				continue;
			if (!one_fault(what, start, work, want))
				more = errnums[e] == ENOMEM || errnums[e] == 0;
		}
}

static void faults_in_install(void **state IK_UNUSED)
{
	every_call_fails("install", start_official, INSTALL);
}

static void faults_in_update(void **state IK_UNUSED)
{
	every_call_fails("update", start_installed, UPDATE);
}

static void faults_in_restore(void **state IK_UNUSED)
{
	every_call_fails("restore", start_installed, RESTORE);
}

static void faults_in_recovery(void **state IK_UNUSED)
{
	static const char *const names[] = {"torn", "armed, old and zeros", "done, new and zeros",
					    "torn, backup bad"};

	for (size_t i = 0; i < IK_ARRAY_SIZE(names); i++)
		for (size_t k = 0; k < IK_ARRAY_SIZE(rows); k++)
			if (!strcmp(rows[k].what, names[i]))
				every_call_fails(names[i], rows[k].start, RECOVER);
}

static int set_up(void **state IK_UNUSED)
{
	struct ik_options options = {.config = "/dev/null", .target = "lxss"};
	struct ik_err err = {0};

	tmp_make(&tmp, NULL);
	(void)snprintf(drive_path, sizeof(drive_path), "%s/drive", tmp.path);
	(void)snprintf(state_path, sizeof(state_path), "%s/state", tmp.path);
	put_dir(tmp.fd, "state");
	make_image(&official);
	make_image(&ours);
	make_image(&newer);
	make_image(&foreign);
	put_file(tmp.fd, "drive/" KERNEL, official.data, official.size);
	options.drive = drive_path;
	options.state_dir = state_path;
	if (ik_session_open(&options, &session, &err) < 0)
		fail_msg("%s", err.message);
	return 0;
}

static int tear_down(void **state IK_UNUSED)
{
	ik_session_close(&session);
	tmp_remove(&tmp);
	free(official.data);
	free(ours.data);
	free(newer.data);
	free(foreign.data);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recovery_table),     cmocka_unit_test(faults_in_install),
		cmocka_unit_test(faults_in_update),   cmocka_unit_test(faults_in_restore),
		cmocka_unit_test(faults_in_recovery),
	};

	return cmocka_run_group_tests_name("txn", tests, set_up, tear_down);
}
