/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copies of images beside the target. Official images are kept for ever, each generation under its own
 * name, the first as immensity-official.img; foreign ones that were replaced by force likewise; our own
 * former image, or the user's own that we put in, is immensity-prev.img and gets replaced. How they come to
 * be there is store/keep.
 * It must not know when to restore which.
 */
#ifndef IK_STORE_BACKUP_H
#define IK_STORE_BACKUP_H

#include "base/err.h"
#include "io/progress.h"
#include "store/seal.h"
#include "store/target.h"

#define IK_BACKUP_NAME_BYTES 64

struct ik_backup {
	char id[48];			 /* "official-<12 hex>", "foreign-<12 hex>", "previous" */
	char file[IK_BACKUP_NAME_BYTES]; /* name in the directory */
	enum ik_kind origin;
	bool first_official;
	/*
	 * Valid head, and the digest agrees with its name; where the name has none: whole, of the kind that the name
	 * stands for (our former image may be a user's own of any release), and not otherwise than is written down
	 * (store/seal).
	 */
	bool good;
	bool unreadable; /* it is there, but who knows what it is: never good, no digest, no size */
	struct ik_target image; /* with digest */
};

struct ik_backups {
	struct ik_backup
		*list; /* owned; sorted: official oldest release first, foreign, previous */
	size_t count;
	enum ik_seal_state seal; /* of the first official one */
};

/*
 * Purpose     lists the backups in a directory and hashes each, past every cache.
 * Parameters  dir_fd: directory of the target; progress: may be NULL
 * Returns     0; what has one of the names but is no regular file is left out; what cannot be read (a missing right, a
 *             scanner, a bad sector) is listed as unreadable
 * Errors      IK_E_IO_FAILED, IK_E_MEMORY_EXHAUSTED, IK_E_INTERRUPTED
 */
int ik_backups_load(int dir_fd, const struct ik_progress *progress, struct ik_backups *ret,
		    struct ik_err *err) IK_MUST_CHECK;

/* Purpose     frees the list; b may be NULL. */
void ik_backups_done(struct ik_backups *b);

#define ik_autobackups IK_CLEANUP(ik_backups_done)

/* Purpose     finds a good backup by digest and size; NULL when there is none. Borrowed. */
const struct ik_backup *ik_backups_find(const struct ik_backups *b, const struct ik_sha256 *digest,
					uint64_t size_bytes);

/*
 * Purpose     finds what the user named.
 * Parameters  name: "official" (the newest official image), "first" (the first one), "previous"
 *             (the one with the digest `previous`), or the beginning of an id, if only one fits
 *             previous: digest of the image before the last change, may be NULL
 * Returns     0 and the backup, borrowed
 * Errors      IK_E_BACKUP_MISSING; IK_E_BACKUP_BAD: the one that was named is damaged or unreadable, or
 *             "official" was said and an unreadable one may be the newest, or none of them is good
 */
int ik_backups_select(const struct ik_backups *b, const char *name,
		      const struct ik_sha256 *previous, const struct ik_backup **ret,
		      struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     chooses what a removal puts back: the newest official image; only where no backup claims to be official,
 *             the newest foreign one, which was replaced by force.
 * Errors      as ik_backups_select()
 */
int ik_backups_original(const struct ik_backups *b, const struct ik_backup **ret,
			struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     the newest official image among the good ones, whatever else there may be; NULL without any. Borrowed.
 *             For the rescue script, which had rather know an older one than none.
 */
const struct ik_backup *ik_backups_newest_good(const struct ik_backups *b);

/*
 * Purpose     enters a copy that was just made and proved; one by that name was replaced.
 * Errors      IK_E_MEMORY_EXHAUSTED
 */
int ik_backups_enter(struct ik_backups *b, const char *file, const struct ik_target *image,
		     struct ik_err *err) IK_MUST_CHECK;

#endif
