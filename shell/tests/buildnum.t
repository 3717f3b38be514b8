#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# buildnum: a number on stdout, its source on stderr.
set -eu
. shell/tests/lib.sh

one() {
	toy_tree "$work/t"
	is "$sh: 0 when nothing was built (defect buildnum-1)" "$(use "$tree/kernel" 'buildnum 2>/dev/null; echo $?')" "0
0"
	ok "$sh: ... and why" use "$tree" 'buildnum 2>&1 >/dev/null | grep "does not exist"'
	mkdir "$out" && echo 12 >"$out/.version"
	is "$sh: the counter's number" "$(use "$tree/kernel" 'buildnum 2>/dev/null')" 12
	ok "$sh: ... and where it comes from (defect buildnum-2)" use "$tree" "buildnum 2>&1 >/dev/null | grep '$out/.version'"
	ok "$sh: a forced number is mentioned (defect buildnum-2)" \
		use "$tree" 'export KBUILD_BUILD_VERSION=5; buildnum 2>&1 >/dev/null | grep "are called #5"'
	fails "$sh: it takes no arguments" 2 'unexpected argument' use "$tree" 'buildnum 3'
	fails "$sh: a root that is no tree" 1 'not the top' use / "IK_ROOT=$work; buildnum"
	ok "$sh: -h" use / 'buildnum -h | grep -q "usage: buildnum"'
}

in_each_shell one
done_testing
