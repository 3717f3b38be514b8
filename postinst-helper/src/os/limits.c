/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is needed is far more than a change takes, so that nobody has to reckon how near the limit it comes.
 */
#include "os/limits.h"

#include <sys/resource.h>

#include "os/priv.h"

#define MEMORY_BYTES (512u << 20)
#define STACK_BYTES  (1u << 20)
#define DESCRIPTORS  16u /* enough for a whole install, as crash_hostile shows */

/* What strikes, and how: a limit on time kills, the others let a call fail, in the repair as well. */
static const struct need {
	int what;
	rlim_t value;
	const char *name, *unit, *shell, *service;
} needs[] = {
	{RLIMIT_FSIZE, IK_PRIV_FSIZE_MAX, "the size of files", "bytes", "ulimit -f", "LimitFSIZE"},
	{RLIMIT_CPU, RLIM_INFINITY, "processor time", "s", "ulimit -t", "LimitCPU"},
	{RLIMIT_RTTIME, RLIM_INFINITY, "real-time scheduling", "us", "ulimit -R", "LimitRTTIME"},
	{RLIMIT_NOFILE, DESCRIPTORS, "open files", "files", "ulimit -n", "LimitNOFILE"},
	{RLIMIT_AS, MEMORY_BYTES, "memory", "bytes", "ulimit -v", "LimitAS"},
	{RLIMIT_DATA, MEMORY_BYTES, "data", "bytes", "ulimit -d", "LimitDATA"},
	{RLIMIT_STACK, STACK_BYTES, "the stack", "bytes", "ulimit -s", "LimitSTACK"},
};

static int too_small(const struct need *need, const struct rlimit *limit, struct ik_err *err)
{
	int r = ik_err_set(
		err, IK_E_ROOT_NEEDED, EPERM,
		"the limit on %s (`%s`) is %llu %s, too small to change a kernel safely, "
		"and cannot be raised",
		need->name, need->shell, (unsigned long long)limit->rlim_max, need->unit);

	ik_err_hint(
		err,
		"run it again from a shell without that limit (`%s unlimited`), or from a service "
		"with %s=infinity, or with the capability CAP_SYS_RESOURCE; nothing was changed",
		need->shell, need->service);
	return r;
}

/* Where the hard limit stays, all that it allows is taken. */
static int raise_one(const struct need *need, struct ik_err *err)
{
	struct rlimit had, want;

	if (getrlimit(need->what, &had) < 0)
		return ik_err_set(err, IK_E_IO_FAILED, errno, "asking for the limit on %s",
				  need->name);
	if (had.rlim_cur >= need->value)
		return 0;
	want.rlim_cur = need->value;
	want.rlim_max = IK_MAX(had.rlim_max, need->value);
	if (setrlimit(need->what, &want) >= 0)
		return 0;
	want.rlim_cur = want.rlim_max = had.rlim_max;
	ik_ignore(setrlimit(need->what, &want)); /* it is said anyway that it is too small */
	return too_small(need, &had, err);
}

int ik_limits_raise(struct ik_err *err)
{
	int r = 0;

	for (size_t i = 0; i < IK_ARRAY_SIZE(needs); i++) {
		int one = raise_one(&needs[i], r < 0 ? NULL : err);

		if (r == 0)
			r = one;
	}
	return r;
}
