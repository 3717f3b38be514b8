/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flow/mixture: which parts of a target count as ours, what proves nothing, and what recovery makes of it. */
#include "flow/mixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"
#include "io/reread.h"
#include "txnworld.h"

#define TAIL ((size_t)65536)
#define SIZE (IK_HEAD_BYTES + 2 * TAIL)

/* Fills a range: with a pattern of its own for each seed, with zeros for 0. */
static void fill(uint8_t *bytes, size_t len, unsigned seed)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = seed ? (uint8_t)(i * 13 + seed) : 0;
}

static const struct row {
	const char *what;
	unsigned head, copy_head, tail, copy_tail; /* seeds */
	size_t zeros;				   /* at the beginning of both tails */
	size_t cut;				   /* from the end of the target */
	size_t copy_cut;			   /* from the end of the copy */
	uint64_t size;				   /* that the journal names */
	const char *file;
	bool is_part;
} rows[] = {
	{"nothing is ours", 1, 2, 3, 4, 0, 0, 0, SIZE, "copy", false},
	{"only the end is ours", 1, 2, 3, 3, 0, 0, 0, SIZE, "copy", true},
	{"only the head is ours", 1, 1, 3, 4, 0, 0, 0, SIZE, "copy", true},
	{"both end in zeros", 1, 2, 0, 0, 0, 0, 0, SIZE, "copy", false},
	{"both heads are zero", 0, 0, 3, 4, 0, 0, 0, SIZE, "copy", false},
	{"the end begins with zeros", 1, 2, 3, 3, 100, 0, 0, SIZE, "copy", true},
	{"the target is cut", 1, 2, 3, 3, 0, 1, 0, SIZE, "copy", false},
	{"the copy is cut", 1, 2, 3, 3, 0, 0, 1, SIZE, "copy", false},
	{"too small for two parts", 1, 1, 3, 3, 0, 0, 0, IK_HEAD_BYTES + TAIL - 1, "copy", false},
	{"the journal names no copy", 1, 1, 3, 3, 0, 0, 0, SIZE, "", false},
	{"there is no copy", 1, 1, 3, 3, 0, 0, 0, SIZE, "nothing", false},
};

static void put(int dir_fd, const char *name, unsigned head, unsigned body, unsigned tail,
		size_t zeros, size_t cut)
{
	static uint8_t bytes[SIZE];

	fill(bytes, IK_HEAD_BYTES, head);
	fill(bytes + IK_HEAD_BYTES, TAIL, body);
	fill(bytes + SIZE - TAIL, TAIL, tail);
	fill(bytes + SIZE - TAIL, zeros, 0);
	put_file(dir_fd, name, bytes, SIZE - cut);
}

static struct ik_jrec_image image_of(const struct row *row)
{
	struct ik_jrec_image image = {.size_bytes = row->size};

	put(tmp.fd, "target", row->head, 100, row->tail, row->zeros, row->cut);
	put(tmp.fd, "copy", row->copy_head, 101, row->copy_tail, row->zeros, row->copy_cut);
	(void)snprintf(image.file, sizeof(image.file), "%s", row->file);
	return image;
}

static void parts(void **state IK_UNUSED)
{
	for (size_t i = 0; i < IK_ARRAY_SIZE(rows); i++) {
		struct ik_jrec_image image = image_of(&rows[i]);
		struct ik_err err = {0};

		if (ik_mixture_has_part_of(tmp.fd, "target", &image, &err) != rows[i].is_part ||
		    err.code != IK_E_NONE)
			fail_msg("%s: %s", rows[i].what, err.message);
	}
	/* What is no regular file is no copy of ours. */
	put_dir(tmp.fd, "directory");
	struct ik_jrec_image image = image_of(&rows[1]);

	(void)snprintf(image.file, sizeof(image.file), "directory");
	assert_int_equal(ik_mixture_has_part_of(tmp.fd, "target", &image, NULL), 0);
}

/* What cannot be read is neither ours nor another's: whatever fails, it is an error, asked for or not. */
static const struct faults unreadable[] = {
	{.on = true, .only = "memory", .errnum = ENOMEM},
	{.on = true, .only = "ik_sys_openat2", .errnum = EIO},
	{.on = true, .only = "ik_file_id_of", .errnum = EIO},
	{.on = true, .only = "ik_sys_pread", .errnum = EIO},
	{.on = true, .only = "ik_sys_pread"}, /* it became shorter */
};

