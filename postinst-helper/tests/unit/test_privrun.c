/* SPDX-License-Identifier: GPL-2.0-or-later */
/* os/priv: a parent and its confined child; what the one hears of the other, also when contact is lost. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"
#include "faults.h"
#include "os/clock.h"
#include "os/priv.h"
#include "support.h"

static const struct ik_priv_opts as_nobody = {.user = {65534, 65533}, .no_filter = true};

static int tear_down(void **state IK_UNUSED)
{
	faults_off();
	(void)call_met();
	return 0;
}

/* The work of the children that ik_priv_run() starts. */
static int say_yes(void *arg IK_UNUSED, struct ik_strbuf *reply, struct ik_err *err IK_UNUSED)
{
	ik_strbuf_puts(reply, "yes");
	return 5;
}

static int say_no(void *arg IK_UNUSED, struct ik_strbuf *reply IK_UNUSED, struct ik_err *err)
{
	return ik_err_set(err, IK_E_SPACE_LOW, ENOSPC, "no");
}

static int say_too_much(void *arg IK_UNUSED, struct ik_strbuf *reply, struct ik_err *err IK_UNUSED)
{
	static const char block[65536];

	while (reply->len <= IK_PRIV_REPLY_MAX)
		ik_strbuf_append(reply, block, sizeof(block));
	return 0;
}

static int fail_to_say(void *arg IK_UNUSED, struct ik_strbuf *reply, struct ik_err *err IK_UNUSED)
{
	reply->failed = true;
	return 0;
}

/* A child gone mad: it writes into its pipe past everything. */
static int babble(void *arg IK_UNUSED, struct ik_strbuf *reply IK_UNUSED,
		  struct ik_err *err IK_UNUSED)
{
	static const char block[65536];
	struct stat st;

	for (int fd = 3; fd < 32; fd++)
		for (size_t n = 0; fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) &&
				   n < IK_PRIV_REPLY_MAX + sizeof(block);
		     n += sizeof(block))
			if (write(fd, block, sizeof(block)) < 0)
				return -EIO;
	return 0;
}

static int be_killed(void *arg IK_UNUSED, struct ik_strbuf *reply IK_UNUSED,
		     struct ik_err *err IK_UNUSED)
{
	return raise(SIGKILL);
}

/* From the first answer on there is no memory. */
static void lose_memory(void *out IK_UNUSED)
{
	faults = (struct faults){.on = true, .only = "memory", .at = 1, .errnum = ENOMEM};
}

static int run(ik_priv_fn fn, struct ik_err *err)
{
	ik_autostrbuf struct ik_strbuf reply = {.data = NULL};
	int r;

	*err = (struct ik_err){.code = IK_E_NONE};
	r = ik_priv_run(&as_nobody, fn, NULL, &reply, err);
	assert_string_equal(ik_strbuf_str(&reply), r == 5 ? "yes" : "");
	return r;
}

static void replies_have_their_limits(void **state IK_UNUSED)
{
	ik_autostrbuf struct ik_strbuf nothing = {.data = NULL};
	struct ik_err err;

	assert_int_equal(run(say_yes, &err), 5);
	assert_int_equal(run(say_no, &err), -ENOSPC);
	assert_int_equal(err.code, IK_E_SPACE_LOW);
	assert_int_equal(ik_priv_run(&as_nobody, say_no, NULL, &nothing, NULL), -ENOSPC);
	assert_int_equal(run(say_too_much, &err), -ENOMEM);
	assert_int_equal(err.code, IK_E_MEMORY_EXHAUSTED);
	assert_int_equal(run(fail_to_say, &err), -ENOMEM);
	assert_int_equal(err.code, IK_E_MEMORY_EXHAUSTED);
	assert_int_equal(run(babble, &err), -EIO);
	assert_int_equal(err.code, IK_E_PRIV_CHILD_DIED);
	assert_int_equal(run(be_killed, &err), -EIO);
	assert_non_null(strstr(err.message, "signal 9"));
	call_changes("poll", 1, lose_memory);
	assert_int_equal(run(say_yes, &err), -ENOMEM);
	assert_true(call_met());
	faults_off();
	assert_int_equal(err.code, IK_E_PRIV_CHILD_DIED);
}

