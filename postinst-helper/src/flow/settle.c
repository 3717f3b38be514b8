/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The descriptor is open for writing: a flush of any other one may do nothing and say that it did. A
 * flush that failed is not repeated in the same run, for its second answer would be worth nothing.
 */
#include "flow/settle.h"

#include "io/fault.h"
#include "os/pathres.h"
#include "os/sys.h"

static bool has_time(const struct ik_file_id *id, const struct timespec *mtime)
{
	return id->mtime.tv_sec == mtime->tv_sec && id->mtime.tv_nsec == mtime->tv_nsec;
}

/* Size, time, flush. What cannot be cut stays noted as padded; the time is a courtesy. */
static int put_right(struct ik_lxss *lxss, uint64_t size_bytes, bool *ret_padded,
		     struct ik_err *err)
{
	const struct ik_jrec *rec = &lxss->journal.rec;
	struct timespec mtime = {.tv_sec = rec->target_mtime_s, .tv_nsec = rec->target_mtime_ns};
	ik_autoclose int fd = -EBADF;
	struct ik_file_id opened;
	int r = ik_lxss_open_judged(lxss, &fd, &opened, err);

	if (r < 0)
		return r;
	*ret_padded = opened.size_bytes > size_bytes && ik_sys_ftruncate(fd, size_bytes) < 0;
	if (!has_time(&opened, &mtime) || opened.size_bytes > size_bytes)
		ik_ignore(ik_sys_set_mtime(fd, &mtime));
	r = ik_sys_fsync(fd);
	return r < 0 ? ik_io_fault(r, err, "flushing \"%s\"", lxss->name) : 0;
}

static int unflushed(const struct ik_lxss *lxss, const struct ik_err *why, struct ik_err *err)
{
	int r = ik_err_set(err, IK_E_TARGET_UNFLUSHED, EIO,
			   "\"%s\" is whole, but could not be flushed to the drive (%.200s)",
			   lxss->name, why->message);

	ik_err_hint(err,
		    "run `sudo immensity-kernel recover` from a WSL terminal started with \"Run as "
		    "administrator\", best before `wsl --shutdown`");
	return r;
}

int ik_settle(struct ik_lxss *lxss, const struct ik_jrec_image *image, enum ik_jrec_state state,
	      struct ik_err *err)
{
	const struct ik_jrec *rec = &lxss->journal.rec;
	bool armed = rec->state == IK_JREC_ARMED, was_padded = rec->flags & IK_JREC_F_PADDED;
	uint32_t flags = rec->flags & ~IK_JREC_F_PADDED;
	enum ik_jrec_state then = rec->state == IK_JREC_GOOD ? IK_JREC_GOOD : state;
	struct ik_err why = {0};
	bool padded = was_padded;
	int r = put_right(lxss, image->size_bytes, &padded, &why);

	if (why.code == IK_E_TARGET_CHANGED || why.code == IK_E_LOCK_BUSY) {
		if (err)
			*err = why;
		return r;
	}
	if (r < 0 && armed)
		return unflushed(lxss, &why, err);
	/* An open journal is the only one that promises anything; a closed one only remembers zeros. */
	if (r < 0)
		padded = was_padded;
	/* Still padded and nothing else to note: a second run writes nothing, not even where it was seen running. */
	if (padded && was_padded && rec->state == then)
		return 0;
	return ik_journal_mark(&lxss->journal, then, flags | (padded ? IK_JREC_F_PADDED : 0), NULL,
			       err);
}
