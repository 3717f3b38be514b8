/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The child blocks every signal and asks between blocks of a copy for those that mean "stop": so a Ctrl-C
 * stops a copy cleanly, and nothing can end the destructive window, or halt it (Ctrl-Z) for as long as it likes.
 */
#include "flow/worker.h"

#include <signal.h>
#include <string.h>

#include "base/strbuf.h"
#include "os/limits.h"
#include "os/priv.h"

struct call {
	ik_job_fn fn;
	struct ik_job job;
	struct ik_progress outer; /* the command line's */
};

static const int stopping[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

static int tick(void *ctx, const char *what, uint64_t done, uint64_t total)
{
	const struct call *call = ctx;
	sigset_t pending;

	sigemptyset(&pending);
	ik_ignore(sigpending(&pending)); /* fails only for a bad argument */
	for (size_t i = 0; i < IK_ARRAY_SIZE(stopping); i++) {
		if (sigismember(&pending, stopping[i]) > 0)
			return -ECANCELED;
	}
	return ik_progress_tick(&call->outer, what, done, total);
}

static int in_child(void *arg, struct ik_strbuf *reply, struct ik_err *err)
{
	struct call *call = arg;
	ik_autofree struct ik_report *report = calloc(1, sizeof(*report));
	sigset_t set;
	int r;

	if (!report)
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, ENOMEM, "starting the work");
	sigfillset(&set);
	(void)sigprocmask(SIG_BLOCK, &set, NULL); /* fails only for a bad first argument */
	call->outer = call->job.session->progress;
	call->job.progress = (struct ik_progress){.tick = tick, .ctx = call};
	r = call->fn(&call->job, report, err);
	ik_strbuf_append(reply, report, sizeof(*report));
	return r;
}

int ik_worker_run(ik_job_fn fn, const struct ik_job *job, struct ik_report *ret, struct ik_err *err)
{
	struct ik_priv_opts opts = {.user = job->session->drive.user};
	struct call call = {.fn = fn, .job = *job};
	struct ik_strbuf ik_autostrbuf reply = {0};
	int r;

	/* The child could not any more. Who changes something has asked before, see flow/act. */
	ik_ignore(ik_limits_raise(NULL));
	r = ik_priv_run(&opts, in_child, &call, &reply, err);
	memset(ret, 0, sizeof(*ret));
	if (reply.len == sizeof(*ret))
		memcpy(ret, reply.data, sizeof(*ret));
	ik_report_sanitize(ret);
	return r;
}
