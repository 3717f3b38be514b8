/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our former image, the only copy of what `restore --to previous` means: no change that fails, is refused or killed may
 * cost it; and what script and readme name is there.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faults.h"
#include "io/afile.h"
#include "txnworld.h"

static void remove_leftovers(void)
{
	(void)unlinkat(session.drive.fd, TOOLS IK_NAME_LOCK, 0);
	(void)unlinkat(session.drive.fd, TOOLS IK_NAME_README IK_AFILE_TEMP, 0);
	(void)unlinkat(session.drive.fd, TOOLS IK_NAME_SCRIPT IK_AFILE_TEMP, 0);
}

static void take_lock(void)
{
	if (unlinkat(session.drive.fd, TOOLS IK_NAME_LOCK, 0) == 0)
		put_text(session.drive.fd, TOOLS IK_NAME_LOCK, "another WSL's");
}

/* The newer one in place, ours before it. */
static void start_updated(void)
{
	struct ik_report report = {0};

	start_installed();
	remove_leftovers();
	assert_int_equal(install(&newer, &report, NULL), 0);
	assert_true(is(&newer));
	assert_true(has_copy(IK_NAME_PREV, &ours));
}

static bool text_has(const char *file, const char *word)
{
	char path[128];

	(void)snprintf(path, sizeof(path), TOOLS "%s", file);
	ik_autofree char *text = get_file(session.drive.fd, path, NULL);

	return text && strstr(text, word);
}

static bool script_knows(const struct image *image)
{
	struct ik_sha256 digest;
	char hex[IK_SHA256_HEX];

	ik_digest_of_bytes(image->data, image->size, &digest);
	ik_digest_hex(&digest, hex);
	return text_has(IK_NAME_SCRIPT, hex);
}

/* A dead kernel has an armed journal, the copy that it names, and a script that knows it. */
static bool has_way_back(void)
{
	struct ik_jrec rec;

	if (!head_is_zero())
		return true;
	rec = record();
	return rec.state == IK_JREC_ARMED && has_copy(rec.a.file, &newer) && script_knows(&newer);
}

/* Either it came to pass, or it can be asked for again. */
static void expect_ours_again(const char *what, long n)
{
	struct ik_report report = {0};
	struct ik_err err = {0};

	faults_off();
	if (!has_way_back())
		fail_msg("%s %ld: no way back", what, n);
	if (recover(&report, &err) < 0)
		fail_msg("%s %ld: not recovered: %s", what, n, err.message);
	if (is(&ours))
		return;
	assert_true(is(&newer));
	if (!has_copy(IK_NAME_PREV, &ours) && !has_copy(IK_NAME_NEW, &ours))
		fail_msg("%s %ld: lost", what, n);
	if (restore("previous", &report, &err) < 0 || !is(&ours))
		fail_msg("%s %ld: cannot be restored: %s", what, n, err.message);
	assert_true(has_copy(IK_NAME_PREV, &newer));
	assert_true(script_knows(&newer));
	assert_false(is_there(IK_NAME_NEW) || is_there(IK_NAME_TEMP));
}

static void a_failed_restore_takes_nothing(void **state IK_UNUSED)
{
	static const char *const names[] = {"ik_sys_rename", "ik_sys_create",	 "ik_sys_pwrite",
					    "ik_sys_fsync",  "ik_sys_ftruncate", "ik_sys_unlink"};
	unsigned undone = 0;

	for (size_t i = 0; i < IK_ARRAY_SIZE(names); i++) {
		const char *fired = names[i];

		for (long n = 1; fired; n++) {
			struct ik_report report = {0};

			start_updated();
			faults = (struct faults){
				.on = true, .only = names[i], .at = n, .errnum = EIO};
			undone += restore("previous", &report, NULL) < 0;
			fired = faults.fired;
			expect_ours_again(names[i], n);
		}
	}
	assert_true(undone > 20);
}

static void die(void)
{
	_exit(0);
}

static bool is_killed(long n)
{
	struct ik_report report = {0};
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		faults = (struct faults){.on = true, .hook_at = n, .hook = die};
		ik_ignore(restore("previous", &report, NULL));
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status == 0;
}

static void a_killed_restore_takes_nothing(void **state IK_UNUSED)
{
	bool all = getenv("IK_TEST_ALL");

	for (long n = 1;; n += all ? 1 : 5) {
		start_updated();
		if (!is_killed(n))
			break;
		remove_leftovers(); /* the lock's age is another test's matter */
		expect_ours_again("killed at", n);
	}
}

/* Killed between the closed journal and the renaming. */
static void start_name_is_late(void)
{
	struct ik_report report = {0};

	start_updated();
	assert_int_equal(restore("previous", &report, NULL), 0);
	put_kernel(KERNEL, newer.data, newer.size, 0);
	put_kernel(TOOLS IK_NAME_NEW, ours.data, ours.size, 0);
	set_journal(IK_JREC_IDLE, IK_JREC_F_RESTORE);
}

/* The next run goes on. */
static void the_name_comes_back_late(void **state IK_UNUSED)
{
	struct ik_report report = {0};

	start_name_is_late();
	assert_true(has_copy(IK_NAME_PREV, &newer));
	assert_int_equal(restore("previous", &report, NULL), 0);
	assert_true(is(&ours));
	/* Somebody else's kernel came meanwhile: then the copy of ours that was in place is the one to keep. */
	put_kernel(KERNEL, foreign.data, foreign.size, 0);
	put_kernel(TOOLS IK_NAME_NEW, ours.data, ours.size, 0);
	set_journal(IK_JREC_IDLE, IK_JREC_F_RESTORE);
	assert_true(install(&ours, &report, NULL) < 0);
	assert_true(has_copy(IK_NAME_PREV, &newer));
	assert_false(is_there(IK_NAME_NEW));
}

