/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow/txn and flow/recover where time passes: the target cannot be opened at once, and whoever has it open writes it; or
 * this machine stands still for so long that another WSL takes the lock. What was judged before does not count then.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"
#include "flow/settle.h"
#include "io/reread.h"
#include "os/clock.h"
#include "store/dlock.h"
#include "txnworld.h"

/* A run that may install or recover, from a certain start. */
struct run {
	const char *name;
	void (*start)(void);
	const struct image *image; /* NULL = recover */
};

static const struct run runs[] = {
	{"install", start_official, &newer},
	{"recover, half written", start_torn, NULL},
	{"recover, the new one", start_armed_new, NULL},
	{"recover, zeros", start_armed_old_padded, NULL},
	{"recover, done", start_done_padded, NULL},
	{"install, growing", start_official, &ours},
};

static struct ik_err err;

/* One opening is refused, and somebody acts before the next one; false when there are not so many. */
static bool refused_once(const struct run *run, long n, void (*act)(void), int *ret_r)
{
	struct ik_report report = {0};
	bool fired;

	faults_off();
	(void)unlinkat(session.drive.fd, KERNEL, 0);
	(void)unlinkat(session.drive.fd, TOOLS IK_NAME_LOCK, 0);
	run->start();
	err = (struct ik_err){0};
	faults = (struct faults){.on = true,
				 .only = "ik_sys_openat2",
				 .at = n,
				 .errnum = EACCES,
				 .hook_at = n + 1,
				 .hook = act};
	*ret_r = run->image ? install(run->image, &report, &err) : recover(&report, &err);
	fired = faults.count > n;
	faults_off();
	return fired;
}

/* ---- Windows Update had it open ---- */

static void rewrites(void)
{
	put_kernel(KERNEL, foreign.data, foreign.size, 0);
}

/* What it wrote is there to the last byte. */
static void theirs_is_left_alone(void **state IK_UNUSED)
{
	for (size_t i = 0; i < IK_ARRAY_SIZE(runs); i++) {
		int r;

		for (long n = 1; refused_once(&runs[i], n, rewrites, &r); n++) {
			size_t size = 0;
			ik_autofree char *got = get_file(session.drive.fd, KERNEL, &size);

			if (size != foreign.size || memcmp(got, foreign.data, size) != 0)
				fail_msg("%s, opening %ld: %zu bytes are left of theirs (%d %s)",
					 runs[i].name, n, size, r, err.message);
		}
	}
}

/* ---- another WSL took the lock ---- */

static char *at_that_time; /* the kernel when the lock was taken; NULL = it was not */
static size_t size_then;

static void take_lock(void)
{
	if (unlinkat(session.drive.fd, TOOLS IK_NAME_LOCK, 0) < 0)
		return; /* not yet, or no more */
	put_text(session.drive.fd, TOOLS IK_NAME_LOCK, "another WSL's");
	free(at_that_time);
	at_that_time = get_file(session.drive.fd, KERNEL, &size_then);
}

static bool is_as_then(void)
{
	size_t size = 0;
	ik_autofree char *now = get_file(session.drive.fd, KERNEL, &size);

	return size == size_then && memcmp(now, at_that_time, size) == 0;
}

/* A kernel that was not begun before is not begun after it. */
static void a_lock_that_is_lost_while_waiting(void **state IK_UNUSED)
{
	unsigned busy = 0;

	for (size_t i = 0; i < 2; i++) {
		int r;
		bool more = true;

		for (long n = 1; more; n++) {
			free(at_that_time);
			at_that_time = NULL;
			more = refused_once(&runs[i], n, take_lock, &r);
			if (!at_that_time || is(&newer))
				continue;
			if (!is_as_then())
				fail_msg("%s, opening %ld: written under another's lock (%d %s)",
					 runs[i].name, n, r, err.message);
			busy += err.code == (i == 0 ? IK_E_LOCK_BUSY : IK_E_RECOVERY_NEEDED);
		}
	}
	assert_true(busy > 2);
	(void)unlinkat(session.drive.fd, TOOLS IK_NAME_LOCK, 0);
}

/* Half a minute passes in the middle of the overwriting. */
static void stand_still(void)
{
	if (!head_is_zero() || at_that_time)
		return;
	ik_clock_sleep_ms(2 * IK_DLOCK_WATCH_MS);
	take_lock();
}

