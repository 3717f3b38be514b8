/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The drive, its states, and the jobs on it; see txnworld.h. */
#include "txnworld.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "faults.h"
#include "flow/recjob.h"
#include "flow/txnjob.h"
#include "io/reread.h"

#define OFFICIAL "5.15.90.1-microsoft-standard-WSL2"
#define NEWER	 "7.3.5-1-immensity-microsoft-standard-WSL2"
#define FOREIGN	 "6.6.87.2-locietta-WSL2"

/* A, B (grows), C (shrinks again), and somebody else's. */
struct image official = {"official", OFFICIAL, MIB + 8192, NULL};
struct image ours = {"ours", OURS, MIB + 40960, NULL};
struct image newer = {"newer", NEWER, MIB, NULL};
struct image foreign = {"foreign", FOREIGN, MIB + 4096, NULL};

struct ik_session session = {.drive = {.fd = -EBADF}};
char drive_path[96], state_path[96];

/* A head that codec/image takes for a bzImage, and a body that differs from image to image. */
static void make_image(struct image *image)
{
	uint8_t *p = calloc(1, image->size);
	uint8_t seed = 0;
	char banner[128];

	assert_non_null(p);
	for (const char *c = image->release; *c; c++)
		seed = (uint8_t)(seed * 31 + *c);
	for (size_t i = 8192; i < image->size; i++)
		p[i] = (uint8_t)(i * 7 + (i >> 12) + seed);
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

void put_kernel(const char *path, const void *data, size_t len, size_t zeros)
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

int tools_fd(void)
{
	int fd = openat(session.drive.fd, TOOLS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

bool is(const struct image *image)
{
	size_t len = 0;
	ik_autofree char *got = get_file(session.drive.fd, KERNEL, &len);

	return got && len >= image->size && memcmp(got, image->data, image->size) == 0;
}

bool has_copy(const char *name, const struct image *image)
{
	size_t len = 0;
	char path[128];

	(void)snprintf(path, sizeof(path), TOOLS "%s", name);
	ik_autofree char *got = get_file(session.drive.fd, path, &len);

	return got && len == image->size && memcmp(got, image->data, len) == 0;
}

bool head_is_zero(void)
{
	size_t len = 0;
	ik_autofree char *got = get_file(session.drive.fd, KERNEL, &len);

	return got && (len == 0 || (got[0] == 0 && memcmp(got, got + 1, IK_HEAD_BYTES - 1) == 0));
}

struct ik_journal journal(void)
{
	struct ik_journal seen;

	assert_int_equal(ik_journal_load(tools_fd(), &seen, NULL), 0);
	return seen;
}

void set_journal(enum ik_jrec_state state, uint32_t flags)
{
	struct ik_journal seen = journal();

	assert_int_equal(ik_journal_mark(&seen, state, flags, "set by the test", NULL), 0);
	assert_int_equal(close(seen.dir_fd), 0);
}

unsigned strange_copies(void)
{
	DIR *dir = fdopendir(tools_fd());
	unsigned n = 0;

	assert_non_null(dir);
	for (struct dirent *e = readdir(dir); e; e = readdir(dir))
		n += strncmp(e->d_name, "immensity-official-", 19) == 0 ||
		     strncmp(e->d_name, "immensity-foreign-", 18) == 0;
	assert_int_equal(closedir(dir), 0);
	return n;
}

bool is_there(const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), TOOLS "%s", name);
	return faccessat(session.drive.fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

struct ik_jrec record(void)
{
	struct ik_journal seen = journal();

	assert_true(seen.present);
	assert_int_equal(close(seen.dir_fd), 0);
	return seen.rec;
}

struct ik_progress work_progress;

void set_record(const struct ik_jrec *rec)
{
	struct ik_journal seen = journal();

	assert_int_equal(ik_journal_write(&seen, rec, NULL), 0);
	assert_int_equal(close(seen.dir_fd), 0);
}

int install(const struct image *image, struct ik_report *report, struct ik_err *err)
{
	struct ik_source ik_autosource source = {.sealed = {.fd = -EBADF}};
	struct ik_job job = {.session = &session, .source = &source, .progress = work_progress};
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

int restore(const char *what, struct ik_report *report, struct ik_err *err)
{
	struct ik_job job = {.session = &session, .backup = what, .progress = work_progress};
	int r = ik_txnjob_restore(&job, report, err);

	faults.on = false;
	return r;
}

int recover(struct ik_report *report, struct ik_err *err)
{
	struct ik_job job = {.session = &session, .progress = work_progress};
	int r = ik_recjob_run(&job, report, err);

	faults.on = false;
	return r;
}

/* ---- states in which a run may find the drive ---- */

void start_official(void)
{
	remove_own();
	(void)unlinkat(session.drive.fd, KERNEL, 0);
	put_kernel(KERNEL, official.data, official.size, 0);
}

void start_installed(void)
{
	struct ik_report report = {0};

	start_official();
	assert_int_equal(install(&ours, &report, NULL), 0);
	assert_true(is(&ours));
}

void zero_head(void)
{
	static const uint8_t zeros[IK_HEAD_BYTES];
	int fd = openat(session.drive.fd, KERNEL, O_WRONLY | O_CLOEXEC);

	assert_int_equal(pwrite(fd, zeros, sizeof(zeros), 0), (ssize_t)sizeof(zeros));
	assert_int_equal(close(fd), 0);
}

void start_torn(void)
{
	start_installed();
	set_journal(IK_JREC_ARMED, 0);
	zero_head();
}

void replace_kernel(void)
{
	put_kernel(TOOLS "incoming", foreign.data, foreign.size, 0);
	assert_int_equal(renameat(session.drive.fd, TOOLS "incoming", session.drive.fd, KERNEL), 0);
}

void spoil(const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), TOOLS "%s", name);
	put_kernel(path, "spoilt", 6, 0);
}

void start_torn_no_backup(void)
{
	start_torn();
	spoil(IK_NAME_OFFICIAL);
	put_kernel(TOOLS IK_NAME_NEW, ours.data, ours.size, 0);
}

void start_torn_no_copy(void)
{
	start_torn();
	spoil(IK_NAME_OFFICIAL);
}

void start_torn_by_others(void)
{
	start_torn();
	set_journal(IK_JREC_DONE, 0);
}

void start_armed_old(void)
{
	start_installed();
	set_journal(IK_JREC_ARMED, 0);
	put_kernel(KERNEL, official.data, official.size, 0);
}

void start_armed_old_padded(void)
{
	start_armed_old();
	put_kernel(KERNEL, official.data, official.size, 5000);
}

void start_armed_new(void)
{
	start_installed();
	set_journal(IK_JREC_ARMED, 0);
}

void start_done_padded(void)
{
	start_installed();
	set_journal(IK_JREC_DONE, IK_JREC_F_PADDED);
	put_kernel(KERNEL, ours.data, ours.size, 5000);
}

void start_armed_foreign(void)
{
	start_installed();
	set_journal(IK_JREC_ARMED, 0);
	put_kernel(KERNEL, foreign.data, foreign.size, 0);
}

static void put_foreign_head(void)
{
	int fd = openat(session.drive.fd, KERNEL, O_WRONLY | O_CLOEXEC);

	assert_int_equal(pwrite(fd, foreign.data, IK_HEAD_BYTES, 0), IK_HEAD_BYTES);
	assert_int_equal(close(fd), 0);
}

void start_mixture_old(void)
{
	start_armed_old();
	put_foreign_head();
}

void start_mixture(void)
{
	start_installed();
	set_journal(IK_JREC_ARMED, 0);
	put_foreign_head();
}

void start_missing(void)
{
	start_installed();
	set_journal(IK_JREC_ARMED, 0);
	assert_int_equal(unlinkat(session.drive.fd, KERNEL, 0), 0);
}

int world_set_up(void **state IK_UNUSED)
{
	struct ik_options options = {.config = "/dev/null", .target = "lxss"};
	struct ik_err err = {0};

	faults_skip_sleep = true;
	/* In memory, where there is such a place: thousands of kernels are written and flushed. */
	tmp_make(&tmp, access("/dev/shm", W_OK) == 0 ? "/dev/shm" : NULL);
	(void)snprintf(drive_path, sizeof(drive_path), "%s/drive", tmp.path);
	(void)snprintf(state_path, sizeof(state_path), "%s/state", tmp.path);
	put_dir(tmp.fd, "state");
	make_image(&official);
	make_image(&ours);
	make_image(&newer);
	make_image(&foreign);
	put_file(tmp.fd, "drive/" KERNEL, official.data, official.size);
	put_text(tmp.fd, "drive/Users/Ann/NTUSER.DAT", "x");
	put_text(tmp.fd, "drive/Users/Ann/AppData/Local/x", "x");
	options.drive = drive_path;
	options.state_dir = state_path;
	if (ik_session_open(&options, &session, &err) < 0)
		fail_msg("%s", err.message);
	return 0;
}

int world_tear_down(void **state IK_UNUSED)
{
	ik_session_close(&session);
	tmp_remove(&tmp);
	free(official.data);
	free(ours.data);
	free(newer.data);
	free(foreign.data);
	return 0;
}
