# SPDX-License-Identifier: GPL-2.0-or-later
# Reads kernel images (bzImage, ELF, arm64 Image) by their structure, and build numbers: zver, buildnum, zerover.
# It only reads files and needs no more than od, dd and grep; where a product lies is not its business.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154  # shared with the other parts

# Offsets of the x86 boot protocol (Documentation/arch/x86/boot.rst), of the ELF64 header (System V ABI) and of the
# arm64 image header (Documentation/arch/arm64/booting.rst).
X86_SETUP_SECTS=497 X86_SYSSIZE=500 X86_MAGIC=514 X86_VERSION_PTR=526
ELF_MACHINE=18 ELF_PHOFF=32 ELF_PHENTSIZE=54 ELF_PHNUM=56 PHDR_OFFSET=8 PHDR_FILESZ=32
ARM64_MAGIC=56

# hex_at FILE OFFSET COUNT: the bytes as hexadecimal digits.
hex_at() {
	od -An -v -tx1 -j "$2" -N "$3" <"$1" 2>/dev/null | tr -d ' \n'
}

# number_at FILE OFFSET COUNT: a little-endian number; a file that ends before it counts as 0.
number_at() {
	number_hex=$(hex_at "$@")
	number_text=
	while [ -n "$number_hex" ]; do
		number_text=$(printf '%.2s' "$number_hex")$number_text
		number_hex=${number_hex#??}
	done
	echo "$((0x${number_text:-0}))"
}

bad_image() {
	die "$FAILED" "$1: $2" "wanted: a bzImage, an uncompressed ELF kernel or an arm64 Image"
}

# banner_in FILE: the text "Linux version ..." that every uncompressed kernel holds. There is another one before it, of
# the time when the number of the build was not known yet.
banner_in() {
	LC_ALL=C grep -a -o -m 1 'Linux version [0-9][^[:cntrl:]]* #[0-9][^[:cntrl:]]*' <"$1" | head -n 1
}

# read_bzimage FILE: the version string that the boot header points to, after checking that the file is whole.
read_bzimage() {
	img_kind=bzImage
	bz_sects=$(number_at "$1" $X86_SETUP_SECTS 1)
	[ "$bz_sects" -ne 0 ] || bz_sects=4
	bz_size=$(((bz_sects + 1) * 512 + $(number_at "$1" $X86_SYSSIZE 4) * 16))
	[ "$(size_of "$1")" -ge "$bz_size" ] || bad_image "$1" "this bzImage is cut off ($(size_of "$1") of $bz_size bytes)"
	bz_text=$(number_at "$1" $X86_VERSION_PTR 2)
	if [ "$bz_text" -eq 0 ] || [ "$bz_text" -ge $((bz_sects * 512)) ]; then
		bad_image "$1" "this bzImage has no version string"
	fi
	bz_text=$(tail -c +$((bz_text + 513)) -- "$1" | head -c 512 | tr '\000' '\n' | head -n 1)
	img_banner="Linux version $bz_text"
}

# read_elf FILE: refuses an ELF file of another machine and one that ends before its segments do.
read_elf() {
	img_kind=ELF
	[ "$(hex_at "$1" 4 2)" = 0201 ] || bad_image "$1" "this ELF file is not a 64-bit little-endian one"
	case $(number_at "$1" $ELF_MACHINE 2) in
	62 | 183) ;;
	*) bad_image "$1" "this ELF file is for another machine than x86-64 and arm64" ;;
	esac
	elf_size=$(size_of "$1") elf_left=$(number_at "$1" $ELF_PHNUM 2)
	elf_at=$(number_at "$1" $ELF_PHOFF 8) elf_step=$(number_at "$1" $ELF_PHENTSIZE 2)
	[ "$elf_left" -gt 0 ] || bad_image "$1" "this ELF file has no segments, so it is no kernel"
	while [ "$elf_left" -gt 0 ]; do
		elf_end=$(($(number_at "$1" $((elf_at + PHDR_OFFSET)) 8) + $(number_at "$1" $((elf_at + PHDR_FILESZ)) 8)))
		[ "$elf_end" -le "$elf_size" ] || bad_image "$1" "this ELF file is cut off ($elf_size of $elf_end bytes)"
		elf_at=$((elf_at + elf_step)) elf_left=$((elf_left - 1))
	done
	img_banner=$(banner_in "$1")
}

