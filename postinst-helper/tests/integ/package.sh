# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2034 # variables of lib.sh, and for it
# For tests of package events: packages under a /usr/lib that is seen only here. Sourced after lib.sh, in a mount namespace.
PACKAGES=/usr/lib/immensity-wsl-kernel
MODE=lxss
image official.img "$OFFICIAL" 1M
image newer.img "$OURS3" 1M

# An empty package directory over the machine's /usr/lib, seen only here.
private_usr_lib() {
	mkdir -p "$W/over"
	mount -t tmpfs tmpfs "$W/over" && mkdir "$W/over/up" "$W/over/work" &&
		mount -t overlay overlay -o "lowerdir=/usr/lib,upperdir=$W/over/up,workdir=$W/over/work" /usr/lib
}

# package SERIES RELEASE: what the kernel package of a series installs.
package() {
	local dir=$PACKAGES/$2 version=${2%%-immensity*}
	mkdir -p "$dir"
	"$SIM/make-image" --release "$2" --size 1M --seed "$2" "$dir/bzImage"
	"$SIM/make-image" --release "$2" --size 1M --seed "$2" --format elf "$dir/vmlinux.bin"
	cat >"$dir/manifest.json" <<-EOM
	{"schema":1,"release":"$2","version":"$version","series":"$1","arch":"x86_64","images":[
	{"file":"vmlinux.bin","format":"elf","size_bytes":$(stat -c %s "$dir/vmlinux.bin"),"sha256":"$(sum "$dir/vmlinux.bin")"},
	{"file":"bzImage","format":"bzimage","size_bytes":$(stat -c %s "$dir/bzImage"),"sha256":"$(sum "$dir/bzImage")"}]}
	EOM
	chmod -R go-w "$PACKAGES"
	ln -sfn "$2" "$PACKAGES/$1"
}

maint() {
	ik maint --format=deb "$@"
}

lines() {
	"$@" 2>&1 | wc -l
}

# read_only COMMAND...: with a drive that cannot be written at all.
read_only() {
	mount --bind "$D" "$D" && mount -o remount,ro,bind "$D" || return 99
	local status=0
	"$@" || status=$?
	umount "$D"
	return "$status"
}

# running RELEASE: what `uname -r` says, as far as the program asks.
running() {
	printf '%s\n' "$1" >"$W/release"
	mount --bind "$W/release" /proc/sys/kernel/osrelease
}

# refused NAME CODE PLACE COMMAND...: a package event that Windows refuses: exit 0, one line, nothing changed on the drive,
# and CODE at PLACE of the state (pending_detail or last_error; none = nothing is remembered).
refused() {
	local name=$1 code=$2 place=$3 before out status=0
	shift 3
	before=$(tree "$D")
	out=$("$@" 2>&1) || status=$?
	is "$name: exit 0" "$status" 0
	is "$name: one line" "$(printf '%s\n' "$out" | grep -c .)" 1
	ok "$name: with what to do" grep -Eq 'next step|not WSL 2|refusing' <<<"$out"
	is "$name: the drive is as before" "$(tree "$D")" "$before"
	[ "$place" = none ] || is "$name: remembered" "$(field "data.$place.code" status)" "$code"
}

# with_packages TEST...: runs these functions, where a private /usr/lib can be had.
with_packages() {
	local test
	trap 'chattr -R -i "$W" 2>/dev/null; umount -l /proc/sys/kernel/osrelease /usr/lib "$W/over" 2>/dev/null; rm -rf "$W"' EXIT
	if private_usr_lib; then
		for test; do "$test"; done
	else
		skip "package events" "no overlay file system here"
	fi
	done_testing
}
