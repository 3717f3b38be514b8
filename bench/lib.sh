# SPDX-License-Identifier: GPL-2.0-or-later
# What the measuring scripts share: errors, the guest's initial file system, and how a guest is started so that every
# run executes the same instructions. It is sourced; the caller sets here, work, image, memory and append.
# It must not know what is counted.
# shellcheck shell=sh disable=SC2154

die() {
	echo "error: $1" >&2
	[ -z "${2:-}" ] || echo "       $2" >&2
	exit 1
}

need_image() {
	{ [ -f "$1" ] && [ -r "$1" ]; } ||
		die "$1: no such image, or it cannot be read" "build it first: make kernel"
	command -v qemu-system-x86_64 >/dev/null ||
		die "qemu-system-x86_64 is not installed" "apt-get install qemu-system-x86"
}

qemu_version() {
	qemu-system-x86_64 --version | sed -n '1s/.*version \([0-9.]*[0-9]\).*/\1/p'
}

# make_initrd: a cpio archive with our init. It is position-independent, so that its addresses tell it from firmware.
make_initrd() {
	mkdir "$work/root"
	"${CC:-cc}" -Os -static-pie -o "$work/root/init" "$here/init.c" ||
		die "bench/init.c does not compile" "apt-get install libc6-dev"
	strip "$work/root/init"
	(cd "$work/root" && echo init | cpio --quiet -o -H newc -R 0:0) >"$work/initrd"
}

# boot: runs the guest to its end; what it printed is in $work/console. $plugin is an option of QEMU, or nothing.
boot() {
	timeout 300 qemu-system-x86_64 -accel tcg -icount shift=0,sleep=off -cpu max -m "$memory" -smp 1 -nographic \
		-no-reboot -net none -kernel "$image" -initrd "$work/initrd" -append "console=ttyS0 panic=-1 $append" \
		${plugin:+-plugin "$plugin"} </dev/null >"$work/log" 2>&1 || true
	tr -d '\r' <"$work/log" >"$work/console"
	grep -q '^bench-end' "$work/console" || {
		tail -n 15 "$work/console" >&2
		die "$image did not reach init" "its last messages are above"
	}
}
