/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looking never changes anything; a file that does not even have a head is "torn", not an error.
 */
#include "store/target.h"

#include <fcntl.h>
#include <string.h>

#include "io/fault.h"
#include "io/reread.h"
#include "os/sys.h"

struct fd_reader {
	int fd;
};

static int read_fd(void *ctx, uint64_t offset, void *buf, size_t len_bytes)
{
	const struct fd_reader *reader = ctx;
	ssize_t n = ik_sys_pread(reader->fd, buf, len_bytes, offset);

	if (n < 0)
		return (int)n;
	return (size_t)n == len_bytes ? 0 : -EIO;
}

int ik_target_probe_fd(int fd, uint64_t size_bytes, struct ik_image *ret, struct ik_err *err)
{
	struct fd_reader reader = {.fd = fd};

	return ik_image_probe(read_fd, &reader, size_bytes, ret, err);
}

int ik_target_body_digest(int fd, uint64_t size_bytes, struct ik_sha256 *ret, struct ik_err *err)
{
	if (size_bytes < IK_HEAD_BYTES)
		return ik_err_set(err, IK_E_FILE_TOO_SMALL, EINVAL, "image of %llu bytes",
				  (unsigned long long)size_bytes);
	return ik_digest_of_fd(fd, IK_HEAD_BYTES, size_bytes - IK_HEAD_BYTES, ret, err);
}

/* Judges an open file by its head and, if that is good, by its whole structure. */
static int look_open(int fd, struct ik_target *out, struct ik_err *err)
{
	uint8_t head[IK_IMAGE_HEAD_BYTES];
	struct ik_err seen = {0};
	struct ik_image image;
	ssize_t n = ik_sys_pread(fd, head, sizeof(head), 0);
	bool valid;
	int r = 0;

	if (n < 0)
		return ik_io_fault((int)n, err, "reading the head of the image");
	memset(&out->image, 0, sizeof(out->image));
	out->image.size_bytes = out->id.size_bytes;
	valid = ik_image_head_is_valid(head, (size_t)n);
	if (valid)
		r = ik_target_probe_fd(fd, out->id.size_bytes, &image, &seen);
	/* What could not be read may be anybody's; "somebody else's" would be a guess. */
	if (seen.code == IK_E_IO_FAILED) {
		if (err)
			*err = seen;
		return r;
	}
	if (valid && r >= 0)
		out->image = image;
	out->kind = ik_kind_of(true, valid, out->image.release);
	return 0;
}

bool ik_target_has_kernel_size(const struct ik_target *target)
{
	return target->id.size_bytes >= IK_IMAGE_MIN_BYTES &&
	       target->id.size_bytes <= IK_IMAGE_MAX_BYTES;
}

int ik_target_look(int dir_fd, const char *name, enum ik_target_digest digest,
		   const struct ik_progress *progress, struct ik_target *ret, struct ik_err *err)
{
	struct ik_target out = {.kind = IK_KIND_MISSING};
	ik_autoclose int fd = -EBADF;
	struct ik_err seen = {0};
	struct ik_reread reread;
	int r = ik_path_open_regular(dir_fd, name, O_RDONLY, &fd, &out.id, &seen);

	if (seen.code == IK_E_PATH_MISSING) {
		*ret = out;
		return 0;
	}
	if (r < 0) {
		if (err)
			*err = seen;
		return r;
	}
	r = look_open(fd, &out, err);
	if (r < 0)
		ik_err_prefix(err, "\"%s\"", name);
	/* Nothing of that size is a kernel; reading it could take for ever. */
	if (r >= 0 && digest != IK_TARGET_NO_DIGEST && out.id.size_bytes <= IK_IMAGE_MAX_BYTES) {
		r = ik_reread(dir_fd, name, UINT64_MAX,
			      IK_REREAD_WHOLE | IK_REREAD_BODY |
				      (digest == IK_TARGET_DIGEST_CACHE ? IK_REREAD_KEEP : 0),
			      progress, &reread, err);
		if (r >= 0) {
			out.has_digest = true;
			out.whole = reread.whole;
			out.body = reread.body;
		}
	}
	if (r >= 0)
		*ret = out;
	return r;
}
