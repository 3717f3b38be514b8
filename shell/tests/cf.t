#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# cf: Kconfig's menu; what is missing on the machine is found out before make is.
set -eu
. shell/tests/lib.sh

one() {
	toy_built "$work/t"
	use "$tree/kernel" 'cf W=1' >"$work/said" 2>&1 || :
	ok "$sh: opens nconfig, arguments reach make" has "$tree/log" 'goal=nconfig.*W=1'
	ok "$sh: tells what changed" has "$work/said" 'CONFIG_C: n -> y'
	echo 'exit 1' >"$tree/scripts/kconfig/nconf-cfg.sh"
	: >"$tree/log"
	ok "$sh: without nconfig's libraries it takes menuconfig (defect cf-1)" use "$tree" 'cf 2>&1 | grep "taking menuconfig"'
	ok "$sh: ... really" has "$tree/log" 'goal=menuconfig'
	echo 'exit 1' >"$tree/scripts/kconfig/mconf-cfg.sh"
	: >"$tree/log"
	fails "$sh: without either it names the package (defect cf-1)" 1 'install libncurses-dev' use "$tree" cf
	is "$sh: ... make was not started" "$(cat "$tree/log")" ''
	echo 'exit 0' >"$tree/scripts/kconfig/nconf-cfg.sh"
	printf '\nnconfig: ; exit 1\n' >>"$tree/Makefile"
	fails "$sh: a menu that fails gives a non-zero status" 1 'make ended' use "$tree" cf
	fails "$sh: only variables are taken" 2 'no VARIABLE=value' use "$tree" 'cf x'
	ok "$sh: -h" use / 'cf -h | grep -q "usage: cf"'
}

in_each_shell one
done_testing
