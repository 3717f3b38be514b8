/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Image header: the input's first 4 KiB are the head of a 1 MiB image, the rest lies across a border of the
 * scanner's windows. Whatever is accepted is consistent, and reads never leave the image.
 */
#include "codec/image.h"

#include "fuzz.h"

#define IMAGE_BYTES IK_IMAGE_MIN_BYTES
#define REST_AT	    (65536 - 100)

struct source {
	const uint8_t *data;
	size_t size;
};

/* The byte of the image at an offset. */
static uint8_t byte_at(const struct source *s, uint64_t off)
{
	if (off < IK_IMAGE_HEAD_BYTES)
		return off < s->size ? s->data[off] : 0;
	if (off < REST_AT || off - REST_AT + IK_IMAGE_HEAD_BYTES >= s->size)
		return 0;
	return s->data[off - REST_AT + IK_IMAGE_HEAD_BYTES];
}

static int read_source(void *ctx, uint64_t offset, void *buf, size_t len_bytes)
{
	const struct source *s = ctx;
	uint8_t *out = buf;

	PROPERTY(offset <= IMAGE_BYTES && len_bytes <= IMAGE_BYTES - offset, "reads stay inside");
	memset(out, 0, len_bytes);
	for (size_t i = 0; i < len_bytes && offset + i < s->size + REST_AT; i++)
		out[i] = byte_at(s, offset + i);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct source s = {data, size};
	struct ik_err err = {.errnum = 0};
	uint8_t head[IK_IMAGE_HEAD_BYTES];
	struct ik_image image;

	(void)ik_image_head_is_valid(data, size);
	(void)read_source(&s, 0, head, sizeof(head));
	if (ik_image_probe(read_source, &s, IMAGE_BYTES, &image, &err) < 0) {
		PROPERTY(err.code != IK_E_NONE, "a refusal has a reason");
		return 0;
	}
	PROPERTY(ik_image_head_is_valid(head, sizeof(head)), "an accepted image has a valid head");
	PROPERTY(image.format == ik_image_head_format(head, sizeof(head)), "one idea of formats");
	PROPERTY(image.declared_bytes <= image.size_bytes, "nothing lies outside");
	PROPERTY(image.arch != IK_ARCH_UNKNOWN, "the architecture is known");
	PROPERTY(strlen(image.release) < sizeof(image.release), "the release ends");
	for (const char *p = image.release; *p; p++)
		PROPERTY(*p > ' ' && *p < 0x7f, "the release is printable");
	return 0;
}
