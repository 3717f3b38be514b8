/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A torn slot is an invalid slot, and the other one then counts: that is the whole trick.
 */
#include "store/journal.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "io/afile.h"
#include "io/fault.h"
#include "os/clock.h"
#include "os/pathres.h"
#include "os/sys.h"
#include "store/names.h"

#define JOURNAL_BYTES (IK_JREC_SLOTS * IK_JREC_SLOT_BYTES)

/* Reads the slots, and nothing of what a later version may keep behind them. Length; 0 also without a file. */
static int read_slots(int dir_fd, uint8_t bytes[JOURNAL_BYTES], struct ik_err *err)
{
	ik_autoclose int fd = -EBADF;
	struct ik_err seen = {0};
	int r = ik_path_open_regular(dir_fd, IK_NAME_JOURNAL, O_RDONLY, &fd, NULL, &seen);
	ssize_t n;

	if (seen.code == IK_E_PATH_MISSING)
		return 0;
	if (r < 0) {
		if (err)
			*err = seen;
		return r;
	}
	n = ik_sys_pread(fd, bytes, JOURNAL_BYTES, 0);
	return n < 0 ? ik_io_fault((int)n, err, "reading \"%s\"", IK_NAME_JOURNAL) : (int)n;
}

int ik_journal_load(int dir_fd, struct ik_journal *ret, struct ik_err *err)
{
	struct ik_journal journal = {.dir_fd = dir_fd, .slot = -1};
	uint8_t bytes[JOURNAL_BYTES];
	int r = read_slots(dir_fd, bytes, err);

	if (r < 0) {
		ik_err_prefix(err, "journal");
		return r;
	}
	if (r > 0) {
		r = ik_jrec_choose(bytes, (size_t)r, &journal.rec, NULL);
		journal.present = r >= 0;
		journal.slot = r >= 0 ? r : -1;
	}
	*ret = journal;
	return 0;
}

/* Opens the journal for writing; 1 = it was created, with both slots empty. */
static int open_file(int dir_fd, int *ret_fd, struct ik_err *err)
{
	static const uint8_t empty[JOURNAL_BYTES];
	struct ik_err seen = {0};
	ik_autoclose int fd = -EBADF;
	struct ik_file_id id;
	bool created = false;
	int r = ik_path_open_regular(dir_fd, IK_NAME_JOURNAL, O_RDWR, &fd, &id, &seen);

	if (seen.code == IK_E_PATH_MISSING) {
		r = ik_afile_create(dir_fd, IK_NAME_JOURNAL, IK_AFILE_SHARED_MODE, &fd);
		if (r >= 0)
			r = ik_sys_pwrite(fd, empty, sizeof(empty), 0);
		if (r < 0)
			return ik_io_fault(r, err, "creating \"%s\"", IK_NAME_JOURNAL);
		created = true;
	} else if (r < 0) {
		if (err)
			*err = seen;
		return r;
	} else if (id.nlink > 1) {
		/* Written in place: through a planted link it would be another file that changes. */
		return ik_err_set(err, IK_E_FILE_UNTRUSTED, EPERM,
				  "\"%s\" is a hard link to another file, refusing",
				  IK_NAME_JOURNAL);
	}
	*ret_fd = ik_steal_fd(&fd);
	return created;
}

static int write_slot(const struct ik_journal *journal, int slot, const uint8_t *bytes,
		      struct ik_err *err)
{
	ik_autoclose int fd = -EBADF;
	int r = open_file(journal->dir_fd, &fd, err);
	bool created = r > 0;

	if (r < 0)
		return r;
	r = ik_sys_pwrite(fd, bytes, IK_JREC_SLOT_BYTES, (uint64_t)slot * IK_JREC_SLOT_BYTES);
	if (r >= 0)
		r = ik_sys_fsync(fd);
	if (r < 0)
		return ik_io_fault(r, err, "writing \"%s\"", IK_NAME_JOURNAL);
	if (created)
		ik_sys_fsync_dir(journal->dir_fd);
	ik_sys_drop_cache(fd);
	return 0;
}

int ik_journal_write(struct ik_journal *journal, const struct ik_jrec *rec, struct ik_err *err)
{
	struct ik_jrec next = *rec;
	struct ik_journal seen;
	uint8_t bytes[IK_JREC_SLOT_BYTES];
	int slot = journal->present ? 1 - journal->slot : 0;
	int r;

	next.generation = journal->present ? journal->rec.generation + 1 : 1;
	next.written_unix_s = ik_clock_unix_s();
	(void)snprintf(next.tool_version, sizeof(next.tool_version), "%s", IK_VERSION);
	ik_clock_boot_id(next.boot_id);
	r = ik_jrec_encode(&next, bytes, err);
	if (r >= 0)
		r = write_slot(journal, slot, bytes, err);
	if (r >= 0)
		r = ik_journal_load(journal->dir_fd, &seen, err);
	if (r < 0)
		return r;
	if (!seen.present || seen.slot != slot || seen.rec.generation != next.generation)
		return ik_err_set(err, IK_E_JOURNAL_BAD, EIO,
				  "\"%s\" read back differs from what was written",
				  IK_NAME_JOURNAL);
	*journal = seen;
	return 0;
}

int ik_journal_mark(struct ik_journal *journal, enum ik_jrec_state state, uint32_t flags,
		    const char *note, struct ik_err *err)
{
	struct ik_jrec rec = journal->rec;

	rec.state = state;
	rec.flags = flags;
	if (note)
		(void)snprintf(rec.note, sizeof(rec.note), "%s", note);
	return ik_journal_write(journal, &rec, err);
}
