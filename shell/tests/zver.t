#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# zver: the version inside an image of each kind, read where its structure says it is.
set -eu
. shell/tests/lib.sh
. shell/tests/wsl.sh

date='SMP Sun Nov 22 10:00:00 UTC 2026'

one() {
	toy_built "$work/t"
	is "$sh: the default is what was built, from any folder (defect zver-2)" "$(use "$tree/kernel" zver)" \
		"Linux version 1.2.3-toy-microsoft-standard-WSL2 (tester@host) #1 $date"
	toy_image "$work/b z" 6.1.2-x 9
	is "$sh: a bzImage (defect zver-1)" "$(use "$work" 'zver "b z"')" "Linux version 6.1.2-x (tester@host) #9 $date"
	elf_image "$work/elf" 7.3.4-y 4
	is "$sh: an uncompressed ELF" "$(use "$work" 'zver elf')" "Linux version 7.3.4-y (tester@host) (gcc 12) #4 $date"
	arm64_image "$work/Image" 7.3.4-z
	is "$sh: an arm64 Image (defect zver-1)" "$(use "$work" 'zver Image')" "Linux version 7.3.4-z (tester@host) (gcc 12) #3 $date"
	is "$sh: -r is the release" "$(use "$work" 'zver -r elf')" 7.3.4-y
	is "$sh: -v is the build" "$(use "$work" 'zver -v "b z"')" "#9 $date"
}

failures() {
	toy_image "$work/image"
	head -c 2000 "$work/image" >"$work/torn"
	fails "$sh: a bzImage that is cut off" 1 'cut off \(2000 of 3072' use "$work" 'zver torn'
	cp "$work/image" "$work/mute" && printf '\000\000' | dd of="$work/mute" bs=1 seek=526 conv=notrunc status=none
	fails "$sh: one without a version string" 1 'no version string' use "$work" 'zver mute'
	elf_image "$work/elf" 7.3.4-y 4
	head -c 9000 "$work/elf" >"$work/torn"
	fails "$sh: an ELF file that is cut off" 1 'cut off' use "$work" 'zver torn'
	cp "$work/elf" "$work/other" && printf '\010' | dd of="$work/other" bs=1 seek=18 conv=notrunc status=none
	fails "$sh: one for another machine" 1 'another machine' use "$work" 'zver other'
	cp "$work/elf" "$work/other" && printf '\001' | dd of="$work/other" bs=1 seek=4 conv=notrunc status=none
	fails "$sh: a 32-bit one" 1 'not a 64-bit' use "$work" 'zver other'
	sed 's/Linux version/Minix version/' "$work/elf" >"$work/other"
	fails "$sh: one without a banner" 1 'no version is in' use "$work" 'zver other'
	fails "$sh: any other program" 1 'no version is in|cut off|no segments' use "$work" 'zver /bin/sh'
	echo text >"$work/text"
	fails "$sh: a text" 1 'no kernel image' use "$work" 'zver text'
	: >"$work/empty"
	fails "$sh: an empty file" 1 'is empty' use "$work" 'zver empty'
	fails "$sh: a file that is not there" 1 'no such file' use "$work" 'zver nothing'
	fails "$sh: a folder" 1 'no such file' use "$work" 'zver .'
	fails "$sh: an unknown option" 2 'unknown option' use "$work" 'zver -x'
	fails "$sh: two images" 2 'unexpected' use "$work" 'zver image elf'
	ok "$sh: -h" use / 'zver -h | grep -q "usage: zver"'
}

in_each_shell one
in_each_shell failures
done_testing
