/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store: journal, lock on the drive, way back, state, history, sweep: what is written is what is read. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "faults.h"
#include "os/clock.h"
#include "store/dlock.h"
#include "store/history.h"
#include "store/journal.h"
#include "store/names.h"
#include "store/state.h"
#include "store/sweep.h"
#include "store/undo.h"
#include "support.h"

static struct ik_jrec a_record(void)
{
	struct ik_jrec rec = {.state = IK_JREC_ARMED, .target_ino = 5, .target_nlink = 2};

	(void)snprintf(rec.target, sizeof(rec.target), "kernel");
	(void)snprintf(rec.transaction, sizeof(rec.transaction),
		       "0123456789abcdef0123456789abcdef");
	rec.a.size_bytes = rec.b.size_bytes = 1 << 20;
	(void)snprintf(rec.a.origin, sizeof(rec.a.origin), "official");
	(void)snprintf(rec.b.origin, sizeof(rec.b.origin), "ours");
	(void)snprintf(rec.a.file, sizeof(rec.a.file), IK_NAME_OFFICIAL);
	(void)snprintf(rec.b.file, sizeof(rec.b.file), IK_NAME_NEW);
	return rec;
}

static void journal_alternates(void **state)
{
	struct tmp *t = *state;
	struct ik_journal journal, seen;
	struct ik_jrec rec = a_record();

	assert_int_equal(ik_journal_load(t->fd, &journal, NULL), 0);
	assert_false(journal.present);
	for (unsigned i = 1; i <= 5; i++) {
		int slot = journal.slot;

		assert_int_equal(ik_journal_write(&journal, &rec, NULL), 0);
		assert_int_not_equal(journal.slot, slot);
		assert_int_equal(journal.rec.generation, i);
		assert_int_equal(ik_journal_load(t->fd, &seen, NULL), 0);
		assert_true(seen.present);
		assert_int_equal(seen.rec.generation, i);
	}
	assert_int_equal(ik_journal_mark(&journal, IK_JREC_DONE, IK_JREC_F_PADDED, "note", NULL),
			 0);
	assert_int_equal(ik_journal_load(t->fd, &seen, NULL), 0);
	assert_int_equal(seen.rec.state, IK_JREC_DONE);
	assert_int_equal(seen.rec.flags, IK_JREC_F_PADDED);
	assert_string_equal(seen.rec.note, "note");
}

/* A torn slot does not count; the one before it does. */
static void torn_slot_is_ignored(void **state)
{
	struct tmp *t = *state;
	struct ik_journal journal, seen;
	struct ik_jrec rec = a_record();
	int fd;

	assert_int_equal(ik_journal_load(t->fd, &journal, NULL), 0);
	assert_int_equal(ik_journal_write(&journal, &rec, NULL), 0);
	rec.state = IK_JREC_DONE;
	assert_int_equal(ik_journal_write(&journal, &rec, NULL), 0);
	fd = openat(t->fd, IK_NAME_JOURNAL, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "torn", 4, journal.slot * 4096 + 2000), 4);
	assert_int_equal(close(fd), 0);
	assert_int_equal(ik_journal_load(t->fd, &seen, NULL), 0);
	assert_true(seen.present);
	assert_int_equal(seen.rec.state, IK_JREC_ARMED);
	assert_int_equal(seen.rec.generation, 1);
	put_text(t->fd, IK_NAME_JOURNAL, "nonsense");
	assert_int_equal(ik_journal_load(t->fd, &seen, NULL), 0);
	assert_false(seen.present);
}

/* A later version may keep more behind the two slots; each of them carries its own checksum. */
static void what_follows_the_slots_is_not_read(void **state)
{
	struct tmp *t = *state;
	struct ik_journal journal, seen;
	struct ik_jrec rec = a_record();
	size_t len = 0;
	int fd;

	assert_int_equal(ik_journal_load(t->fd, &journal, NULL), 0);
	assert_int_equal(ik_journal_write(&journal, &rec, NULL), 0);
	fd = openat(t->fd, IK_NAME_JOURNAL, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "more", 4, (off_t)IK_JREC_SLOTS * IK_JREC_SLOT_BYTES), 4);
	assert_int_equal(close(fd), 0);
	assert_int_equal(ik_journal_load(t->fd, &seen, NULL), 0);
	assert_true(seen.present);
	assert_int_equal(ik_journal_mark(&seen, IK_JREC_DONE, 0, NULL, NULL), 0);
	assert_int_equal(seen.rec.state, IK_JREC_DONE);
	ik_autofree char *bytes = get_file(t->fd, IK_NAME_JOURNAL, &len);
	assert_int_equal(len, IK_JREC_SLOTS * IK_JREC_SLOT_BYTES + 4);
	assert_memory_equal(bytes + len - 4, "more", 4);
}

