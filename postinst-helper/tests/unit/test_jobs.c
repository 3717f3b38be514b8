/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every job of flow/ in both modes, and the commands above them, while each call fails: mode wslconfig, looking, dry runs,
 * removal, the session itself. What a transaction in mode lxss leaves is test_txn. IK_TEST_ALL=1 leaves no call out.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"
#include "flow/act.h"
#include "flow/dry.h"
#include "flow/recjob.h"
#include "flow/remove.h"
#include "flow/source.h"
#include "flow/status.h"
#include "flow/wcfg.h"
#include "flow/worker.h"
#include "txnworld.h"

#define PROFILE	  "Users/Ann/"
#define WSLCONFIG PROFILE ".wslconfig"
#define OWN	  PROFILE "AppData/Local/immensity-kernel"

static const char old_text[] = "\xef\xbb\xbf# mine\r\n[wsl2]\r\nmemory=4GB\r\n";
static const int errnums[] = {EIO, ENOSPC, EACCES, EINVAL, 0, EROFS, ENOMEM, ENOENT};

static int remove_one(const char *path, const struct stat *st IK_UNUSED, int type IK_UNUSED,
		      struct FTW *at IK_UNUSED)
{
	return remove(path);
}

static void set_mode(bool store)
{
	session.conf.target = store ? IK_CONF_TARGET_WSLCONFIG : IK_CONF_TARGET_LXSS;
	session.options.target = store ? "wslconfig" : "lxss";
}

static int run_job(int (*fn)(struct ik_job *, struct ik_report *, struct ik_err *),
		   const struct image *image, bool purge, struct ik_report *report,
		   struct ik_err *err)
{
	struct ik_source ik_autosource source = {.sealed = {.fd = -EBADF}};
	struct ik_job job = {.session = &session,
			     .source = &source,
			     .purge = purge,
			     .digests = true,
			     .backup = "official"};
	bool on = faults.on;
	char path[160];
	int r;

	faults.on = false;
	(void)snprintf(path, sizeof(path), "%s/%s", tmp.path, image->name);
	assert_int_equal(ik_source_open_file(path, &source, NULL), 0);
	faults.on = on;
	r = fn(&job, report, err);
	faults.on = false;
	return r;
}

static void start_store(bool installed)
{
	char path[200];

	set_mode(true);
	(void)snprintf(path, sizeof(path), "%s/" OWN, drive_path);
	(void)nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	put_text(session.drive.fd, WSLCONFIG, old_text);
	if (installed)
		assert_int_equal(run_job(ik_wcfg_install_job, &ours, false, &(struct ik_report){0},
					 NULL),
				 0);
}

static const struct work {
	const char *name;
	int (*fn)(struct ik_job *, struct ik_report *, struct ik_err *);
	bool store, installed, looks, purge;
	const struct image *image;
} works[] = {
	{"wslconfig: install", ik_wcfg_install_job, true, false, false, false, &ours},
	{"wslconfig: update", ik_wcfg_install_job, true, true, false, false, &newer},
	{"wslconfig: restore", ik_wcfg_restore_job, true, true, false, false, &ours},
	{"wslconfig: remove", ik_remove_job, true, true, false, true, &ours},
	{"wslconfig: status", ik_status_job, true, true, true, false, &ours},
	{"wslconfig: dry install", ik_dry_install_job, true, true, true, false, &newer},
	{"wslconfig: dry remove", ik_dry_remove_job, true, true, true, false, &ours},
	{"lxss: status", ik_status_job, false, true, true, false, &ours},
	{"lxss: look", ik_status_look_job, false, true, true, false, &ours},
	{"lxss: dry install", ik_dry_install_job, false, false, true, false, &ours},
	{"lxss: dry restore", ik_dry_restore_job, false, true, true, false, &ours},
	{"lxss: dry remove", ik_dry_remove_job, false, true, true, false, &ours},
	{"lxss: remove", ik_remove_job, false, true, false, true, &ours},
};

static void start(const struct work *w)
{
	if (w->store) {
		start_store(w->installed);
		return;
	}
	set_mode(false);
	if (w->installed)
		start_installed();
	else
		start_official();
}

/* .wslconfig is a whole text of the user's, with or without our one line; the kernel of lxss is a whole one. */
static bool is_whole(const struct work *w)
{
	size_t len = 0;
	ik_autofree char *text = get_file(session.drive.fd, WSLCONFIG, &len);

	if (!w->store)
		/* Half written is safe where recovery then succeeds, which is asked next. */
		return is(&official) || is(&ours) || is(&newer) || (!w->looks && head_is_zero());
	return text && len >= sizeof(old_text) - 1 && strstr(text, "memory=4GB\r\n") &&
	       strncmp(text, old_text, 12) == 0;
}