/* Whatever fails while it goes on, and whoever has the lock by then: it is still the next run's to do. */
static void the_name_comes_back_late_enough(void **state IK_UNUSED)
{
	static const char *const names[] = {"ik_sys_rename", "ik_sys_pread", "ik_sys_openat2"};
	unsigned failed = 0;

	for (size_t i = 0; i < IK_ARRAY_SIZE(names); i++) {
		const char *fired = names[i];

		for (long n = 1; fired; n++) {
			struct ik_report report = {0};

			start_name_is_late();
			faults = (struct faults){
				.on = true, .only = names[i], .at = n, .errnum = EIO};
			failed += restore("previous", &report, NULL) < 0;
			fired = faults.fired;
			expect_ours_again(names[i], n);
		}
	}
	assert_true(failed > 5);
	for (long n = 1, fired = 1; fired; n++) {
		struct ik_report report = {0};

		start_name_is_late();
		faults = (struct faults){
			.on = true, .only = "ik_sys_pread", .hook_at = n, .hook = take_lock};
		ik_ignore(restore("previous", &report, NULL));
		fired = faults.fired != NULL;
		remove_leftovers();
		expect_ours_again("lock lost at", n);
	}
}

static void lose_kernel(void)
{
	(void)unlinkat(session.drive.fd, KERNEL, 0);
}

/* A kernel that vanishes is nobody's to make. */
static void a_kernel_that_vanishes(void **state IK_UNUSED)
{
	for (long n = 1, fired = 1; fired; n++) {
		struct ik_report report = {0};
		bool gone;

		start_updated();
		faults = (struct faults){.on = true, .hook_at = n, .hook = lose_kernel};
		ik_ignore(restore("official", &report, NULL));
		fired = faults.fired != NULL;
		faults_off();
		gone = !is_there("kernel");
		assert_true(gone == (fired != 0));
		remove_leftovers();
	}
}

/* What refuses may come late: the readme is no file, after the script was written. */
static void a_refused_install_takes_nothing(void **state IK_UNUSED)
{
	struct ik_report report = {0};

	start_installed();
	session.conf.allow_downgrade = true;
	assert_int_equal(install(&newer, &report, NULL), 0);
	(void)unlinkat(session.drive.fd, TOOLS IK_NAME_README, 0);
	assert_int_equal(mkdirat(session.drive.fd, TOOLS IK_NAME_README, 0755), 0);
	assert_true(install(&ours, &report, NULL) < 0);
	assert_int_equal(unlinkat(session.drive.fd, TOOLS IK_NAME_README, AT_REMOVEDIR), 0);
	session.conf.allow_downgrade = false;
	assert_true(is(&newer));
	assert_true(has_copy(IK_NAME_PREV, &ours));
	assert_false(is_there(IK_NAME_NEW) || is_there(IK_NAME_TEMP));
	assert_true(script_knows(&ours));
	assert_false(script_knows(&newer));
}

/* Over a torn kernel the staged image was the way back: it is gone afterwards. */
static void the_script_names_what_remains(void **state IK_UNUSED)
{
	struct ik_report report = {0};

	start_updated();
	zero_head();
	assert_int_equal(restore("previous", &report, NULL), 0);
	assert_true(is(&ours));
	assert_false(is_there(IK_NAME_NEW));
	assert_false(text_has(IK_NAME_SCRIPT, IK_NAME_NEW));
	assert_false(text_has(IK_NAME_README, IK_NAME_NEW));
	assert_true(script_knows(&ours) && script_knows(&official));
}

/* That it cannot be written again, in the end, is a note. */
static void a_script_that_stays_is_noted(void **state IK_UNUSED)
{
	const char *fired = "";
	unsigned noted = 0;

	for (long n = 1; fired; n++) {
		struct ik_report report = {0};

		start_updated();
		zero_head();
		faults = (struct faults){
			.on = true, .only = "ik_sys_rename", .at = n, .errnum = EIO};
		if (restore("previous", &report, NULL) >= 0 && report.note_count)
			noted += strstr(report.notes[0], "may name kernels that are gone") &&
				 is(&ours);
		fired = faults.fired;
		faults_off();
	}
	assert_int_equal(noted, 2);
}

/* A torn kernel is mended with what room there is; what is staged first needs its own. */
static void no_room_for_what_is_not_written(void **state IK_UNUSED)
{
	static const struct faults full = {.on = true, .only = "ik_sys_free_bytes", .at = 1};
	struct ik_report report = {0};
	struct ik_err err = {0};

	start_updated();
	put_kernel(KERNEL, newer.data, newer.size, official.size - newer.size);
	zero_head();
	faults = full;
	assert_true(restore("previous", &report, &err) < 0);
	assert_int_equal(err.code, IK_E_SPACE_LOW);
	faults = full;
	assert_int_equal(restore("official", &report, NULL), 0);
	faults_off();
	assert_true(is(&official));
	/* A whole one is not begun on so little. */
	start_updated();
	faults = full;
	assert_true(restore("official", &report, &err) < 0);
	faults_off();
	assert_true(is(&newer));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failed_restore_takes_nothing),
		cmocka_unit_test(a_killed_restore_takes_nothing),
		cmocka_unit_test(the_name_comes_back_late),
		cmocka_unit_test(the_name_comes_back_late_enough),
		cmocka_unit_test(a_kernel_that_vanishes),
		cmocka_unit_test(a_refused_install_takes_nothing),
		cmocka_unit_test(the_script_names_what_remains),
		cmocka_unit_test(a_script_that_stays_is_noted),
		cmocka_unit_test(no_room_for_what_is_not_written),
	};

	return cmocka_run_group_tests_name("former image", tests, world_set_up, world_tear_down);
}
