#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Without --drive: the program finds WSL, the drive, the profile and the mode by itself, in a root that looks like a
# distribution of inbox or Store WSL (mountinfo, command line, /init and its environment are played).
# usage: discover.t (from the top of the tree, as root)
# Only the outer process removes files: out there the namespace and with it every mount is gone. Inside, the machine's
# own /usr hangs below the work directory, and a removal after a failed umount would take it along.
# shellcheck disable=SC2016,SC2317,SC2001 # sh -c gets its words as arguments; functions are called by ok and fails
if [ "${IK_DISCOVER_NS:-}" != 1 ]; then
	outer=$(mktemp -d) || exit 1
	status=0
	IK_DISCOVER_NS=1 TMPDIR=$outer unshare -m -p --fork --kill-child --propagation private "$0" "$@" || status=$?
	grep -q " $outer/" /proc/self/mountinfo || rm -rf "$outer"
	exit "$status"
fi
. postinst-helper/tests/integ/lib.sh
trap 'kill "${init_pid:-}" 2>/dev/null' EXIT
image official.img "$OFFICIAL" 1M
image ours1.img "$OURS1" 1M
R=$W/root
C=$R/mnt/c
init_pid=

# bind_read_only DIR: shows a directory of the machine in the root; nothing below it can be changed or removed there.
bind_read_only() {
	mount --bind "$1" "$R$1" && mount -o remount,bind,ro "$R$1"
}

# A root with the machine's programs, and a tmpfs for the drive, so that it has a mount line of its own.
make_root() {
	local d
	mkdir -p "$R" && mount --bind "$R" "$R"
	mkdir -p "$R"/{proc,usr,etc,mnt/c,run/lock,tmp,var/lib,var/log,sys/bus/vmbus,dev} "$W/fake"
	for d in bin lib lib64 sbin; do
		if [ -L "/$d" ]; then ln -s "usr/$d" "$R/$d"; else mkdir -p "$R/$d" && bind_read_only "/$d"; fi
	done
	bind_read_only /usr && mount -t proc proc "$R/proc" && mount -t tmpfs -o mode=0777 tmpfs "$C" || return 1
	cp "$PROGRAM" "$R/immensity-kernel"
	# A build for coverage writes its counters where it was built.
	d=$(dirname "$PROGRAM")
	[ ! -e "$d/libik.a" ] || { mkdir -p "$R$d" && mount --bind "$d" "$R$d"; }
	cp /bin/sleep "$R/init"
	mount --bind "$R/init" "$R/init"
	mkdir -p "$R/etc/ssl"
	cp "$W/ours1.img" "$R/tmp/ours.img"
}

