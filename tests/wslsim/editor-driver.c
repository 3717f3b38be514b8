// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Drives the program's .wslconfig editor for `test-editor`: for each file it prints how the editor
 * reads wsl2.kernel, then writes what the editor makes of setting and unsetting it.
 * It holds no judgement; the reference reader in simhost/ judges.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/wslconf.h"

/* In hexadecimal, because a value may hold any byte. */
static void print_hex(const char *text)
{
	for (; *text; text++)
		printf("%02x", (unsigned char)*text);
}

static int write_file(const char *name, const char *suffix, const struct ik_wslconf *conf)
{
	char path[4096];
	size_t length;
	const void *bytes = ik_wslconf_bytes(conf, &length);
	FILE *out;

	snprintf(path, sizeof(path), "%s%s", name, suffix);
	out = fopen(path, "wb");
	if (!out || fwrite(bytes, 1, length, out) != length || fclose(out) != 0) {
		perror(path);
		return 1;
	}
	return 0;
}

static char *read_file(const char *name, size_t *ret_length)
{
	static char bytes[1 << 20];
	FILE *in = fopen(name, "rb");

	if (!in) {
		perror(name);
		exit(1);
	}
	*ret_length = fread(bytes, 1, sizeof(bytes), in);
	fclose(in);
	return bytes;
}

/*
 * Prints "FILE refused CODE" or "FILE value HEX|none safe 0|1". The edited file goes to FILE.set,
 * the restored one to FILE.back.
 */
static int drive(const char *name, const char *value)
{
	struct ik_wslconf_value read;
	struct ik_wslconf *conf = NULL;
	struct ik_err err = {0};
	char *undo = NULL;
	size_t length;
	const char *bytes = read_file(name, &length);
	int failed = 0;

	if (ik_wslconf_parse(bytes, length, &conf, &err) < 0) {
		printf("%s refused %s\n", name, ik_code_name(err.code));
		return 0;
	}
	ik_wslconf_get(conf, "wsl2", "kernel", &read);
	printf("%s value ", name);
	if (read.present)
		print_hex(read.text);
	else
		printf("none");
	printf(" safe %d\n", ik_wslconf_is_safe_mode(conf));
	if (ik_wslconf_set(conf, "wsl2", "kernel", value, &undo, &err) < 0) {
		fprintf(stderr, "%s: set: %s\n", name, err.message);
		failed = 1;
	} else {
		failed = write_file(name, ".set", conf);
		if (ik_wslconf_unset(conf, "wsl2", "kernel", undo, &err) < 0) {
			fprintf(stderr, "%s: unset: %s\n", name, err.message);
			failed = 1;
		}
		failed |= write_file(name, ".back", conf);
	}
	free(undo);
	ik_wslconf_free(conf);
	return failed;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc < 3) {
		fprintf(stderr, "usage: editor-driver VALUE FILE...\n");
		return 2;
	}
	for (int i = 2; i < argc; i++)
		failed |= drive(argv[i], argv[1]);
	return failed;
}
