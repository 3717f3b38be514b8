/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Search for the release with bounded memory: windows of 64 KiB that overlap by the longest banner, so
 * that one which straddles two windows is found all the same.
 */
#include "codec/imagescan.h"

#include <string.h>

#include "base/macro.h"

#define WINDOW_BYTES ((size_t)64 << 10)

/* init/version-timestamp.c: "Linux version " UTS_RELEASE " (" … */
static const char banner[] = "Linux version ";
#define BANNER_LEN    (sizeof(banner) - 1)
#define OVERLAP_BYTES (BANNER_LEN + IK_IMAGE_RELEASE_BYTES + 1)

/*
 * Copies the release at p: printable, without blanks, ending at a blank (bzImage, banner) or NUL within the
 * bytes at hand. The banner of a kernel also stands in format strings ("Linux version %s (%s)"): a release
 * begins with a digit.
 */
static bool take_release(const uint8_t *p, size_t len, char *release)
{
	size_t n = 0;

	if (len == 0 || p[0] < '0' || p[0] > '9')
		return false;
	while (n < len && n < IK_IMAGE_RELEASE_BYTES && p[n] > ' ' && p[n] < 0x7f)
		n++;
	if (n == len || n == IK_IMAGE_RELEASE_BYTES || (p[n] != ' ' && p[n] != '\0'))
		return false;
	memcpy(release, p, n);
	release[n] = '\0';
	return true;
}

int ik_imagescan_at(ik_image_read_fn read, void *ctx, uint64_t size_bytes, uint64_t offset,
		    char *release)
{
	uint8_t buf[IK_IMAGE_RELEASE_BYTES];
	size_t len;
	int r;

	release[0] = '\0';
	if (offset == 0 || offset >= size_bytes)
		return 0;
	len = (size_t)IK_MIN((uint64_t)sizeof(buf), size_bytes - offset);
	r = read(ctx, offset, buf, len);
	if (r < 0)
		return r;
	(void)take_release(buf, len, release);
	return 0;
}

/* True when a banner with a release lies in the window. */
static bool scan_window(const uint8_t *window, size_t len, char *release)
{
	const uint8_t *p = window;
	size_t left = len;

	while ((p = memmem(p, left, banner, BANNER_LEN)) != NULL) {
		p += BANNER_LEN;
		left = len - (size_t)(p - window);
		if (take_release(p, left, release))
			return true;
	}
	return false;
}

int ik_imagescan_banner(ik_image_read_fn read, void *ctx, uint64_t size_bytes, char *release)
{
	ik_autofree uint8_t *window = malloc(WINDOW_BYTES);

	release[0] = '\0';
	if (!window)
		return -ENOMEM;
	for (uint64_t off = 0; off < size_bytes; off += WINDOW_BYTES - OVERLAP_BYTES) {
		size_t len = (size_t)IK_MIN((uint64_t)WINDOW_BYTES, size_bytes - off);
		int r = read(ctx, off, window, len);

		if (r < 0)
			return r;
		if (scan_window(window, len, release))
			return 0;
	}
	return 0;
}
