/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Journal slot: fixed little-endian layout, texts in fixed NUL-padded fields, SHA-256 over the rest.
 *
 * The layout is a table of fields walked by one encoder and one decoder, so the two cannot disagree.
 * Everything up to the checksum is covered by it, reserved bytes are zero and checked, so a slot has
 * exactly one record and a record exactly one slot.
 */
#include "codec/jrec.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/macro.h"
#include "codec/image.h"

static const uint8_t jrec_magic[8] = {'I', 'K', 'J', 'R', 'N', 'L', '\r', '\n'};
#define JREC_FORMAT	1u
#define JREC_OFF_MAGIC	0u
#define JREC_OFF_FORMAT 8u
#define JREC_OFF_FIELDS 16u
#define JREC_OFF_SUM	(IK_JREC_SLOT_BYTES - IK_SHA256_LEN)

enum field_kind {
	F_U32,
	F_U64,
	F_TEXT,
	F_DIGEST
};

struct field {
	enum field_kind kind;
	size_t member; /* offset in struct ik_jrec */
	size_t bytes;  /* in the slot; for a text also the size of the member */
};

#define M(m) offsetof(struct ik_jrec, m)
#define TEXT(m)                                                \
	{                                                      \
		F_TEXT, M(m), sizeof(((struct ik_jrec *)0)->m) \
	}
#define U64(m)                 \
	{                      \
		F_U64, M(m), 8 \
	}
#define U32(m)                 \
	{                      \
		F_U32, M(m), 4 \
	}
#define DIGEST(m)                             \
	{                                     \
		F_DIGEST, M(m), IK_SHA256_LEN \
	}
#define IMAGE(m)                                                                     \
	U64(m.size_bytes), DIGEST(m.sha256), DIGEST(m.body_sha256), TEXT(m.release), \
		TEXT(m.origin), TEXT(m.file)

/* The order is the format: a change needs a new JREC_FORMAT. */
static const struct field fields[] = {
	U64(generation),    U32(state),	       U32(flags),	    U64(written_unix_s),
	U64(target_ino),    U64(target_nlink), U64(target_mtime_s), U32(target_mtime_ns),
	TEXT(tool_version), TEXT(boot_id),     TEXT(transaction),   TEXT(target),
	IMAGE(a),	    IMAGE(b),	       TEXT(note),
};

_Static_assert(sizeof(enum ik_jrec_state) == 4, "the state is stored as 32 bits");

static int bad(struct ik_err *err, int errnum, const char *what)
{
	(void)ik_err_set(err, IK_E_JOURNAL_BAD, 0, "journal slot: %s", what);
	return -errnum;
}

static bool is_text(const char *text, size_t bytes)
{
	size_t len = strnlen(text, bytes);

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	return len < bytes;
}

