/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A name is a promise: same name, same content. So a file is written once and never changed.
 */
#include "flow/wimg.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "io/afile.h"
#include "os/dirlist.h"
#include "store/names.h"

void ik_wimgs_done(struct ik_wimgs *images)
{
	if (!images)
		return;
	free(images->list);
	images->list = NULL;
	images->count = 0;
}

void ik_wimg_name(const char *version, const struct ik_sha256 *digest, char ret[IK_WIMG_NAME_BYTES])
{
	char hex[IK_SHA256_HEX];

	ik_digest_hex(digest, hex);
	(void)snprintf(ret, IK_WIMG_NAME_BYTES, "%s%.64s-%.12s", IK_NAME_KERNEL, version, hex);
}

bool ik_wimg_name_fits(const char *file, const struct ik_sha256 *digest)
{
	char hex[IK_SHA256_HEX];
	size_t len = strlen(file);

	ik_digest_hex(digest, hex);
	return len > IK_NAME_SHORT_HEX &&
	       strncasecmp(file + len - IK_NAME_SHORT_HEX, hex, IK_NAME_SHORT_HEX) == 0;
}

static int compare(const void *x, const void *y)
{
	const struct ik_wimg *a = x, *b = y;
	int64_t ta = a->image.id.mtime.tv_sec, tb = b->image.id.mtime.tv_sec;
	long na = a->image.id.mtime.tv_nsec, nb = b->image.id.mtime.tv_nsec;

	if (ta != tb)
		return ta < tb ? 1 : -1;
	if (na != nb)
		return na < nb ? 1 : -1;
	return strcmp(b->file, a->file);
}

/* 1 = the entry is one of our images. */
static int load_one(int dir_fd, const char *name, bool digests, const struct ik_progress *progress,
		    struct ik_wimg *ret, struct ik_err *err)
{
	struct ik_wimg image = {0};
	struct ik_err seen = {0};
	int r;

	if (strncasecmp(name, IK_NAME_KERNEL, strlen(IK_NAME_KERNEL)) != 0 ||
	    strlen(name) >= sizeof(image.file) || strchr(name, '.') == NULL)
		return 0;
	(void)snprintf(image.file, sizeof(image.file), "%s", name);
	r = ik_target_look(dir_fd, name, digests ? IK_TARGET_DIGEST : IK_TARGET_NO_DIGEST, progress,
			   &image.image, &seen);
	if (seen.code == IK_E_INTERRUPTED || r == -ENOMEM) {
		if (err)
			*err = seen;
		return r;
	}
	if (r < 0 || image.image.kind == IK_KIND_MISSING)
		return 0;
	image.good = image.image.kind != IK_KIND_TORN &&
		     (!digests || ik_wimg_name_fits(name, &image.image.whole));
	*ret = image;
	return 1;
}

static int append(struct ik_wimgs *images, const struct ik_wimg *image, struct ik_err *err)
{
	struct ik_wimg *list = reallocarray(images->list, images->count + 1, sizeof(*list));

	if (!list)
		return ik_err_set(err, IK_E_MEMORY_EXHAUSTED, ENOMEM, "listing images");
	list[images->count++] = *image;
	images->list = list;
	return 0;
}

int ik_wimgs_load(int dir_fd, bool digests, const struct ik_progress *progress,
		  struct ik_wimgs *ret, struct ik_err *err)
{
	struct ik_wimgs ik_autowimgs out = {0};
	DIR ik_autodirlist *dir = NULL;
	ik_autoclose int fd = -EBADF;
	const char *name;
	int r = ik_path_open_dir(dir_fd, ".", &fd, err);

	if (r >= 0)
		r = ik_dirlist_open(&fd, &dir, err);
	while (r >= 0 && (r = ik_dirlist_next(dir, &name, err)) > 0) {
		struct ik_wimg image;

		r = load_one(dir_fd, name, digests, progress, &image, err);
		if (r > 0)
			r = append(&out, &image, err);
	}
	if (r < 0)
		return r;
	if (out.count)
		qsort(out.list, out.count, sizeof(*out.list), compare);
	*ret = out;
	out = (struct ik_wimgs){0};
	return 0;
}

static bool is_named(const char *file, const char *const *named)
{
	for (; *named; named++) {
		if (strcasecmp(*named, file) == 0)
			return true;
	}
	return false;
}

void ik_wimgs_prune(int dir_fd, const struct ik_wimgs *images, size_t keep,
		    const char *const *named, const char *running)
{
	size_t kept = 0;

	for (size_t i = 0; i < images->count; i++) {
		const struct ik_wimg *image = &images->list[i];

		if (kept < keep || is_named(image->file, named) ||
		    (running && strcmp(image->image.image.release, running) == 0)) {
			kept++;
			continue;
		}
		ik_ignore(ik_afile_remove(dir_fd, image->file, NULL)); /* in use: next time */
	}
}