/* How many installs of this image stop where they were? */
static unsigned lost_while_writing(const struct image *image)
{
	unsigned stopped = 0;
	bool fired = true;

	for (long n = 1; fired; n++) {
		struct ik_report report = {0};
		int r;

		free(at_that_time);
		at_that_time = NULL;
		start_official();
		err = (struct ik_err){0};
		faults = (struct faults){
			.on = true, .only = "ik_sys_pwrite", .hook_at = n, .hook = stand_still};
		r = install(image, &report, &err);
		fired = faults.fired;
		faults_off();
		(void)unlinkat(session.drive.fd, TOOLS IK_NAME_LOCK, 0);
		if (!at_that_time)
			continue;
		assert_true(r < 0);
		if (!head_is_zero() && !is(image))
			fail_msg("writing %ld: %d %s", n, r, err.message);
		stopped += head_is_zero() && err.code == IK_E_RECOVERY_NEEDED;
	}
	return stopped;
}

/* The other one may be recovering the kernel by now: no further block, least of all the head, is written into it. */
static void a_lock_that_is_lost_while_writing(void **state IK_UNUSED)
{
	assert_true(lost_while_writing(&newer) > 0); /* in one block */
	assert_true(lost_while_writing(&ours) > 0);
}

/* The lock's beat goes on while the target is waited for, and whoever presses Ctrl-C then is heard. */
static int impatient(void *ctx, const char *what, uint64_t done IK_UNUSED, uint64_t total IK_UNUSED)
{
	unsigned *waits = ctx;

	if (strncmp(what, "waiting", 7) != 0)
		return 0;
	return ++*waits == 3 ? -ECANCELED : 0;
}

static void who_waits_can_be_interrupted(void **state IK_UNUSED)
{
	struct ik_report report = {0};
	unsigned waits = 0;
	unsigned interrupted = 0;

	work_progress = (struct ik_progress){.tick = impatient, .ctx = &waits};
	for (long n = 1; !interrupted && n < 200; n++) {
		start_official();
		waits = 0;
		err = (struct ik_err){0};
		faults = (struct faults){.on = true,
					 .only = "ik_sys_openat2",
					 .at = n,
					 .errnum = EACCES,
					 .lasting = true};
		(void)!install(&newer, &report, &err);
		faults_off();
		interrupted += err.code == IK_E_INTERRUPTED;
		assert_true(is(&official));
	}
	work_progress = (struct ik_progress){0};
	assert_int_equal(interrupted, 1);
	assert_int_equal(waits, 3);
}

/* ---- nothing was looked at ---- */

/* Without a look before it, there is nothing to settle. */
static void settling_needs_a_judgement(void **state IK_UNUSED)
{
	struct ik_scene ik_autoscene scene = {.lxss = {.fd = -EBADF}, .profile = {.fd = -EBADF}};
	struct ik_job job = {.session = &session};
	struct ik_report report = {0};

	start_armed_old_padded();
	assert_int_equal(ik_scene_open(&session, &scene, NULL), 0);
	for (int with = 0; with < 2; with++) {
		struct ik_lxss ik_autolxss lxss = IK_LXSS_NONE;

		err = (struct ik_err){0};
		assert_int_equal(ik_lxss_open(&scene, &job, &report, &lxss, NULL), 0);
		assert_true(ik_settle(&lxss, &lxss.journal.rec.a, IK_JREC_IDLE,
				      with ? &err : NULL) < 0);
		assert_int_equal(err.code, with ? IK_E_TARGET_CHANGED : IK_E_NONE);
	}
	assert_int_equal(record().state, IK_JREC_ARMED);
}

/* ---- somebody who never stops ---- */

static void writes_again(void)
{
	int fd = openat(session.drive.fd, KERNEL, O_WRONLY | O_CLOEXEC);
	static char byte;

	byte++;
	assert_int_equal(pwrite(fd, &byte, 1, 9000), 1);
	assert_int_equal(close(fd), 0);
	faults.hook_at = faults.count + 1;
}

/* Looked at three times; then it is said that the kernel may be half written, and everything stays. */
static void a_target_that_does_not_rest(void **state IK_UNUSED)
{
	struct ik_report report = {0};

	start_torn();
	err = (struct ik_err){0};
	faults = (struct faults){
		.on = true, .only = "ik_sys_openat2", .hook_at = 1, .hook = writes_again};
	assert_true(recover(&report, &err) < 0);
	faults_off();
	assert_int_equal(err.code, IK_E_RECOVERY_NEEDED);
	assert_non_null(strstr(err.message, "meanwhile"));
	assert_true(head_is_zero());
	assert_int_equal(record().state, IK_JREC_ARMED);
	assert_int_equal(recover(&report, &err), 0);
	assert_true(is(&official));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(theirs_is_left_alone),
		cmocka_unit_test(a_lock_that_is_lost_while_waiting),
		cmocka_unit_test(a_lock_that_is_lost_while_writing),
		cmocka_unit_test(who_waits_can_be_interrupted),
		cmocka_unit_test(settling_needs_a_judgement),
		cmocka_unit_test(a_target_that_does_not_rest),
	};

	faults_skip_sleep = true;
	return cmocka_run_group_tests_name("wait", tests, world_set_up, world_tear_down);
}
