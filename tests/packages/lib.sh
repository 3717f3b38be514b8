# SPDX-License-Identifier: GPL-2.0-or-later
# What the package suites share: the packages under test, a second version of them, directories that play drive C:, and
# the checks made after each step. It is sourced from the top of the tree and knows no package manager.
# shellcheck shell=sh disable=SC2034

# shellcheck source=tests/lib/tap.sh
. tests/lib/tap.sh

export LC_ALL=C TZ=UTC DEBIAN_FRONTEND=noninteractive
umask 022
dist=${IK_DIST:-dist}
# Every path that a suite writes or removes begins with this one: without it nothing may run.
work=$(mktemp -d "${TMPDIR:-/tmp}/ik-packages.XXXXXX") && [ -d "$work" ] || exit 1
trap clean_up EXIT
trap 'exit 130' INT TERM

# Unmounts what a suite mounted below its directory, deepest first, then removes it. Nothing else is touched.
clean_up() {
	awk -v below="$work/" 'index($5, below) == 1 { print $5 }' /proc/self/mountinfo | sort -r | while IFS= read -r mounted; do
		umount "$mounted" || umount -l "$mounted"
	done
	rm -rf --one-file-system "$work"
}

# stop REASON: the suite cannot go on; one failed result says why.
stop() {
	tap_report 1 "$1"
	shift
	[ $# -eq 0 ] || diag "$@"
	done_testing
}

# need_root: installing into roots takes chroot and mount.
need_root() {
	[ "$(id -u)" -eq 0 ] && return 0
	skip "packages in minimal roots" "needs root (chroot, mount)"
	done_testing
}

# find_version: the version of the stable kernel packages in dist/, and what follows from it.
find_version() {
	set -- "$dist"/immensity-wsl-kernel_*_amd64.deb
	[ -f "$1" ] || stop "packages of the stable kernel are in $dist" "run: make"
	[ $# -eq 1 ] || stop "$dist holds one version of the stable kernel" "$@"
	version=${1##*/immensity-wsl-kernel_}
	version=${version%_amd64.deb}
	release=$version-immensity-microsoft-standard-WSL2
	release_lc=$(printf '%s' "$release" | tr '[:upper:]' '[:lower:]')
	version2=${version%-*}-$((${version##*-} + 1))
	version_lts=1.2.3-4
	release_lts=$version_lts-immensity-microsoft-standard-WSL2
	release2=$version2-immensity-microsoft-standard-WSL2
	release2_lc=$(printf '%s' "$release2" | tr '[:upper:]' '[:lower:]')
}

# second_version: packages of the next revision, .deb and .rpm, in $second, and of a longterm one in $second/lts. They are built from debian/ and the spec as
# the first ones are, but from a synthetic stage: what is tested is how they install, not the kernel in them.
second_version() {
	key=$(cat debian/control debian/*.in debian/rules debian/changelog debian/scripts/generate rpm/wsl-kernel.spec \
		mk/scripts/build-deb mk/scripts/build-rpm mk/scripts/debian-copy mk/scripts/rpm-spec \
		tests/packages/make-stage tests/packages/lib.sh |
		sha256sum | cut -c1-16)
	shelf=${IK_BUILD:-build}/test-packages/second
	second=$shelf/$version2-$key
	mkdir -p "$shelf"
	# Suites run side by side: one builds, the others wait.
	exec 8>"$shelf/lock"
	flock 8
	[ -f "$second/done" ] || build_second
	exec 8>&-
}

build_second() {
	find "$shelf" -mindepth 1 -maxdepth 1 -type d -exec rm -rf {} +
	mkdir -p "$second"
	{
		tests/packages/make-stage "$version2" stable "$work/stage2" &&
			build_from "$work/stage2" "$version2" "$second" &&
			tests/packages/make-stage "$version_lts" longterm "$work/stage-lts" &&
			build_from "$work/stage-lts" "$version_lts" "$second/lts" longterm
	} >"$work/second.log" 2>&1 8>&- || stop "packages of a second version can be built" "$(tail -n 30 "$work/second.log")"
	touch "$second/done"
}

# build_from STAGE VERSION DIRECTORY [SERIES]: .deb and .rpm of the kernel from a stage, as mk/packages.mk does it.
build_from() {
	SOURCE_DATE_EPOCH=$(date -d "$(sed -n 's/^ -- .*>  //p' debian/changelog | head -n 1)" +%s)
	export SOURCE_DATE_EPOCH
	mk/scripts/debian-copy "${4:-stable}" "$2" "$3.work/deb/source" || return
	IK_STAGE=$(realpath "$1") mk/scripts/build-deb "$3.work/deb/source" "$3" || return
	mk/scripts/build-rpm rpm/wsl-kernel.spec "$3.work/deb/source/debian/changelog" "$3.work/rpm" "$3" \
		"stagedir=$(realpath "$1")" || return
	rm -rf "$3.work"
}

# make_inbox_drive DIRECTORY FORMAT: C: of a Windows with the kernel of the inbox WSL, hard-linked into the component
# store. The official kernel is an image of FORMAT.
make_inbox_drive() {
	drive=$1 target_format=$2
	tests/wslsim/make-image --format "$2" --size 1536K --seed official "$work/official"
	printf '[wsl2]\r\nmemory=4GB\r\n' |
		tests/wslsim/wslsim init --flavour inbox --official "$work/official" --user Tester --wslconfig - "$1" >"$work/init.log" ||
		stop "a drive with the inbox WSL can be made" "$(cat "$work/init.log")"
	target=$1/Windows/System32/lxss/tools/kernel
	store_link=$(find "$1/Windows/WinSxS" -type f -name kernel)
	identity=$(stat -c '%i %h' "$target")
}

# make_store_drive DIRECTORY: C: of a Windows with WSL from the Store, and a .wslconfig that is easy to spoil.
make_store_drive() {
	drive=$1
	printf '\357\273\277# mine\r\n[wsl2]\r\nmemory = 4GB\r\n\r\n[experimental]\r\nsparseVhd=true' >"$work/wslconfig.orig"
	tests/wslsim/wslsim init --flavour store --user Tester --wslconfig "$work/wslconfig.orig" "$1" >"$work/init.log" ||
		stop "a drive with WSL from the Store can be made" "$(cat "$work/init.log")"
	wslconfig=$1/Users/Tester/.wslconfig
	ok "the drive starts with the .wslconfig of the test" cmp "$wslconfig" "$work/wslconfig.orig"
}

# booted: the file that Windows would boot from the drive, judged by the simulated host; or its error.
booted() {
	tests/wslsim/wslsim which-kernel --user Tester "$drive" 2>&1 | sed -n -e 's/^kernel: //p' -e '/^error: /p'
}

# write_conf FILE LINE...: the settings through which the program finds the drive.
write_conf() {
	conf_file=$1
	shift
	printf '%s\n' "# written by the test" "$@" >"$conf_file"
}

# packaged ROOT RELEASE FORMAT: the image of that release inside a root.
packaged() {
	case "$3" in
	elf) echo "$1/usr/lib/immensity-wsl-kernel/$2/vmlinux.bin" ;;
	*) echo "$1/usr/lib/immensity-wsl-kernel/$2/bzImage" ;;
	esac
}

# status_value ROOT KEY: one value of `immensity-kernel --json status` run in a root; KEY is a dotted path below "data".
status_value() {
	chroot "$1" immensity-kernel --json status 2>"$work/status.err" | python3 -c '
import json, sys
value = json.load(sys.stdin)["data"]
for key in sys.argv[1].split("."):
    value = value[key] if isinstance(value, dict) else None
print(json.dumps(value) if not isinstance(value, str) else value)' "$2" || cat "$work/status.err"
}

sum_of() {
	sha256sum "$1" 2>&1 | cut -d' ' -f1
}

# check_in_place STEP ROOT RELEASE: the kernel that Windows boots is the packaged one, put there in place.
check_in_place() {
	ok "$1: the target holds the packaged image" cmp "$target" "$(packaged "$2" "$3" "$target_format")"
	is "$1: Windows would boot it" "$(booted)" "$target"
	is "$1: inode and link count are kept" "$(stat -c '%i %h' "$target")" "$identity"
	ok "$1: the component store sees the same bytes" cmp "$target" "$store_link"
	is "$1: a backup has the official digest" "$(backup_with "$(sum_of "$work/official")" "$target")" found
	is "$1: status: mode" "$(status_value "$2" mode)" lxss
	is "$1: status: target is ours" "$(status_value "$2" target.state)" ours
	is "$1: status: target digest" "$(status_value "$2" target.sha256)" "$(sum_of "$target")"
	is "$1: status: target release" "$(status_value "$2" target.release)" "$3"
	is "$1: status: nothing pending" "$(status_value "$2" pending)" false
}

# backup_with DIGEST TARGET: "found" when a file beside the target has that digest.
backup_with() {
	case "$(find "${2%/*}" -type f -name 'immensity-*' -exec sha256sum {} +)" in
	*"$1  "*) echo found ;;
	*) echo missing ;;
	esac
}

# check_official STEP: Windows has its own kernel back, in the same file.
check_official() {
	ok "$1: the target holds the official kernel" cmp "$target" "$work/official"
	is "$1: inode and link count are kept" "$(stat -c '%i %h' "$target")" "$identity"
	ok "$1: the component store sees the same bytes" cmp "$target" "$store_link"
}

# only_key_differs ORIGINAL NEW: the new file is the original plus exactly one line with the key kernel.
only_key_differs() {
	python3 - "$1" "$2" <<-'EOT'
		import re, sys
		old, new = (open(name, "rb").read() for name in sys.argv[1:])
		keys = re.findall(rb"(?m)^[ \t]*kernel[ \t]*=[^\r\n]*", new)
		assert len(keys) == 1, f"{len(keys)} lines with the key kernel"
		ends = [new.replace(end, b"", 1) for end in
		        (keys[0] + b"\r\n", keys[0] + b"\n", b"\r\n" + keys[0], b"\n" + keys[0])]
		assert old in ends, f"more than the key differs:\n{old!r}\n{new!r}"
	EOT
}

# check_named STEP ROOT RELEASE: .wslconfig names a copy of the packaged image and is otherwise untouched.
check_named() {
	ok "$1: .wslconfig differs in exactly the one key" only_key_differs "$work/wslconfig.orig" "$wslconfig"
	ok "$1: Windows would boot the packaged image" cmp "$(booted)" "$(packaged "$2" "$3" bzimage)"
	is "$1: status: mode" "$(status_value "$2" mode)" wslconfig
	is "$1: status: target is ours" "$(status_value "$2" target.state)" ours
	is "$1: status: target release" "$(status_value "$2" target.release)" "$3"
	is "$1: status: nothing pending" "$(status_value "$2" pending)" false
}

# check_unnamed STEP: .wslconfig is as it was, byte for byte.
check_unnamed() {
	ok "$1: .wslconfig is as it was, byte for byte" cmp "$wslconfig" "$work/wslconfig.orig"
}

# read_only DIRECTORY: from now on nothing below it can be written, not even by root.
read_only() {
	mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"
}
