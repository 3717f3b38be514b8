/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes the restore script (or the readme) for images that lie in files, with the very code the program uses.
 * For tests only: usage generate script|readme DIR-WINDOWS VERB=NAME=RELEASE=PATH… > FILE
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "codec/rescue.h"
#include "os/digest.h"

/* Fills one image from "VERB=NAME=RELEASE=PATH"; spec is taken apart. */
static int take_image(char *spec, struct ik_rescue_image *image, struct ik_err *err)
{
	char *name = strchr(spec, '='), *release = name ? strchr(name + 1, '=') : NULL;
	char *path = release ? strchr(release + 1, '=') : NULL;
	struct stat st;
	int fd, r;

	if (!path)
		return ik_err_set(err, IK_E_ARGUMENT_BAD, 0, "bad image \"%s\"", spec);
	*name++ = *release++ = *path++ = '\0';
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return ik_err_set(err, IK_E_PATH_MISSING, errno, "%s", path);
	*image = (struct ik_rescue_image){
		.verb = spec, .file = name, .release = release, .size_bytes = (uint64_t)st.st_size};
	r = ik_digest_of_fd(fd, 0, UINT64_MAX, &image->sha256, err);
	close(fd);
	return r;
}

int main(int argc, char **argv)
{
	struct ik_rescue rescue = {
		.target_file = "kernel",
		.lock_file = "immensity-lock",
		.script_file = "immensity-restore.cmd",
		.tool_version = "1.0.0",
	};
	ik_autostrbuf struct ik_strbuf text = {.len = 0};
	struct ik_err err = {.errnum = 0};
	int r = 0;

	if (argc < 4 || argc > 3 + (int)IK_RESCUE_MAX_IMAGES) {
		fputs("usage: generate script|readme DIR VERB=NAME=RELEASE=PATH...\n", stderr);
		return 2;
	}
	rescue.dir_windows = argv[2];
	for (int i = 3; i < argc && r == 0; i++)
		r = take_image(argv[i], &rescue.images[rescue.n_images++], &err);
	if (r == 0 && strcmp(argv[1], "script") == 0)
		r = ik_rescue_script(&rescue, &text, &err);
	else if (r == 0)
		r = ik_rescue_readme(&rescue, &text, &err);
	if (r < 0) {
		fprintf(stderr, "generate: %s\n", err.message);
		return 1;
	}
	return fwrite(text.data, 1, text.len, stdout) == text.len ? 0 : 1;
}
