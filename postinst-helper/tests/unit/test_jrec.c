/* SPDX-License-Identifier: GPL-2.0-or-later */
/* codec/jrec: round trip, every flipped bit, choice between slots. */
#include "codec/jrec.h"

#include <string.h>

#include "base/bytes.h"
#include "support.h"

static struct ik_jrec sample(uint64_t generation)
{
	struct ik_jrec rec = {
		.generation = generation,
		.state = IK_JREC_ARMED,
		.tool_version = "1.0.0",
		.boot_id = "01234567-89ab-cdef-0123-456789abcdef",
		.transaction = "00112233445566778899aabbccddeeff",
		.written_unix_s = 1790000000,
		.target = "kernel",
		.target_ino = 0x0003000000012345,
		.target_nlink = 2,
		.target_mtime_s = -5,
		.target_mtime_ns = 999999999,
		.flags = IK_JREC_F_PADDED,
		.a = {.size_bytes = 16777216,
		      .release = "5.15.90.1-microsoft-standard-WSL2",
		      .origin = "official",
		      .file = "immensity-prev.img"},
		.b = {.size_bytes = 20971520,
		      .release = "7.3.4-1-immensity-microsoft-standard-WSL2",
		      .origin = "ours",
		      .file = "immensity-new.img"},
		.note = "installing",
	};

	memset(rec.a.sha256.bytes, 0x11, IK_SHA256_LEN);
	memset(rec.a.body_sha256.bytes, 0x22, IK_SHA256_LEN);
	memset(rec.b.sha256.bytes, 0x33, IK_SHA256_LEN);
	memset(rec.b.body_sha256.bytes, 0x44, IK_SHA256_LEN);
	return rec;
}

static void round_trip(void **state IK_UNUSED)
{
	for (int s = IK_JREC_IDLE; s <= IK_JREC_SUPERSEDED; s++) {
		uint8_t slot[IK_JREC_SLOT_BYTES], again[IK_JREC_SLOT_BYTES];
		struct ik_jrec rec = sample(UINT64_MAX), back;

		rec.state = (enum ik_jrec_state)s;
		assert_int_equal(ik_jrec_encode(&rec, slot, NULL), 0);
		assert_int_equal(ik_jrec_decode(slot, sizeof(slot), &back, NULL), 0);
		assert_memory_equal(&rec, &back, sizeof(rec));
		assert_int_equal(ik_jrec_encode(&back, again, NULL), 0);
		assert_memory_equal(slot, again, sizeof(slot));
	}
}

