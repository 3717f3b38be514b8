/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow/wback and flow/wedit: the user's own kernel= comes back, whatever became of our line and of .wslconfig meanwhile.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "faults.h"
#include "flow/remove.h"
#include "flow/wcfg.h"
#include "flowworld.h"

static const char own_text[] =
	"\xef\xbb\xbf# mine\r\n[wsl2]\r\n Kernel = C:\\\\mine\\\\k # why\r\nmemory=4GB\r\n";

/* Mode wslconfig, the user's own text, and ours over it. */
static void start_with(const char *text)
{
	store_mode();
	session.conf.replace_foreign = true;
	put_text(session.drive.fd, WSLCONFIG, text);
	assert_int_equal(run_job(ik_wcfg_install_job, ours_path, NULL), 0);
}

static void holds(const char *text)
{
	ik_autofree char *now = get_file(session.drive.fd, WSLCONFIG, NULL);

	assert_non_null(now);
	assert_string_equal(now, text);
}

static void lacks(const char *part)
{
	ik_autofree char *now = get_file(session.drive.fd, WSLCONFIG, NULL);

	assert_non_null(now);
	assert_null(strstr(now, part));
}

static void remove_all(void)
{
	if (run_job(ik_remove_job, NULL, NULL) < 0)
		fail_msg("remove: %s", job_err.message);
	assert_int_equal(job_report.action, IK_ACTION_REMOVED);
	assert_int_equal(faccessat(session.drive.fd, OWN, F_OK, 0), -1);
}

/* Whatever makes the writing fail, and however often: the way that fits the text in the file is kept. */
static void failed_tries_keep_the_way_back(void **state IK_UNUSED)
{
	for (int tries = 1; tries <= 3; tries++) {
		for (int again = 0; again <= 1; again++) {
			start_with(own_text);
			put_dir(session.drive.fd, WSLCONFIG ".immensity-tmp");
			for (int i = 0; i < tries; i++)
				assert_true(run_job(ik_wcfg_install_job, newer_path, NULL) < 0);
			remove_tree(WSLCONFIG ".immensity-tmp");
			if (again)
				assert_int_equal(run_job(ik_wcfg_install_job, newer_path, NULL), 0);
			remove_all();
			holds(own_text);
		}
	}
}

/* A text with our line that somebody brings back: of the version before, whatever was set between. */
static void a_text_of_before_is_brought_back(void **state IK_UNUSED)
{
	for (int upgrades = 1; upgrades <= 3; upgrades++) {
		ik_autofree char *before = NULL;

		start_with(own_text);
		before = get_file(session.drive.fd, WSLCONFIG, NULL);
		assert_int_equal(run_job(ik_wcfg_install_job, newer_path, NULL), 0);
		session.conf.allow_downgrade = true;
		if (upgrades > 1) /* and back, and there again */
			assert_int_equal(run_job(ik_wcfg_install_job, ours_path, NULL), 0);
		if (upgrades > 2)
			assert_int_equal(run_job(ik_wcfg_install_job, newer_path, NULL), 0);
		put_text(session.drive.fd, WSLCONFIG, before);
		remove_all();
		holds(own_text);
	}
}

/* Older than any saved way, or written in another way: the value comes back, if not its spelling. */
static void the_value_comes_back(void **state IK_UNUSED)
{
	static const char *const lines[] = {
		"kernel=" OWN_KEY "\\\\kernel-1.0-000000000000", /* of a version long gone */
		"kernel=\"%s\"",				 /* of this version, in quotes */
	};

	for (size_t i = 0; i < IK_ARRAY_SIZE(lines); i++) {
		ik_autofree char *text = NULL;
		char line[600], now[1200];
		char *at;

		start_with("[wsl2]\nkernel=C:\\\\mine\\\\k\n");
		text = get_file(session.drive.fd, WSLCONFIG, NULL);
		at = strstr(text, "kernel=") + strlen("kernel=");
		at[strcspn(at, "\n")] = '\0';
		(void)snprintf(line, sizeof(line), "%s", lines[i]);
		if (i == 1)
			(void)snprintf(line, sizeof(line), "kernel=\"%s\"", at);
		(void)snprintf(now, sizeof(now), "[wsl2]\nmemory=4GB\n%s\n", line);
		put_text(session.drive.fd, WSLCONFIG, now);
		remove_all();
		holds("[wsl2]\nmemory=4GB\nkernel=C:\\\\mine\\\\k\n");
	}
}

/* Turns .wslconfig into UTF-16, as an editor may. */
static void widen(void)
{
	ik_autofree char *text = get_file(session.drive.fd, WSLCONFIG, NULL);
	char wide[4096] = "\xff\xfe";
	size_t len = 2;

	for (const char *p = text; *p; p++, len += 2)
		wide[len] = *p;
	put_file(session.drive.fd, WSLCONFIG, wide, len);
}

