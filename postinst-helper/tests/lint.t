#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Checks the C sources as text and as built: layers, calls, layout, both compilers without a warning, hardening of the
# program. Each check of our own is shown to fail on a planted fault. It runs nothing of the program.
# shellcheck disable=SC2317 # functions are called by ok and fails
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/tap.sh
. tests/lib/tap.sh
# shellcheck source=tests/lib/elf.sh
. tests/lib/elf.sh
here=postinst-helper
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

# planted FILE LINE: a copy of the sources with one line added to FILE.
planted() {
	rm -rf "$tmp/src"
	cp -r "$here"/src "$tmp/src"
	printf '%s\n' "$2" >>"$tmp/src/$1"
}

layers() {
	(cd "$here" && scripts/check-layers layers.txt "$tmp/src")
}

calls() {
	(cd "$here" && scripts/check-calls "$tmp/src")
}

ok "layers and calls are kept" make -s --no-print-directory -C $here lint
planted codec/image.c '#include "os/sys.h"'
fails "a codec that opens files is caught" any 'layer codec may not include os/sys' layers
planted os/sys.c '#include "store/journal.h"'
fails "an include upwards is caught" any 'layer os may not include store' layers
planted io/probe.c 'int probe_planted(int fd) { return ftruncate(fd, 0); }'
fails "a write-side call outside os/sys.c is caught" any 'io/probe.c:.*only os/sys.c changes files' calls
planted flow/plan.c 'void plan_planted(void) { printf("x"); }'
fails "printing below cli is caught" any 'only cli prints' calls
planted store/journal.c 'void journal_planted(void) { exit(1); }'
fails "an exit below cli is caught" any 'end the process' calls
planted flow/status.c 'void status_planted(void) { system("wsl.exe"); }'
fails "starting a program is caught" any 'no program is started' calls

for cc in gcc clang; do
	ok "$cc builds without a warning" make -s --no-print-directory -C $here DEV=1 CC=$cc BUILD="$tmp/$cc" \
		PROGRAM_VERSION=0 all
done
program=$tmp/gcc/immensity-kernel
strip -o "$tmp/stripped" "$program" 2>/dev/null
size=$(stat -c %s "$tmp/stripped" 2>/dev/null || echo 999999)
ok "the stripped program has at most 300 KiB ($size bytes)" [ "$size" -le 307200 ]

is "the stripped program is hardened" "$(weaknesses "$tmp/stripped")" ""
ok "no linked library but the five" sh -c "readelf -d '$program' | awk '/NEEDED/ { gsub(/[][]/, \"\", \$5); print \$5 }' |
	grep -vxE 'libc.so.6|libmount.so.1|libcrypto.so.3|libjansson.so.4|libinih.so.1' | wc -l | grep -qx 0"
done_testing
