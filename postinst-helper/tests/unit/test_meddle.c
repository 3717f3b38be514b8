/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flow/txn and flow/recover while somebody else changes the drive before each call. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"
#include "store/names.h"
#include "txnworld.h"

static void rewrites(void)
{
	put_kernel(KERNEL, foreign.data, foreign.size, 0);
}

static void removes(void)
{
	(void)unlinkat(session.drive.fd, KERNEL, 0);
}

static void links(void)
{
	(void)unlinkat(session.drive.fd, TOOLS "second-name", 0);
	ik_ignore(linkat(session.drive.fd, KERNEL, session.drive.fd, TOOLS "second-name", 0));
}

static void appends(void)
{
	int fd = openat(session.drive.fd, KERNEL, O_WRONLY | O_APPEND | O_CLOEXEC);

	if (fd < 0)
		return;
	assert_int_equal(write(fd, "more", 4), 4);
	assert_int_equal(close(fd), 0);
}

static const struct {
	const char *name;
	void (*act)(void);
	bool may_be_gone; /* the kernel */
} others[] = {
	{"replaces", replace_kernel, false}, {"rewrites", rewrites, false},
	{"removes", removes, true},	     {"links", links, false},
	{"appends", appends, false},
};

/* A valid head is over a known body only; what was appended to one is the other's business. */
static bool is_whole(void)
{
	return is(&official) || is(&ours) || is(&foreign);
}

static bool meddled(size_t who, long n, bool recovery)
{
	struct ik_report report = {0};
	struct ik_err err = {0}, late = {0};
	bool fired;
	int r, again;

	faults_off();
	(void)unlinkat(session.drive.fd, TOOLS "second-name", 0);
	(recovery ? start_torn : start_official)();
	faults = (struct faults){.on = true, .hook_at = n, .hook = others[who].act};
	r = recovery ? recover(&report, &err) : install(&ours, &report, &err);
	fired = faults.fired;
	faults_off();
	if (!fired)
		return false;
	again = recover(&report, &late);
	if (faccessat(session.drive.fd, KERNEL, F_OK, 0) < 0) {
		assert_true(others[who].may_be_gone);
		return true;
	}
	/* Half written is allowed where it is said, and where there is nothing left to write back. */
	if (!is_whole() && !(again < 0 && head_is_zero()))
		fail_msg("another one %s before call %ld: a mixture (%d %s; then %d %s)",
			 others[who].name, n, r, err.message, again, late.message);
	return true;
}

static void somebody_else(void **state IK_UNUSED)
{
	for (size_t who = 0; who < IK_ARRAY_SIZE(others); who++) {
		/* Replacing is what Windows Update does: no call is left out. */
		long step = who == 0 || getenv("IK_TEST_ALL") ? 1 : 5;

		for (int recovery = 0; recovery < 2; recovery++)
			for (long n = 1 + (long)who; meddled(who, n, recovery); n += step)
				;
	}
}

/* ---- the lock ---- */

static const char another[] = "another WSL's, which thought that we were dead";

/* Once the lock is held: the first file of a change is there. */
static void takes_the_lock(void)
{
	if (faccessat(session.drive.fd, TOOLS IK_NAME_NEW, F_OK, 0) == 0 &&
	    unlinkat(session.drive.fd, TOOLS IK_NAME_LOCK, 0) == 0)
		put_text(session.drive.fd, TOOLS IK_NAME_LOCK, another);
}

/* Does the lock at that call change hands? */
static bool taken_over(long n, unsigned *ret_refused)
{
	struct ik_report report = {0};
	struct ik_err err = {0}, late = {0};
	ik_autofree char *lock = NULL;
	bool fired;
	size_t len = 0;
	int r;

	start_official();
	faults = (struct faults){.on = true, .hook_at = n, .hook = takes_the_lock};
	r = install(&ours, &report, &err);
	fired = faults.fired;
	faults_off();
	if (!fired)
		return false;
	lock = get_file(session.drive.fd, TOOLS IK_NAME_LOCK, &len);
	if (lock) {
		assert_string_equal(lock, another);
		assert_int_equal(unlinkat(session.drive.fd, TOOLS IK_NAME_LOCK, 0), 0);
	}
	if (r < 0 ? !lock || err.code != IK_E_LOCK_BUSY || !is(&official) : !is(&ours))
		fail_msg("taken before call %ld: %d %s", n, r, err.message);
	*ret_refused += r < 0;
	assert_int_equal(recover(&report, &late), 0);
	assert_true(is(r < 0 ? &official : &ours));
	return true;
}

static void takes_all(void)
{
	takes_the_lock();
	if (faccessat(session.drive.fd, TOOLS IK_NAME_NEW, F_OK, 0) == 0)
		rewrites();
}

/* The new holder has done its work already: what it left is not touched, its journal neither. */
static void a_kernel_that_was_taken_over(void **state IK_UNUSED)
{
	struct ik_report report = {0};
	struct ik_err err = {0};
	unsigned changed = 0;

	for (long n = 1; !changed || err.code == IK_E_TARGET_CHANGED; n++) {
		memset(&err, 0, sizeof(err));
		start_official();
		faults = (struct faults){.on = true, .hook_at = n, .hook = takes_all};
		if (install(&ours, &report, &err) < 0)
			assert_true(is(&foreign) || is(&official));
		faults_off();
		changed += err.code == IK_E_TARGET_CHANGED;
		(void)unlinkat(session.drive.fd, TOOLS IK_NAME_LOCK, 0);
		assert_true(n < 2000);
	}
	assert_true(changed > 5);
}

/* What was not begun is left to the new holder; what was begun is finished. */
static void a_lock_that_was_taken_over(void **state IK_UNUSED)
{
	unsigned refused = 0;

	for (long n = 1; taken_over(n, &refused); n++)
		;
	assert_true(refused > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(somebody_else),
		cmocka_unit_test(a_lock_that_was_taken_over),
		cmocka_unit_test(a_kernel_that_was_taken_over),
	};

	return cmocka_run_group_tests_name("meddle", tests, world_set_up, world_tear_down);
}
