#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# rel: a release is built from what a tag names, carries its number, and is never an older image.
# shellcheck disable=SC2016  # code for the shell under test and for doubles
set -eu
. shell/tests/lib.sh

release=1.2.3-toy-microsoft-standard-WSL2

one() {
	toy_built "$work/t"
	fails "$sh: a tree without git is refused (defect rel-4)" 3 'no git repository' use "$tree" rel
	git_tree "$tree"
	ok "$sh: makes a release" use "$tree/kernel" 'rel W=4'
	ok "$sh: with number 1 in its name" test -f "$tree/builds/kernel-$release-r1.bin"
	ok "$sh: ... and in the image" has "$tree/builds/kernel-$release-r1.bin" '#1 SMP'
	ok "$sh: ... with a checksum" sh -c "cd '$tree/builds' && sha256sum -c kernel-$release-r1.bin.sha256"
	ok "$sh: arguments reach make" has "$tree/log" 'W=4'
	is "$sh: the counter of ordinary builds is not touched (defect rel-2)" "$(cat "$out/.version")" 1
	ok "$sh: the next one" use "$tree" rel
	ok "$sh: ... has number 2" has "$tree/builds/kernel-$release-r2.bin" '#2 SMP'

	fails "$sh: a failing build stops it (defect rel-1)" 1 'make ended' use "$tree" 'rel FAIL=yes'
	ok "$sh: ... publishes nothing" absent "$tree/builds/kernel-$release-r3.bin"
	is "$sh: ... and does not use the number up (defect rel-1)" "$(cat "$tree/builds/.release-number")" 2
	is "$sh: ... nor leaves counters changed (defect rel-2)" "$(cat "$out/.version")" 1
	fails "$sh: an image that was not made anew is not published (defect rel-1)" 1 'it is not this release' use "$tree" 'rel BUMP=no'
	ok "$sh: ... really" absent "$tree/builds/kernel-$release-r3.bin"
	mkdir -p "$tree/builds/kernel-$release-r3.bin"
	fails "$sh: a copy that cannot be made is an error (defect rel-3)" 1 'is a folder' use "$tree" rel
	is "$sh: ... that uses no number up" "$(cat "$tree/builds/.release-number")" 2
	rmdir "$tree/builds/kernel-$release-r3.bin"

	echo many >"$tree/builds/.release-number"
	fails "$sh: a counter that is no number is not guessed" 1 'holds no number' use "$tree" rel
	echo 2 >"$tree/builds/.release-number"
	double make "$real_make"' "$@" || exit; echo other >"'"$out"'/include/config/kernel.release"'
	fails "$sh: an image of another release than the build's is not published" 1 'but the build is other' use "$tree" rel
	rm "$work/bin/make"
	ok "$sh: ... really" absent "$tree/builds/kernel-$release-r3.bin"
	mkdir "$work/builds" 2>/dev/null || :
	fails "$sh: without git nobody knows what is released" 1 'git is not installed' use "$tree" "PATH=$(without git); rel"

	change changed
	fails "$sh: changes that are not committed are refused" 3 'not committed: .*sched.c' use "$tree" rel
	(cd "$tree" && git commit -q -a -m second)
	fails "$sh: a commit without a tag is refused (defect rel-4)" 3 'has no tag' use "$tree" rel
	ok "$sh: --force releases it" use "$tree" 'rel --force'
	ok "$sh: ... under the next number" test -f "$tree/builds/kernel-$release-r3.bin"
	ok "$sh: -h" use / 'rel -h | grep -q "usage: rel"'
}

# An interrupt during the build must leave counters and builds/ as they were.
interrupted() {
	toy_built "$work/t"
	git_tree "$tree"
	double make 'kill -INT $PPID; sleep 0.1; exit 130'
	fails "$sh: an interrupt gives a non-zero status" any '' use "$tree" 'rel; s=$?; echo; exit $s'
	rm "$work/bin/make"
	ok "$sh: ... and leaves no release" absent "$tree/builds"
	is "$sh: ... and the counter as it was (defect rel-2)" "$(cat "$out/.version")" 1
}

in_each_shell one
in_each_shell interrupted
done_testing
