#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The staging script on a toy Kbuild output: what it lays out, what it leaves out, and how it refuses. Usage: stage.t
set -u
# shellcheck source=tests/packages/lib.sh
. tests/packages/lib.sh

release=9.8.7-6-immensity-microsoft-standard-WSL2
out=$work/out
tree=$work/tree
stage=$work/stage

toy_output() {
	mkdir -p "$out/arch/x86/boot/compressed" "$out/include/config" "$tree/scripts/package" "$work/bin"
	echo elf >"$out/arch/x86/boot/compressed/vmlinux.bin"
	echo bzimage >"$out/arch/x86/boot/bzImage"
	echo "$release" >"$out/include/config/kernel.release"
	echo kernel/toy.o >"$out/modules.order"
	echo CONFIG_MODULES=y >"$out/.config"
	: >"$out/System.map"
	cat >"$work/bin/toymake" <<-'EOT'
		#!/bin/sh
		for word; do case $word in INSTALL_MOD_PATH=*) path=${word#*=} ;; O=*) out=${word#*=} ;; esac; done
		modules=$path/lib/modules/$(cat "$out/include/config/kernel.release")
		mkdir -p "$modules/kernel"
		for name in kernel/toy.ko modules.dep modules.alias.bin modules.order modules.builtin modules.builtin.modinfo; do
			echo "$name" >"$modules/$name"
		done
		ln -s /somewhere/else "$modules/build"
	EOT
	cat >"$tree/scripts/package/install-extmod-build" <<-'EOT'
		mkdir -p "$1/include"
		echo "$srctree $SRCARCH" >"$1/Makefile"
		ln -s nowhere "$1/include/dangling"
	EOT
	chmod 755 "$work/bin/toymake"
}

run() {
	KMAKE="$work/bin/toymake -j1" mk/scripts/stage "$@"
}

# The parts that must be there; the rest of the list is compared as a whole.
listing() {
	(cd "$stage" && find . ! -type d -printf '%P\n' | sort)
}

expected() {
	small=usr/share/doc/immensity-wsl-kernel
	sort <<-EOT
		headers/lib/modules/$release/build
		headers/usr/src/linux-headers-$release/.config
		headers/usr/src/linux-headers-$release/Makefile
		headers/usr/src/linux-headers-$release/System.map
		image/boot/config-$release
		image/lib/modules/$release/kernel/toy.ko
		image/lib/modules/$release/modules.builtin
		image/lib/modules/$release/modules.builtin.modinfo
		image/lib/modules/$release/modules.order
		image/usr/lib/immensity-wsl-kernel/$release/bzImage
		image/usr/lib/immensity-wsl-kernel/$release/manifest.json
		image/usr/lib/immensity-wsl-kernel/$release/vmlinux.bin
		main/$small/patches
		main/usr/lib/immensity-wsl-kernel/stable
		release
	EOT
}

toy_output
ok "a finished output is staged" run "$out" "$tree" stable "$stage"
is "exactly what the packages hold is there" "$(listing)" "$(expected)"
is "the release is noted" "$(cat "$stage/release")" "$release"
is "the series link names it" "$(readlink "$stage/main/usr/lib/immensity-wsl-kernel/stable")" "$release"
is "the build link is relative" "$(readlink "$stage/headers/lib/modules/$release/build")" "../../../src/linux-headers-$release"
ok "the manifest is JSON" python3 -m json.tool "$stage/image/usr/lib/immensity-wsl-kernel/$release/manifest.json"
run "$out" "$tree" longterm "$work/lts" >/dev/null
ok "the longterm series has documents of its own" test -f "$work/lts/main/usr/share/doc/immensity-wsl-kernel-lts/patches"

fails "symbols are asked for and there are none" any 'CONFIG_DEBUG_INFO' run --debug "$out" "$tree" stable "$stage"
is "a failure leaves the stage before it" "$(listing)" "$(expected)"
rm "$out/arch/x86/boot/bzImage"
fails "an unfinished output is refused" any 'bzImage is missing' run "$out" "$tree" stable "$stage"
echo bzimage >"$out/arch/x86/boot/bzImage"
echo 9.8.7-6-immensity-microsoft-standard-WSL2+ >"$out/include/config/kernel.release"
fails "a release that WSL dislikes is refused" any "the release '.*\+'" run "$out" "$tree" stable "$stage"
fails "a missing output is named" any "$work/none: no such" run "$work/none" "$tree" stable "$stage"
fails "an unknown series is a wrong call" 2 usage run "$out" "$tree" newest "$stage"
done_testing
