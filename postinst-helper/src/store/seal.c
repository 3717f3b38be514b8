/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text is compared as a whole with what would be written: half a line, or another tool's, counts as none.
 */
#include "store/seal.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "io/afile.h"
#include "os/sys.h"
#include "store/journal.h"
#include "store/names.h"

#define HEX_DIGITS (IK_SHA256_HEX - 1)
#define TEXT_BYTES 128

static void write_text(const struct ik_sha256 *digest, char text[TEXT_BYTES])
{
	char hex[IK_SHA256_HEX];

	ik_digest_hex(digest, hex);
	(void)snprintf(text, TEXT_BYTES, "%s *%s\n", hex, IK_NAME_OFFICIAL);
}

static bool read_text(const char *text, struct ik_sha256 *ret)
{
	char hex[IK_SHA256_HEX], want[TEXT_BYTES];

	(void)snprintf(hex, sizeof(hex), "%.*s", HEX_DIGITS, text);
	if (!ik_digest_parse_hex(hex, ret))
		return false;
	write_text(ret, want);
	return strcmp(text, want) == 0;
}

static int load_first(int dir_fd, struct ik_seal *seal, struct ik_err *err)
{
	ik_autofree char *text = NULL;
	struct ik_err seen = {0};
	size_t len = 0;
	int r = ik_afile_read(dir_fd, IK_NAME_SEAL, TEXT_BYTES, &text, &len, &seen);

	if (r == -ENOMEM) {
		if (err)
			*err = seen;
		return r;
	}
	if (r < 0 && seen.code != IK_E_FILE_TOO_BIG)
		seal->state = IK_SEAL_UNREAD;
	else if (r > 0 && read_text(text, &seal->first))
		seal->state = IK_SEAL_WHOLE;
	return 0;
}

int ik_seal_load(int dir_fd, struct ik_seal *ret, struct ik_err *err)
{
	struct ik_seal seal = {.state = IK_SEAL_NONE};
	struct ik_journal journal;
	struct ik_err seen = {0};
	int r = load_first(dir_fd, &seal, err);

	if (r < 0)
		return r;
	r = ik_journal_load(dir_fd, &journal, &seen);
	if (r == -ENOMEM) {
		if (err)
			*err = seen;
		return r;
	}
	if (r >= 0 && journal.present) {
		seal.has_journal = true;
		seal.rec = journal.rec;
	}
	*ret = seal;
	return 0;
}

static bool is_image(const struct ik_jrec_image *image, const struct ik_sha256 *digest,
		     uint64_t size_bytes)
{
	return image->size_bytes == size_bytes && ik_digest_is_equal(&image->sha256, digest);
}

bool ik_seal_contradicts(const struct ik_seal *seal, const char *file,
			 const struct ik_sha256 *digest, uint64_t size_bytes)
{
	bool first = strcasecmp(file, IK_NAME_OFFICIAL) == 0;
	const struct ik_jrec *rec = &seal->rec;
	bool a, b;

	if (!first && strcasecmp(file, IK_NAME_PREV) != 0)
		return false;
	if (first && seal->state == IK_SEAL_WHOLE && !ik_digest_is_equal(&seal->first, digest))
		return true;
	if (!seal->has_journal)
		return false;
	/*
	 * Our former image is replaced under the armed journal: until then, and for good if that was called off, an earlier
	 * one has its name.
	 */
	if (!first && (rec->state == IK_JREC_ARMED || rec->state == IK_JREC_IDLE))
		return false;
	/* It goes with its image and is written anew with the next one; a closed journal speaks of the past. */
	if (first && seal->state == IK_SEAL_WHOLE && rec->state != IK_JREC_ARMED)
		return false;
	a = strcasecmp(rec->a.file, file) == 0;
	b = strcasecmp(rec->b.file, file) == 0;
	if (!a && !b)
		return false;
	/* Not so long ago it was replaced before the journal was armed: the present image may have the name, too. */
	return !((a || !first) && is_image(&rec->a, digest, size_bytes)) &&
	       !((b || !first) && is_image(&rec->b, digest, size_bytes));
}

int ik_seal_put(int dir_fd, const struct ik_sha256 *digest, struct ik_err *err)
{
	char text[TEXT_BYTES];

	write_text(digest, text);
	return ik_afile_put(dir_fd, IK_NAME_SEAL, text, strlen(text), 0644, err);
}

int ik_seal_drop(int dir_fd, struct ik_err *err)
{
	int r = ik_afile_remove(dir_fd, IK_NAME_SEAL, err);

	if (r >= 0)
		ik_sys_fsync_dir(dir_fd);
	return r;
}
