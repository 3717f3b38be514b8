#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The built images of the stable series: their size, what is in them, and how many instructions they need to reach init.
# What they can do is tested by tests/boot. It must not build anything.
#
# The goals are 27 MB for vmlinux.bin and 450 million instructions. Both are reached; the ceilings of the instructions
# and of bzImage hold what is reached, so that it does not get worse. configs/README.md says where the rest goes.
# shellcheck disable=SC2317 # functions are called by ok
set -eu
. tests/lib/tap.sh

out=out
elf=$out/arch/x86/boot/compressed/vmlinux.bin
bzimage=$out/arch/x86/boot/bzImage
release=$(cat $out/include/config/kernel.release)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# at_most WHAT FIGURE BAR
at_most() {
	diag "$1: $2 (at most $3)"
	ok "$1 is within its bar" test "$2" -le "$3"
}

is "the release is the configured one" "$release" "$(make -s --no-print-directory SETUP=no print-RELEASE)"
at_most "size of vmlinux.bin in bytes" "$(wc -c <$elf)" 27000000
at_most "size of bzImage in bytes" "$(wc -c <$bzimage)" 12000000

ok "vmlinux.bin is a 64-bit ELF without symbols" sh -c "readelf -hW $elf | grep -q ELF64 && ! readelf -SW $elf | grep -q ' \.symtab '"
ok "vmlinux.bin has the PVH entry" sh -c "readelf -nW $elf | grep -Eq 'Xen|0x00000012'"
# What linux/patches/size stores in another way: in vmlinux for tools as ever, in the image only once, and small.
only_packed() {
	readelf -SW "$elf" | grep -q " $1 " && ! readelf -SW "$elf" | grep -q " $2 " &&
		readelf -SW "$out/vmlinux" | grep -q " $2 "
}
ok "vmlinux.bin has type information, packed only" only_packed '\.BTF_zstd' '\.BTF'
ok "vmlinux.bin has no unwind tables of vmlinux" only_packed '\.orc_header' '\.orc_unwind'
objcopy --dump-section .BTF_zstd="$work/btf.zst" $elf "$work/copy"
objcopy --dump-section .BTF="$work/btf" $out/vmlinux "$work/copy"
rm "$work/copy"
ok "the packed type information is that of vmlinux" sh -c "zstd -dcq $work/btf.zst | cmp - $work/btf"
ok "bzImage names its release" sh -c "file -b $bzimage | grep -qF ' $release '"
ok "bzImage can be moved by KASLR" grep -qx CONFIG_RANDOMIZE_BASE=y $out/.config

boot() {
	sed -n 's/.*"instructions_to_init": \([0-9]*\).*/\1/p' "$work/$1.json"
}
ok "vmlinux.bin reaches init" bench/boot-instructions --json "$work/elf.json" $elf
at_most "instructions to init, vmlinux.bin" "$(boot elf)" 350000000
ok "bzImage reaches init" bench/boot-instructions --json "$work/bzimage.json" $bzimage
at_most "instructions to init, bzImage" "$(boot bzimage)" 350000000
ok "the same image takes the same instructions, within 1 %" sh -c "
	bench/boot-instructions --json $work/again.json $elf >/dev/null
	again=\$(sed -n 's/.*\"instructions_to_init\": \([0-9]*\).*/\1/p' $work/again.json)
	difference=\$((again - $(boot elf)))
	[ \${difference#-} -le $(($(boot elf) / 100)) ]"

# A module of the build, stripped as it is packaged.
module=$out/fs/f2fs/f2fs.ko
strip -g -o "$work/module.ko" $module
ok "modules have type information" sh -c "readelf -SW $work/module.ko | grep -q '\.BTF '"
is "modules are for this release" "$(modinfo -F vermagic "$work/module.ko" | cut -d' ' -f1)" "$release"
done_testing
