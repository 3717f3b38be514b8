/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * O_EXCL is what excludes, here as on every file server; everything else is about the dead.
 * Breaking is a rename to a unique name: only one breaker wins it, and it then checks that what it
 * renamed is what it had judged.
 */
#include "store/dlock.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "io/afile.h"
#include "io/fault.h"
#include "os/clock.h"
#include "os/pathres.h"
#include "os/sys.h"
#include "store/names.h"

#define ATTEMPTS     4
#define SETTLE_MS    200u
#define POLL_MS	     500u
#define FILE_MAX     4096u
#define BROKEN_BYTES 64

/* The lock file's content as last seen. */
struct sight {
	size_t len;
	uint8_t bytes[FILE_MAX];
};

static uint64_t own_start_ticks(void)
{
	ik_autofree char *text = NULL;
	ik_autoclose int fd = -EBADF;
	unsigned long long ticks = 0;
	const char *p;
	size_t len;

	if (ik_sys_open_read("/proc/self/stat", 0, &fd) < 0 ||
	    ik_sys_read_all(fd, FILE_MAX, &text, &len) < 0)
		return 0;
	p = strrchr(text, ')'); /* the command name may hold blanks */
	for (int field = 2; p && field < 22; field++)
		p = strchr(p + 1, ' ');
	return p && sscanf(p, " %llu", &ticks) == 1 ? ticks : 0;
}

static int fill_record(struct ik_lockrec *rec, const char *domain, const struct ik_sha256 *sha256,
		       struct ik_err *err)
{
	uint8_t noise[16];
	int r = ik_clock_random(noise, sizeof(noise), err);

	if (r < 0)
		return r;
	memset(rec, 0, sizeof(*rec));
	(void)snprintf(rec->tool_version, sizeof(rec->tool_version), "%s", IK_VERSION);
	ik_clock_boot_id(rec->boot_id);
	(void)snprintf(rec->distro, sizeof(rec->distro), "%s", domain);
	rec->pid = (uint32_t)getpid();
	rec->pid_start_ticks = own_start_ticks();
	for (size_t i = 0; i < sizeof(noise); i++)
		(void)snprintf(rec->nonce + 2 * i, 3, "%02x", noise[i]);
	if (sha256)
		rec->sha256 = *sha256;
	rec->written_unix_s = ik_clock_unix_s();
	return 0;
}

/* 1 = read, 0 = no such file. */
static int look(int dir_fd, const char *name, struct sight *ret, struct ik_err *err)
{
	ik_autofree char *text = NULL;
	size_t len = 0;
	int r = ik_afile_read(dir_fd, name, FILE_MAX, &text, &len, err);

	if (r <= 0)
		return r;
	ret->len = len;
	memcpy(ret->bytes, text, len);
	return 1;
}

