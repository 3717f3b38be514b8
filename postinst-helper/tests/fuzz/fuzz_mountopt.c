/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mount fields: decoding never grows a text, an accepted drive keeps its promises. */
#include "codec/mountopt.h"

#include "fuzz.h"

static void check_drive(const char *aname)
{
	struct ik_mountopt_drvfs d;

	if (ik_mountopt_drvfs(aname, &d, NULL) != 1)
		return;
	PROPERTY(strncmp(aname, "drvfs;", 6) == 0, "only drvfs is a drive");
	PROPERTY(d.path[0] != '\0' && strlen(d.path) < sizeof(d.path), "a drive has a path");
	PROPERTY(d.drive_letter == ik_mountopt_drive_letter(d.path), "the letter is the path's");
	PROPERTY(d.drive_letter == 0 || (d.drive_letter >= 'A' && d.drive_letter <= 'Z'),
		 "an upper-case letter or none");
	PROPERTY(d.uid != UINT32_MAX && d.gid != UINT32_MAX, "no id means \"keep\"");
}

/* The value of aname= in a list, as the program takes it from mountinfo. */
static void check_list(const char *options)
{
	const char *value;
	size_t len;
	char *aname;

	if (!ik_mountopt_find(options, "aname", &value, &len))
		return;
	PROPERTY(value > options && value + len <= options + strlen(options), "inside the list");
	aname = fuzz_text((const uint8_t *)value, len);
	check_drive(aname);
	free(aname);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *out = fuzz_text(data, size), *inplace;
	size_t len = strlen(text);
	int r;

	check_list(text);
	check_drive(text);
	(void)ik_mountopt_drive_letter(text);
	r = ik_mountopt_unescape(text, out, size + 1, NULL);
	PROPERTY(r < 0 || (size_t)r <= len, "decoding never grows a text");
	inplace = fuzz_text(data, size);
	PROPERTY(ik_mountopt_unescape(inplace, inplace, size + 1, NULL) == r, "in place as well");
	PROPERTY(r < 0 || strcmp(inplace, out) == 0, "with the same result");
	check_list(out);
	check_drive(out);
	free(inplace);
	free(out);
	free(text);
	return 0;
}
