/* SPDX-License-Identifier: GPL-2.0-or-later */
/* os/priv: a child that cannot be confined does no work. What is confined is always a process of its own. */
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "calls.h"
#include "faults.h"
#include "os/priv.h"
#include "support.h"

static const struct ik_priv_opts as_nobody = {.user = {65534, 65533}, .no_filter = true};

static int tear_down(void **state IK_UNUSED)
{
	faults_off();
	(void)call_met();
	return 0;
}

/* Exit statuses of the children below. */
enum {
	GOOD = 0,
	WENT_ON = 1,
	WRONG_CODE = 2,
	NOT_MET = 3,
	WRONG_STATE = 4
};

static int confine_and_judge(enum ik_code want)
{
	struct ik_err err = {.code = IK_E_NONE};
	int r = ik_priv_confine(&as_nobody, &err);

	if (!call_met())
		return NOT_MET;
	return r >= 0 ? WENT_ON : err.code == want ? GOOD : WRONG_CODE;
}

static int confine_badly(void *arg)
{
	call_fails(arg, 1, EPERM);
	return confine_and_judge(IK_E_PRIV_DROP);
}

static int confine_badly_later(void *arg)
{
	call_fails(arg, 2, EPERM);
	return confine_and_judge(IK_E_PRIV_DROP);
}

static void no_step_of_confining_is_left_out(void **state IK_UNUSED)
{
	static char names[][16] = {"setgroups", "setresgid", "setresuid", "getresuid",
				   "getresgid", "capset",    "capget",	  "sigaction",
				   "getrlimit", "setrlimit", "dumpable",  "no_new_privs"};

	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < IK_ARRAY_SIZE(names); i++) {
		int status = in_child(confine_badly, names[i]);

		if (status != GOOD)
			fail_msg("%s fails: %d", names[i], status);
	}
	assert_int_equal(in_child(confine_badly_later, names[7]), GOOD);
	assert_int_equal(in_child(confine_badly_later, names[9]), GOOD);
}

/* One of the three ids stays what it was. */
static void keep_real(void *out)
{
	*((uid_t **)out)[0] = 0;
}

static void keep_effective(void *out)
{
	*((uid_t **)out)[1] = 0;
}

static void keep_saved(void *out)
{
	*((uid_t **)out)[2] = 0;
}

static void keep_capability(void *out)
{
	struct __user_cap_data_struct *data = (void *)out;

	data[1].permitted = 1;
}

static const struct {
	const char *call;
	void (*change)(void *);
} remains[] = {
	{"getresuid", keep_real}, {"getresuid", keep_effective}, {"getresuid", keep_saved},
	{"getresgid", keep_real}, {"getresgid", keep_effective}, {"getresgid", keep_saved},
};

static int confine_and_keep(void *arg)
{
	const size_t *i = arg;

	call_changes(remains[*i].call, 1, remains[*i].change);
	return confine_and_judge(IK_E_PRIV_DROP);
}

static int confine_with_capability(void *arg IK_UNUSED)
{
	call_changes("capget", 1, keep_capability);
	return confine_and_judge(IK_E_PRIV_DROP);
}

/* Success of the calls is not taken for the effect. */
static void what_remains_is_seen(void **state IK_UNUSED)
{
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < IK_ARRAY_SIZE(remains); i++) {
		int status = in_child(confine_and_keep, &i);

		if (status != GOOD)
			fail_msg("%s, change %zu: %d", remains[i].call, i, status);
	}
	assert_int_equal(in_child(confine_with_capability, NULL), GOOD);
}

static int confine_without_root(void *arg IK_UNUSED)
{
	if (seteuid(1234) < 0)
		return NOT_MET;
	if (ik_priv_confine(&as_nobody, NULL) < 0)
		return WRONG_CODE;
	return geteuid() == 1234 ? GOOD : WRONG_STATE;
}

static void without_root_the_ids_stay(void **state IK_UNUSED)
{
	if (geteuid() != 0)
		skip();
	assert_int_equal(in_child(confine_without_root, NULL), GOOD);
}

static int clean_badly(void *arg)
{
	const char *name = arg;
	struct ik_err err = {.code = IK_E_NONE};
	long at = name[strlen(name) - 1] - '0';
	char call[16];

	(void)snprintf(call, sizeof(call), "%.*s", (int)strlen(name) - 2, name);
	(void)close(1);
	call_fails(call, at, EBADF);
	if (ik_priv_clean_environment(&err) >= 0)
		return WENT_ON;
	if (!call_met())
		return NOT_MET;
	return err.code == IK_E_IO_FAILED || err.code == IK_E_MEMORY_EXHAUSTED ? GOOD : WRONG_CODE;
}

static void half_a_clean_environment_is_an_error(void **state IK_UNUSED)
{
	/* fcntl: asks for 0, asks for 1, sets 1 */
	static char names[][16] = {"openat 1",	  "fcntl 3",	"sigaction 1", "sigaction 2",
				   "sigaction 3", "clearenv 1", "setenv 1",    "setenv 2"};

	for (size_t i = 0; i < IK_ARRAY_SIZE(names); i++) {
		int status = in_child(clean_badly, names[i]);

		if (status != GOOD)
			fail_msg("%s fails: %d", names[i], status);
	}
}

static int clean_closed(void *arg IK_UNUSED)
{
	for (int fd = 0; fd <= 2; fd++)
		(void)close(fd);
	if (ik_priv_clean_environment(NULL) < 0)
		return WRONG_CODE;
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) != 0) /* open, and kept over exec */
			return WRONG_STATE;
	return GOOD;
}

/* /dev/null must get the number that was closed, and no other. */
static int clean_to_wrong_number(void *arg IK_UNUSED)
{
	struct ik_err err = {.code = IK_E_NONE};

	(void)close(0);
	call_gives("openat", 1, 2);
	if (ik_priv_clean_environment(&err) >= 0)
		return WENT_ON;
	return call_met() && err.code == IK_E_IO_FAILED ? GOOD : WRONG_CODE;
}

static void closed_streams_are_opened(void **state IK_UNUSED)
{
	assert_int_equal(in_child(clean_closed, NULL), GOOD);
	assert_int_equal(in_child(clean_to_wrong_number, NULL), GOOD);
}

#define TEST(fn) cmocka_unit_test_teardown(fn, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_step_of_confining_is_left_out), TEST(what_remains_is_seen),
		TEST(without_root_the_ids_stay),	TEST(half_a_clean_environment_is_an_error),
		TEST(closed_streams_are_opened),
	};

	return cmocka_run_group_tests_name("os/priv: confining", tests, NULL, NULL);
}