static void lock_of_the_dead_is_broken(void **state)
{
	struct tmp *t = *state;
	struct ik_dlock dead = {0}, lock = {0};

	assert_int_equal(ik_dlock_take(t->fd, "Debian 1:2", NULL, &dead, NULL), 0);
	assert_false(dead.broke);
	/* The same L1, and we hold it: whoever wrote this is dead. */
	assert_int_equal(ik_dlock_take(t->fd, "Debian 1:2", NULL, &lock, NULL), 0);
	assert_true(lock.broke);
	/* The dead one comes to life: it must not remove the other's lock. */
	ik_dlock_release(&dead);
	assert_int_equal(faccessat(t->fd, IK_NAME_LOCK, F_OK, 0), 0);
	ik_dlock_release(&lock);
	assert_int_equal(faccessat(t->fd, IK_NAME_LOCK, F_OK, 0), -1);
	ik_dlock_release(&lock);
	ik_dlock_release(NULL);
}

static void lock_of_another_is_watched(void **state)
{
	struct tmp *t = *state;
	struct ik_dlock other = {0}, lock = {0};
	struct ik_err err = {0};
	int64_t started = ik_clock_mono_ms();

	assert_int_equal(ik_dlock_take(t->fd, "Other 3:4", NULL, &other, NULL), 0);
	faults_skip_sleep = true;
	assert_int_equal(ik_dlock_take(t->fd, "Debian 1:2", NULL, &lock, &err), 0);
	faults_skip_sleep = false;
	assert_true(lock.broke);
	assert_true(ik_clock_mono_ms() - started >= IK_DLOCK_WATCH_MS);
	ik_dlock_release(&lock);
}

static void beat_changes_the_file(void **state)
{
	struct tmp *t = *state;
	struct ik_dlock lock = {0};
	ik_autofree char *before = NULL, *same = NULL, *after = NULL;
	size_t len = 0;

	assert_int_equal(ik_dlock_take(t->fd, "x", NULL, &lock, NULL), 0);
	before = get_file(t->fd, IK_NAME_LOCK, &len);
	ik_dlock_beat(&lock);
	same = get_file(t->fd, IK_NAME_LOCK, &len);
	assert_memory_equal(before, same, len);
	lock.beat_at_ms -= IK_DLOCK_BEAT_MS + 1;
	ik_dlock_beat(&lock);
	after = get_file(t->fd, IK_NAME_LOCK, &len);
	assert_memory_not_equal(before, after, len);
	ik_dlock_release(&lock);
}

static void way_back_is_kept(void **state)
{
	struct tmp *t = *state;
	char first[] = "ik1 a b c", second[] = "ik1 d";
	struct ik_undo undo = {.created = true, .way = {first, second}}, seen = {0};

	assert_int_equal(ik_undo_load(t->fd, &seen, NULL), 0);
	assert_false(seen.present);
	assert_int_equal(ik_undo_save(t->fd, &undo, NULL), 0);
	assert_int_equal(ik_undo_load(t->fd, &seen, NULL), 0);
	assert_true(seen.present && seen.created);
	assert_string_equal(seen.way[0], first);
	assert_string_equal(seen.way[1], second);
	ik_undo_done(&seen);
	put_text(t->fd, IK_NAME_WSLC_UNDO, "immensity-kernel undo 2\nexisted\nway x\n");
	assert_int_equal(ik_undo_load(t->fd, &seen, NULL), 0);
	assert_false(seen.present);
	put_text(t->fd, IK_NAME_WSLC_UNDO, "immensity-kernel undo 1\nexisted\nway x\nmore\n");
	assert_int_equal(ik_undo_load(t->fd, &seen, NULL), 0);
	assert_false(seen.present);
	ik_undo_done(&seen);
}

