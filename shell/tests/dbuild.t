#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# dbuild: build what changed, then dimg.
set -eu
. shell/tests/lib.sh

one() {
	toy_built "$work/t"
	change changed
	use "$tree/kernel" 'dbuild W=2' >"$work/said" 2>&1 || :
	ok "$sh: builds, and the copy has the new build's number" has "$work/said" 'builds/kernel-1.2.3-toy.*-b2-'
	ok "$sh: arguments reach make" has "$tree/log" 'W=2'
	ls "$tree/builds" >"$work/before"
	change broken
	fails "$sh: a failing build gives a non-zero status" 1 'make ended' use "$tree" 'dbuild FAIL=yes'
	is "$sh: ... and no copy" "$(ls "$tree/builds")" "$(cat "$work/before")"
	ok "$sh: -h" use / 'dbuild -h | grep -q "usage: dbuild"'
}

in_each_shell one
done_testing