static bool is_file_name(const char *name)
{
	return name[0] != '\0' && !strpbrk(name, "/\\:") && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

static bool is_valid_image(const struct ik_jrec_image *image)
{
	return image->size_bytes <= IK_IMAGE_MAX_BYTES &&
	       (image->file[0] == '\0' || is_file_name(image->file));
}

static bool is_valid(const struct ik_jrec *rec)
{
	for (size_t i = 0; i < IK_ARRAY_SIZE(fields); i++)
		if (fields[i].kind == F_TEXT &&
		    !is_text((const char *)rec + fields[i].member, fields[i].bytes))
			return false;
	return rec->state >= IK_JREC_IDLE && rec->state <= IK_JREC_SUPERSEDED &&
	       (rec->flags & ~IK_JREC_F_ALL) == 0 && rec->target_mtime_ns < 1000000000u &&
	       rec->generation > 0 && is_file_name(rec->target) && is_valid_image(&rec->a) &&
	       is_valid_image(&rec->b);
}

static void put_field(const struct field *f, const struct ik_jrec *rec, uint8_t *dst)
{
	const uint8_t *src = (const uint8_t *)rec + f->member;
	uint32_t u32;
	uint64_t u64;

	switch (f->kind) {
	case F_U32:
		memcpy(&u32, src, sizeof(u32));
		ik_put_le32(dst, u32);
		break;
	case F_U64:
		memcpy(&u64, src, sizeof(u64));
		ik_put_le64(dst, u64);
		break;
	case F_TEXT: /* what lies behind the NUL of the member must not reach the disk */
		memcpy(dst, src, strnlen((const char *)src, f->bytes));
		break;
	case F_DIGEST:
		memcpy(dst, src, f->bytes);
		break;
	}
}

/* False when a text field is not NUL-padded to its end. */
static bool get_field(const struct field *f, struct ik_jrec *rec, struct ik_bytes slot, size_t off)
{
	uint8_t *dst = (uint8_t *)rec + f->member;
	uint32_t u32 = 0;
	uint64_t u64 = 0;
	size_t len;

	switch (f->kind) {
	case F_U32:
		ik_ignore(ik_bytes_le32(slot, off, &u32)); /* a slot has room for every field */
		memcpy(dst, &u32, sizeof(u32));
		break;
	case F_U64:
		ik_ignore(ik_bytes_le64(slot, off, &u64)); /* likewise */
		memcpy(dst, &u64, sizeof(u64));
		break;
	case F_TEXT:
		memcpy(dst, slot.data + off, f->bytes);
		len = strnlen((const char *)dst, f->bytes);
		return ik_bytes_zero_at(slot, off + len, f->bytes - len);
	case F_DIGEST:
		memcpy(dst, slot.data + off, f->bytes);
		break;
	}
	return true;
}

int ik_jrec_encode(const struct ik_jrec *rec, uint8_t *slot, struct ik_err *err)
{
	uint8_t bytes[IK_JREC_SLOT_BYTES] = {0};
	size_t off = JREC_OFF_FIELDS;
	struct ik_sha256 sum;

	if (!is_valid(rec))
		return bad(err, EINVAL, "a field of the record to write is out of range");
	memcpy(bytes + JREC_OFF_MAGIC, jrec_magic, sizeof(jrec_magic));
	ik_put_le32(bytes + JREC_OFF_FORMAT, JREC_FORMAT);
	for (size_t i = 0; i < IK_ARRAY_SIZE(fields); i++) {
		put_field(&fields[i], rec, bytes + off);
		off += fields[i].bytes;
	}
	ik_digest_of_bytes(bytes, JREC_OFF_SUM, &sum);
	memcpy(bytes + JREC_OFF_SUM, sum.bytes, IK_SHA256_LEN);
	memcpy(slot, bytes, sizeof(bytes));
	return 0;
}

/* Magic, checksum, format, in this order: only a whole slot may claim a newer format. */
static int check_frame(struct ik_bytes slot, struct ik_err *err)
{
	struct ik_sha256 sum;
	uint32_t format = 0;

	if (ik_bytes_zero_at(slot, 0, slot.len))
		return bad(err, ENODATA, "never written");
	if (!ik_bytes_equal_at(slot, JREC_OFF_MAGIC, jrec_magic, sizeof(jrec_magic)))
		return bad(err, EPROTO, "not one of ours");
	ik_digest_of_bytes(slot.data, JREC_OFF_SUM, &sum);
	if (!ik_bytes_equal_at(slot, JREC_OFF_SUM, sum.bytes, IK_SHA256_LEN))
		return bad(err, EBADMSG, "wrong checksum: torn or damaged");
	ik_ignore(ik_bytes_le32(slot, JREC_OFF_FORMAT, &format)); /* a slot has room for it */
	if (format != JREC_FORMAT)
		return bad(err, ENOTSUP, "written by a newer version of this program");
	return 0;
}

int ik_jrec_decode(const uint8_t *slot, size_t len_bytes, struct ik_jrec *ret, struct ik_err *err)
{
	struct ik_bytes bytes = ik_bytes_of(slot, IK_JREC_SLOT_BYTES);
	struct ik_jrec rec = {.generation = 0};
	size_t off = JREC_OFF_FIELDS;
	bool padded = true;
	int r;

	if (len_bytes < IK_JREC_SLOT_BYTES)
		return bad(err, EMSGSIZE, "shorter than a slot");
	r = check_frame(bytes, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < IK_ARRAY_SIZE(fields); i++) {
		padded = get_field(&fields[i], &rec, bytes, off) && padded;
		off += fields[i].bytes;
	}
	if (!padded || !ik_bytes_zero_at(bytes, off, JREC_OFF_SUM - off) ||
	    !ik_bytes_zero_at(bytes, JREC_OFF_FORMAT + 4, JREC_OFF_FIELDS - JREC_OFF_FORMAT - 4) ||
	    !is_valid(&rec))
		return bad(err, EINVAL, "a field is out of range");
	*ret = rec;
	return 0;
}

int ik_jrec_choose(const uint8_t *bytes, size_t len_bytes, struct ik_jrec *ret, struct ik_err *err)
{
	char why[IK_JREC_SLOTS][160] = {"", ""};
	struct ik_jrec best = {.generation = 0};
	int chosen = -ENODATA;

	for (size_t i = 0; i < IK_JREC_SLOTS; i++) {
		size_t off = i * IK_JREC_SLOT_BYTES, left = len_bytes > off ? len_bytes - off : 0;
		struct ik_err slot_err = {.errnum = 0};
		struct ik_jrec rec;

		if (ik_jrec_decode(left > 0 ? bytes + off : NULL, left, &rec, &slot_err) < 0) {
			snprintf(why[i], sizeof(why[i]), "%.150s", slot_err.message);
		} else if (chosen < 0 || rec.generation > best.generation) {
			best = rec;
			chosen = (int)i;
		}
	}
	if (chosen < 0) {
		(void)ik_err_set(err, IK_E_JOURNAL_BAD, 0, "no valid journal (%s; %s)", why[0],
				 why[1]);
		return -ENODATA;
	}
	*ret = best;
	return chosen;
}

const char *ik_jrec_state_name(enum ik_jrec_state state)
{
	switch (state) {
	case IK_JREC_IDLE:
		return "idle";
	case IK_JREC_ARMED:
		return "armed";
	case IK_JREC_DONE:
		return "done";
	case IK_JREC_GOOD:
		return "good";
	case IK_JREC_SUPERSEDED:
		return "superseded";
	}
	return "unknown";
}
