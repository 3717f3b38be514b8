#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# cleanbuild: clean, build, copy. What is cleaned must be what is built.
set -eu
. shell/tests/lib.sh

one() {
	toy_built "$work/t"
	ok "$sh: cleans, builds and copies" use "$tree/kernel" cleanbuild
	ok "$sh: clean came first" has "$tree/log" '^goal=clean'
	ok "$sh: the copy is the image" same_file "$image" "$tree/kernel.bin"
	ok "$sh: it was built anew" has "$out/.version" '^2$'
	: >"$tree/log"
	cp "$out/.config" "$work/config"
	mkdir -p "$tree/other" && cp "$work/config" "$tree/other/.config"
	ok "$sh: with O= the other folder is cleaned and built" use "$tree" 'cleanbuild O=other KCFLAGS="-O2 -g" all extra-goal'
	ok "$sh: clean gets the variables (defect cleanbuild-1)" has "$tree/log" 'goal=clean .*O=.*/other'
	ok "$sh: ... with their blanks" has "$tree/log" 'goal=clean .*KCFLAGS=-O2\\ -g'
	ok "$sh: ... and no target runs before clean" sh -c "head -n 1 '$tree/log' | grep -q '^goal=clean'"
	ok "$sh: the build gets the target" has "$tree/log" '^goal=extra-goal'
	ok "$sh: the first folder was left alone" test -f "$image"
	cp "$tree/kernel.bin" "$work/before"
	fails "$sh: a failing build gives a non-zero status" 1 'make ended' use "$tree" 'cleanbuild FAIL=yes'
	ok "$sh: ... and the copy stays as it was" same_file "$work/before" "$tree/kernel.bin"
	ok "$sh: -h" use / 'cleanbuild -h | grep -q "usage: cleanbuild"'
}

in_each_shell one
done_testing
