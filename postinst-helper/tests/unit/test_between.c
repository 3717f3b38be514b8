/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow/txn and flow/recover where somebody else comes between two steps, and what exactly is then said; and where
 * nothing can be seen. That nothing is lost, whoever comes whenever, is test_meddle.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "faults.h"
#include "flow/judge.h"
#include "flow/recover.h"
#include "io/reread.h"
#include "txnworld.h"

/* Same file, same size, one byte of the body. */
static void changes_a_byte(void)
{
	int fd = openat(session.drive.fd, KERNEL, O_WRONLY | O_CLOEXEC);

	assert_int_equal(pwrite(fd, "!", 1, 20000), 1);
	assert_int_equal(close(fd), 0);
}

static void replaces_by_larger(void)
{
	put_kernel(TOOLS "incoming", foreign.data, foreign.size, 0);
	assert_int_equal(renameat(session.drive.fd, TOOLS "incoming", session.drive.fd, KERNEL), 0);
}

static void replaces_by_smaller(void)
{
	put_kernel(TOOLS "incoming", newer.data, newer.size, 0);
	assert_int_equal(renameat(session.drive.fd, TOOLS "incoming", session.drive.fd, KERNEL), 0);
}

static void removes(void)
{
	assert_int_equal(unlinkat(session.drive.fd, KERNEL, 0), 0);
}

static void puts_a_link(void)
{
	removes();
	assert_int_equal(symlinkat("elsewhere", session.drive.fd, KERNEL), 0);
}

/* How a run ended into which somebody else came. */
struct meeting {
	int r;
	struct ik_err err;
	struct ik_report report;
};

/* Lets somebody act before the nth opening of a file; false when there are not so many. */
static bool meet(void (*start)(void), const struct image *image, void (*act)(void), long n,
		 struct meeting *ret)
{
	bool fired;

	faults_off();
	(void)unlinkat(session.drive.fd, KERNEL, 0);
	start();
	*ret = (struct meeting){0};
	faults = (struct faults){.on = true, .only = "ik_sys_openat2", .hook_at = n, .hook = act};
	ret->r = image ? install(image, &ret->report, &ret->err) : recover(&ret->report, &ret->err);
	fired = faults.fired;
	faults_off();
	assert_int_equal(ret->r < 0, ret->err.code != IK_E_NONE);
	return fired;
}

/* Torn by somebody else before we began: refused, and nothing of ours is written into it. */
static void torn_before_the_look(void **state IK_UNUSED)
{
	struct meeting m;
	unsigned refused = 0;

	for (long n = 1; meet(start_official, &ours, zero_head, n, &m); n++) {
		if (m.err.code == IK_E_TARGET_TORN) {
			ik_autofree char *got = get_file(session.drive.fd, KERNEL, NULL);

			assert_memory_equal(got + IK_HEAD_BYTES, official.data + IK_HEAD_BYTES,
					    official.size - IK_HEAD_BYTES);
			assert_true(head_is_zero());
			assert_false(is_there(IK_NAME_NEW));
			assert_false(is_there(IK_NAME_JOURNAL));
			refused++;
		}
		/* Torn after our own proof, it is the other's business. */
		assert_true(m.r < 0 || record().state == IK_JREC_DONE);
	}
	assert_true(refused >= 2); /* at least by recovery and by the transaction */
}

/* Windows Update writes into the same file: whatever the size says, the digest tells. */
static void changed_after_the_look(void **state IK_UNUSED)
{
	uint8_t *changed = malloc(official.size);
	unsigned noticed = 0;
	struct meeting m;

	assert_non_null(changed);
	memcpy(changed, official.data, official.size);
	changed[20000] = '!';
	assert_int_not_equal(official.data[20000], '!');
	for (long n = 1; meet(start_official, &ours, changes_a_byte, n, &m); n++) {
		ik_autofree char *got = get_file(session.drive.fd, KERNEL, NULL);

		if (m.err.code == IK_E_TARGET_CHANGED) {
			assert_memory_equal(got, changed, official.size);
			assert_int_equal(record().state, IK_JREC_IDLE);
			assert_false(is_there(IK_NAME_NEW));
			noticed++;
		}
		/* What came after our own proof is the other's business. */
		assert_true(m.r >= 0 || is(&official) || memcmp(got, changed, official.size) == 0);
	}
	assert_true(noticed > 0);
	free(changed);
}

/* A whole kernel of somebody else's is not called half written, whatever its size. */
static void replaced_while_recovering(void **state IK_UNUSED)
{
	static const struct {
		void (*act)(void);
		const struct image *theirs;
	} cases[] = {{replaces_by_smaller, &newer}, {replaces_by_larger, &foreign}};
	unsigned superseded = 0;
	struct meeting m;

	for (size_t i = 0; i < IK_ARRAY_SIZE(cases); i++)
		for (long n = 1; meet(start_torn, NULL, cases[i].act, n, &m); n++) {
			assert_true(is(cases[i].theirs));
			if (m.err.code == IK_E_RECOVERY_NEEDED)
				fail_msg("opening %ld: %s", n, m.err.message);
			if (m.report.recovery == IK_RECOVERY_RESTORE_OLD &&
			    record().state == IK_JREC_SUPERSEDED)
				superseded++;
		}
	assert_true(superseded >= 2);
}

