#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# vinc: incbuild, then vktest, over a real SSH connection.
set -eu
. shell/tests/lib.sh
. shell/tests/winvm.sh
start_winvm

one() {
	fresh_winvm
	toy_built "$work/t"
	change news
	ok "$sh: builds and installs" use "$tree/kernel" 'vinc W=8'
	ok "$sh: ... what it built" same_file "$image" "$kernel"
	ok "$sh: arguments reach make" has "$tree/log" 'W=8'
	: >"$vm/log"
	fails "$sh: a build that made nothing new is not installed" 3 'nothing new' use "$tree" vinc
	is "$sh: ... the host is not contacted" "$(cat "$vm/log")" ''
	change broken
	fails "$sh: a failing build gives a non-zero status" 1 'make ended' use "$tree" 'vinc FAIL=yes'
	is "$sh: ... the host is not contacted" "$(cat "$vm/log")" ''
	fault upload-half
	change more
	fails "$sh: a failing installation gives a non-zero status" 1 'not what was sent' use "$tree" vinc
	ok "$sh: -h" use / 'vinc -h | grep -q "usage: vinc"'
}

in_each_shell one
is "no process of the host or of a connection to it is left" "$(stop_winvm)" ''
done_testing
