/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The profile's .wslconfig as this program uses it: whose `kernel=` is it, set it, take it back, commit.
 * Every commit saves the way back first, then the former file, then renames the new one over.
 * It must not know which image is wanted.
 */
#ifndef IK_FLOW_WEDIT_H
#define IK_FLOW_WEDIT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/macro.h"
#include "codec/wslconf.h"
#include "flow/scene.h"
#include "store/place.h"
#include "store/undo.h"

/* Whose the key is. */
enum ik_wedit_owner {
	IK_WEDIT_NONE,	  /* no key, or an empty one: WSL boots its own kernel */
	IK_WEDIT_OURS,	  /* names a file in our folder */
	IK_WEDIT_FOREIGN, /* names something else */
};

struct ik_wedit {
	const struct ik_place *profile; /* borrowed */
	const struct ik_place *own;	/* our folder; its descriptor is not used; borrowed */
	char letter;			/* of the drive */
	bool existed;			/* the file was there */
	bool changed;			/* conf differs from the file */
	uint32_t mode;			/* permission bits of the file */
	char *bytes;			/* owned; the file as it was read */
	size_t len;
	struct ik_wslconf *conf; /* owned */
	struct ik_undo undo;	 /* as it was loaded */
	int used_way;	  /* of undo: led from the file to the user's own text; -1 = none did */
	char lost[200];	  /* the user's former kernel= that could not be given back; or "" */
	char *new_way;	  /* owned; how to take the coming change back, NULL = none */
	bool new_created; /* the file will be of our making */
	enum ik_wedit_owner owner;
	char value[IK_PLACE_BYTES]; /* of kernel= as WSL reads it */
	char file[128];		    /* name in our folder when owner is IK_WEDIT_OURS */
};

/*
 * Purpose     reads .wslconfig and the way back.
 * Parameters  own: names of our folder (it need not exist)
 * Errors      IK_E_PATH_SYMLINK and the like, with the reason; IK_E_WSLCONF_*: WSL itself could not
 *             read it, or it is too big
 */
int ik_wedit_open(const struct ik_scene *scene, const struct ik_place *own, struct ik_wedit *ret,
		  struct ik_err *err) IK_MUST_CHECK;

/* Purpose     frees it; edit may be NULL. */
void ik_wedit_close(struct ik_wedit *edit);

#define ik_autowedit IK_CLEANUP(ik_wedit_close)

/*
 * Purpose     makes the key name a file, in memory. A key of ours is first taken back, with all its
 *             copies, so that every way back leads to the user's own text.
 * Parameters  windows_path: plain Windows path, ASCII
 * Errors      IK_E_WSLCONF_CHANGED: too many lines of ours; IK_E_MEMORY_EXHAUSTED; codec/wslconf
 */
int ik_wedit_set(struct ik_wedit *edit, const char *windows_path, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     takes our key back, in memory, and every further line of ours that would count then.
 * Returns     1 when it was ours, 0 when there was nothing to take back
 * Errors      as ik_wedit_set()
 */
int ik_wedit_unset(struct ik_wedit *edit, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     writes the changed text, crash-proof.
 * Returns     1 done (or nothing had changed); 0 somebody else changed the file meanwhile: start over
 * Effects     a file of our making that holds nothing else any more is removed; the way back of the
 *             text before stays beside the new one, for a text that somebody brings back
 */
int ik_wedit_commit(struct ik_wedit *edit, struct ik_err *err) IK_MUST_CHECK;

/* Purpose     removes the saved former file and the way back. Errors: io/afile. */
int ik_wedit_forget(const struct ik_place *profile, struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     tells which file of our folder a Windows path names.
 * Parameters  ret_file: 128 bytes
 * Returns     true when it names one
 */
bool ik_wedit_own_file(const struct ik_place *own, char letter, const char *windows_path,
		       char ret_file[128]);

#endif
