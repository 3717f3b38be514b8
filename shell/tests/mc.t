#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# mc: back to the defconfig, without losing what was there.
set -eu
. shell/tests/lib.sh

one() {
	toy_tree "$work/t"
	ok "$sh: makes a configuration where there was none" use "$tree/kernel" mc
	ok "$sh: ... from the defconfig" has "$out/.config" '^CONFIG_B=m'
	sed -i 's/^CONFIG_B=m/CONFIG_B=y/' "$out/.config"
	echo CONFIG_C=y >>"$out/.config"
	cp "$out/.config" "$work/edited"
	use "$tree" mc >"$work/said" 2>&1 || :
	ok "$sh: resets it" has "$out/.config" '^CONFIG_B=m'
	ok "$sh: keeps the old one (defect mc-1)" same_file "$work/edited" "$out/.config.old"
	ok "$sh: tells what changed (defect mc-1)" has "$work/said" 'CONFIG_B: y -> m'
	ok "$sh: ... all of it" has "$work/said" 'CONFIG_C: y -> n'
	cp "$out/.config" "$work/before"
	rm "$tree/arch/x86/configs/wsl2_defconfig"
	fails "$sh: without a defconfig it fails" 1 'wsl2_defconfig does not exist' use "$tree" mc
	ok "$sh: ... and the configuration stays" same_file "$work/before" "$out/.config"
	echo 'syntax error' >"$tree/arch/x86/configs/wsl2_defconfig"
	fails "$sh: so it does with one that Kconfig cannot read" 1 'wsl2_defconfig failed' use "$tree" mc
	ok "$sh: ... and the configuration stays" same_file "$work/before" "$out/.config"
	echo CONFIG_A=y >"$tree/arch/x86/configs/my_defconfig"
	ok "$sh: the defconfig is a setting" use "$tree" 'IK_DEFCONFIG=my_defconfig; mc 2>&1 | grep my_defconfig'
	fails "$sh: only variables are taken" 2 'no VARIABLE=value' use "$tree" 'mc defconfig'
	ok "$sh: -h" use / 'mc -h | grep -q "usage: mc"'
}

thin_lto() {
	setup=setup_clang.sh
	toy_tree "$work/t"
	double clang
	printf 'echo "$@" >>%s\n' "$work/config.log" >"$tree/scripts/config"
	chmod +x "$tree/scripts/config"
	: >"$work/config.log"
	ok "$sh: with Clang" use "$tree" mc
	ok "$sh: ... ThinLTO is switched on" has "$work/config.log" '--disable LTO_NONE --enable LTO_CLANG_THIN'
	: >"$work/config.log"
	ok "$sh: lto = none" use "$tree" 'IK_LTO=none; mc'
	is "$sh: ... leaves it off" "$(cat "$work/config.log")" ''
	fails "$sh: any other value is refused" 2 "lto: 'fat'" use "$tree" 'IK_LTO=fat; mc'
	setup=setup.sh
}

in_each_shell one
in_each_shell thin_lto
done_testing