static void every_flipped_bit_is_refused(void **state IK_UNUSED)
{
	uint8_t slot[IK_JREC_SLOT_BYTES];
	struct ik_jrec rec = sample(1), back;
	size_t accepted = 0;

	assert_int_equal(ik_jrec_encode(&rec, slot, NULL), 0);
	for (size_t i = 0; i < sizeof(slot) * 8; i++) {
		slot[i / 8] ^= (uint8_t)(1u << i % 8);
		accepted += ik_jrec_decode(slot, sizeof(slot), &back, NULL) == 0;
		slot[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	assert_int_equal(accepted, 0);
}

static void every_torn_slot_is_refused(void **state IK_UNUSED)
{
	uint8_t old[IK_JREC_SLOT_BYTES], new[IK_JREC_SLOT_BYTES], torn[IK_JREC_SLOT_BYTES];
	struct ik_jrec rec = sample(1), back;

	assert_int_equal(ik_jrec_encode(&rec, old, NULL), 0);
	rec.generation = 3;
	rec.state = IK_JREC_DONE;
	assert_int_equal(ik_jrec_encode(&rec, new, NULL), 0);
	/* Any mixture of the eight sectors other than all old or all new. */
	for (unsigned mask = 1; mask < 255; mask++) {
		int r;

		for (unsigned s = 0; s < 8; s++)
			memcpy(torn + s * 512, (mask >> s & 1 ? new : old) + s * 512, 512);
		if (memcmp(torn, old, sizeof(torn)) == 0 || memcmp(torn, new, sizeof(torn)) == 0)
			continue;
		r = ik_jrec_decode(torn, sizeof(torn), &back, NULL);
		assert_int_equal(r, -EBADMSG);
	}
}

static void refusals_tell_why(void **state IK_UNUSED)
{
	uint8_t slot[IK_JREC_SLOT_BYTES] = {0};
	struct ik_jrec rec = sample(1), back;
	struct ik_err err = {.errnum = 0};

	assert_int_equal(ik_jrec_decode(slot, sizeof(slot), &back, &err), -ENODATA);
	assert_int_equal(err.code, IK_E_JOURNAL_BAD);
	assert_int_equal(ik_jrec_decode(slot, sizeof(slot) - 1, &back, NULL), -EMSGSIZE);
	memset(slot, 'x', sizeof(slot));
	assert_int_equal(ik_jrec_decode(slot, sizeof(slot), &back, NULL), -EPROTO);
	assert_int_equal(ik_jrec_encode(&rec, slot, NULL), 0);
	slot[100] ^= 1;
	assert_int_equal(ik_jrec_decode(slot, sizeof(slot), &back, NULL), -EBADMSG);
}

/* Puts a right checksum under whatever the slot holds. */
static void seal(uint8_t *slot)
{
	struct ik_sha256 sum;

	ik_digest_of_bytes(slot, IK_JREC_SLOT_BYTES - IK_SHA256_LEN, &sum);
	memcpy(slot + IK_JREC_SLOT_BYTES - IK_SHA256_LEN, sum.bytes, IK_SHA256_LEN);
}

static void bad_fields_under_a_right_checksum(void **state IK_UNUSED)
{
	uint8_t slot[IK_JREC_SLOT_BYTES], good[IK_JREC_SLOT_BYTES];
	struct ik_jrec rec = sample(1), back;
	static const struct {
		size_t off;
		uint8_t value;
		int want;
	} rows[] = {
		{8, 2, -ENOTSUP},   /* format */
		{12, 1, -EINVAL},   /* reserved */
		{24, 0, -EINVAL},   /* state 0 */
		{24, 6, -EINVAL},   /* state beyond the last */
		{29, 1, -EINVAL},   /* unknown flag */
		{16, 0, -EINVAL},   /* generation 0 */
		{4000, 1, -EINVAL}, /* reserved tail */
	};

	assert_int_equal(ik_jrec_encode(&rec, good, NULL), 0);
	for (size_t i = 0; i < IK_ARRAY_SIZE(rows); i++) {
		memcpy(slot, good, sizeof(slot));
		slot[rows[i].off] = rows[i].value;
		seal(slot);
		assert_int_equal(ik_jrec_decode(slot, sizeof(slot), &back, NULL), rows[i].want);
	}
}

static void malformed_records_are_not_written(void **state IK_UNUSED)
{
	uint8_t slot[IK_JREC_SLOT_BYTES];
	struct ik_jrec rec;

#define REFUSED(change)                                                      \
	do {                                                                 \
		rec = sample(1);                                             \
		change;                                                      \
		assert_int_equal(ik_jrec_encode(&rec, slot, NULL), -EINVAL); \
	} while (0)
	REFUSED(rec.generation = 0);
	REFUSED(rec.state = (enum ik_jrec_state)0);
	REFUSED(rec.flags = 0x80);
	REFUSED(rec.target[0] = '\0');
	REFUSED(strcpy(rec.target, "../kernel"));
	REFUSED(strcpy(rec.target, "a\\b"));
	REFUSED(strcpy(rec.target, ".."));
	REFUSED(strcpy(rec.a.file, "a:b"));
	REFUSED(strcpy(rec.b.file, "."));
	REFUSED(strcpy(rec.note, "a\033b"));
	REFUSED(memset(rec.note, 'x', sizeof(rec.note)));
	REFUSED(rec.target_mtime_ns = 1000000000);
	REFUSED(rec.a.size_bytes = UINT64_MAX);
	REFUSED(rec.b.size_bytes = UINT64_MAX);
	REFUSED(rec.state = (enum ik_jrec_state)99);
	REFUSED(strcpy(rec.note, "a\177b"));
	REFUSED(strcpy(rec.target, "."));
#undef REFUSED
}

static void nothing_behind_a_text_reaches_the_disk(void **state IK_UNUSED)
{
	uint8_t clean[IK_JREC_SLOT_BYTES], dirty[IK_JREC_SLOT_BYTES];
	struct ik_jrec rec = sample(1);

	assert_int_equal(ik_jrec_encode(&rec, clean, NULL), 0);
	memset(rec.note + strlen(rec.note) + 1, 'S', 20);
	assert_int_equal(ik_jrec_encode(&rec, dirty, NULL), 0);
	assert_memory_equal(clean, dirty, sizeof(clean));
}

static void the_highest_valid_generation_counts(void **state IK_UNUSED)
{
	uint8_t file[2 * IK_JREC_SLOT_BYTES] = {0};
	struct ik_jrec rec = sample(7), back;
	struct ik_err err = {.errnum = 0};

	assert_int_equal(ik_jrec_choose(NULL, 0, &back, NULL), -ENODATA);
	assert_int_equal(ik_jrec_choose(file, sizeof(file), &back, &err), -ENODATA);
	assert_non_null(strstr(err.message, "never written"));
	assert_int_equal(ik_jrec_encode(&rec, file + IK_JREC_SLOT_BYTES, NULL), 0);
	assert_int_equal(ik_jrec_choose(file, sizeof(file), &back, NULL), 1);
	assert_int_equal(ik_jrec_choose(file, IK_JREC_SLOT_BYTES, &back, NULL), -ENODATA);
	assert_int_equal(ik_jrec_choose(file, sizeof(file) - 1, &back, NULL), -ENODATA);
	rec.generation = 8;
	assert_int_equal(ik_jrec_encode(&rec, file, NULL), 0);
	assert_int_equal(ik_jrec_choose(file, sizeof(file), &back, NULL), 0);
	assert_int_equal(back.generation, 8);
	file[50] ^= 0x80; /* the newer one is torn: the older one counts */
	assert_int_equal(ik_jrec_choose(file, sizeof(file), &back, NULL), 1);
	assert_int_equal(back.generation, 7);
}

static void states_have_stable_names(void **state IK_UNUSED)
{
	assert_string_equal(ik_jrec_state_name(IK_JREC_IDLE), "idle");
	assert_string_equal(ik_jrec_state_name(IK_JREC_ARMED), "armed");
	assert_string_equal(ik_jrec_state_name(IK_JREC_DONE), "done");
	assert_string_equal(ik_jrec_state_name(IK_JREC_GOOD), "good");
	assert_string_equal(ik_jrec_state_name(IK_JREC_SUPERSEDED), "superseded");
	assert_string_equal(ik_jrec_state_name((enum ik_jrec_state)9), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(every_flipped_bit_is_refused),
		cmocka_unit_test(every_torn_slot_is_refused),
		cmocka_unit_test(refusals_tell_why),
		cmocka_unit_test(bad_fields_under_a_right_checksum),
		cmocka_unit_test(malformed_records_are_not_written),
		cmocka_unit_test(nothing_behind_a_text_reaches_the_disk),
		cmocka_unit_test(the_highest_valid_generation_counts),
		cmocka_unit_test(states_have_stable_names),
	};

	return cmocka_run_group_tests_name("jrec", tests, NULL, NULL);
}