static bool one_fault(const struct work *w, struct faults want)
{
	struct ik_report report = {0};
	struct ik_err err = {0};
	bool fired;
	int r;

	faults_off();
	start(w);
	faults = want;
	faults.on = true;
	r = run_job(w->fn, w->image, w->purge, &report, want.at % 3 == 0 ? NULL : &err);
	fired = faults.fired;
	faults_off();
	if (!is_whole(w))
		fail_msg("%s, call %ld fails with %d: half a change (%d %s)", w->name, want.at,
			 want.errnum, r, err.message);
	if (!w->looks && fired) {
		report = (struct ik_report){0};
		if (!w->store && recover(&report, NULL) < 0)
			fail_msg("%s, call %ld fails with %d: no recovery", w->name, want.at,
				 want.errnum);
		err = (struct ik_err){0};
		if (run_job(w->fn, w->image, w->purge, &report, &err) < 0 &&
		    w->fn != ik_wcfg_restore_job)
			fail_msg("%s, call %ld fails with %d (%d); then: %s", w->name, want.at,
				 want.errnum, r, err.message);
	}
	return fired;
}

static void every_call_fails(void **state IK_UNUSED)
{
	bool all = getenv("IK_TEST_ALL") != NULL;

	for (size_t i = 0; i < IK_ARRAY_SIZE(works); i++) {
		bool more = true;

		for (long n = 1; more; n++)
			for (size_t e = 0; e < IK_ARRAY_SIZE(errnums) && more; e++) {
				if (!all && (size_t)n % (3 * IK_ARRAY_SIZE(errnums)) != 3 * e)
					continue;
				if (!one_fault(&works[i], (struct faults){.at = n,
									  .errnum = errnums[e],
									  .lasting = n & 1}))
					more = errnums[e] == ENOMEM || errnums[e] == 0;
			}
	}
	set_mode(false);
}

/* Opening a session fails or gives a whole one. */
static void sessions(void **state IK_UNUSED)
{
	struct ik_options options = session.options;
	bool more = true;

	for (long n = 1; more; n++)
		for (size_t e = 0; e < IK_ARRAY_SIZE(errnums); e++) {
			struct ik_session ik_autosession again = {.drive = {.fd = -EBADF}};
			struct ik_err err = {0};
			int r;

			faults = (struct faults){.on = true, .at = n, .errnum = errnums[e]};
			r = ik_session_open(&options, &again, &err);
			if (errnums[e] == EIO)
				more = faults.fired;
			faults_off();
			assert_int_equal(r < 0, err.code != IK_E_NONE);
		}
}

/* In the build for coverage the worker needs memory to write its counters: there ENOMEM, the seventh, is left out. */
#ifdef IK_COVERAGE
#define COMMAND_ERRNUMS 6
#else
#define COMMAND_ERRNUMS IK_ARRAY_SIZE(errnums)
#endif

/* The commands as the command line calls them, worker and all: the kernel is whole, and the next run succeeds. */
static void commands(void **state IK_UNUSED)
{
	long step = getenv("IK_TEST_ALL") ? 1 : 23;
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/ours", tmp.path);
	set_mode(false);
	for (long n = 1; n < 260; n += step) {
		struct ik_report report = {0};
		struct ik_err err = {0};

		start_official();
		faults = (struct faults){.on = true,
					 .at = n,
					 .errnum = errnums[(size_t)n % COMMAND_ERRNUMS],
					 .lasting = n & 1};
		ik_ignore(ik_act_install(&session, path, &report, &err));
		faults_off();
		assert_true(is(&official) || is(&ours) || head_is_zero());
		if (ik_act_install(&session, path, &report, &err) < 0)
			fail_msg("call %ld: %s", n, err.message);
		assert_true(is(&ours));
		faults = (struct faults){
			.on = true, .at = n, .errnum = errnums[(size_t)n % COMMAND_ERRNUMS]};
		ik_ignore(ik_act_status(&session, true, &report, &err));
		ik_ignore(ik_act_official(&session, n & 1, &report, &err));
		faults_off();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_fails),
		cmocka_unit_test(sessions),
		cmocka_unit_test(commands),
	};

	return cmocka_run_group_tests_name("jobs", tests, world_set_up, world_tear_down);
}
