#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# dimg: a copy in builds/ whose name tells release, build and content.
set -eu
. shell/tests/lib.sh

one() {
	no_settings
	toy_built "$work/t"
	name=kernel-1.2.3-toy-microsoft-standard-WSL2-b1-$(sha256 "$image" | cut -c1-8).bin
	is "$sh: prints the name: release, build and digest (defect dimg-1)" "$(use "$tree/kernel" dimg 2>/dev/null)" "$tree/builds/$name"
	ok "$sh: it is in builds/ of the root, not of the current folder (defect dimg-2)" same_file "$image" "$tree/builds/$name"
	ok "$sh: the checksum file verifies it" sh -c "cd '$tree/builds' && sha256sum -c '$name.sha256'"
	ok "$sh: the same content again is no error" use "$tree" dimg
	rm -f "$out/.version"
	is "$sh: the number comes from the image, so a missing counter does not matter (defect dimg-1)" \
		"$(use "$tree" dimg 2>/dev/null)" "$tree/builds/$name"
	echo other >"$tree/builds/$name"
	fails "$sh: another content under that name is not overwritten (defect dimg-3)" 3 'holds another image' use "$tree" dimg
	is "$sh: ... really" "$(cat "$tree/builds/$name")" other
	ok "$sh: ... unless it is forced" use "$tree" 'dimg -f'
	ok "$sh: ... then it is the image" same_file "$image" "$tree/builds/$name"
	setting builds_dir "$work/elsewhere"
	ok "$sh: the folder is a setting" use "$tree" dimg
	ok "$sh: ... that is used" same_file "$image" "$work/elsewhere/$name"
	rm -rf "$tree/builds" "$work/elsewhere" "$image"
	fails "$sh: without a build nothing is made" 1 'does not exist' use "$tree" dimg
	ok "$sh: ... not even the folder (defect dimg-4)" absent "$work/elsewhere"
	fails "$sh: it takes no arguments" 2 'unexpected argument' use "$tree" 'dimg x'
	ok "$sh: -h" use / 'dimg -h | grep -q "usage: dimg"'
}

in_each_shell one
done_testing
