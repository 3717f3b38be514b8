# SPDX-License-Identifier: GPL-2.0-or-later
# Folders that look like /proc of WSL 2, WSL 1, a container on WSL and ordinary Linux, for the suites of ktest, wktest,
# inc and winc. Sourced after lib.sh.
# shellcheck shell=sh
# shellcheck disable=SC2154  # work is set by lib.sh

IK_SYSROOT=$work/sys
export IK_SYSROOT
unset WSL_INTEROP

# plays RELEASE MOUNTS
plays() {
	rm -rf "$IK_SYSROOT"
	mkdir -p "$IK_SYSROOT/proc/sys/kernel" "$IK_SYSROOT/proc/sys/fs/binfmt_misc"
	echo "$1" >"$IK_SYSROOT/proc/sys/kernel/osrelease"
	printf '%s\n' "$2" >"$IK_SYSROOT/proc/mounts"
}

plays_interop() {
	printf 'enabled\ninterpreter /init\nflags: PF\noffset 0\nmagic 4d5a\n' >"$IK_SYSROOT/proc/sys/fs/binfmt_misc/WSLInterop"
}

plays_wsl2() {
	plays 5.15.167.4-microsoft-standard-WSL2 '/dev/sdc / ext4 rw 0 0
C:\134 /data/c 9p rw,aname=drvfs 0 0'
	plays_interop
}

plays_wsl1() {
	plays 4.4.0-19041-Microsoft 'rootfs / wslfs rw 0 0
C: /win/my\040c drvfs rw 0 0'
	plays_interop
}

plays_container() {
	plays 5.15.167.4-microsoft-standard-WSL2 'overlay / overlay rw 0 0'
}

plays_linux() {
	plays 6.1.0-18-amd64 '/dev/vda / ext4 rw 0 0'
}
plays_linux

# real_image: sets real_old and real_new to images that immensity-kernel accepts: ELF files for x86-64, whole by their
# headers, with a release that WSL accepts.
real_image() {
	real_old=$work/old.elf real_new=$work/new.elf
	elf_image "$real_old" 5.10.16.3-microsoft-standard-WSL2 1
	elf_image "$real_new" 7.3.4-1-immensity-microsoft-standard-WSL2 2
}

# elf_image FILE RELEASE NUMBER: one segment that holds the banner, and before it, as in every kernel, the one without a
# number.
elf_image() {
	{
		printf '\177ELF\002\001\001\000\000\000\000\000\000\000\000\000'
		printf '\002\000\076\000\001\000\000\000\000\000\000\001\000\000\000\000'
		printf '\100\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000'
		printf '\000\000\000\000\100\000\070\000\001\000\100\000\000\000\000\000'
		printf '\001\000\000\000\005\000\000\000\000\020\000\000\000\000\000\000'
		printf '\000\000\000\001\000\000\000\000\000\000\000\001\000\000\000\000'
		printf '\000\360\037\000\000\000\000\000\000\360\037\000\000\000\000\000'
		printf '\000\020\000\000\000\000\000\000'
		head -c 3976 /dev/zero
		printf 'Linux version %s (tester@host) (gcc 12) # SMP \n\000' "$2"
		printf 'Linux version %s (tester@host) (gcc 12) #%s SMP Sun Nov 22 10:00:00 UTC 2026\n\000' "$2" "$3"
		head -c 2097152 /dev/zero
	} | head -c 2097152 >"$1"
}

# arm64_image FILE RELEASE: the 64-byte header of an arm64 Image, then the banner.
arm64_image() {
	{
		head -c 56 /dev/zero
		printf 'ARMd\000\000\000\000'
		printf 'Linux version %s (tester@host) (gcc 12) #3 SMP Sun Nov 22 10:00:00 UTC 2026\n\000' "$2"
		head -c 1000 /dev/zero
	} >"$1"
}
