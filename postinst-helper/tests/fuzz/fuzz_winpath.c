/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Path mapping: both directions agree, nothing climbs out of the drive. */
#include "codec/winpath.h"

#include "fuzz.h"

static void check_relative(const char *relative)
{
	char part[IK_WINPATH_BYTES];

	PROPERTY(relative[0] != '/' && !strchr(relative, '\\'), "beneath the drive");
	while (*relative) {
		size_t len = strcspn(relative, "/");

		memcpy(part, relative, len);
		part[len] = '\0';
		PROPERTY(ik_winpath_is_name(part), "every component is a plain name");
		PROPERTY(strcmp(part, "..") != 0, "nothing climbs");
		relative += len + (relative[len] == '/');
	}
}

static void check_windows(const char *path)
{
	char relative[IK_WINPATH_BYTES], windows[IK_WINPATH_BYTES], again[IK_WINPATH_BYTES];
	char letter, letter_again;

	if (ik_winpath_to_relative(path, &letter, relative, NULL) < 0)
		return;
	PROPERTY(letter >= 'A' && letter <= 'Z', "an upper-case letter");
	check_relative(relative);
	PROPERTY(ik_winpath_from_relative(letter, relative, windows, NULL) == 0, "the way back");
	PROPERTY(ik_winpath_to_relative(windows, &letter_again, again, NULL) == 0, "and forth");
	PROPERTY(letter == letter_again && strcmp(relative, again) == 0, "leads to the same");
	PROPERTY(ik_winpath_is_same(path, windows), "both name one file");
	(void)ik_winpath_is_ascii(windows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), windows[IK_WINPATH_BYTES];
	char relative[IK_WINPATH_BYTES], letter;

	check_windows(text);
	(void)ik_winpath_is_name(text);
	if (ik_winpath_from_relative('C', text, windows, NULL) == 0) {
		PROPERTY(ik_winpath_to_relative(windows, &letter, relative, NULL) == 0,
			 "reads back");
		PROPERTY(strcmp(text, relative) == 0, "unchanged");
	}
	free(text);
	return 0;
}
