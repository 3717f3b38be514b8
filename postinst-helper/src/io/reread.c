/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * O_DIRECT when the file system takes it; otherwise the (clean, flushed) pages are dropped first.
 * The buffer is aligned for O_DIRECT. A file system that takes O_DIRECT at open and refuses it at read
 * is read again without.
 */
#include "io/reread.h"

#include <fcntl.h>
#include <string.h>

#include "io/fault.h"
#include "os/sys.h"

#define BLOCK_BYTES (1u << 20)
#define ALIGN_BYTES 4096u

/* One reading in progress. */
struct reading {
	int fd;
	int what;
	uint8_t *buf;
	struct ik_digest whole, body;
	const struct ik_progress *progress;
	const char *name;
};

static void reading_done(struct reading *rd)
{
	rd->fd = ik_close(rd->fd);
	free(rd->buf);
}

static int reading_start(struct reading *rd, struct ik_err *err)
{
	ik_digest_init(&rd->whole);
	ik_digest_init(&rd->body);
	if (posix_memalign((void **)&rd->buf, ALIGN_BYTES, BLOCK_BYTES) != 0) {
		rd->buf = NULL;
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, ENOMEM, "reading back \"%s\"",
				  rd->name);
	}
	return 0;
}

static bool all_zero(const uint8_t *bytes, size_t len)
{
	return len == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0);
}

/* Feeds one block, which begins at `off` of the file, to the digests. */
static void reading_feed(struct reading *rd, uint64_t off, size_t len, struct ik_reread *out)
{
	size_t part = 0, skip = 0;

	if (off < out->part_bytes)
		part = (size_t)IK_MIN(out->part_bytes - off, (uint64_t)len);
	if (off == 0)
		memcpy(out->head, rd->buf, IK_MIN(len, sizeof(out->head)));
	if (off < IK_HEAD_BYTES)
		skip = IK_MIN(part, (size_t)(IK_HEAD_BYTES - off));
	if (rd->what & IK_REREAD_WHOLE)
		ik_digest_update(&rd->whole, rd->buf, part);
	if (rd->what & IK_REREAD_BODY)
		ik_digest_update(&rd->body, rd->buf + skip, part - skip);
	if (!all_zero(rd->buf + part, len - part))
		out->tail_is_zero = false;
}

static int read_blocks(struct reading *rd, struct ik_reread *out, struct ik_err *err)
{
	uint64_t size = out->id.size_bytes;

	for (uint64_t off = 0; off < size;) {
		ssize_t n = ik_sys_pread(rd->fd, rd->buf, BLOCK_BYTES, off);
		int r;

		if (n < 0)
			return ik_io_fault((int)n, err, "reading back \"%s\"", rd->name);
		n = (ssize_t)IK_MIN((uint64_t)n, size - off);
		if (n == 0)
			return ik_err_set(err, IK_E_FILE_CHANGED, ESTALE,
					  "\"%s\" became shorter while it was read", rd->name);
		reading_feed(rd, off, (size_t)n, out);
		off += (uint64_t)n;
		r = ik_progress_tick(rd->progress, "verifying", off, size);
		if (r < 0)
			return ik_err_set(err, IK_E_INTERRUPTED, r, "reading \"%s\"", rd->name);
	}
	return 0;
}

static int differs(const char *name, struct ik_err *err)
{
	int r = ik_err_set(err, IK_E_VERIFY_MISMATCH, EIO,
			   "\"%s\" read back differs from what was written", name);

	ik_err_hint(err, "check the Windows drive (chkdsk) and free space, then try again");
	return r;
}

/* Has it the size that is wanted? Asked before it is read. */
static int check_size(const char *name, uint64_t have, uint64_t part_bytes, int what,
		      struct ik_err *err)
{
	if ((what & IK_REREAD_EXACT) && have != part_bytes)
		return differs(name, err);
	if (have < part_bytes)
		return ik_err_set(err, IK_E_FILE_TOO_SMALL, EIO,
				  "\"%s\" has %llu bytes where %llu are expected", name,
				  (unsigned long long)have, (unsigned long long)part_bytes);
	return 0;
}

static int reread_with(int dir_fd, const char *name, int flags, uint64_t part_bytes, int what,
		       const struct ik_progress *progress, struct ik_reread *out,
		       struct ik_err *err)
{
	struct reading IK_CLEANUP(reading_done)
		rd = {.fd = -EBADF, .what = what, .progress = progress, .name = name};
	int r = ik_path_open_regular(dir_fd, name, O_RDONLY | flags, &rd.fd, &out->id, err);

	if (r < 0)
		return r;
	if (part_bytes == UINT64_MAX)
		part_bytes = out->id.size_bytes;
	r = check_size(name, out->id.size_bytes, part_bytes, what, err);
	if (r < 0)
		return r;
	out->part_bytes = part_bytes;
	out->tail_is_zero = true;
	memset(out->head, 0, sizeof(out->head));
	if (!(flags & O_DIRECT))
		ik_sys_drop_cache(rd.fd);
	r = reading_start(&rd, err);
	if (r >= 0)
		r = read_blocks(&rd, out, err);
	if (r < 0)
		return r;
	ik_digest_final(&rd.whole, &out->whole);
	ik_digest_final(&rd.body, &out->body);
	return 0;
}

int ik_reread(int dir_fd, const char *name, uint64_t part_bytes, int what,
	      const struct ik_progress *progress, struct ik_reread *ret, struct ik_err *err)
{
	int r = -EINVAL;

	if (!(what & IK_REREAD_KEEP))
		r = reread_with(dir_fd, name, O_DIRECT, part_bytes, what, progress, ret, err);
	if (r == -EINVAL || r == -EOPNOTSUPP) {
		ik_err_clear(err); /* a success leaves no error behind */
		r = reread_with(dir_fd, name, 0, part_bytes, what, progress, ret, err);
	}
	return r;
}

int ik_reread_expect(int dir_fd, const char *name, uint64_t size_bytes,
		     const struct ik_sha256 *digest, const struct ik_progress *progress,
		     struct ik_err *err)
{
	struct ik_reread seen;
	int r = ik_reread(dir_fd, name, size_bytes, IK_REREAD_WHOLE | IK_REREAD_EXACT, progress,
			  &seen, err);

	if (r < 0)
		return r;
	return ik_digest_is_equal(&seen.whole, digest) ? 0 : differs(name, err);
}
