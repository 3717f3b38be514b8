#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# dc: the difference to the defconfig without the compiler's noise; statuses as those of diff.
set -eu
. shell/tests/lib.sh

one() {
	toy_built "$work/t"
	is "$sh: an untouched configuration does not differ, wherever one stands (defects dc-1 and dc-2)" \
		"$(use "$tree/kernel" dc 2>&1)" ''
	ok "$sh: ... status 0" use "$tree" dc
	echo CONFIG_C=y >>"$out/.config"
	fails "$sh: a difference gives status 1 and is shown" 1 '^\+CONFIG_C=y' use "$tree/kernel" dc
	is "$sh: ... one line of it" "$(use "$tree" dc 2>/dev/null | grep -c '^[+-]CONFIG')" 1
	cp "$out/.config" "$work/config"
	echo mine >"$out/defconfig"
	use "$tree" dc >/dev/null 2>&1 || :
	ok "$sh: the configuration is only read" same_file "$work/config" "$out/.config"
	is "$sh: ... and a file called defconfig stays the user's" "$(cat "$out/defconfig")" mine
	rm "$out/defconfig"
	use "$tree" dc >/dev/null 2>&1 || :
	ok "$sh: ... and none is left behind" absent "$out/defconfig"
	echo 'no configuration' >"$out/.config"
	fails "$sh: a configuration that Kconfig cannot read gives status 2, not 1" 2 'savedefconfig failed' use "$tree" dc
	rm "$tree/arch/x86/configs/wsl2_defconfig"
	cp "$work/config" "$out/.config"
	fails "$sh: a missing defconfig gives status 2" 2 'wsl2_defconfig does not exist' use "$tree" dc
	rm "$out/.config"
	fails "$sh: a missing configuration gives status 2" 2 'config does not exist' use "$tree" dc
	fails "$sh: only variables are taken" 2 'no VARIABLE=value' use "$tree" 'dc x'
	fails "$sh: ... no options either" 2 'no VARIABLE=value' use "$tree" 'dc -r'
	ok "$sh: -h" use / 'dc -h | grep -q "usage: dc"'
}

in_each_shell one
done_testing
