#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# inc: incbuild, then ktest; an image that is no news is not installed again.
set -eu
. shell/tests/lib.sh
. shell/tests/wsl.sh

one() {
	no_settings
	toy_built "$work/t"
	double immensity-kernel
	plays_wsl2
	change news
	ok "$sh: builds and installs" use "$tree/kernel" 'inc W=6'
	is "$sh: ... what it built" "$(logged immensity-kernel)" "immensity-kernel <install> <--image> <$tree/kernel.bin>"
	ok "$sh: arguments reach make" has "$tree/log" 'W=6'
	: >"$work/immensity-kernel.log"
	fails "$sh: a build that made nothing new is not installed (defect inc-1)" 3 'nothing new' use "$tree" inc
	is "$sh: ... really" "$(logged immensity-kernel)" ''
	ok "$sh: --force installs it" use "$tree" 'inc --force'
	is "$sh: ... really" "$(logged immensity-kernel | wc -l)" 1
	: >"$work/immensity-kernel.log"
	change broken
	fails "$sh: a failing build gives a non-zero status" 1 'make ended' use "$tree" 'inc FAIL=yes'
	is "$sh: ... and installs nothing" "$(logged immensity-kernel)" ''
	plays_linux
	: >"$tree/log"
	fails "$sh: outside WSL it refuses before it builds" 3 'this is not WSL' use "$tree" inc
	is "$sh: ... make was not started" "$(cat "$tree/log")" ''
	ok "$sh: -h" use / 'inc -h | grep -q "usage: inc"'
}

in_each_shell one
done_testing
