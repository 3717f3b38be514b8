/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store/state: what it makes of strange files, and what stays when it cannot be saved. */
#include "store/state.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "calls.h"
#include "faults.h"
#include "support.h"

static char state_dir[80];

static int set_up(void **state IK_UNUSED)
{
	tmp_make(&tmp, NULL);
	(void)snprintf(state_dir, sizeof(state_dir), "%s/state", tmp.path);
	return 0;
}

static bool is_there(const char *path)
{
	return faccessat(tmp.fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static struct ik_state load(const char *text)
{
	struct ik_state state = {0};

	if (text)
		put_text(tmp.fd, "state/" IK_STATE_FILE, text);
	assert_int_equal(ik_state_load(state_dir, &state, NULL), 0);
	return state;
}

/* What is not as we write it is passed over; the rest is taken. */
static void a_strange_state_is_taken_as_far_as_it_goes(void **state IK_UNUSED)
{
	struct ik_state got = load("{\"schema\":1,\"pending\":{},\"installed\":{\"mode\":7},"
				   "\"last_error\":[],\"official_hold\":1}");

	assert_true(got.pending.present && got.installed);
	assert_string_equal(got.pending.code, "");
	assert_string_equal(got.mode, "");
	assert_false(got.last_error.present || got.official_hold);
	got = load("{\"schema\":1,\"official_hold\":true,\"installed\":null}");
	assert_true(got.official_hold);
	assert_false(got.installed);
	got = load("{\"schema\":1}");
	assert_false(got.official_hold || got.installed || got.pending.present);
	got = load("{\"schema\":2,\"official_hold\":true}");
	assert_false(got.official_hold);
	got = load("{\"schema\":1,\"schema\":1,\"official_hold\":true}");
	assert_false(got.official_hold);
}

static void a_whole_state_comes_back(void **state IK_UNUSED)
{
	struct ik_state want = {.installed_unix_s = 5}, got;

	want.last_error.present = true;
	want.last_error.since_unix_s = 77;
	(void)snprintf(want.last_error.hint, sizeof(want.last_error.hint), "try it");
	assert_int_equal(ik_state_save(state_dir, &want, NULL), 0);
	got = load(NULL);
	assert_true(got.last_error.present && got.last_error.since_unix_s == 77);
	assert_string_equal(got.last_error.hint, "try it");
	assert_false(got.installed || got.pending.present);
	assert_false(is_there("state/" IK_STATE_PENDING));
	want.pending.present = true;
	assert_int_equal(ik_state_save(state_dir, &want, NULL), 0);
	assert_true(is_there("state/" IK_STATE_PENDING));
}

static int save(struct ik_err *err)
{
	struct ik_state state = {.installed = true};

	*err = (struct ik_err){.code = IK_E_NONE};
	return ik_state_save(state_dir, &state, err);
}

static void a_state_that_cannot_be_saved_is_told(void **state IK_UNUSED)
{
	struct ik_err err;

	call_fails("mkdirat", 1, EACCES);
	assert_int_equal(save(&err), -EACCES);
	assert_true(call_met());
	assert_int_equal(err.code, IK_E_PATH_DENIED);
	/* Made by somebody else in between, and gone again. */
	call_fails("mkdirat", 1, EEXIST);
	assert_int_equal(save(&err), -ENOENT);
	assert_true(call_met());
	assert_int_equal(err.code, IK_E_IO_FAILED);
	call_fails("open", 1, EIO);
	assert_int_equal(save(&err), -EIO);
	assert_true(call_met());
	call_fails("json_dumps", 1, ENOMEM);
	assert_int_equal(save(&err), -ENOMEM);
	assert_true(call_met());
	assert_int_equal(err.code, IK_E_STATE_BAD);
	faults = (struct faults){.on = true, .only = "ik_sys_pwrite", .at = 1, .errnum = ENOSPC};
	assert_int_equal(save(&err), -ENOSPC);
	faults_off();
	assert_false(is_there("state/" IK_STATE_FILE));
	assert_int_equal(save(&err), 0);
	/* Not writable for others, but readable: `status` needs no root. */
	call_fails("fchmod", 1, EPERM);
	ik_state_remove(state_dir);
	assert_int_equal(save(&err), 0);
	assert_true(call_met());
	ik_state_remove(state_dir);
	assert_false(is_there("state"));
	ik_state_remove(state_dir);
}

/* Every allocation of the way to a state on disk fails once: it is saved, or an error says not. */
static void memory_runs_out_while_saving(void **state IK_UNUSED)
{
	bool more = true;
	struct ik_err first;

	assert_int_equal(save(&first), 0);
	for (long n = 1; more; n++) {
		struct ik_err err;
		int r;

		faults = (struct faults){.on = true, .only = "memory", .at = n, .errnum = ENOMEM};
		r = save(&err);
		more = faults.fired;
		faults_off();
		assert_int_equal(r < 0, err.code != IK_E_NONE);
		assert_true(load(NULL).installed);
	}
}

/* Whatever is wrong with it, a strange file is moved aside and keeps nobody from saving. */
static void strange_files_are_moved_aside(void **state IK_UNUSED)
{
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"{\"a\":1,\"a\":2}",
		"\xff\xfe",
		"{\"a\":1} x",
		"{\"a\":1e999}",
		"{\"a\":99999999999999999999}",
		"{\"schema\":2}",
		"{\"a\":\"\\ud800\"}",
		"{\"a\":\"\\u0000\"}",
	};

	put_dir(tmp.fd, "state");
	for (size_t i = 0; i < IK_ARRAY_SIZE(texts); i++) {
		struct ik_err err;

		put_text(tmp.fd, "state/" IK_STATE_FILE, texts[i]);
		if (save(&err) < 0)
			fail_msg("%s: %s", texts[i], err.message);
		assert_true(load(NULL).installed);
		assert_int_equal(unlinkat(tmp.fd, "state/" IK_STATE_FILE ".broken", 0), 0);
	}
}

/* Moved aside for a new one that then cannot be written: it goes back. */
static void a_file_moved_aside_comes_back(void **state IK_UNUSED)
{
	ik_autofree char *text = NULL;
	struct ik_err err;

	put_text(tmp.fd, "state/" IK_STATE_FILE, "{broken");
	faults = (struct faults){.on = true, .only = "ik_sys_pwrite", .at = 1, .errnum = ENOSPC};
	assert_int_equal(save(&err), -ENOSPC);
	faults_off();
	text = get_file(tmp.fd, "state/" IK_STATE_FILE, NULL);
	assert_non_null(text);
	assert_string_equal(text, "{broken");
}

static long json_left; /* allocations of jansson that succeed */

static void *json_memory(size_t size)
{
	if (json_left-- > 0)
		return malloc(size);
	errno = ENOMEM;
	return NULL;
}

/* The same for jansson's own; what was saved before must stay. */
static void memory_runs_out_in_jansson(void **state IK_UNUSED)
{
	struct ik_state before = {.official_hold = true};
	int r = -ENOMEM;

	assert_int_equal(ik_state_save(state_dir, &before, NULL), 0);

	for (long n = 0; r < 0; n++) {
		struct ik_err err;

		assert_true(n < 1000);
		json_left = n;
		json_set_alloc_funcs(json_memory, free);
		r = save(&err);
		json_set_alloc_funcs(malloc, free);
		assert_int_equal(r < 0, err.code != IK_E_NONE);
		assert_int_equal(load(NULL).official_hold, r < 0);
	}
	assert_true(load(NULL).installed);
}

/* It is there, but cannot be read: that is not "nothing". */
static void what_cannot_be_read_is_not_empty(void **state IK_UNUSED)
{
	static const struct {
		const char *call;
		int errnum;
		enum ik_code code;
	} rows[] = {
		{"ik_sys_openat2", EIO, IK_E_STATE_BAD},
		{"ik_sys_read_all", EIO, IK_E_STATE_BAD},
		{"memory", ENOMEM, IK_E_MEMORY_EXHAUSTED},
	};
	struct ik_state before = {.official_hold = true}, got;

	assert_int_equal(ik_state_load(state_dir, &got, NULL), 0); /* not there */
	assert_int_equal(ik_state_save(state_dir, &before, NULL), 0);
	for (size_t i = 0; i < IK_ARRAY_SIZE(rows); i++) {
		struct ik_err err = {0};
		int r;

		faults = (struct faults){
			.on = true, .only = rows[i].call, .at = 1, .errnum = rows[i].errnum};
		r = ik_state_load(state_dir, &got, &err);
		if (!faults.fired || r >= 0 || err.code != rows[i].code)
			fail_msg("%s: %d %s", rows[i].call, r, err.message);
		faults_off();
		assert_false(got.official_hold);
	}
	call_fails("open", 1, EACCES);
	assert_int_equal(ik_state_load(state_dir, &got, NULL), -EACCES);
	assert_true(call_met());
	put_text(tmp.fd, "state/" IK_STATE_FILE, "{broken"); /* nothing of ours: as before */
	assert_int_equal(ik_state_load(state_dir, &got, NULL), 0);
}

static void memory_runs_out_while_loading(void **state IK_UNUSED)
{
	struct ik_state before = {.official_hold = true}, got;
	int failed = 0, r = -ENOMEM;

	assert_int_equal(ik_state_save(state_dir, &before, NULL), 0);
	for (long n = 0; r < 0; n++) {
		struct ik_err err = {0};

		json_left = n;
		json_set_alloc_funcs(json_memory, free);
		r = ik_state_load(state_dir, &got, &err);
		json_set_alloc_funcs(malloc, free);
		assert_int_equal(r < 0, err.code == IK_E_MEMORY_EXHAUSTED);
		assert_int_equal(got.official_hold, r >= 0);
		failed += r < 0;
	}
	assert_true(failed > 3);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, calls_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_strange_state_is_taken_as_far_as_it_goes),
		TEST(a_whole_state_comes_back),
		TEST(a_state_that_cannot_be_saved_is_told),
		TEST(memory_runs_out_while_saving),
		TEST(strange_files_are_moved_aside),
		TEST(a_file_moved_aside_comes_back),
		TEST(memory_runs_out_in_jansson),
		TEST(what_cannot_be_read_is_not_empty),
		TEST(memory_runs_out_while_loading),
	};

	return cmocka_run_group_tests_name("store/state", tests, NULL, NULL);
}