static bool same_sight(const struct sight *a, const struct sight *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

/* Is the holder surely dead because it would otherwise hold the L1 that we hold? */
static bool same_domain(const struct sight *seen, const struct ik_lockrec *own)
{
	struct ik_lockrec rec;

	return ik_lockrec_decode(seen->bytes, seen->len, &rec, NULL) >= 0 &&
	       strcmp(rec.boot_id, own->boot_id) == 0 && strcmp(rec.distro, own->distro) == 0;
}

/* Watches a holder of unknown life; 1 = dead, 0 = the lock went away. */
static int watch(int dir_fd, const struct sight *first, struct ik_err *err)
{
	int64_t until = ik_clock_mono_ms() + IK_DLOCK_WATCH_MS;
	int r;

	while (ik_clock_mono_ms() < until) {
		struct sight now;

		ik_clock_sleep_ms(POLL_MS);
		r = look(dir_fd, IK_NAME_LOCK, &now, err);
		if (r <= 0)
			return r;
		if (same_sight(first, &now))
			continue;
		r = ik_err_set(err, IK_E_LOCK_BUSY, EBUSY,
			       "another WSL is changing the kernel (\"%s\")", IK_NAME_LOCK);
		ik_err_hint(err, "wait until it has finished, then run the command again");
		return r;
	}
	return 1;
}

/* Renames a dead lock away and makes sure that it was the one we judged. */
static int break_lock(int dir_fd, const struct sight *judged, const struct ik_lockrec *own,
		      struct ik_err *err)
{
	char name[BROKEN_BYTES];
	struct sight got;
	int r;

	(void)snprintf(name, sizeof(name), "%s-%.12s", IK_NAME_LOCK, own->nonce);
	r = ik_sys_rename(dir_fd, IK_NAME_LOCK, dir_fd, name);
	if (r == -ENOENT)
		return 0; /* somebody else broke it first */
	if (r < 0)
		return ik_io_fault(r, err, "breaking the stale lock \"%s\"", IK_NAME_LOCK);
	r = look(dir_fd, name, &got, err);
	if (r < 0)
		return r;
	if (r > 0 && !same_sight(judged, &got)) {
		/* A living lock was taken in between: give it its name back. */
		if (ik_sys_link(dir_fd, name, dir_fd, IK_NAME_LOCK) < 0)
			ik_ignore(ik_sys_rename(dir_fd, name, dir_fd, IK_NAME_LOCK));
		ik_ignore(ik_afile_remove(dir_fd, name, NULL));
		return ik_err_set(err, IK_E_LOCK_BUSY, EBUSY, "lock \"%s\" was taken meanwhile",
				  IK_NAME_LOCK);
	}
	return ik_afile_remove(dir_fd, name, err);
}

/* 1 = created and still ours after a moment, 0 = somebody else has it. */
static int try_create(struct ik_dlock *lock, struct ik_err *err)
{
	uint8_t bytes[IK_LOCKREC_BYTES];
	ik_autoclose int fd = -EBADF;
	struct sight seen;
	int r = ik_lockrec_encode(&lock->rec, bytes, err);

	if (r < 0)
		return r;
	r = ik_afile_create(lock->dir_fd, IK_NAME_LOCK, IK_AFILE_SHARED_MODE, &fd);
	if (r == -EEXIST)
		return 0;
	if (r < 0)
		return ik_io_fault(r, err, "creating \"%s\"", IK_NAME_LOCK);
	r = ik_sys_pwrite(fd, bytes, sizeof(bytes), 0);
	if (r >= 0)
		r = ik_sys_fsync(fd);
	fd = ik_close(fd);
	if (r < 0) {
		ik_ignore(ik_sys_unlink(lock->dir_fd, IK_NAME_LOCK)); /* the first error counts */
		return ik_io_fault(r, err, "writing \"%s\"", IK_NAME_LOCK);
	}
	if (lock->broke)
		ik_clock_sleep_ms(SETTLE_MS);
	r = look(lock->dir_fd, IK_NAME_LOCK, &seen, err);
	if (r < 0)
		return r;
	return r > 0 && seen.len == sizeof(bytes) && memcmp(seen.bytes, bytes, sizeof(bytes)) == 0;
}

/* Deals with a lock that is in the way: 0 = try again. */
static int clear_way(struct ik_dlock *lock, struct ik_err *err)
{
	struct sight seen;
	int r = look(lock->dir_fd, IK_NAME_LOCK, &seen, err);

	if (r < 0) {
		ik_err_prefix(err, "lock on the drive");
		return r;
	}
	if (r == 0)
		return 0;
	if (!same_domain(&seen, &lock->rec)) {
		r = watch(lock->dir_fd, &seen, err);
		if (r <= 0)
			return r;
	}
	r = break_lock(lock->dir_fd, &seen, &lock->rec, err);
	if (r >= 0)
		lock->broke = true;
	return r;
}

int ik_dlock_take(int dir_fd, const char *domain, const struct ik_sha256 *sha256,
		  struct ik_dlock *ret, struct ik_err *err)
{
	struct ik_dlock lock = {.dir_fd = dir_fd};
	int r = fill_record(&lock.rec, domain, sha256, err);

	if (r < 0)
		return r;
	for (int i = 0; i < ATTEMPTS; i++) {
		r = try_create(&lock, err);
		if (r < 0)
			return r;
		if (r > 0) {
			lock.held = true;
			lock.beat_at_ms = ik_clock_mono_ms();
			*ret = lock;
			return 0;
		}
		r = clear_way(&lock, err);
		if (r < 0)
			return r;
	}
	return ik_err_set(err, IK_E_LOCK_BUSY, EBUSY, "lock \"%s\" cannot be had", IK_NAME_LOCK);
}

/* 1 = the file is there and ours. */
static int is_ours(const struct ik_dlock *lock, struct ik_err *err)
{
	struct ik_lockrec rec;
	struct sight seen;
	int r = look(lock->dir_fd, IK_NAME_LOCK, &seen, err);

	if (r <= 0)
		return r;
	return ik_lockrec_decode(seen.bytes, seen.len, &rec, NULL) >= 0 &&
	       ik_lockrec_is_same_holder(&rec, &lock->rec);
}

int ik_dlock_beat(struct ik_dlock *lock)
{
	uint8_t bytes[IK_LOCKREC_BYTES];
	ik_autoclose int fd = -EBADF;
	int64_t now = ik_clock_mono_ms();
	int ours;

	if (!lock->held || now - lock->beat_at_ms < (int64_t)IK_DLOCK_BEAT_MS)
		return 0;
	lock->beat_at_ms = now;
	lock->rec.beat++;
	lock->rec.written_unix_s = ik_clock_unix_s();
	/* A lost beat is no failure: the watchers wait for three. One in another's file would give out that it is ours. */
	ours = is_ours(lock, NULL);
	if (ours <= 0 || ik_lockrec_encode(&lock->rec, bytes, NULL) < 0 ||
	    ik_path_open_regular(lock->dir_fd, IK_NAME_LOCK, O_WRONLY, &fd, NULL, NULL) < 0)
		return ours == 0 ? -EBUSY : 0;
	if (ik_sys_pwrite(fd, bytes, sizeof(bytes), 0) >= 0)
		ik_ignore(ik_sys_fsync(fd));
	return 0;
}

int ik_dlock_check(const struct ik_dlock *lock, struct ik_err *err)
{
	int r = is_ours(lock, err);

	if (r != 0)
		return r < 0 ? r : 0;
	r = ik_err_set(err, IK_E_LOCK_BUSY, EBUSY,
		       "another WSL took the lock \"%s\" over (did this one sleep?)", IK_NAME_LOCK);
	ik_err_hint(err, "wait until it has finished, then run the command again");
	return r;
}

void ik_dlock_release(struct ik_dlock *lock)
{
	if (!lock || !lock->held)
		return;
	lock->held = false;
	/* If it cannot be removed it is stale from now on, and the next run breaks it. */
	if (is_ours(lock, NULL) > 0)
		ik_ignore(ik_sys_unlink(lock->dir_fd, IK_NAME_LOCK));
}
