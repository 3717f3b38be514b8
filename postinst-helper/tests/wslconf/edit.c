/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Serves the .wslconfig editor over pipes to a judge that is written in another language. It judges nothing.
 * A request is a line "<command> <bytes of the file> <bytes of the argument>" and those bytes; commands:
 * emit, get KEY, set VALUE (wsl2.kernel), undo UNDO, remove. The answer is "<status> <bytes> <bytes>" and those
 * bytes: the resulting file, then the value or the undo record.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/macro.h"
#include "codec/wslconf.h"

struct answer {
	int status;
	char *extra; /* owned */
};

static void get_key(struct ik_wslconf *conf, const char *key, struct answer *a)
{
	struct ik_wslconf_value v;

	ik_wslconf_get(conf, "wsl2", key, &v);
	a->status = v.present;
	a->extra = v.present ? strdup(v.text) : NULL;
}

static void serve(struct ik_wslconf *conf, const char *command, const char *arg, struct answer *a)
{
	if (strcmp(command, "get") == 0)
		get_key(conf, arg, a);
	else if (strcmp(command, "set") == 0)
		a->status = ik_wslconf_set(conf, "wsl2", "kernel", arg, &a->extra, NULL);
	else if (strcmp(command, "undo") == 0)
		a->status = ik_wslconf_unset(conf, "wsl2", "kernel", arg, NULL);
	else if (strcmp(command, "remove") == 0)
		a->status = ik_wslconf_unset(conf, "wsl2", "kernel", NULL, NULL);
}

static void reply(const struct ik_wslconf *conf, const struct answer *a)
{
	size_t len = 0, extra_len = a->extra ? strlen(a->extra) : 0;
	const uint8_t *bytes = conf ? ik_wslconf_bytes(conf, &len) : NULL;

	printf("%d %zu %zu\n", a->status, len, extra_len);
	fwrite(bytes ? (const char *)bytes : "", 1, len, stdout);
	fwrite(a->extra ? a->extra : "", 1, extra_len, stdout);
	fflush(stdout);
}

/* Reads len bytes and adds a NUL; NULL when there are fewer. */
static char *read_bytes(size_t len)
{
	char *bytes = calloc(1, len + 1);

	if (bytes && fread(bytes, 1, len, stdin) == len)
		return bytes;
	free(bytes);
	return NULL;
}

int main(void)
{
	char command[16];
	size_t file_len, arg_len;

	while (scanf("%15s %zu %zu", command, &file_len, &arg_len) == 3 && getchar() == '\n') {
		ik_autofree char *file = read_bytes(file_len), *arg = read_bytes(arg_len);
		struct ik_wslconf *conf = NULL;
		struct answer a = {0, NULL};

		if (!file || !arg)
			return 1;
		a.status = ik_wslconf_parse(file, file_len, &conf, NULL);
		if (a.status == 0)
			serve(conf, command, arg, &a);
		reply(conf, &a);
		free(a.extra);
		ik_wslconf_free(conf);
	}
	return 0;
}
