/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each step is one small function; ik_inplace_write() is the list of them. Every errno counts:
 * nothing in here is retried or excused.
 */
#include "io/inplace.h"

#include <signal.h>
#include <string.h>
#include <time.h>

#include "io/fault.h"
#include "os/sys.h"

#define BLOCK_BYTES (1u << 20)

static uint64_t now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail for this clock */
	return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
}

static void block_signals(sigset_t *ret_old)
{
	sigset_t set;

	sigfillset(&set);
	(void)sigprocmask(SIG_BLOCK, &set, ret_old); /* fails only for a bad first argument */
}

static int flush(const struct ik_inplace *job, struct ik_err *err)
{
	int r = ik_sys_fsync(job->fd);

	return r < 0 ? ik_io_fault(r, err, "flushing \"%s\"", job->name) : 0;
}

static int expect_size(const struct ik_inplace *job, uint64_t want, struct ik_err *err)
{
	struct ik_file_id id;
	int r = ik_path_identify(job->dir_fd, job->name, &id, err);

	if (r < 0)
		return r;
	if (id.size_bytes != want)
		return ik_err_set(err, IK_E_VERIFY_MISMATCH, EIO,
				  "\"%s\" has %llu bytes after it was set to %llu", job->name,
				  (unsigned long long)id.size_bytes, (unsigned long long)want);
	return 0;
}

static bool has_old_head(const struct ik_inplace *job)
{
	uint8_t head[IK_HEAD_BYTES];

	return !job->head ||
	       (ik_sys_pread(job->fd, head, sizeof(head), 0) == (ssize_t)sizeof(head) &&
		memcmp(head, job->head, sizeof(head)) == 0);
}

/*
 * The old image is there: its former size and time come back, unless the size is not the one we gave
 * it, or the head another one: then somebody else wrote the file, and it is theirs. Zeros behind the image do no harm if this
 * fails: the caller notes them, and recovery knows them.
 */
static void put_back(const struct ik_inplace *job)
{
	struct ik_file_id now;

	if (ik_file_id_of(job->fd, &now, NULL) < 0 ||
	    (now.size_bytes != job->size_bytes && now.size_bytes != job->id.size_bytes) ||
	    !has_old_head(job))
		return;
	ik_ignore(ik_sys_ftruncate(job->fd, job->id.size_bytes));
	ik_ignore(ik_sys_set_mtime(job->fd, &job->id.mtime));
	ik_ignore(ik_sys_fsync(job->fd));
}

/* Step 9. On failure the former size is put back; the image before it was not touched. */
static int grow(struct ik_inplace *job, struct ik_err *err)
{
	int r;

	if (job->size_bytes <= job->id.size_bytes)
		return 0;
	r = ik_sys_ftruncate(job->fd, job->size_bytes);
	r = r < 0 ? ik_io_fault(r, err, "growing \"%s\"", job->name) : flush(job, err);
	if (r >= 0)
		r = expect_size(job, job->size_bytes, err);
	if (r < 0)
		put_back(job);
	return r;
}

/* Step 10. On failure the old head is put back, and proved, if that is possible. */
static int zero_head(struct ik_inplace *job, struct ik_err *err)
{
	static const uint8_t zeros[IK_HEAD_BYTES];
	uint8_t old[IK_HEAD_BYTES];
	struct ik_reread seen;
	ssize_t n = ik_sys_pread(job->fd, old, sizeof(old), 0);
	int r;

	if (n != (ssize_t)sizeof(old))
		return ik_io_fault(n < 0 ? (int)n : -EIO, err, "reading the head of \"%s\"",
				   job->name);
	if (job->head && memcmp(job->head, old, sizeof(old)) != 0)
		return ik_err_set(err, IK_E_TARGET_CHANGED, ESTALE,
				  "\"%s\" got another head meanwhile", job->name);
	job->reach = IK_INPLACE_TORN;
	r = ik_sys_pwrite(job->fd, zeros, sizeof(zeros), 0);
	if (r < 0)
		r = ik_io_fault(r, err, "zeroing the head of \"%s\"", job->name);
	else
		r = flush(job, err);
	if (r >= 0)
		return 0;
	if (ik_sys_pwrite(job->fd, old, sizeof(old), 0) >= 0 && ik_sys_fsync(job->fd) >= 0 &&
	    ik_reread(job->dir_fd, job->name, 0, 0, NULL, &seen, NULL) >= 0 &&
	    memcmp(seen.head, old, sizeof(old)) == 0)
		job->reach = IK_INPLACE_UNTOUCHED;
	return r;
}

