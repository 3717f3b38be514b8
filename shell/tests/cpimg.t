#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# cpimg: a whole, checked copy of the image or the old file, never anything between.
# shellcheck disable=SC2016  # code for the shell under test and for doubles
set -eu
. shell/tests/lib.sh
. shell/tests/wsl.sh

left_over() {
	find "$1" -maxdepth 1 -name '.ik-copy*'
}

one() {
	toy_built "$work/t"
	ok "$sh: copies to kernel.bin of the root" use "$tree/kernel" cpimg
	ok "$sh: ... every byte" same_file "$image" "$tree/kernel.bin"
	ok "$sh: a path of the user counts from the current folder" use "$tree/kernel" 'cpimg "new dir/-a b.img"'
	ok "$sh: ... with its folder made" same_file "$image" "$tree/kernel/new dir/-a b.img"
	use "$tree" 'cpimg x.img' >"$work/said" 2>&1 || :
	ok "$sh: size and digest are printed" has "$work/said" "SHA-256 $(sha256 "$image")"
	ok "$sh: ... the size, too" has "$work/said" "$(wc -c <"$image") bytes"
	ln -sf "$work/target.img" "$tree/link.img"
	ok "$sh: a symbolic link is written through, not replaced" use "$tree" 'cpimg link.img'
	ok "$sh: ... and still a link" test -L "$tree/link.img"
	ok "$sh: ... to the image" same_file "$image" "$work/target.img"
	fails "$sh: a folder is no name for a copy" 1 'is a folder' use "$tree" 'cpimg kernel'
	fails "$sh: too many arguments" 2 'unexpected' use "$tree" 'cpimg a b'
	fails "$sh: an unknown option" 2 'unknown option' use "$tree" 'cpimg -q'

	cp "$tree/kernel.bin" "$work/before"
	double cp 'for a; do last=$a; done; case $last in *ik-copy*) head -c 100 /dev/zero >"$last"; exit 0 ;; esac; exec /bin/cp "$@"'
	fails "$sh: a short copy is noticed (defect cpimg-2)" 1 'could not be copied' use "$tree" cpimg
	rm "$work/bin/cp"
	ok "$sh: ... and the old file is untouched" same_file "$work/before" "$tree/kernel.bin"
	is "$sh: ... and nothing is left behind" "$(left_over "$tree")" ''

	double mv 'exit 1'
	fails "$sh: a copy that cannot be given its name" 1 'could not be given this name' use "$tree" cpimg
	rm "$work/bin/mv"
	ok "$sh: ... and the old file is untouched" same_file "$work/before" "$tree/kernel.bin"
	is "$sh: ... and nothing is left behind" "$(left_over "$tree")" ''
	fails "$sh: a folder that cannot be made" 1 'folder for the copy cannot be made' use "$tree" 'cpimg kernel/sched.c/x'
	fails "$sh: a folder that cannot be written to" 1 'no file can be made there' use "$tree" 'cpimg /proc/x'
	fails "$sh: no place for temporary files" 1 'no temporary folder' use "$tree" 'export TMPDIR=/nonexistent; cpimg'
	change newer
	fails "$sh: a source that is newer than the image is named (defect cpimg-1)" any 'kernel/sched.c is newer than the image' \
		use "$tree" 'cpimg; false'
	touch "$out/vmlinux" "$image"
	is "$sh: ... else there is no warning" "$(use "$tree" cpimg 2>&1 | grep -c warning)" 0
	touch -d 'next hour' "$out/vmlinux"
	fails "$sh: an image older than vmlinux is refused (defect cpimg-1)" 3 'older than' use "$tree" cpimg
	ok "$sh: ... unless it is forced" use "$tree" 'cpimg -f old.img'
	touch "$out/vmlinux" && touch "$image"
	echo CONFIG_C=y >>"$out/.config"
	fails "$sh: so is one of another configuration" 3 'was changed after' use "$tree" cpimg
	head -c 900 "$image" >"$work/torn" && cp "$work/torn" "$image"
	fails "$sh: so is a torn one" 1 'cut off' use "$tree" cpimg
	: >"$image"
	fails "$sh: so is an empty one" 1 'is empty' use "$tree" cpimg
	rm "$image"
	fails "$sh: without a build it says so (defect cpimg-1)" 1 'does not exist' use "$tree" cpimg
	ok "$sh: ... and the old file is untouched" same_file "$work/before" "$tree/kernel.bin"
	ok "$sh: -h" use / 'cpimg -h | grep -q "usage: cpimg"'
}

formats() {
	no_settings
	toy_built "$work/t"
	mkdir -p "$out/arch/x86/boot/compressed"
	printf 'not a kernel' >"$out/arch/x86/boot/compressed/vmlinux.bin"
	fails "$sh: image_format = elf takes vmlinux.bin, and looks inside" 1 'vmlinux.bin: this is no kernel' \
		use "$tree" 'IK_IMAGE_FORMAT=elf; cpimg'
	elf_image "$out/arch/x86/boot/compressed/vmlinux.bin" 1.2.3-toy 1
	ok "$sh: ... a good one is copied" use "$tree" 'IK_IMAGE_FORMAT=elf; cpimg'
	ok "$sh: ... every byte" same_file "$out/arch/x86/boot/compressed/vmlinux.bin" "$tree/kernel.bin"
	fails "$sh: arm64 has its own image (defect cpimg-4)" 1 'arch/arm64/boot/Image does not exist' use "$tree" 'IK_ARCH=arm64; cpimg'
	mkdir -p "$out/arch/arm64/boot"
	arm64_image "$out/arch/arm64/boot/Image" 1.2.3-toy
	ok "$sh: ... which is copied" use "$tree" 'IK_ARCH=arm64; cpimg'
	ok "$sh: ... every byte" same_file "$out/arch/arm64/boot/Image" "$tree/kernel.bin"
	fails "$sh: an architecture without a rule is refused" 2 'no image is known' use "$tree" 'IK_ARCH=mips; cpimg'
}

in_each_shell one
in_each_shell formats
done_testing