static void unreadable_is_no_answer(void **state IK_UNUSED)
{
	struct ik_jrec_image image = image_of(&rows[1]);
	unsigned failed = 0;

	for (size_t i = 0; i < 2 * IK_ARRAY_SIZE(unreadable); i++) {
		bool more = true;

		for (long n = 1; more; n++) {
			struct ik_err err = {0};
			int r;

			faults = unreadable[i / 2];
			faults.at = n;
			r = ik_mixture_has_part_of(tmp.fd, "target", &image, i & 1 ? &err : NULL);
			more = faults.fired;
			faults_off();
			assert_true(more ? r < 0 : r == 1);
			assert_int_equal(more && (i & 1), err.code != IK_E_NONE);
			failed += more;
		}
	}
	assert_true(failed >= 2 * (1 + 2 + 2 + 4 + 4));
	assert_true(ik_mixture_has_part_of(tmp.fd, "no-target", &image, NULL) < 0);
}

static void a_cut_kernel(void **state IK_UNUSED)
{
	int fd = tools_fd();

	start_official();
	assert_int_equal(ik_mixture_is_cut(fd, "kernel", NULL), 0);
	put_kernel(KERNEL, official.data, official.size - 4096, 0);
	assert_int_equal(ik_mixture_is_cut(fd, "kernel", NULL), 1);
	for (int with = 0; with < 2; with++) {
		struct ik_err err = {0};

		faults =
			(struct faults){.on = true, .only = "ik_sys_pread", .at = 1, .errnum = EIO};
		assert_true(ik_mixture_is_cut(fd, "kernel", with ? &err : NULL) < 0);
		faults_off();
		assert_int_equal(err.code, with ? IK_E_IO_FAILED : IK_E_NONE);
	}
	/* No kernel at all is no kernel that was cut. */
	put_kernel(KERNEL, "text", 4, MIB);
	assert_int_equal(ik_mixture_is_cut(fd, "kernel", NULL), 0);
	assert_true(ik_mixture_is_cut(fd, "no-kernel", NULL) < 0);
	assert_int_equal(close(fd), 0);
}

/* ---- in recovery ---- */

/* Somebody else's kernel over all but the end of ours. */
static void start_end_is_ours(void)
{
	int fd;

	start_armed_new();
	put_kernel(TOOLS IK_NAME_NEW, ours.data, ours.size, 0);
	fd = openat(session.drive.fd, KERNEL, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, foreign.data, MIB / 2, 0), MIB / 2);
	assert_int_equal(close(fd), 0);
}

/* Somebody else's kernel, shortened. */
static void start_cut(void)
{
	start_armed_new();
	put_kernel(KERNEL, foreign.data, foreign.size - 4096, 0);
}

/* Whatever call fails, a mixture is never approved: the journal stays armed, and that is said. */
static void a_mixture_is_never_approved(void **state IK_UNUSED)
{
	static void (*const starts[])(void) = {start_end_is_ours, start_cut};

	for (size_t i = 0; i < IK_ARRAY_SIZE(starts) * IK_ARRAY_SIZE(unreadable); i++) {
		bool more = true;

		for (long n = 1; more; n++) {
			struct ik_report report = {0};
			struct ik_err err = {0};
			int r;

			starts[i % IK_ARRAY_SIZE(starts)]();
			faults = unreadable[i / IK_ARRAY_SIZE(starts)];
			faults.at = n;
			r = recover(&report, &err);
			more = faults.fired;
			faults_off();
			if (record().state == IK_JREC_SUPERSEDED)
				fail_msg("state %zu, call %ld: approved (%d)", i, n, r);
			assert_true(is(&official) || is(&ours) || r < 0);
			if (recover(&report, &err) < 0 || !(is(&official) || is(&ours)))
				fail_msg("state %zu, call %ld: %d, then: %s, verdict %d", i, n, r,
					 faults.fired, r, err.message, report.recovery);
		}
	}
}

/* The same bytes in another file than ours, or where no journal is armed, are somebody else's business. */
static void not_our_mixture(void **state IK_UNUSED)
{
	struct ik_report report = {0};

	start_end_is_ours();
	assert_int_equal(linkat(session.drive.fd, KERNEL, session.drive.fd, TOOLS "kept", 0), 0);
	replace_kernel();
	assert_int_equal(recover(&report, NULL), 0);
	assert_int_equal(report.recovery, IK_RECOVERY_SUPERSEDED);
	assert_true(is(&foreign));
	assert_int_equal(unlinkat(session.drive.fd, TOOLS "kept", 0), 0);
	start_end_is_ours();
	set_journal(IK_JREC_DONE, IK_JREC_F_PADDED);
	assert_int_equal(recover(&report, NULL), 0);
	assert_int_equal(record().state, IK_JREC_DONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts),	   cmocka_unit_test(unreadable_is_no_answer),
		cmocka_unit_test(a_cut_kernel),	   cmocka_unit_test(a_mixture_is_never_approved),
		cmocka_unit_test(not_our_mixture),
	};

	return cmocka_run_group_tests_name("mixture", tests, world_set_up, world_tear_down);
}
