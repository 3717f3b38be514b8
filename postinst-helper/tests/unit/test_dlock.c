/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store/dlock: what others do to the lock file at every moment, and every call that fails meanwhile. */
#include "store/dlock.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "faults.h"
#include "store/names.h"
#include "store/sweep.h"
#include "support.h"

#define OURS   "Debian 1:2"
#define THEIRS "Other 3:4"

static int set_up(void **state IK_UNUSED)
{
	tmp_make(&tmp, NULL);
	faults_skip_sleep = true;
	return 0;
}

static bool is_there(void)
{
	return faccessat(tmp.fd, IK_NAME_LOCK, F_OK, 0) == 0;
}

/* Leaves a lock as somebody who died left it. */
static void leave(const char *domain)
{
	struct ik_dlock left = {0};

	assert_int_equal(ik_dlock_take(tmp.fd, domain, NULL, &left, NULL), 0);
}

/* What others do. */
static void write_short(void)
{
	put_text(tmp.fd, IK_NAME_LOCK, "short");
}

static void write_other(void)
{
	char text[IK_LOCKREC_BYTES];

	memset(text, 'x', sizeof(text));
	put_file(tmp.fd, IK_NAME_LOCK, text, sizeof(text));
}

static void take_away(void)
{
	assert_int_equal(unlinkat(tmp.fd, IK_NAME_LOCK, 0), 0);
}

static void take_broken_away(void)
{
	ik_sweep_broken_locks(tmp.fd);
}

/* One run of taking, with somebody else or a failure at one call. */
static const struct meeting {
	const char *name;
	const char *left; /* domain of the lock found; NULL = none */
	const char *only;
	long at;
	int errnum;
	void (*hook)(void); /* instead of a failure */
	int r;
	enum ik_code code;
	bool broke, there; /* is there a lock afterwards */
} meetings[] = {
	{"the holder beats", THEIRS, "ik_sys_openat2", 3, 0, write_other, -EBUSY, IK_E_LOCK_BUSY,
	 false, true},
	{"the holder goes", THEIRS, "ik_sys_openat2", 3, 0, take_away, 0, IK_E_NONE, false, true},
	{"it cannot be watched", THEIRS, "ik_sys_openat2", 3, EIO, NULL, -EIO, IK_E_IO_FAILED,
	 false, true},
	{"it cannot be read", THEIRS, "ik_sys_openat2", 1, EIO, NULL, -EIO, IK_E_IO_FAILED, false,
	 true},
	{"it goes before it is read", OURS, "ik_sys_openat2", 1, 0, take_away, 0, IK_E_NONE, false,
	 true},
	{"somebody breaks it first", OURS, "ik_sys_rename", 1, 0, take_away, 0, IK_E_NONE, true,
	 true},
	{"it cannot be broken", OURS, "ik_sys_rename", 1, EACCES, NULL, -EACCES, IK_E_PATH_DENIED,
	 false, true},
	{"what was broken cannot be read", OURS, "ik_sys_openat2", 3, EIO, NULL, -EIO,
	 IK_E_IO_FAILED, false, false},
	{"what was broken is swept away", OURS, "ik_sys_openat2", 3, 0, take_broken_away, 0,
	 IK_E_NONE, true, true},
	{"a living lock was taken in between", OURS, "ik_sys_rename", 1, 0, write_other, -EBUSY,
	 IK_E_LOCK_BUSY, false, true},
	{"a shorter one was", OURS, "ik_sys_rename", 1, 0, write_short, -EBUSY, IK_E_LOCK_BUSY,
	 false, true},
	{"it cannot be created", NULL, "ik_sys_create", 1, EROFS, NULL, -EROFS, IK_E_PATH_DENIED,
	 false, false},
	{"it cannot be written", NULL, "ik_sys_pwrite", 1, ENOSPC, NULL, -ENOSPC, IK_E_SPACE_LOW,
	 false, false},
	{"it cannot be flushed", NULL, "ik_sys_fsync", 1, EIO, NULL, -EIO, IK_E_IO_FAILED, false,
	 false},
	{"it cannot be read again", NULL, "ik_sys_openat2", 1, EIO, NULL, -EIO, IK_E_IO_FAILED,
	 false, true},
	{"it is gone at once", NULL, "ik_sys_openat2", 1, 0, take_away, 0, IK_E_NONE, false, true},
	{"it is another's at once", NULL, "ik_sys_openat2", 1, 0, write_other, 0, IK_E_NONE, true,
	 true},
	{"it is a shorter one at once", NULL, "ik_sys_openat2", 1, 0, write_short, 0, IK_E_NONE,
	 true, true},
	{"no chance", NULL, "ik_clock_random", 1, EIO, NULL, -EIO, IK_E_IO_FAILED, false, false},
};