# drive: an empty Windows on the tmpfs, owned by user 1000 as WSL shows it.
fill_drive() {
	local own="Users/Ann/AppData/Local"
	rm -rf "${C:?}"/* "$R"/var/lib/immensity-kernel
	mkdir -p "$C/Windows/System32/lxss/tools" "$C/$own" "$C/Users/Bob"
	: >"$C/Users/Ann/NTUSER.DAT"
	: >"$C/Users/Bob/NTUSER.DAT"
	cp "$W/official.img" "$C/Windows/System32/lxss/tools/kernel"
	chown -R 1000:1000 "$C"
	mount --make-private "$C"
}

# play LINE_OF_DRIVE COMMAND_LINE INIT: what the program will see of the kernel and the mounts.
play() {
	printf '%s\n' "$2" >"$W/fake/cmdline"
	umount "$R/proc/cmdline" 2>/dev/null
	mount --bind "$W/fake/cmdline" "$R/proc/cmdline"
	local id dev
	id=$(awk -v p="$C" '$5 == p { print $1 }' /proc/self/mountinfo | tail -n 1)
	dev=$(awk -v p="$C" '$5 == p { print $3 }' /proc/self/mountinfo | tail -n 1)
	{
		echo "20 1 8:1 / / rw - ext4 /dev/sdc rw"
		echo "21 20 0:5 / /proc rw - proc proc rw"
		echo "$3"
		[ -z "$1" ] || echo "$id 20 $dev / /mnt/c rw,noatime - $1"
	} >"$W/fake/mountinfo"
}

# run ARG...: the program in that root; the mounts it sees are the played ones.
run() {
	chroot "$R" /bin/sh -c '
		mount --bind "$0" "/proc/$$/mountinfo" || exit 99
		exec /immensity-kernel "$@"' /tmp/mountinfo "$@"
}

go() {
	cp "$W/fake/mountinfo" "$R/tmp/mountinfo"
	run "$@"
}

# found PATH ARG...: one value of its JSON.
found() {
	local path=$1
	shift
	go --json "$@" 2>/dev/null | python3 "$HERE/field.py" docs/output.schema.json "$path"
}

start_init() {
	kill "$init_pid" 2>/dev/null
	wait "$init_pid" 2>/dev/null
	env -i "$@" /usr/sbin/chroot "$R" /init 600 &
	init_pid=$!
	sleep 0.2
}

NINE='9p C:\134 rw,aname=drvfs;path=C:\;uid=1000;gid=1000;symlinkroot=/mnt/,cache=5,trans=fd'
INBOX_INIT='22 20 0:24 / /init ro - 9p tools ro,aname=tools;fmask=022,trans=fd'
STORE_INIT='22 20 0:2 /init /init ro - rootfs rootfs rw'

inbox() {
	fill_drive
	play "$NINE" 'initrd=\initrd.img panic=-1 nr_cpus=8' "$INBOX_INIT"
	start_init PATH=/bin
	is "inbox: WSL 2" "$(found data.environment.wsl status)" 2
	is "inbox: flavour" "$(found data.environment.flavour status)" inbox
	is "inbox: the drive" "$(found data.drive.path status)" /mnt/c
	is "inbox: mode" "$(found data.mode status)" lxss
	is "inbox: install" "$(found data.action install --image /tmp/ours.img)" installed
	same "inbox: in place" "$C/Windows/System32/lxss/tools/kernel" "$W/ours1.img"
	is "inbox: written as the mount's user" "$(stat -c %u "$C/Windows/System32/lxss/tools/immensity-official.img")" 1000
	is "inbox: maint remove" "$(go maint --event=remove --format=deb >/dev/null 2>&1; echo $?)" 0
	same "inbox: the official kernel" "$C/Windows/System32/lxss/tools/kernel" "$W/official.img"
}

store() {
	fill_drive
	play "$NINE" 'initrd=\initrd.img WSL_ROOT_INIT=1 panic=-1' "$STORE_INIT"
	start_init 'WSL2_USER_PROFILE=C:\Users\Ann' 'WSL2_INSTALL_PATH=C:\Program Files\WSL' WSL_DISTRO_NAME=Debian
	is "Store: flavour" "$(found data.environment.flavour status)" store
	is "Store: distro" "$(found data.environment.distro status)" Debian
	is "Store: mode" "$(found data.mode status)" wslconfig
	is "Store: the profile that WSL names, of two" "$(found data.profile status)" /mnt/c/Users/Ann
	is "Store: install" "$(found data.action install --image /tmp/ours.img)" installed
	ok "Store: the key" grep -q '^kernel=C:\\\\Users\\\\Ann\\\\AppData' "$C/Users/Ann/.wslconfig"
	ok "Store: the other user is left alone" test ! -e "$C/Users/Bob/.wslconfig"
	same "Store: the lxss kernel is left alone" "$C/Windows/System32/lxss/tools/kernel" "$W/official.img"
	is "Store: remove" "$(found data.action remove)" removed
	ok "Store: no trace" test -z "$(find "$C/Users" -name '*mmensity*' -o -name '.wslconfig')"
}

no_drive() {
	fill_drive
	play "" 'initrd=\initrd.img WSL_ROOT_INIT=1 panic=-1' "$STORE_INIT"
	is "no drive mounted: pending" "$(go install --image /tmp/ours.img >/dev/null 2>&1; echo $?)" 7
	is "which is remembered" "$(found data.pending_detail.code status)" drive-missing
	is "and maint succeeds" "$(go maint --event=configure --format=rpm >/dev/null 2>&1; echo $?)" 0
	play "$(sed 's/C:/D:/g' <<<"$NINE")" 'initrd=\initrd.img WSL_ROOT_INIT=1 panic=-1' "$STORE_INIT"
	is "Windows on D:" "$(found data.drive.letter status)" D
	rm -r "$C/Windows"
	is "a drive without Windows is none" "$(go install --image /tmp/ours.img >/dev/null 2>&1; echo $?)" 7
	fill_drive
	play 'ext4 /dev/sdb rw' 'initrd=\initrd.img WSL_ROOT_INIT=1 panic=-1' "$STORE_INIT"
	is "an ordinary file system at /mnt/c is none" "$(go install --image /tmp/ours.img >/dev/null 2>&1; echo $?)" 7
	is "and nothing was written" "$(find "$C" -name '*mmensity*')" ""
	play "$NINE" 'BOOT_IMAGE=/vmlinuz quiet' ''
	rmdir "$R/sys/bus/vmbus"
	is "not WSL: not applicable" "$(go install --image /tmp/ours.img >/dev/null 2>&1; echo $?)" 6
}

# Hosts and settings that are not as the program would like them: each says why, and what to do.
odd_hosts() {
	fill_drive
	mkdir -p "$R/sys/bus/vmbus"
	play "$NINE" 'initrd=\initrd.img WSL_ROOT_INIT=1 panic=-1' "$STORE_INIT"
	start_init 'WSL2_USER_PROFILE=C:\Users\Gone' 'WSL2_INSTALL_PATH=no path' WSL2_VERSION=x
	fails "a profile that is gone, and two others: it does not guess" 3 "more than one" go install --image /tmp/ours.img
	is "the named one" "$(go --profile /mnt/c/Users/Bob install --image /tmp/ours.img >/dev/null; echo $?)" 0
	ok "is used" test -f "$C/Users/Bob/.wslconfig"
	is "the letter that was asked for" "$(found data.drive.letter --drive-letter C status)" C
	is "another letter: pending" "$(go --drive-letter D --profile /mnt/c/Users/Bob install --image /tmp/ours.img \
		>/dev/null 2>&1; echo $?)" 7
	ok "doctor says that this is WSL 2" grep -q "WSL 2 (store" <(go doctor 2>&1)
	ok "verbose status tells the signs" grep -q "WSL_ROOT_INIT=1" <(go -v --profile /mnt/c/Users/Bob status)
	is "without the state directory's option there is a log" \
		"$(go --profile /mnt/c/Users/Bob remove >/dev/null; tail -n 1 "$R"/var/log/immensity-kernel.log | grep -c ': removed, mode wslconfig')" 1
	play "$NINE" 'BOOT_IMAGE=/vmlinuz quiet' ''
	sed -i 's/^20 1 8:1 .*/20 1 8:1 \/ \/ rw - wslfs rootfs rw/' "$W/fake/mountinfo"
	fails "WSL 1" 6 "WSL 1, which has no Linux kernel" go install --image /tmp/ours.img
	ok "with the way out" grep -q "wsl --set-version" <(go install --image /tmp/ours.img 2>&1)
	kill "$init_pid" 2>/dev/null
	play "" 'initrd=\initrd.img WSL_ROOT_INIT=1 panic=-1' ''
	fails "a container on WSL" 6 "container" go install --image /tmp/ours.img
}

if make_root; then
	inbox
	store
	odd_hosts
	no_drive
else
	skip "finding the drive" "no private mounts here"
fi
done_testing