/* Copies [from, to) of the new image. */
static int write_range(const struct ik_inplace *job, uint64_t from, uint64_t to, uint8_t *buf,
		       struct ik_err *err)
{
	for (uint64_t off = from; off < to;) {
		size_t want = (size_t)IK_MIN(to - off, (uint64_t)BLOCK_BYTES);
		ssize_t n = ik_sys_pread(job->from_fd, buf, want, off);
		int r;

		if (n != (ssize_t)want)
			return ik_io_fault(n < 0 ? (int)n : -EIO, err,
					   "reading the new content of \"%s\"", job->name);
		r = ik_progress_tick(job->progress, "writing", off, job->size_bytes);
		if (r < 0)
			return ik_err_set(err, IK_E_INTERRUPTED, r, "writing \"%s\"", job->name);
		r = ik_sys_pwrite(job->fd, buf, want, off);
		if (r < 0)
			return ik_io_fault(r, err, "writing \"%s\"", job->name);
		off += want;
	}
	return 0;
}

/* Zero-fills behind the image where the server refuses to cut (a program has it mapped). */
static int pad_tail(struct ik_inplace *job, uint8_t *buf, struct ik_err *err)
{
	memset(buf, 0, BLOCK_BYTES);
	for (uint64_t off = job->size_bytes; off < job->id.size_bytes;) {
		size_t want = (size_t)IK_MIN(job->id.size_bytes - off, (uint64_t)BLOCK_BYTES);
		int r = ik_sys_pwrite(job->fd, buf, want, off);

		if (r < 0)
			return ik_io_fault(r, err, "zeroing the rest of \"%s\"", job->name);
		off += want;
	}
	job->padded = true;
	return 0;
}

/* Step 12. */
static int cut(struct ik_inplace *job, uint8_t *buf, struct ik_err *err)
{
	if (job->size_bytes >= job->id.size_bytes)
		return 0;
	if (ik_sys_ftruncate(job->fd, job->size_bytes) >= 0)
		return 0;
	return pad_tail(job, buf, err);
}

/* Steps 13 and 15: proves a part of the file; `what` is IK_REREAD_BODY or IK_REREAD_WHOLE. */
static int prove(struct ik_inplace *job, int what, struct ik_err *err)
{
	struct ik_reread seen = {.id = job->id}; /* stays where the name cannot be opened */
	int r = ik_reread(job->dir_fd, job->name, job->size_bytes, what, job->progress, &seen, err);
	bool same;

	/* Asked first: another file may fail to be read as ours, and be whole all the same. */
	if (!ik_file_id_is_same(&seen.id, &job->id)) {
		job->reach = IK_INPLACE_REPLACED;
		return ik_err_set(err, IK_E_TARGET_CHANGED, ESTALE,
				  "\"%s\" was replaced by another file meanwhile", job->name);
	}
	if (r < 0)
		return r;
	same = what == IK_REREAD_BODY ? ik_digest_is_equal(&seen.body, &job->body) :
					ik_digest_is_equal(&seen.whole, &job->digest);
	if (seen.id.size_bytes != job->size_bytes && !(job->padded && seen.tail_is_zero))
		same = false;
	if (!same)
		return ik_err_set(err, IK_E_VERIFY_MISMATCH, EIO,
				  "\"%s\" read back differs from what was written", job->name);
	return 0;
}

/* Step 14. */
static int write_head(struct ik_inplace *job, uint8_t *buf, struct ik_err *err)
{
	int r = write_range(job, 0, IK_HEAD_BYTES, buf, err);

	return r < 0 ? r : flush(job, err);
}

static int overwrite(struct ik_inplace *job, uint8_t *buf, struct ik_err *err)
{
	uint64_t started = now_us();
	int r = zero_head(job, err);

	if (r >= 0)
		r = write_range(job, IK_HEAD_BYTES, job->size_bytes, buf, err);
	if (r >= 0)
		r = cut(job, buf, err);
	if (r >= 0)
		r = flush(job, err);
	if (r >= 0)
		r = prove(job, IK_REREAD_BODY, err);
	if (r >= 0)
		r = write_head(job, buf, err);
	job->window_us = now_us() - started;
	if (r >= 0)
		r = prove(job, IK_REREAD_WHOLE, err);
	if (r >= 0)
		job->reach = IK_INPLACE_WRITTEN;
	return r;
}

static int grow_and_overwrite(struct ik_inplace *job, uint8_t *buf, struct ik_err *err)
{
	sigset_t old;
	int r = grow(job, err);

	if (r < 0)
		return r;
	block_signals(&old);
	r = overwrite(job, buf, err);
	if (r < 0 && job->reach == IK_INPLACE_UNTOUCHED)
		put_back(job);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	return r;
}

int ik_inplace_write(struct ik_inplace *job, struct ik_err *err)
{
	uint8_t *buf;
	int r;

	job->reach = IK_INPLACE_UNTOUCHED;
	job->padded = false;
	job->window_us = 0;
	if (job->size_bytes < IK_HEAD_BYTES)
		return ik_err_set(err, IK_E_FILE_TOO_SMALL, EINVAL, "writing \"%s\" in place",
				  job->name);
	buf = malloc(BLOCK_BYTES);
	if (!buf)
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, ENOMEM, "writing \"%s\"", job->name);
	r = grow_and_overwrite(job, buf, err);
	free(buf);
	return r;
}