static void check_meeting(const struct meeting *m)
{
	struct ik_dlock lock = {.dir_fd = -1};
	struct ik_err err = {.code = IK_E_NONE};
	int r;

	faults_off();
	(void)unlinkat(tmp.fd, IK_NAME_LOCK, 0);
	ik_sweep_broken_locks(tmp.fd);
	if (m->left)
		leave(m->left);
	faults = (struct faults){.on = true, .only = m->only};
	if (m->hook) {
		faults.hook = m->hook;
		faults.hook_at = m->at;
	} else {
		faults.at = m->at;
		faults.errnum = m->errnum;
	}
	r = ik_dlock_take(tmp.fd, OURS, NULL, &lock, &err);
	if (!faults.fired || r != m->r || err.code != m->code)
		fail_msg("%s: %d %s %s", m->name, r, ik_code_name(err.code), err.message);
	if (lock.held != (r == 0) || lock.broke != m->broke || is_there() != m->there)
		fail_msg("%s: held %d, broke %d, there %d", m->name, lock.held, lock.broke,
			 is_there());
	faults_off();
	ik_dlock_release(&lock);
	assert_false(r == 0 && is_there());
}

static void whatever_others_do_one_holds_it(void **state IK_UNUSED)
{
	for (size_t i = 0; i < IK_ARRAY_SIZE(meetings); i++)
		check_meeting(&meetings[i]);
}

/* Where there are no hard links the living lock gets its name back by a rename. */
static void a_living_lock_gets_its_name_back(void **state IK_UNUSED)
{
	struct ik_dlock lock = {0};
	struct ik_err err = {.code = IK_E_NONE};
	ik_autofree char *text = NULL;
	size_t len = 0;

	leave(OURS);
	faults = (struct faults){
		.on = true, .only = "ik_sys_rename", .hook_at = 1, .hook = write_short};
	call_fails("linkat", 1, EPERM);
	assert_int_equal(ik_dlock_take(tmp.fd, OURS, NULL, &lock, &err), -EBUSY);
	assert_true(call_met());
	faults_off();
	text = get_file(tmp.fd, IK_NAME_LOCK, &len);
	assert_non_null(text);
	assert_string_equal(text, "short");
}

static void it_is_not_tried_for_ever(void **state IK_UNUSED)
{
	struct ik_dlock lock = {0};
	struct ik_err err = {.code = IK_E_NONE};

	faults = (struct faults){
		.on = true, .only = "ik_sys_create", .at = 1, .errnum = EEXIST, .lasting = true};
	assert_int_equal(ik_dlock_take(tmp.fd, OURS, NULL, &lock, &err), -EBUSY);
	assert_int_equal(faults.count, 4);
	assert_int_equal(err.code, IK_E_LOCK_BUSY);
	assert_false(lock.held);
}

/* A file that is no record may be a lock of a later version: it is watched, not broken at once. */
static void a_strange_file_is_watched(void **state IK_UNUSED)
{
	struct ik_dlock ik_autodlock lock = {0};

	put_text(tmp.fd, IK_NAME_LOCK, "lock of version 2");
	faults = (struct faults){.on = true, .only = "ik_sys_openat2"};
	assert_int_equal(ik_dlock_take(tmp.fd, OURS, NULL, &lock, NULL), 0);
	assert_true(lock.broke);
	assert_true(faults.count > 2 * 30); /* 30 looks in 15 s */
}

static void other_boot(void *out)
{
	((char *)out)[0] = ((char *)out)[0] == 'a' ? 'b' : 'a';
}

static void no_boot_id(void *out)
{
	((char *)out)[3] = '\n';
}

/* The same distribution, but of another boot: it may be alive on another machine. */
static void a_lock_of_another_boot_is_watched(void **state IK_UNUSED)
{
	struct ik_dlock ik_autodlock lock = {0};
	struct ik_err err = {.code = IK_E_NONE};

	call_changes("pread", 1, other_boot);
	leave(OURS);
	assert_true(call_met());
	faults = (struct faults){.on = true, .only = "ik_sys_openat2"};
	assert_int_equal(ik_dlock_take(tmp.fd, OURS, NULL, &lock, NULL), 0);
	assert_true(faults.count > 2 * 30);
	faults_off();
	call_changes("pread", 1, no_boot_id);
	assert_true(ik_dlock_take(tmp.fd, OURS, NULL, &(struct ik_dlock){0}, &err) < 0);
	assert_true(call_met());
	assert_int_equal(err.code, IK_E_LOCKREC_BAD);
}

/* In one line, as /proc gives it. */
static void replace(char *text, char what, char by)
{
	for (; *text != '\n'; text++)
		if (*text == what)
			*text = by;
}

static void no_bracket(void *out)
{
	replace(out, ')', 'x');
}

static void no_blanks(void *out)
{
	replace(out, ' ', '_');
}

