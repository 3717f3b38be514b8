// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `probe NAME [ARG...]`: one check of the running kernel that a shell cannot make; status 0 means
 * that it works. Started under another name it is the interpreter that the binfmt_misc check
 * registers for MZ files.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "probe.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} probes[] = {
	// clang-format off
	{"vsock", probe_vsock},
	{"tun", probe_tun},
	{"nft-nat", probe_nftnat},
	{"seccomp", probe_seccomp},
	{"io-uring", probe_iouring},
	{"namespaces", probe_namespaces},
	{"fuse", probe_fuse},
	{"pty", probe_pty},
	{"xattr", probe_xattr},
	{"events", probe_events},
	{"handles", probe_handles},
	{"bpf", probe_bpf},
	{"btf", probe_btf},
	{"rewrite", probe_rewrite},
	// clang-format on
};

int probe_fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	return 1;
}

int probe_wrong(const char *what)
{
	fprintf(stderr, "%s\n", what);
	return 1;
}

/*
 * As WSL's handler gets it with the flags F and P: own name, full path, original argv[0],
 * arguments.
 */
static int show_arguments(int argc, char **argv)
{
	printf("interpreter");
	for (int i = 1; i < argc; i++)
		printf(" [%s]", argv[i]);
	printf("\n");
	return 0;
}

int main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	const char *self = slash ? slash + 1 : argv[0];

	if (strcmp(self, "probe") != 0)
		return show_arguments(argc, argv);
	for (size_t i = 0; argc > 1 && i < sizeof(probes) / sizeof(probes[0]); i++) {
		if (strcmp(argv[1], probes[i].name) == 0)
			return probes[i].run(argc - 1, argv + 1);
	}
	fprintf(stderr, "usage: probe NAME [ARG...]\n");
	return 2;
}
