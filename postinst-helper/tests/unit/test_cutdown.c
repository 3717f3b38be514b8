/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow/recover, flow/txn and flow/remove over a kernel that somebody else, or a full disk, left dead: too short, too long,
 * without a head. Whatever lies there, it is called what it is, and a restore mends it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"
#include "flow/remove.h"
#include "txnworld.h"

/* A journal that cannot be read may be refused, but a dead kernel is not "the kernel before". */
static void torn_wins_over_refused(void **state IK_UNUSED)
{
	struct ik_report report = {0};
	struct ik_err err = {0};

	start_torn();
	assert_int_equal(unlinkat(session.drive.fd, TOOLS IK_NAME_JOURNAL, 0), 0);
	put_link(session.drive.fd, TOOLS IK_NAME_JOURNAL, "elsewhere");
	assert_true(recover(&report, &err) < 0);
	assert_int_equal(ik_code_exit(err.code), IK_EXIT_RECOVERY);
	assert_true(install(&ours, &report, &err) < 0);
	assert_int_equal(ik_code_exit(err.code), IK_EXIT_RECOVERY);
	put_kernel(KERNEL, official.data, official.size, 0);
	assert_true(install(&ours, &report, &err) < 0);
	assert_int_equal(ik_code_exit(err.code), IK_EXIT_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(torn_wins_over_refused),
	};

	return cmocka_run_group_tests_name("cutdown", tests, world_set_up, world_tear_down);
}