static void no_numbers(void *out)
{
	for (char digit = '0'; digit <= '9'; digit++)
		replace(out, digit, 'x');
}

/* Our start time is a help for people; without it the lock is as good. */
static void the_start_time_may_be_unknown(void **state IK_UNUSED)
{
	static void (*const changes[])(void *) = {no_bracket, no_blanks, no_numbers};
	struct ik_sha256 digest = {{1, 2, 3}};
	struct ik_dlock lock = {0};

	assert_int_equal(ik_dlock_take(tmp.fd, OURS, &digest, &lock, NULL), 0);
	assert_true(lock.rec.pid_start_ticks > 0);
	assert_memory_equal(&lock.rec.sha256, &digest, sizeof(digest));
	ik_dlock_release(&lock);
	for (size_t i = 0; i < IK_ARRAY_SIZE(changes) + 2; i++) {
		if (i < IK_ARRAY_SIZE(changes))
			call_changes("read", 1, changes[i]);
		else
			call_fails(i == IK_ARRAY_SIZE(changes) ? "open" : "read", 1, EIO);
		assert_int_equal(ik_dlock_take(tmp.fd, OURS, NULL, &lock, NULL), 0);
		assert_true(call_met());
		assert_int_equal(lock.rec.pid_start_ticks, 0);
		ik_dlock_release(&lock);
	}
}

static void beat(struct ik_dlock *lock)
{
	lock->beat_at_ms -= IK_DLOCK_BEAT_MS + 1;
	ik_dlock_beat(lock);
}

static void a_lost_beat_is_no_failure(void **state IK_UNUSED)
{
	struct ik_dlock lock = {0}, idle = {0};
	char nonce;

	ik_dlock_beat(&idle);
	assert_int_equal(idle.rec.beat, 0);
	assert_int_equal(ik_dlock_take(tmp.fd, OURS, NULL, &lock, NULL), 0);
	ik_dlock_beat(&lock);
	assert_int_equal(lock.rec.beat, 0);
	faults = (struct faults){.on = true, .only = "ik_sys_pwrite", .at = 1, .errnum = EIO};
	beat(&lock);
	faults_off();
	assert_int_equal(lock.rec.beat, 1);
	nonce = lock.rec.nonce[0];
	lock.rec.nonce[0] = '\n'; /* cannot be written down */
	beat(&lock);
	lock.rec.nonce[0] = nonce;
	take_away();
	beat(&lock);
	assert_false(is_there()); /* a beat never makes the file anew */
	ik_dlock_release(&lock);
	assert_false(lock.held);
}

/* After a long sleep the file may be another's: it is not beaten, and whoever asks is told. */
static void a_lock_that_was_taken_over_stays(void **state IK_UNUSED)
{
	struct ik_dlock lock = {0};
	struct ik_err err = {.code = IK_E_NONE};
	ik_autofree char *before = NULL, *after = NULL;
	size_t before_len = 0, after_len = 0;

	assert_int_equal(ik_dlock_take(tmp.fd, OURS, NULL, &lock, NULL), 0);
	assert_int_equal(ik_dlock_check(&lock, &err), 0);
	faults = (struct faults){.on = true, .only = "ik_sys_read_all", .at = 1, .errnum = EIO};
	assert_int_equal(ik_dlock_check(&lock, &err), -EIO);
	faults_off();
	write_other();
	before = get_file(tmp.fd, IK_NAME_LOCK, &before_len);
	beat(&lock);
	after = get_file(tmp.fd, IK_NAME_LOCK, &after_len);
	assert_int_equal(before_len, after_len);
	assert_memory_equal(before, after, before_len);
	assert_int_equal(ik_dlock_check(&lock, &err), -EBUSY);
	assert_int_equal(err.code, IK_E_LOCK_BUSY);
	take_away();
	assert_int_equal(ik_dlock_check(&lock, NULL), -EBUSY);
	ik_dlock_release(&lock);
}

static void only_our_own_lock_is_released(void **state IK_UNUSED)
{
	struct ik_dlock lock = {0};

	assert_int_equal(ik_dlock_take(tmp.fd, OURS, NULL, &lock, NULL), 0);
	write_other();
	ik_dlock_release(&lock);
	assert_true(is_there());
	assert_false(lock.held);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, calls_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(whatever_others_do_one_holds_it),	 TEST(a_living_lock_gets_its_name_back),
		TEST(it_is_not_tried_for_ever),		 TEST(a_strange_file_is_watched),
		TEST(a_lock_of_another_boot_is_watched), TEST(the_start_time_may_be_unknown),
		TEST(a_lock_that_was_taken_over_stays),	 TEST(a_lost_beat_is_no_failure),
		TEST(only_our_own_lock_is_released),
	};

	return cmocka_run_group_tests_name("store/dlock", tests, NULL, NULL);
}
