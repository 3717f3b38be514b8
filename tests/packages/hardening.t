#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# How the program in the finished packages was compiled and linked: what checksec looks for in a file, and blhc in the
# log of its build. It runs nothing of the program. Usage: hardening.t
# shellcheck disable=SC2317 # functions are called by name through ok
set -u
# shellcheck source=tests/packages/lib.sh
. tests/packages/lib.sh
# shellcheck source=tests/lib/elf.sh
. tests/lib/elf.sh

build_log=${IK_BUILD:-build}/log/deb-program.log

# programs PACKAGE: unpacks it and prints the programs and libraries in it.
programs() {
	root=$work/${1##*/}
	mkdir -p "$root"
	case "$1" in
	*.deb) dpkg-deb -x "$1" "$root" ;;
	*.rpm) rpm2cpio "$1" | (cd "$root" && cpio -idm --quiet) ;;
	esac
	find "$root" -type f -exec sh -c 'head -c 4 "$1" | grep -q "^.ELF"' sh {} \; -print
}

for package in "$dist"/immensity-kernel_*_amd64.deb "$dist"/immensity-kernel-*.x86_64.rpm; do
	[ -f "$package" ] || stop "packages of the program are in $dist" "run: make"
	program=$(programs "$package")
	is "${package##*/}: one program" "${program#"$work/${package##*/}"}" /usr/bin/immensity-kernel
	is "${package##*/}: hardened" "$(weaknesses "$program")" ""
done
ok "blhc: every file of the program is compiled and linked with every hardening option" blhc --all "$build_log"

# The judges must be able to say no.
echo 'int main(int argc, char **argv) { char text[64]; __builtin_strcpy(text, argv[argc - 1]); return text[0]; }' >"$work/weak.c"
weak() {
	gcc -O0 -U_FORTIFY_SOURCE -fno-stack-protector "$@" -o "$work/weak" "$work/weak.c" && chmod u+s "$work/weak"
}
ok "a weak program can be made" weak -no-pie -Wl,-z,norelro,-z,lazy,-z,execstack,-rpath,/nowhere
is "... and is seen to lack all of it" "$(weaknesses "$work/weak" | tr '\n' ' ')" \
	"pie relro bind-now nx canary fortify rpath symbols set-id "
echo 'void _start(void) { }' >"$work/weak.c"
ok "one whose code can be written can be made" weak -nostdlib -static -Wl,-N
is "... and is seen, too" "$(weaknesses "$work/weak" | grep -x writable-code)" writable-code
sed 's/ -fstack-protector-strong / /g' "$build_log" >"$work/build.log"
fails "blhc sees one missing option" any 'CFLAGS missing .-fstack-protector-strong' blhc --all "$work/build.log"
done_testing
