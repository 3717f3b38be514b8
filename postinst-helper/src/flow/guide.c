/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first image that is named is the one that a user gets who names none.
 */
#include "flow/guide.h"

#include <strings.h>

#include "codec/rescue.h"
#include "io/afile.h"
#include "store/names.h"
#include "store/sweep.h"

static struct ik_rescue rescue_of(const struct ik_lxss *lxss)
{
	return (struct ik_rescue){
		.target_file = lxss->name,
		.lock_file = IK_NAME_LOCK,
		.script_file = IK_NAME_SCRIPT,
		.dir_windows = lxss->scene->lxss.windows,
		.tool_version = IK_VERSION,
	};
}

static void add(struct ik_rescue *rescue, const char *verb, const char *file,
		const struct ik_target *target)
{
	struct ik_rescue_image *image = &rescue->images[rescue->n_images++];

	image->verb = verb;
	image->file = file;
	image->size_bytes = target->id.size_bytes;
	image->sha256 = target->whole;
	image->release = target->image.release;
}

static int put(const struct ik_lxss *lxss, const struct ik_rescue *rescue, struct ik_err *err)
{
	struct ik_strbuf ik_autostrbuf script = {0}, readme = {0};
	int r = ik_rescue_script(rescue, &script, err);

	if (r >= 0)
		r = ik_rescue_readme(rescue, &readme, err);
	if (r >= 0)
		r = ik_afile_put(lxss->dir_fd, IK_NAME_SCRIPT, script.data, script.len, 0644, err);
	if (r >= 0)
		r = ik_afile_put(lxss->dir_fd, IK_NAME_README, readme.data, readme.len, 0644, err);
	return r;
}

int ik_guide_put(struct ik_lxss *lxss, const char *file, const struct ik_target *old,
		 struct ik_err *err)
{
	const struct ik_backup *official = ik_backups_newest_good(&lxss->backups);
	struct ik_rescue rescue = rescue_of(lxss);

	add(&rescue, "previous", file, old);
	if (official)
		add(&rescue, "official", official->file, &official->image);
	return put(lxss, &rescue, err);
}

static const char *verb_of(const struct ik_backup *b, const struct ik_backup *official)
{
	if (b == official)
		return "official";
	if (b->first_official)
		return "first";
	if (strcasecmp(b->file, IK_NAME_PREV) == 0)
		return "previous";
	return b->origin == IK_KIND_FOREIGN ? "foreign" : NULL;
}

static bool is_named(const struct ik_rescue *rescue, const char *verb)
{
	for (size_t i = 0; i < rescue->n_images; i++) {
		if (strcasecmp(rescue->images[i].verb, verb) == 0)
			return true;
	}
	return false;
}

/* Our former image comes first, unless it is in place anyway; then by the order of the list, the official ones first. */
static void add_backups(const struct ik_backups *b, const struct ik_sha256 *present,
			struct ik_rescue *rescue)
{
	const struct ik_backup *official = ik_backups_newest_good(b);
	size_t n = b->count;

	if (n && b->list[n - 1].good && b->list[n - 1].origin == IK_KIND_OURS &&
	    !ik_digest_is_equal(&b->list[n - 1].image.whole, present))
		add(rescue, "previous", b->list[n - 1].file, &b->list[n - 1].image);
	if (official)
		add(rescue, "official", official->file, &official->image);
	for (size_t i = 0; i < n; i++) {
		const char *verb = b->list[i].good ? verb_of(&b->list[i], official) : NULL;

		if (verb && !is_named(rescue, verb))
			add(rescue, verb, b->list[i].file, &b->list[i].image);
	}
}

static int renew(struct ik_lxss *lxss, const struct ik_sha256 *present, struct ik_err *err)
{
	static const char *const guides[] = {IK_NAME_SCRIPT, IK_NAME_README};
	struct ik_rescue rescue = rescue_of(lxss);
	int r = ik_lxss_load_backups(lxss, err);

	if (r >= 0)
		r = ik_dlock_check(&lxss->lock, err);
	if (r < 0)
		return r;
	add_backups(&lxss->backups, present, &rescue);
	if (rescue.n_images > 0)
		return put(lxss, &rescue, err);
	/* What cannot be read now may be good one day. */
	return lxss->backups.count ? 0 : ik_sweep(lxss->dir_fd, guides, 2, err);
}

void ik_guide_renew(struct ik_lxss *lxss, const struct ik_sha256 *present)
{
	struct ik_err why = {0};

	if (ik_path_exists(lxss->dir_fd, IK_NAME_SCRIPT, NULL) == 0)
		return;
	if (renew(lxss, present, &why) < 0)
		ik_report_note(lxss->report, "\"%s\" may name kernels that are gone: %.200s",
			       IK_NAME_SCRIPT, why.message);
}
