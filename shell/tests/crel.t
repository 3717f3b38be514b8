#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# crel: clean, then rel; what is refused is refused before anything is cleaned.
set -eu
. shell/tests/lib.sh

release=1.2.3-toy-microsoft-standard-WSL2

one() {
	toy_built "$work/t"
	fails "$sh: refuses as rel does" 3 'no git repository' use "$tree" crel
	ok "$sh: ... before it cleans" test -f "$image"
	git_tree "$tree"
	: >"$tree/log"
	ok "$sh: makes a release" use "$tree" 'crel W=5'
	ok "$sh: ... after a clean that got the variables" sh -c "head -n 1 '$tree/log' | grep -q '^goal=clean.*W=5'"
	ok "$sh: ... with its number" has "$tree/builds/kernel-$release-r1.bin" '#1 SMP'
	fails "$sh: a failing build gives a non-zero status" 1 'make ended' use "$tree" 'crel FAIL=yes'
	is "$sh: ... and uses no number up" "$(cat "$tree/builds/.release-number")" 1
	change changed
	ok "$sh: --force releases a changed tree" use "$tree" 'crel --force'
	ok "$sh: -h" use / 'crel -h | grep -q "usage: crel"'
}

in_each_shell one
done_testing