static void another_encoding_keeps_the_value(void **state IK_UNUSED)
{
	ik_autofree char *now = NULL;
	size_t len = 0;

	start_with("[wsl2]\nkernel=C:\\\\mine\\\\k\n");
	widen();
	remove_all();
	now = get_file(session.drive.fd, WSLCONFIG, &len);
	assert_int_equal(len, 2 + 2 * strlen("[wsl2]\nkernel=C:\\\\mine\\\\k\n"));
	for (size_t i = 2; i < len; i += 2)
		assert_int_equal(now[i], "[wsl2]\nkernel=C:\\\\mine\\\\k\n"[i / 2 - 1]);
}

/* One that cannot be written as we write is told, at least. */
static void what_cannot_be_given_back_is_told(void **state IK_UNUSED)
{
	start_with("[wsl2]\nkernel=C:\\\\Zo\xc3\xab\\\\k\n");
	remove_all();
	holds("[wsl2]\nkernel=C:\\\\Zo\xc3\xab\\\\k\n"); /* byte for byte */
	assert_int_equal(run_job(ik_wcfg_install_job, ours_path, NULL), 0);
	widen();
	remove_all();
	assert_true(has_note("your own former kernel="));
	assert_true(has_note("\\\\k could not be put back"));
}

/* A block with our line, once more at the end: WSL ignores it until the first one goes. */
static void a_copy_of_our_line(void **state IK_UNUSED)
{
	static const char text[] = "[wsl2]\r\nmemory=4GB\r\n";

	for (int upgrade = 0; upgrade <= 1; upgrade++) {
		ik_autofree char *made = NULL;
		char twice[2000], after[100];

		start_with(text);
		made = get_file(session.drive.fd, WSLCONFIG, NULL);
		(void)snprintf(twice, sizeof(twice), "%s%s", made, made);
		put_text(session.drive.fd, WSLCONFIG, twice);
		if (upgrade)
			assert_int_equal(run_job(ik_wcfg_install_job, newer_path, NULL), 0);
		remove_all();
		(void)snprintf(after, sizeof(after), "%s%s", text, text);
		lacks("immensity");
		holds(after);
	}
}

/* More of them than anybody pastes: nothing is changed, and no image goes. */
static void far_too_many_copies(void **state IK_UNUSED)
{
	ik_autofree char *made = NULL, *now = NULL;
	static char text[40000];

	start_with("[wsl2]\n");
	made = get_file(session.drive.fd, WSLCONFIG, NULL);
	for (int i = 0; i < 70; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s", made);
	put_text(session.drive.fd, WSLCONFIG, text);
	assert_true(run_job(ik_remove_job, NULL, NULL) < 0);
	assert_int_equal(job_err.code, IK_E_WSLCONF_CHANGED);
	assert_true(run_job(ik_wcfg_install_job, newer_path, NULL) < 0);
	assert_int_equal(job_err.code, IK_E_WSLCONF_CHANGED);
	holds(text);
	put_text(session.drive.fd, WSLCONFIG, made);
	remove_all();
	holds("[wsl2]\n");
}

/* Without memory at any one place, a removal is done as a whole, or can be done again. */
static void the_value_survives_a_lack_of_memory(void **state IK_UNUSED)
{
	bool more = true;

	for (long n = 1; more; n++) {
		start_with("[wsl2]\nkernel=C:\\\\mine\\\\k\n");
		put_text(session.drive.fd, WSLCONFIG,
			 "[wsl2]\nkernel=" OWN_KEY "\\\\kernel-1.0-0\n");
		faults = (struct faults){.on = true, .only = "memory", .at = n, .errnum = ENOMEM};
		(void)run_job(ik_remove_job, NULL, NULL);
		more = fired_last;
		assert_int_equal(run_job(ik_remove_job, NULL, NULL), 0);
		holds("[wsl2]\nkernel=C:\\\\mine\\\\k\n");
	}
}

#define TEST(f) cmocka_unit_test_setup(f, flow_start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(failed_tries_keep_the_way_back),
		TEST(a_text_of_before_is_brought_back),
		TEST(the_value_comes_back),
		TEST(another_encoding_keeps_the_value),
		TEST(what_cannot_be_given_back_is_told),
		TEST(a_copy_of_our_line),
		TEST(far_too_many_copies),
		TEST(the_value_survives_a_lack_of_memory),
	};

	return cmocka_run_group_tests_name("wslback", tests, flow_set_up, flow_tear_down);
}
