/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the checks of the guest that a shell cannot make have in common.
 * A probe returns 0 when the kernel can do it, and otherwise calls probe_fail with the call that refused.
 */
#ifndef PROBE_H
#define PROBE_H

/* Says which call failed with the current errno; always returns 1, for `return probe_fail("…");`. */
int probe_fail(const char *what);

/* Says what was wrong where errno means nothing; always returns 1. */
int probe_wrong(const char *what);

int probe_vsock(int argc, char **argv);
int probe_tun(int argc, char **argv);
int probe_nftnat(int argc, char **argv);
int probe_seccomp(int argc, char **argv);
int probe_iouring(int argc, char **argv);
int probe_namespaces(int argc, char **argv);
int probe_fuse(int argc, char **argv);
int probe_pty(int argc, char **argv);
int probe_xattr(int argc, char **argv);
int probe_events(int argc, char **argv);
int probe_handles(int argc, char **argv);
int probe_bpf(int argc, char **argv);
int probe_btf(int argc, char **argv);
int probe_rewrite(int argc, char **argv);

#endif
