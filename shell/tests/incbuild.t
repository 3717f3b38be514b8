#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# incbuild: build what changed, then copy the image that this very build made.
set -eu
. shell/tests/lib.sh

one() {
	no_settings
	toy_built "$work/t"
	change changed
	ok "$sh: builds and copies from a subfolder" use "$tree/arch/x86" incbuild
	ok "$sh: the copy is in the root, not in the current folder (defect cpimg-3)" same_file "$image" "$tree/kernel.bin"
	ok "$sh: arguments reach make" use "$tree" 'incbuild W=1 all goal5'
	ok "$sh: ... all of them" has "$tree/log" '^goal=goal5.*W=1'
	cp "$tree/kernel.bin" "$work/before"
	change broken
	fails "$sh: a failing build gives a non-zero status" 1 'make ended with status' use "$tree" 'incbuild FAIL=yes'
	ok "$sh: ... also where the output goes through a pipe (defect B0-11)" \
		use "$tree" 'set -o pipefail; if incbuild FAIL=yes 2>&1 | cat >/dev/null; then false; fi'
	ok "$sh: ... and the copy stays as it was" same_file "$work/before" "$tree/kernel.bin"
	setting image_name other.img
	ok "$sh: the image name is a setting" use "$tree" incbuild
	ok "$sh: ... that is used" same_file "$image" "$tree/other.img"
	is "$sh: a script can build without knowing the root (defect B0-10)" \
		"$(use / "IK_ROOT=$tree; incbuild >/dev/null 2>&1; echo \$?")" 0
	ok "$sh: -h" use / 'incbuild -h | grep -q "usage: incbuild"'
}

in_each_shell one
done_testing
