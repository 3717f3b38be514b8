#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# osize: a small program linked from objects in an archive stands in for vmlinux: the same tools read both.
set -eu
. shell/tests/lib.sh

build() {
	rm -rf "$out"
	mkdir -p "$out/kernel" "$out/arch/x86" "$out/scripts" "$out/drivers" "$tree/arch/x86"
	printf 'char big_table[5000] = {1}; static int twin(void) { return 1; } int (*a)(void) = twin;\n' >"$tree/kernel/sched.c"
	printf 'char other[300] = {1}; static int twin(void) { return 2; } int (*b)(void) = twin; extern char big_table[]; char *p = big_table;\n' \
		>"$tree/kernel/fork.c"
	printf '.globl entry\n.type entry,@function\nentry:\n.skip 700, 0x90\n.size entry, .-entry\n' >"$tree/arch/x86/entry.S"
	(
		cd "$out"
		gcc -O1 -fno-pie -c -o kernel/sched.o "$tree/kernel/sched.c"
		gcc -O1 -fno-pie -c -o kernel/fork.o "$tree/kernel/fork.c"
		gcc -c -o arch/x86/entry.o "$tree/arch/x86/entry.S"
		ar cDPrT kernel/built-in.a kernel/sched.o kernel/fork.o
		ar cDPrT vmlinux.a arch/x86/entry.o kernel/sched.o kernel/fork.o
		ld -e entry -o vmlinux --whole-archive vmlinux.a
		echo 'char x[90000];' | gcc -x c -c -o scripts/hosttool.o -
		echo 'char y[90000];' | gcc -x c -c -o drivers/module.o -
		echo 'char z[90000];' | gcc -x c -c -o .tmp_vmlinux.o -
		cp kernel/sched.o vmlinux.o
	)
}

one() {
	toy_tree "$work/t"
	build
	list=$(use "$tree/kernel" osize 2>/dev/null)
	is "$sh: the largest object comes first, by its source's name" "$(printf '%s\n' "$list" | sed -n 1p | awk '{ print ($1 >= 5000 && $1 < 5100), $2 }')" \
		'1 kernel/sched.c'
	is "$sh: an assembler file has its own ending (defect osize-3)" "$(printf '%s\n' "$list" | awk '$2 ~ /entry/ { print $1, $2 }')" '700 arch/x86/entry.S'
	is "$sh: host tools, modules and temporary objects are not in it (defect osize-1)" "$(printf '%s\n' "$list" | grep -c 'hosttool\|module\|tmp\|vmlinux.o')" 0
	is "$sh: two static functions of one name are given to both" "$(printf '%s\n' "$list" | awk '$2 ~ /fork/ { print ($1 > 300) }')" 1
	is "$sh: COUNT limits the list" "$(use "$tree" 'osize 1' 2>/dev/null | wc -l)" 1
	ok "$sh: the sum is told, and nothing is counted twice (defect osize-2)" use "$tree" 'osize 2>&1 >/dev/null | grep "bytes of symbols from 3 objects"'
	fails "$sh: COUNT must be a number" 2 'no positive number' use "$tree" 'osize many'
	fails "$sh: ... a positive one" 2 'no positive number' use "$tree" 'osize -1'
	fails "$sh: too many arguments" 2 'unexpected' use "$tree" 'osize 1 2'
	: >"$out/vmlinux"
	fails "$sh: an image without symbols is an error" 1 'finds no symbols' use "$tree" osize
	rm "$out/vmlinux"
	fails "$sh: without a linked kernel it says so" 1 'no linked kernel' use "$tree" osize
	ok "$sh: -h" use / 'osize -h | grep -q "usage: osize"'
}

# With LTO the objects are bitcode, which only LLVM's nm reads, and names get a suffix.
lto() {
	if ! command -v clang >/dev/null || ! command -v ld.lld >/dev/null || ! command -v llvm-nm >/dev/null; then
		skip "$sh: ThinLTO objects" "clang, lld or llvm is not installed"
		return 0
	fi
	toy_tree "$work/t"
	build
	(
		cd "$out"
		clang -O1 -flto=thin -c -o kernel/sched.o "$tree/kernel/sched.c"
		clang -O1 -flto=thin -c -o kernel/fork.o "$tree/kernel/fork.c"
		rm vmlinux.a && llvm-ar cDPrT vmlinux.a arch/x86/entry.o kernel/sched.o kernel/fork.o
		ld.lld -e entry -o vmlinux --whole-archive vmlinux.a
	)
	setup=setup_clang.sh
	is "$sh: ThinLTO objects are attributed, too (defect osize-4)" \
		"$(use "$tree" "IK_OUT=out; osize" 2>/dev/null | awk '$2 == "kernel/sched.c" { print ($1 >= 5000) }')" 1
	setup=setup.sh
}

in_each_shell one
in_each_shell lto
done_testing
