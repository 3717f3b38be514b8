/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything is read past the caches, as the server has it.
 */
#include "flow/match.h"

#include "flow/mixture.h"
#include "io/reread.h"
#include "os/pathres.h"

int ik_match_target(const struct ik_scene *scene, const struct ik_jrec_image *image,
		    const struct ik_progress *progress, enum ik_match *ret_match, bool *ret_body,
		    struct ik_err *err)
{
	struct ik_reread seen;
	struct ik_file_id id;
	struct ik_err why = {0};
	int r;

	*ret_match = IK_MATCH_NO;
	r = ik_path_identify(scene->lxss.fd, scene->lxss.name, &id, err);
	if (r < 0 || image->size_bytes < IK_HEAD_BYTES || id.size_bytes > IK_IMAGE_MAX_BYTES)
		return r;
	r = ik_reread(scene->lxss.fd, scene->lxss.name, image->size_bytes,
		      IK_REREAD_WHOLE | IK_REREAD_BODY, progress, &seen, &why);
	if (why.code == IK_E_FILE_TOO_SMALL)
		return 0;
	if (r < 0) {
		if (err)
			*err = why;
		return r;
	}
	if (!seen.tail_is_zero)
		return 0;
	if (ik_digest_is_equal(&seen.body, &image->body_sha256))
		*ret_body = true;
	if (ik_digest_is_equal(&seen.whole, &image->sha256))
		*ret_match =
			seen.id.size_bytes == image->size_bytes ? IK_MATCH_EXACT : IK_MATCH_PADDED;
	return 0;
}

int ik_match_take_zeros_off(const struct ik_scene *scene, const struct ik_journal *journal,
			    const struct ik_progress *progress, struct ik_target *target,
			    struct ik_err *err)
{
	const struct ik_jrec_image *const images[] = {&journal->rec.b, &journal->rec.a};
	enum ik_match match;
	bool body;
	int r;

	if (!journal->present || !(journal->rec.flags & IK_JREC_F_PADDED) || !target->has_digest ||
	    target->kind == IK_KIND_TORN)
		return 0;
	for (size_t i = 0; i < IK_ARRAY_SIZE(images); i++) {
		r = ik_match_target(scene, images[i], progress, &match, &body, err);
		if (r < 0)
			return r;
		if (match != IK_MATCH_PADDED)
			continue;
		target->id.size_bytes = target->image.size_bytes = images[i]->size_bytes;
		target->whole = images[i]->sha256;
		target->body = images[i]->body_sha256;
		return 0;
	}
	return 0;
}

int ik_match_mixture(const struct ik_scene *scene, const struct ik_jrec *rec, struct ik_err *err)
{
	int dir_fd = scene->lxss.fd;
	const char *name = scene->lxss.name;
	int r = ik_mixture_has_part_of(dir_fd, name, &rec->b, err);

	if (r == 0)
		r = ik_mixture_has_part_of(dir_fd, name, &rec->a, err);
	return r == 0 ? ik_mixture_is_cut(dir_fd, name, err) : r;
}

int ik_match_copy(const struct ik_scene *scene, const struct ik_jrec_image *image,
		  const struct ik_progress *progress, struct ik_err *err)
{
	struct ik_err why = {0};
	int r;

	if (!image->file[0])
		return 0;
	r = ik_reread_expect(scene->lxss.fd, image->file, image->size_bytes, &image->sha256,
			     progress, &why);
	if (r >= 0)
		return 1;
	/* Refused is what has the name and is no regular file. */
	if (why.code == IK_E_VERIFY_MISMATCH || why.code == IK_E_PATH_MISSING ||
	    ik_code_exit(why.code) == IK_EXIT_REFUSED)
		return 0;
	if (err)
		*err = why;
	return r;
}