/* Calls of the parent, or of the child after the fork; what fails, and what the caller hears. */
static void every_call_on_the_way_fails(void **state IK_UNUSED)
{
	static const struct {
		const char *call;
		long at;
		int errnum, r;
		enum ik_code code;
	} cases[] = {
		{"pipe2", 1, EMFILE, -EMFILE, IK_E_PRIV_DROP},
		{"signalfd", 1, EMFILE, -EMFILE, IK_E_PRIV_DROP},
		{"sigprocmask", 1, EINVAL, -EINVAL, IK_E_PRIV_DROP},
		{"fork", 1, EAGAIN, -EAGAIN, IK_E_PRIV_DROP},
		{"setrlimit", 1, EPERM, -EPERM, IK_E_PRIV_DROP},
		{"write", 1, EIO, -EIO, IK_E_PRIV_CHILD_DIED},
		{"write", 2, EIO, -EIO, IK_E_PRIV_CHILD_DIED},
		{"poll", 1, ENOMEM, -ENOMEM, IK_E_PRIV_CHILD_DIED},
		{"poll", 1, EINTR, 5, IK_E_NONE},
		{"read", 1, EIO, -ENOMEM, IK_E_PRIV_CHILD_DIED},
		{"read", 1, EINTR, 5, IK_E_NONE},
		{"waitpid", 1, ECHILD, -ENOMEM, IK_E_PRIV_CHILD_DIED},
		{"waitpid", 1, EINTR, 5, IK_E_NONE},
	};

	for (size_t i = 0; i < IK_ARRAY_SIZE(cases); i++) {
		struct ik_err err;
		sigset_t mask;
		int r;

		call_fails(cases[i].call, cases[i].at, cases[i].errnum);
		r = run(say_yes, &err);
		(void)call_met(); /* the child's is its own */
		if (r != cases[i].r || err.code != cases[i].code)
			fail_msg("%s %ld: %d %s", cases[i].call, cases[i].at, r, err.message);
		assert_int_equal(sigprocmask(SIG_BLOCK, NULL, &mask), 0);
		assert_false(sigismember(&mask, SIGTERM));
		while (waitpid(-1, NULL, WNOHANG) > 0) /* left behind by a failed wait */
			;
	}
}

/* Was a SIGTERM passed on? */
static int wait_for_signal(void *arg IK_UNUSED, struct ik_strbuf *reply,
			   struct ik_err *err IK_UNUSED)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	ik_clock_sleep_ms(300);
	(void)sigpending(&set);
	ik_strbuf_puts(reply, sigismember(&set, SIGTERM) ? "passed on" : "not passed on");
	return 0;
}

/* As when it came from the terminal, which the child has, too. */
static void from_the_kernel(void *out)
{
	((struct signalfd_siginfo *)out)->ssi_code = SI_KERNEL;
}

static void signals_are_passed_on_once(void **state IK_UNUSED)
{
	/* sent by somebody; by the terminal; by somebody, and not read at the first try */
	static const char *const want[] = {"passed on", "not passed on", "passed on"};

	for (int i = 0; i < 3; i++) {
		ik_autostrbuf struct ik_strbuf reply = {.data = NULL};
		pid_t parent = getpid(), killer = fork();

		if (killer == 0) {
			ik_clock_sleep_ms(100);
			(void)kill(parent, SIGTERM);
			_exit(0);
		}
		if (i == 1)
			call_changes("read", 1, from_the_kernel);
		if (i == 2)
			call_gives("read", 1, 0);
		assert_int_equal(ik_priv_run(&as_nobody, wait_for_signal, NULL, &reply, NULL), 0);
		assert_int_equal(call_met(), i > 0);
		assert_string_equal(ik_strbuf_str(&reply), want[i]);
		assert_int_equal(waitpid(killer, NULL, 0), killer);
	}
}

#define TEST(fn) cmocka_unit_test_teardown(fn, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(replies_have_their_limits),
		TEST(every_call_on_the_way_fails),
		TEST(signals_are_passed_on_once),
	};

	return cmocka_run_group_tests_name("os/priv: the two processes", tests, NULL, NULL);
}
