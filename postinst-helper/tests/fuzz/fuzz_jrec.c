/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Journal slot: whatever decodes, encodes to the same bytes; nothing forged without its checksum decodes. */
#include "codec/jrec.h"

#include "fuzz.h"

/* Puts a right checksum under the input, so that the fields behind it are reached. */
static void seal(uint8_t *slot)
{
	struct ik_sha256 sum;

	ik_digest_of_bytes(slot, IK_JREC_SLOT_BYTES - IK_SHA256_LEN, &sum);
	memcpy(slot + IK_JREC_SLOT_BYTES - IK_SHA256_LEN, sum.bytes, IK_SHA256_LEN);
}

static void check_slot(const uint8_t *slot)
{
	uint8_t again[IK_JREC_SLOT_BYTES];
	struct ik_jrec rec;

	if (ik_jrec_decode(slot, IK_JREC_SLOT_BYTES, &rec, NULL) < 0)
		return;
	PROPERTY(ik_jrec_encode(&rec, again, NULL) == 0, "what was read can be written");
	PROPERTY(memcmp(slot, again, sizeof(again)) == 0, "one record has one slot");
	PROPERTY(strcmp(ik_jrec_state_name(rec.state), "unknown") != 0, "the state is known");
	again[rec.generation % sizeof(again)] ^= 1;
	PROPERTY(ik_jrec_decode(again, sizeof(again), &rec, NULL) < 0, "a flipped bit is refused");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t file[2 * IK_JREC_SLOT_BYTES] = {0};
	struct ik_err err = {.errnum = 0};
	struct ik_jrec rec;
	int slot;

	(void)ik_jrec_decode(data, size, &rec, &err);
	if (size > sizeof(file))
		size = sizeof(file);
	if (size > 0)
		memcpy(file, data, size);
	slot = ik_jrec_choose(file, sizeof(file), &rec, &err);
	PROPERTY(slot == 0 || slot == 1 || slot == -ENODATA, "a slot or none");
	seal(file);
	seal(file + IK_JREC_SLOT_BYTES);
	check_slot(file);
	check_slot(file + IK_JREC_SLOT_BYTES);
	return 0;
}
