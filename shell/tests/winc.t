#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# winc: incbuild, then wktest.
set -eu
. shell/tests/lib.sh
. shell/tests/wsl.sh

one() {
	no_settings
	toy_built "$work/t"
	double immensity-kernel
	change news
	ok "$sh: builds and installs" use "$tree/kernel" 'winc W=7'
	is "$sh: ... what it built" "$(logged immensity-kernel)" "immensity-kernel <install> <--image> <$tree/kernel.bin>"
	ok "$sh: arguments reach make" has "$tree/log" 'W=7'
	fails "$sh: a build that made nothing new is not installed" 3 'nothing new' use "$tree" winc
	ok "$sh: --force installs it" use "$tree" 'winc --force'
	double immensity-kernel 'exit 3'
	change more
	fails "$sh: the status of immensity-kernel is passed on" 3 'ended with status 3' use "$tree" winc
	change broken
	fails "$sh: a failing build gives a non-zero status" 1 'make ended' use "$tree" 'winc FAIL=yes'
	fails "$sh: a missing program is named before the build" 1 'neither installed nor built' use "$tree" 'IK_INSTALLER=/nonexistent/ik; winc'
	ok "$sh: -h" use / 'winc -h | grep -q "usage: winc"'
}

in_each_shell one
done_testing
