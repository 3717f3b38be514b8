/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store: history, way back, sweep and kinds when a call fails or a file is not what it should be. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "faults.h"
#include "store/history.h"
#include "store/kind.h"
#include "store/names.h"
#include "store/sweep.h"
#include "store/undo.h"
#include "support.h"

static int set_up(void **state IK_UNUSED)
{
	tmp_make(&tmp, NULL);
	return 0;
}

static bool is_there(const char *path)
{
	return faccessat(tmp.fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static size_t history_len(void)
{
	size_t len = 0;

	free(get_file(tmp.fd, IK_NAME_HISTORY, &len));
	return len;
}

static void a_lost_line_of_history_is_no_failure(void **state IK_UNUSED)
{
	static const struct faults cases[] = {
		{.on = true, .only = "ik_sys_create", .at = 1, .errnum = EROFS},
		{.on = true, .only = "ik_sys_pwrite", .at = 1, .errnum = ENOSPC},
		{.on = true, .only = "ik_file_id_of", .at = 1, .errnum = EIO},
		{.on = true, .only = "memory", .at = 1, .errnum = ENOMEM},
		{.on = true, .only = "memory", .at = 2, .errnum = ENOMEM},
	};
	size_t before;

	ik_history_drive(tmp.fd, "first");
	before = history_len();
	assert_true(before > 0);
	for (size_t i = 0; i < IK_ARRAY_SIZE(cases); i++) {
		faults = cases[i];
		ik_history_drive(tmp.fd, "lost %zu", i);
		assert_non_null(faults.fired);
		faults_off();
		assert_int_equal(history_len(), before);
	}
	assert_int_equal(linkat(tmp.fd, IK_NAME_HISTORY, tmp.fd, "another name", 0), 0);
	ik_history_drive(tmp.fd, "not into a file that has another name");
	assert_int_equal(history_len(), before);
	assert_int_equal(unlinkat(tmp.fd, "another name", 0), 0);
	ik_history_drive(tmp.fd, "second");
	assert_true(history_len() > before);
}

static void the_log_has_its_lines(void **state IK_UNUSED)
{
	ik_autofree char *text = NULL;
	size_t len = 0;

	ik_history_log("/nonexistent", "nowhere");
	ik_history_log(tmp.path, "line %d", 1);
	text = get_file(tmp.fd, IK_HISTORY_LOG, &len);
	assert_non_null(text);
	assert_non_null(strstr(text, " line 1\n"));
	assert_null(strchr(text, '\r'));
}

static void sweeping_goes_as_far_as_it_can(void **state IK_UNUSED)
{
	static const char *const names[] = {"a", "b"};
	struct ik_err err = {.code = IK_E_NONE};

	put_text(tmp.fd, "a", "x");
	put_text(tmp.fd, "b.immensity-tmp", "x");
	faults = (struct faults){.on = true, .only = "ik_sys_unlink", .at = 1, .errnum = EACCES};
	assert_int_equal(ik_sweep(tmp.fd, names, 2, &err), -EACCES);
	faults_off();
	assert_int_equal(err.code, IK_E_PATH_DENIED);
	assert_true(is_there("a") && is_there("b.immensity-tmp"));
	assert_int_equal(ik_sweep(tmp.fd, names, 2, &err), 0);
	assert_false(is_there("a") || is_there("b.immensity-tmp"));
	put_text(tmp.fd, "a", "x");
	put_text(tmp.fd, "a.immensity-tmp", "x");
	faults = (struct faults){.on = true, .only = "ik_sys_unlink", .at = 2, .errnum = EACCES};
	assert_int_equal(ik_sweep(tmp.fd, names, 2, &err), -EACCES);
	faults_off();
	assert_true(is_there("a.immensity-tmp") && !is_there("a"));
	put_text(tmp.fd, IK_NAME_LOCK "-1", "x");
	ik_sweep_broken_locks(-1);
	call_fails("fdopendir", 1, ENOMEM);
	ik_sweep_broken_locks(tmp.fd);
	assert_true(call_met());
	assert_true(is_there(IK_NAME_LOCK "-1"));
	ik_sweep_broken_locks(tmp.fd);
	assert_false(is_there(IK_NAME_LOCK "-1"));
}

/* A way back that is not whole is none; only what cannot be read is an error. */
static void half_a_way_back_is_none(void **state IK_UNUSED)
{
	static const struct {
		const char *text;
		size_t len;
		bool present;
	} cases[] = {
		{"immensity-kernel undo 1\r\nexisted\r\n", 0, true},
		{"immensity-kernel undo 1\r\n", 0, false},
		{"immensity-kernel undo 1\r\nperhaps\r\n", 0, false},
		{"immensity-kernel undo 1\r\nexisted\r\nway \0 x\r\n", 42, false},
		{"immensity-kernel undo 1\ncreated\nway a\nway b\nway c\nway d\nway e\nway f\nway g\nway h\n"
		 "way i\nway j\nway k\nway l\nway m\nway n\nway o\nway p\nway q\n",
		 0, false},
		{"", 0, false},
	};
	struct ik_undo undo = {0};
	struct ik_err err = {.code = IK_E_NONE};

	for (size_t i = 0; i < IK_ARRAY_SIZE(cases); i++) {
		put_file(tmp.fd, IK_NAME_WSLC_UNDO, cases[i].text,
			 cases[i].len ? cases[i].len : strlen(cases[i].text));
		assert_int_equal(ik_undo_load(tmp.fd, &undo, NULL), 0);
		if (undo.present != cases[i].present)
			fail_msg("case %zu: %d", i, undo.present);
		ik_undo_done(&undo);
	}
	faults = (struct faults){.on = true, .only = "ik_sys_read_all", .at = 1, .errnum = EIO};
	assert_int_equal(ik_undo_load(tmp.fd, &undo, &err), -EIO);
	faults_off();
	assert_int_equal(err.code, IK_E_IO_FAILED);
	ik_undo_done(NULL);
}

static void memory_runs_out_on_the_way_back(void **state IK_UNUSED)
{
	char way[] = "a way";
	struct ik_undo undo = {.created = false, .way = {way}}, seen = {0};
	struct ik_err err = {.code = IK_E_NONE};

	assert_int_equal(ik_undo_save(tmp.fd, &undo, NULL), 0);
	/* That there is no memory for a way is not that there is none: the user's own key would be lost. */
	call_fails("strdup", 1, ENOMEM);
	assert_int_equal(ik_undo_load(tmp.fd, &seen, &err), -ENOMEM);
	assert_true(call_met());
	assert_int_equal(err.code, IK_E_MEMORY_EXHAUSTED);
	assert_false(seen.present);
	assert_null(seen.way[0]);
	faults = (struct faults){.on = true, .only = "memory", .at = 1, .errnum = ENOMEM};
	assert_int_equal(ik_undo_save(tmp.fd, &undo, &err), -ENOMEM);
	faults_off();
	assert_int_equal(err.code, IK_E_MEMORY_EXHAUSTED);
	assert_int_equal(ik_undo_load(tmp.fd, &seen, NULL), 0);
	assert_true(seen.present && !seen.created);
	assert_string_equal(seen.way[0], way);
	ik_undo_done(&seen);
}

static void kinds_go_by_head_and_release(void **state IK_UNUSED)
{
	static const struct {
		bool exists, valid;
		const char *release;
		enum ik_kind kind;
	} cases[] = {
		{false, true, "", IK_KIND_MISSING},
		{true, false, "", IK_KIND_TORN},
		{true, true, "", IK_KIND_FOREIGN},
		{true, true, "no release at all", IK_KIND_FOREIGN},
		{true, true, "6.6.87.2-locietta-WSL2", IK_KIND_FOREIGN},
		{true, true, "5.15.90.1-microsoft-standard-WSL2", IK_KIND_OFFICIAL},
		{true, true, "7.3.4-1-immensity-microsoft-standard-WSL2", IK_KIND_OURS},
	};

	for (size_t i = 0; i < IK_ARRAY_SIZE(cases); i++)
		assert_int_equal(ik_kind_of(cases[i].exists, cases[i].valid, cases[i].release),
				 cases[i].kind);
	for (enum ik_kind kind = IK_KIND_UNKNOWN; kind <= IK_KIND_TORN; kind++)
		assert_int_equal(ik_kind_parse(ik_kind_name(kind)), kind);
	assert_int_equal(ik_kind_parse("no kind"), IK_KIND_UNKNOWN);
	assert_string_equal(ik_kind_name((enum ik_kind)99), "unknown");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, calls_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_lost_line_of_history_is_no_failure), TEST(the_log_has_its_lines),
		TEST(sweeping_goes_as_far_as_it_can),	    TEST(half_a_way_back_is_none),
		TEST(memory_runs_out_on_the_way_back),	    TEST(kinds_go_by_head_and_release),
	};

	return cmocka_run_group_tests_name("store: failures", tests, NULL, NULL);
}
