#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The suites of this folder with the program built for the address and undefined-behaviour sanitizers: each passes as
# before, and no process of the program reports anything, leaks included. Like every build with a sanitizer it has no
# list of system calls (see src/os/priv.c).
# usage: sanitized.t [SUITE...] (from the top of the tree, as root)
# shellcheck disable=SC2317 # functions are called by ok
set -u
# shellcheck source=tests/lib/tap.sh
. tests/lib/tap.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
IK_PROGRAM=$PWD/postinst-helper/build-address-undefined/immensity-kernel
# The worker, which has no rights, writes its report here, too.
mkdir -m 1777 "$work/reports" && chmod 0755 "$work"
export IK_PROGRAM
[ $# -gt 0 ] || set -- lxss wslconfig twomodes hostile maint waiting interrupt cli discover page caseless

# quiet LEAKS COMMAND...: it succeeds, and nobody reported anything. Undefined behaviour, which has no file for its
# report, ends the process: that fails the test in which it happens.
quiet() {
	local leaks=$1 status=0
	shift
	rm -f "$work"/reports/*
	ASAN_OPTIONS=detect_leaks=$leaks:log_path=$work/reports/r "$@" >"$work/out" 2>&1 || status=$?
	grep -E -A5 '^not ok' "$work/out"
	find "$work/reports" -type f -exec head -n 40 {} +
	[ "$status" -eq 0 ] && [ -z "$(ls "$work/reports")" ]
}

# planted KIND CODE PATTERN: a program with one mistake, built with the same sanitizers, is not quiet.
planted() {
	printf '#include <stdlib.h>\nvolatile int n = 3;\nint main(void) { %s return 0; }\n' "$2" >"$work/$1.c"
	gcc -g -fsanitize=address,undefined -fno-sanitize-recover=all -o "$work/$1" "$work/$1.c"
	fails "a planted mistake is seen: $1" any "$3" quiet 1 "$work/$1"
}

ok "the program builds" make -s --no-print-directory -C postinst-helper SAN=address,undefined all
planted overflow 'char *p = malloc(n); p[n] = 1; free(p);' 'heap-buffer-overflow'
planted leak 'char *volatile p = malloc(n); p = NULL;' 'detected memory leaks'
planted shift 'n = n << (30 + n);' ''
for suite; do
	# Leaks cannot be looked for under strace, which interrupts this suite's commands.
	leaks=1
	[ "$suite" != interrupt ] || leaks=0
	ok "$suite: passes, 0 reports" quiet "$leaks" "postinst-helper/tests/integ/$suite.t"
	diag "$suite: $(grep -c '^ok' "$work/out") tests"
done
done_testing