static void removed_while_recovering(void **state IK_UNUSED)
{
	unsigned told = 0;
	struct meeting m;

	for (long n = 1; meet(start_armed_new, NULL, removes, n, &m); n++) {
		assert_false(is_there("kernel")); /* never created by us */
		if (m.err.code == IK_E_TARGET_MISSING &&
		    m.report.recovery == IK_RECOVERY_NO_TARGET) {
			assert_int_equal(record().state, IK_JREC_ARMED);
			told++;
		}
	}
	assert_true(told > 0);
}

/* What is refused is refused for what it is, also over an open journal. */
static void a_link_while_recovering(void **state IK_UNUSED)
{
	unsigned refused = 0;
	struct meeting m;

	put_text(session.drive.fd, TOOLS "elsewhere", "not a kernel");
	for (long n = 1; meet(start_armed_new, NULL, puts_a_link, n, &m); n++) {
		ik_autofree char *got = get_file(session.drive.fd, TOOLS "elsewhere", NULL);

		assert_string_equal(got, "not a kernel");
		refused += m.err.code == IK_E_PATH_SYMLINK;
	}
	assert_true(refused > 0);
}

/* ---- in the dark ---- */

/* The lock cannot be had, and then the kernel cannot be compared: nothing shows that it is whole. */
static void neither_lock_nor_look(void **state IK_UNUSED)
{
	const struct faults dark = {.on = true,
				    .only = "ik_sys_create",
				    .at = 1,
				    .lasting = true,
				    .errnum = EROFS,
				    .also = "ik_path_identify"};
	struct ik_report report = {0};
	struct ik_err err = {0};

	start_armed_new();
	faults = dark;
	assert_true(recover(&report, &err) < 0);
	faults_off();
	assert_int_equal(err.code, IK_E_RECOVERY_NEEDED);
	assert_true(is(&ours));
	/* Nothing of ours is under way: then it is only the lock that fails. */
	start_official();
	faults = dark;
	assert_true(install(&ours, &report, &err) < 0);
	faults_off();
	assert_int_equal(err.code, IK_E_PATH_DENIED);
	assert_non_null(strstr(err.message, IK_NAME_LOCK));
	assert_true(is(&official));
}

/* What cannot be read is an error or a verdict that keeps everything; whether anybody asks why makes no difference. */
static void judging_what_cannot_be_read(void **state IK_UNUSED)
{
	struct ik_scene ik_autoscene scene = {.lxss = {.fd = -EBADF}, .profile = {.fd = -EBADF}};
	struct ik_journal j;
	unsigned failed = 0;
	bool more = true;

	start_armed_new();
	j = journal();
	assert_int_equal(close(j.dir_fd), 0);
	assert_int_equal(ik_scene_open(&session, &scene, NULL), 0);
	for (long n = 1; more; n++) {
		struct ik_err err = {0};
		int r[2];

		for (int with = 0; with < 2; with++) {
			enum ik_recovery verdict = IK_RECOVERY_NOTHING;

			faults = (struct faults){
				.on = true, .only = "ik_sys_pread", .at = n, .errnum = EIO};
			r[with] = ik_judge_target(&scene, &j, false, NULL, &verdict,
						  with ? &err : NULL);
			more = faults.fired;
			faults_off();
			assert_true(r[with] < 0 || verdict == IK_RECOVERY_FORWARD);
		}
		assert_int_equal(r[0], r[1]);
		assert_int_equal(r[1] < 0, err.code != IK_E_NONE);
		failed += r[1] < 0;
	}
	assert_true(failed >= 2);
}

/* Without memory nothing is judged, whether anybody asks why or not. */
static void judging_without_memory(void **state IK_UNUSED)
{
	struct ik_scene ik_autoscene scene = {.lxss = {.fd = -EBADF}, .profile = {.fd = -EBADF}};
	struct ik_journal j;
	unsigned failed = 0;
	bool more = true;

	start_torn();
	j = journal();
	assert_int_equal(close(j.dir_fd), 0);
	assert_int_equal(ik_scene_open(&session, &scene, NULL), 0);
	for (long n = 1; more; n++)
		for (int with = 0; with < 2; with++) {
			enum ik_recovery verdict = IK_RECOVERY_NOTHING;
			struct ik_err err = {0};
			int r;

			faults = (struct faults){
				.on = true, .only = "memory", .at = n, .errnum = ENOMEM};
			r = ik_judge_target(&scene, &j, false, NULL, &verdict, with ? &err : NULL);
			more = faults.fired;
			faults_off();
			assert_true(r < 0 || verdict == IK_RECOVERY_RESTORE_OLD);
			failed += r < 0;
		}
	assert_true(failed >= 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(torn_before_the_look),
		cmocka_unit_test(changed_after_the_look),
		cmocka_unit_test(replaced_while_recovering),
		cmocka_unit_test(removed_while_recovering),
		cmocka_unit_test(a_link_while_recovering),
		cmocka_unit_test(neither_lock_nor_look),
		cmocka_unit_test(judging_what_cannot_be_read),
		cmocka_unit_test(judging_without_memory),
	};

	return cmocka_run_group_tests_name("between", tests, world_set_up, world_tear_down);
}
