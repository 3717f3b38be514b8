/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copies into a memfd, hashing the very bytes that were written there, then seals it.
 */
#include "os/memfd.h"

#include "os/sys.h"

#define COPY_CHUNK (256u * 1024u) /* bytes per step */

static int seal(struct ik_sealed *ret, int *fd, struct ik_digest *d, uint64_t size_bytes,
		const char *name, struct ik_err *err)
{
	struct ik_sha256 digest;
	int r = ik_sys_seal(*fd);

	if (r < 0)
		return ik_err_set(err, IK_E_IO_FAILED, r, "cannot seal the copy of '%s'", name);
	ik_digest_final(d, &digest);
	*ret = (struct ik_sealed){ik_steal_fd(fd), size_bytes, digest};
	return 0;
}

static int start(int *fd, struct ik_digest *d, const char *name, struct ik_err *err)
{
	int r = ik_sys_memfd(name, fd);

	if (r < 0)
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, r,
				  "cannot make a copy in memory of '%s'", name);
	ik_digest_init(d);
	return 0;
}

static int put(int fd, struct ik_digest *d, const void *data, size_t len, uint64_t off,
	       const char *name, struct ik_err *err)
{
	int r = ik_sys_pwrite(fd, data, len, off);

	if (r < 0)
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, r, "cannot copy '%s' into memory",
				  name);
	ik_digest_update(d, data, len);
	return 0;
}

int ik_sealed_copy_fd(int from_fd, const char *name, uint64_t max_bytes, struct ik_sealed *ret,
		      struct ik_err *err)
{
	ik_autofree uint8_t *buf = malloc(COPY_CHUNK);
	ik_autoclose int fd = -EBADF;
	struct ik_digest d;
	uint64_t done = 0;
	int r;

	if (!buf)
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, ENOMEM, "copy of '%s'", name);
	r = start(&fd, &d, name, err);
	while (r == 0) {
		ssize_t n = ik_sys_pread(from_fd, buf, COPY_CHUNK, done);

		if (n < 0)
			return ik_err_set(err, IK_E_IO_FAILED, (int)n, "cannot read '%s'", name);
		if (done + (uint64_t)n > max_bytes)
			return ik_err_set(err, IK_E_FILE_TOO_BIG, EFBIG,
					  "'%s' has more than %llu bytes", name,
					  (unsigned long long)max_bytes);
		r = put(fd, &d, buf, (size_t)n, done, name, err);
		done += (uint64_t)n;
		if (n < (ssize_t)COPY_CHUNK)
			break;
	}
	if (r < 0)
		return r;
	return seal(ret, &fd, &d, done, name, err);
}

int ik_sealed_copy_bytes(const void *data, size_t len, const char *name, struct ik_sealed *ret,
			 struct ik_err *err)
{
	ik_autoclose int fd = -EBADF;
	struct ik_digest d;
	int r = start(&fd, &d, name, err);

	if (r == 0)
		r = put(fd, &d, data, len, 0, name, err);
	if (r < 0)
		return r;
	return seal(ret, &fd, &d, len, name, err);
}

void ik_sealed_done(struct ik_sealed *s)
{
	if (!s)
		return;
	s->fd = ik_close(s->fd);
}
