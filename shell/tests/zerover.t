#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# zerover: the next build is #1, also when it would be anyway.
set -eu
. shell/tests/lib.sh

one() {
	toy_built "$work/t"
	ok "$sh: removes the counter" use "$tree/kernel" zerover
	ok "$sh: ... really" absent "$out/.version"
	ok "$sh: a second time is no error (defect zerover-1)" use "$tree" zerover
	change news
	ok "$sh: the next build" use "$tree" incbuild
	is "$sh: ... is #1" "$(use "$tree" 'zver -v' | cut -d ' ' -f 1)" '#1'
	rm "$out/.version" && mkdir -p "$out/.version/x"
	fails "$sh: what cannot be removed is an error" 1 'cannot be removed' use "$tree" zerover
	fails "$sh: it takes no arguments" 2 'unexpected argument' use "$tree" 'zerover 3'
	ok "$sh: -h" use / 'zerover -h | grep -q "usage: zerover"'
}

in_each_shell one
done_testing
