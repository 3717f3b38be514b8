# SPDX-License-Identifier: GPL-2.0-or-later
# What the suites of this folder share: finding packaged kernels, making their modules disk, running one image.
# Source it after tests/lib/tap.sh with $work set to a temporary directory. It decides nothing about what must pass.
# shellcheck shell=sh disable=SC2154

boot=tests/boot
# The service's words on the kernel's command line, as WSL gives them.
wsl_words='initrd=\initrd.img WSL_ROOT_INIT=1 nr_cpus=1 hv_utils.timesync_implicit=1 printk.devkmsg=on'
wsl_words="$wsl_words page_reporting.page_reporting_order=9 pty.legacy_count=0"

# unpack_packages: prints "RELEASE IMAGES-DIR MODULES-BASE" for each kernel package in dist/, newest version first.
unpack_packages() {
	for package in $(printf '%s\n' dist/linux-image-*.deb | grep -v -e '-dbg' | sort -rV); do
		[ -f "$package" ] || continue
		tree=$work/$(basename "$package" .deb)
		mkdir -p "$tree"
		dpkg-deb -x "$package" "$tree" || return 1
		for images in "$tree"/usr/lib/immensity-wsl-kernel/*/; do
			base=$tree
			[ -d "$tree/lib/modules" ] || base=$tree/usr
			echo "$(basename "$images") ${images%/} $base"
		done
	done
}

# developer_kernel: the same line for IK_BOOT_DIR, which holds vmlinux.bin, bzImage and lib/modules/RELEASE.
developer_kernel() {
	for modules in "$IK_BOOT_DIR"/lib/modules/*/; do
		echo "$(basename "$modules") $IK_BOOT_DIR $IK_BOOT_DIR"
	done
}

# kernels: all kernels to test, one a line, in $work/kernels; fails with a message when there is none.
find_kernels() {
	if [ -n "${IK_BOOT_DIR:-}" ]; then
		developer_kernel >"$work/kernels"
	else
		unpack_packages >"$work/kernels"
	fi
	if ! [ -s "$work/kernels" ]; then
		echo "dist/ holds no kernel package: run \`make\` first, or set IK_BOOT_DIR (see $boot/README.md)" >&2
		return 1
	fi
}

# modules_disk RELEASE BASE FILE: an ext4 image with the modules at its root, as WSL's modules disk has them.
modules_disk() {
	modules=$2/lib/modules/$1
	[ -d "$modules" ] || { echo "the package has no $modules" >&2; return 1; }
	# Packages leave the index to depmod on the user's system.
	[ -f "$modules/modules.dep" ] || depmod -b "$2" "$1" || return 1
	size=$(du -sm --apparent-size "$modules" | cut -f1)
	rm -f "$3"
	truncate -s "$((size * 5 / 4 + 16))M" "$3"
	mkfs.ext4 -q -d "$modules" "$3"
}

# run_image IMAGE RELEASE OUTPUT [WORD...]: boots it with $work/c as C: and $work/data beside it; the runner's status.
run_image() {
	image=$1 expected=$2 output=$3
	shift 3
	"$boot/runvm" --kernel "$image" --initrd "$work/initramfs" --timeout "${IK_BOOT_TIMEOUT:-240}" \
		--console "$output.console" --share "drvfs=$work/c" --share "ikdata=$work/data" \
		--append "$wsl_words IK_MODE=checks IK_RELEASE=$expected $*" >"$output"
}

# make_drive: a fresh directory that plays C:, with a file for the guest to read.
make_drive() {
	rm -rf "$work/c"
	tests/wslsim/wslsim init "$work/c" && echo "written by the host" >"$work/c/from-host.txt"
}
