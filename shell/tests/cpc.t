#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# cpc: the minimised configuration becomes the defconfig, with the difference shown first.
set -eu
. shell/tests/lib.sh

one() {
	toy_built "$work/t"
	wanted=$tree/arch/x86/configs/wsl2_defconfig
	echo CONFIG_C=y >>"$out/.config"
	use "$tree/kernel" cpc >"$work/said" 2>&1 || :
	is "$sh: the defconfig is minimised: no noise, no defaults, wherever one stands (defects cpc-1 and cpc-2)" "$(cat "$wanted")" "CONFIG_A=y
CONFIG_B=m
CONFIG_C=y"
	ok "$sh: the difference is shown (defect cpc-1)" has "$work/said" '^\+CONFIG_C=y'
	is "$sh: then dc finds nothing" "$(use "$tree" dc 2>&1)" ''
	cp "$wanted" "$work/before"
	ok "$sh: a second time there is nothing to change" use "$tree" 'cpc 2>&1 | grep "nothing to change"'
	ok "$sh: ... nothing changed" same_file "$work/before" "$wanted"
	echo 'no configuration' >"$out/.config"
	fails "$sh: a configuration that Kconfig cannot read is an error" 1 'savedefconfig failed' use "$tree" cpc
	ok "$sh: ... and the defconfig stays" same_file "$work/before" "$wanted"
	rm "$out/.config"
	fails "$sh: so is a missing one" 1 'config does not exist' use "$tree" cpc
	ok "$sh: ... and the defconfig stays" same_file "$work/before" "$wanted"
	fails "$sh: only variables are taken" 2 'no VARIABLE=value' use "$tree" 'cpc x'
	ok "$sh: -h" use / 'cpc -h | grep -q "usage: cpc"'
}

project() {
	toy_project "$work/p"
	make -s -C "$work/p/build/linux-1.2.3" O="$out" wsl2_defconfig
	echo CONFIG_C=y >>"$out/.config"
	ok "$sh: in the project it says where a change has to go to stay" use "$work/p/configs" 'cpc 2>&1 | grep configs/fragments'
}

in_each_shell one
in_each_shell project
done_testing
