/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flow/txn and flow/recover while somebody else changes the drive before each call. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(somebody_else),
	};

	return cmocka_run_group_tests_name("meddle", tests, world_set_up, world_tear_down);
}
