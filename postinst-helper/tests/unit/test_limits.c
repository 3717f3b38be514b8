/* SPDX-License-Identifier: GPL-2.0-or-later */
/* os/limits: what a caller took away is taken back, or it is said which limit stays. Each in a process of its own. */
#include "os/limits.h"

#include <string.h>
#include <sys/resource.h>

#include "calls.h"
#include "os/priv.h"
#include "support.h"

/* Exit statuses of the children below. */
enum {
	GOOD = 0,
	REFUSED = 1,
	WRONG_LIMIT = 2,
	WRONG_WORDS = 3,
	NOT_SET = 4
};

static const struct limit {
	int what;
	rlim_t small, enough;
	const char *name;
} limits[] = {
	{RLIMIT_FSIZE, 1500 * 1024, IK_PRIV_FSIZE_MAX, "ulimit -f"},
	{RLIMIT_CPU, 600, RLIM_INFINITY, "ulimit -t"},
	{RLIMIT_RTTIME, 1000000, RLIM_INFINITY, "ulimit -R"},
	{RLIMIT_NOFILE, 12, 16, "ulimit -n"},
	{RLIMIT_AS, (rlim_t)500 << 20, (rlim_t)512 << 20, "ulimit -v"},
	{RLIMIT_DATA, (rlim_t)500 << 20, (rlim_t)512 << 20, "ulimit -d"},
	{RLIMIT_STACK, 900 << 10, 1 << 20, "ulimit -s"},
};

static rlim_t soft(int what)
{
	struct rlimit now = {0};

	return getrlimit(what, &now) < 0 ? 0 : now.rlim_cur;
}

/* `ulimit -S`: everybody may take it back. */
static int raise_soft(void *arg)
{
	const struct limit *limit = arg;
	struct rlimit now;

	if (getrlimit(limit->what, &now) < 0 || now.rlim_max < limit->enough)
		return GOOD; /* this machine's own limit: not to be tried here */
	now.rlim_cur = limit->small;
	if (setrlimit(limit->what, &now) < 0)
		return NOT_SET;
	if (ik_limits_raise(NULL) < 0)
		return REFUSED;
	return soft(limit->what) == limit->enough ? GOOD : WRONG_LIMIT;
}

/* `ulimit`: only with the capability, which these children do as if they had not, or as if they had. */
static int keep_hard(void *arg)
{
	const struct limit *limit = arg;
	struct rlimit now = {limit->small / 2, limit->small};
	struct ik_err err = {.code = IK_E_NONE};

	if (setrlimit(limit->what, &now) < 0)
		return NOT_SET;
	call_fails("setrlimit", 1, EPERM);
	if (ik_limits_raise(&err) >= 0 || !call_met() || err.code != IK_E_ROOT_NEEDED)
		return REFUSED;
	if (!strstr(err.message, limit->name) || !strstr(err.hint, limit->name))
		return WRONG_WORDS;
	return soft(limit->what) == limit->small ? GOOD : WRONG_LIMIT; /* as much as is allowed */
}

static int raise_hard(void *arg)
{
	const struct limit *limit = arg;
	struct rlimit now = {limit->small, limit->small};

	if (setrlimit(limit->what, &now) < 0)
		return NOT_SET;
	call_gives("setrlimit", 1, 0);
	return ik_limits_raise(NULL) >= 0 && call_met() ? GOOD : REFUSED;
}

static void small_limits_are_raised_or_named(void **state IK_UNUSED)
{
	static int (*const ways[])(void *) = {raise_soft, keep_hard, raise_hard};
	size_t count = IK_ARRAY_SIZE(limits);

#ifdef IK_SANITIZED
	count = IK_ARRAY_SIZE(limits) -
		3; /* the sanitizers need more memory than the last three leave */
#endif
	for (size_t i = 0; i < count; i++)
		for (size_t way = 0; way < IK_ARRAY_SIZE(ways); way++) {
			struct limit limit = limits[i];
			int status = in_child(ways[way], &limit);

			if (status != GOOD)
				fail_msg("%s, way %zu: %d", limit.name, way, status);
		}
}

static int ask_in_vain(void *arg IK_UNUSED)
{
	struct ik_err err = {.code = IK_E_NONE};

	call_fails("getrlimit", 1, EINVAL);
	return ik_limits_raise(&err) == -EINVAL && call_met() && err.code == IK_E_IO_FAILED ?
		       GOOD :
		       WRONG_WORDS;
}

/* The first is told, the others are raised all the same. */
static int two_are_small(void *arg IK_UNUSED)
{
	struct rlimit files = {12, 12}, seconds;
	struct ik_err err = {.code = IK_E_NONE};

	if (setrlimit(RLIMIT_NOFILE, &files) < 0 || getrlimit(RLIMIT_CPU, &seconds) < 0)
		return NOT_SET;
	seconds.rlim_cur = 600;
	if (setrlimit(RLIMIT_CPU, &seconds) < 0)
		return NOT_SET;
	call_fails("setrlimit", 1, EPERM);
	calls.times = 3; /* the first one's second try as well */
	if (ik_limits_raise(&err) >= 0 || !call_met())
		return REFUSED;
	return strstr(err.message, "ulimit -t") ? GOOD : WRONG_WORDS;
}

static void one_error_is_told(void **state IK_UNUSED)
{
	assert_int_equal(in_child(ask_in_vain, NULL), GOOD);
	assert_int_equal(in_child(two_are_small, NULL), GOOD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_limits_are_raised_or_named),
		cmocka_unit_test(one_error_is_told),
	};

	return cmocka_run_group_tests_name("os/limits", tests, NULL, NULL);
}