# probe_image FILE: sets img_kind, img_banner, img_release (uname -r), img_version (uname -v) and img_number (#N).
probe_image() {
	[ -f "$1" ] || die "$FAILED" "$1: there is no such file" "build one: incbuild"
	[ -r "$1" ] || die "$FAILED" "$1 cannot be read"
	[ -s "$1" ] || die "$FAILED" "$1 is empty" "build it again: incbuild"
	if [ "$(hex_at "$1" $X86_MAGIC 4)" = 48647253 ]; then
		read_bzimage "$1"
	elif [ "$(hex_at "$1" 0 4)" = 7f454c46 ]; then
		read_elf "$1"
	elif [ "$(hex_at "$1" $ARM64_MAGIC 4)" = 41524d64 ]; then
		img_kind='arm64 Image'
		img_banner=$(banner_in "$1")
	else
		bad_image "$1" "this is no kernel image"
	fi
	parse_banner "$1"
}

# parse_banner FILE: "Linux version RELEASE (user@host) (compiler) #N options date"
parse_banner() {
	case $img_banner in
	'Linux version '[0-9]*' #'[0-9]*) ;;
	*) bad_image "$1" "no version is in this image" ;;
	esac
	img_release=${img_banner#Linux version }
	img_release=${img_release%% *}
	img_version="#${img_banner##* #}"
	img_number=${img_version%% *}
}

cmd_zver() {
	zver_what=all
	case ${1-} in
	-r | -v) zver_what=$1 && shift ;;
	-?*) usage_error "unknown option '$1'" ;;
	esac
	[ $# -le 1 ] || no_more "$2"
	if [ $# -eq 0 ]; then
		find_all
		find_image
		set -- "$image"
	fi
	probe_image "$1"
	case $zver_what in
	-r) printf '%s\n' "$img_release" ;;
	-v) printf '%s\n' "$img_version" ;;
	*) printf '%s\n' "$img_banner" ;;
	esac
}

# The number on stdout, where it comes from on stderr, so that $(buildnum) is a number.
cmd_buildnum() {
	no_more "$@"
	find_all
	if [ -s "$out/.version" ]; then
		tr -cd '0-9\n' <"$out/.version"
		say "from $out/.version; the next build gets one more"
	else
		echo 0
		say "$out/.version does not exist; the next build is #1"
	fi
	[ -z "${KBUILD_BUILD_VERSION-}" ] || say "but KBUILD_BUILD_VERSION=$KBUILD_BUILD_VERSION is set: builds are called #$KBUILD_BUILD_VERSION"
}

cmd_zerover() {
	no_more "$@"
	find_all
	rm -f -- "$out/.version" || die "$FAILED" "$out/.version cannot be removed"
	say "$out: the next build is #1"
}

# compiler_line PROGRAM: the first line of its --version without addresses of repositories.
compiler_line() {
	need_compiler "$1" "gcc or llvm"
	"$1" --version | sed -n -e '1s/ *([^)]*:\/\/[^)]*)//g' -e '1s/[[:space:]]*$//' -e 1p
}

cmd_get_gcc_version() {
	[ $# -le 1 ] || no_more "$2"
	compiler_line "${1:-${IK_GCC:-${IK_CROSS_COMPILE}gcc}}"
}

cmd_get_clang_version() {
	[ $# -le 1 ] || no_more "$2"
	case $IK_LLVM in
	-*) compiler_line "${1:-clang$IK_LLVM}" ;;
	*/) compiler_line "${1:-${IK_LLVM}clang}" ;;
	*) compiler_line "${1:-clang}" ;;
	esac
}
