/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads what a Linux kernel image says about itself: format, architecture, release, extent.
 *
 * It sees bytes through a callback and never a file; it judges structure only and knows nothing of
 * digests, manifests or where an image lives.
 */
#ifndef IK_CODEC_IMAGE_H
#define IK_CODEC_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* The part of an image that the in-place protocol zeroes first and writes last. */
#define IK_IMAGE_HEAD_BYTES 4096u
/* Size limits of a kernel image we are ready to handle (facts: in-place protocol, step 0). */
#define IK_IMAGE_MIN_BYTES (UINT64_C(1) << 20)
#define IK_IMAGE_MAX_BYTES (UINT64_C(256) << 20)
/* Room for a release with its NUL: the kernel's own limit (__NEW_UTS_LEN + 1). */
#define IK_IMAGE_RELEASE_BYTES 65u

enum ik_image_format {
	IK_IMAGE_UNKNOWN = 0,
	IK_IMAGE_ELF,	  /* uncompressed x86-64 vmlinux */
	IK_IMAGE_BZIMAGE, /* x86-64 boot protocol image */
	IK_IMAGE_ARM64,	  /* uncompressed arm64 Image */
};

enum ik_arch {
	IK_ARCH_UNKNOWN = 0,
	IK_ARCH_X86_64,
	IK_ARCH_ARM64,
};

struct ik_image {
	enum ik_image_format format;
	enum ik_arch arch;
	uint64_t size_bytes; /* as given to the probe */
	uint64_t
		declared_bytes; /* bytes the header needs to be present; <= size_bytes; 0 = none stated */
	char release
		[IK_IMAGE_RELEASE_BYTES]; /* "7.3.4-1-…-WSL2"; "" when the image does not tell */
};

/*
 * Purpose     Reads exactly len_bytes at offset of the image into buf.
 * Parameters  ctx: the caller's own. buf: borrowed, at least len_bytes long.
 * Returns     0 when all bytes were read, else a negative errno (a short read is -EIO).
 */
typedef int (*ik_image_read_fn)(void *ctx, uint64_t offset, void *buf, size_t len_bytes);

/* A range of memory as an image, for ik_image_read_memory(). */
struct ik_image_memory {
	const uint8_t *bytes;
	size_t len_bytes;
};

/*
 * Purpose     Serves an image that lies in memory; the read callback of tests and of memory maps.
 * Parameters  ctx: a struct ik_image_memory, borrowed.
 * Returns     0, or -EIO when the range leaves the memory.
 */
int ik_image_read_memory(void *ctx, uint64_t offset, void *buf, size_t len_bytes);

/*
 * Purpose     Checks the structure of a whole image and tells what it is.
 * Parameters  read, ctx: source of bytes. size_bytes: length of the image.
 *             ret: filled on success.
 * Returns     0 on success; memory use is bounded (64 KiB) whatever the image claims.
 * Errors      IK_E_FILE_TOO_SMALL, IK_E_FILE_TOO_BIG, IK_E_IMAGE_FORMAT (no known magic),
 *             IK_E_IMAGE_ARCH (a known format for another machine), IK_E_IMAGE_TRUNCATED (the
 *             header states more bytes than there are), IK_E_IMAGE_HEADER (fields contradict each
 *             other), IK_E_IO_FAILED (errno of the callback).
 * Source      Linux Documentation/arch/x86/boot.rst, Documentation/arch/arm64/booting.rst,
 *             System V ABI (ELF-64).
 */
int ik_image_probe(ik_image_read_fn read, void *ctx, uint64_t size_bytes, struct ik_image *ret,
		   struct ik_err *err) IK_MUST_CHECK;

/*
 * Purpose     Tells whether the first bytes of a file could make a loader start it.
 *             This is the "header valid" column of the recovery table: false for a zeroed or a
 *             half-written head, true for every image that ik_image_probe() accepts.
 * Parameters  head: first bytes of the file; len_bytes: up to IK_IMAGE_HEAD_BYTES are looked at.
 * Returns     true when the head carries a complete and plausible header.
 */
bool ik_image_head_is_valid(const uint8_t *head, size_t len_bytes);

/* The format that the magic numbers of a head name, without any further check. */
enum ik_image_format ik_image_head_format(const uint8_t *head, size_t len_bytes);

/* Stable names, also used in manifests and JSON: "elf", "bzimage", "arm64", "unknown". */
const char *ik_image_format_name(enum ik_image_format format);
/* The inverse; IK_IMAGE_UNKNOWN for any other text. name may be NULL. */
enum ik_image_format ik_image_format_parse(const char *name);

/* Stable names: "x86_64", "arm64", "unknown". */
const char *ik_arch_name(enum ik_arch arch);
/* The inverse; knows "x86_64", "arm64" and uname's "aarch64". name may be NULL. */
enum ik_arch ik_arch_parse(const char *name);

#endif