static void state_is_remembered(void **state)
{
	struct tmp *t = *state;
	struct ik_state want = {.installed = true, .official_hold = true}, seen;
	char dir[128];

	(void)snprintf(dir, sizeof(dir), "%s/state", t->path);
	want.pending.present = true;
	(void)snprintf(want.pending.code, sizeof(want.pending.code), "path-denied");
	(void)snprintf(want.release, sizeof(want.release), "7.3.4-1-x");
	assert_int_equal(ik_state_load(dir, &seen, NULL), 0);
	assert_false(seen.installed);
	assert_int_equal(ik_state_save(dir, &want, NULL), 0);
	assert_int_equal(faccessat(t->fd, "state/" IK_STATE_PENDING, F_OK, 0), 0);
	assert_int_equal(ik_state_load(dir, &seen, NULL), 0);
	assert_true(seen.installed && seen.official_hold && seen.pending.present);
	assert_false(seen.last_error.present);
	assert_string_equal(seen.release, "7.3.4-1-x");
	put_text(t->fd, "state/" IK_STATE_FILE, "{broken");
	assert_int_equal(ik_state_load(dir, &seen, NULL), 0);
	assert_false(seen.installed);
	want.pending.present = false;
	assert_int_equal(ik_state_save(dir, &want, NULL), 0);
	assert_int_equal(faccessat(t->fd, "state/" IK_STATE_FILE ".broken", F_OK, 0), 0);
	assert_int_equal(faccessat(t->fd, "state/" IK_STATE_PENDING, F_OK, 0), -1);
	ik_state_remove(dir);
	assert_int_equal(faccessat(t->fd, "state", F_OK, 0), -1);
}

static void history_grows_by_lines(void **state)
{
	struct tmp *t = *state;
	ik_autofree char *text = NULL;
	size_t len = 0;

	ik_history_drive(t->fd, "first %d", 1);
	ik_history_drive(t->fd, "with a \033[31m and a\nnewline");
	text = get_file(t->fd, IK_NAME_HISTORY, &len);
	assert_non_null(strstr(text, "first 1\r\n"));
	assert_null(strchr(text, '\033'));
	assert_ptr_equal(strchr(strstr(text, "newline"), '\n'), text + len - 1);
}

static void sweep_takes_only_ours(void **state)
{
	static const char *const names[] = {"a", "b"};
	struct tmp *t = *state;
	struct ik_err err = {0};

	put_text(t->fd, "a", "x");
	put_text(t->fd, "a.immensity-tmp", "x");
	put_text(t->fd, "other", "x");
	put_text(t->fd, IK_NAME_LOCK "-0123", "x");
	assert_int_equal(ik_sweep(t->fd, names, 2, NULL), 0);
	ik_sweep_broken_locks(t->fd);
	assert_int_equal(faccessat(t->fd, "a", F_OK, 0), -1);
	assert_int_equal(faccessat(t->fd, "a.immensity-tmp", F_OK, 0), -1);
	assert_int_equal(faccessat(t->fd, IK_NAME_LOCK "-0123", F_OK, 0), -1);
	assert_int_equal(faccessat(t->fd, "other", F_OK, 0), 0);
	put_link(t->fd, "b", "other");
	assert_true(ik_sweep(t->fd, names, 2, &err) < 0);
	assert_int_equal(err.code, IK_E_PATH_SYMLINK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(journal_alternates, tmp_setup, tmp_teardown),
		cmocka_unit_test_setup_teardown(torn_slot_is_ignored, tmp_setup, tmp_teardown),
		cmocka_unit_test_setup_teardown(what_follows_the_slots_is_not_read, tmp_setup,
						tmp_teardown),
		cmocka_unit_test_setup_teardown(lock_of_the_dead_is_broken, tmp_setup,
						tmp_teardown),
		cmocka_unit_test_setup_teardown(lock_of_another_is_watched, tmp_setup,
						tmp_teardown),
		cmocka_unit_test_setup_teardown(beat_changes_the_file, tmp_setup, tmp_teardown),
		cmocka_unit_test_setup_teardown(way_back_is_kept, tmp_setup, tmp_teardown),
		cmocka_unit_test_setup_teardown(state_is_remembered, tmp_setup, tmp_teardown),
		cmocka_unit_test_setup_teardown(history_grows_by_lines, tmp_setup, tmp_teardown),
		cmocka_unit_test_setup_teardown(sweep_takes_only_ours, tmp_setup, tmp_teardown),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
