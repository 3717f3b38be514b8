/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lock file: whatever decodes, encodes to the same bytes. */
#include "codec/lockrec.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t padded[IK_LOCKREC_BYTES], again[IK_LOCKREC_BYTES];
	struct ik_err err = {.errnum = 0};
	struct ik_lockrec rec;

	(void)ik_lockrec_decode(data, size, &rec, &err);
	/* Most inputs have the wrong length: give them the frame that a real file has. */
	memset(padded, ' ', sizeof(padded));
	if (size > 0)
		memcpy(padded, data, size < sizeof(padded) ? size : sizeof(padded));
	memcpy(padded + sizeof(padded) - 2, "\r\n", 2);
	if (ik_lockrec_decode(padded, sizeof(padded), &rec, &err) < 0)
		return 0;
	PROPERTY(ik_lockrec_encode(&rec, again, NULL) == 0, "what was read can be written");
	PROPERTY(memcmp(padded, again, sizeof(again)) == 0, "one record has one text");
	PROPERTY(ik_lockrec_is_same_holder(&rec, &rec), "a holder is itself");
	return 0;
}
