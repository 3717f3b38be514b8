# SPDX-License-Identifier: GPL-2.0-or-later
# Which file is the product of a build, whether it may be used, and its copies: cpimg, dimg, timg.
# What is inside an image is read by version.sh; how a file is copied safely is in common.sh.
# shellcheck shell=sh
# shellcheck disable=SC2154  # set by where.sh and version.sh

# find_image: sets image to the file that the build makes for this architecture and the setting image_format.
find_image() {
	case $srcarch/$IK_IMAGE_FORMAT in
	x86/auto | x86/bzimage) image=$out/arch/x86/boot/bzImage ;;
	x86/elf) image=$out/arch/x86/boot/compressed/vmlinux.bin ;;
	arm64/auto) image=$out/arch/arm64/boot/Image ;;
	*) die "$USAGE" "no image is known for ARCH=$arch and image_format = $IK_IMAGE_FORMAT" \
		"x86 has auto, bzimage and elf; arm64 has auto" ;;
	esac
}

# plain_options FILE: the options that are set, sorted, texts without quotes: Kbuild's own copy has had none since 5.18.
plain_options() {
	sed -n -e '/^CONFIG_.*="/{s/="\(.*\)"$/=\1/;s/\\\(.\)/\1/g;}' -e '/^CONFIG_/p' "$1" | LC_ALL=C sort
}

# config_built: is the configuration the one that the last build used? auto.conf is Kbuild's own copy of it.
config_built() {
	[ -f "$out/include/config/auto.conf" ] || return 1
	plain_options "$config" >"$tmp/now"
	plain_options "$out/include/config/auto.conf" >"$tmp/built"
	cmp -s "$tmp/now" "$tmp/built"
}

# check_image: refuses an image that is absent, torn, or older than what it is made from; force=yes allows old ones.
check_image() {
	find_image
	[ -f "$image" ] || die "$FAILED" "$image does not exist" "build it: incbuild (or kmake)"
	probe_image "$image"
	[ "${force:-no}" = no ] || return 0
	scratch
	if [ -n "$(find "$out/vmlinux" -newer "$image" 2>/dev/null)" ]; then
		die "$REFUSED" "$image is older than $out/vmlinux: the build was not finished" "finish it: incbuild, or insist: -f"
	fi
	need_config
	config_built || die "$REFUSED" "$config was changed after $image was built" "build again: incbuild, or insist: -f"
}

# check_sources: for copies that no build went before. Only a warning: the changed file may be none of this kernel's.
check_sources() {
	source_skip=$out
	[ "$out" != "$src" ] || source_skip=$src/include/generated
	new_source=$(find "$src" \( -name .git -o -path "$source_skip" -o -path "$src/Documentation" -o -path "$src/tools" \) -prune -o \
		-name '*.[chS]' ! -name '*.mod.c' -newer "$image" -print 2>/dev/null | head -n 1)
	[ -z "$new_source" ] || warn "$new_source is newer than the image" "is that change meant to be in it? then build first: incbuild"
}

# keep_image FILE: a checked copy of the product under that name; says what it is.
keep_image() {
	check_image
	copy_atomically "$image" "$1"
	kept=$1
	describe_kept
}

describe_kept() {
	say "$kept: $img_kind, $img_release $img_number, $(size_of "$image") bytes"
	say "SHA-256 $(sha256_of "$image")"
}

# write_checksum FILE: FILE.sha256 in the form that `sha256sum -c` reads in the same folder.
write_checksum() {
	scratch
	printf '%s  %s\n' "$(sha256_of "$1")" "${1##*/}" >"$tmp/checksum"
	copy_atomically "$tmp/checksum" "$1.sha256"
}

# builds_path: sets builds, the folder for named copies.
builds_path() {
	case $IK_BUILDS_DIR in
	/*) builds=$IK_BUILDS_DIR ;;
	*) builds=$root/$IK_BUILDS_DIR ;;
	esac
}

# named_copy NAME: the image as $builds/<image name>-NAME<its ending> with a checksum; a file of another content stays.
named_copy() {
	builds_path
	named_ext=
	case $IK_IMAGE_NAME in *.*) named_ext=.${IK_IMAGE_NAME##*.} ;; esac
	kept=$builds/${IK_IMAGE_NAME%.*}-$1$named_ext
	[ ! -d "$kept" ] || die "$FAILED" "$kept is a folder" "move it away"
	if [ -e "$kept" ] && [ "${force:-no}" = no ]; then
		[ "$(sha256_of "$kept")" = "$(sha256_of "$image")" ] ||
			die "$REFUSED" "$kept exists and holds another image" "look at it; replace it with: $self -f"
		say "$kept is there already, with the same content"
	else
		copy_atomically "$image" "$kept"
	fi
	write_checksum "$kept"
	describe_kept
	printf '%s\n' "$kept"
}

# keep_test_image: the name says which release, which build and which bytes.
keep_test_image() {
	check_image
	keep_digest=$(sha256_of "$image")
	named_copy "$img_release-b${img_number#\#}-$(printf '%.8s' "$keep_digest")"
}

# need_upload: says before a long build, not after it, that there is nowhere to upload to.
need_upload() {
	[ -n "$IK_UPLOAD_COMMAND" ] || die "$FAILED" "no upload command is set, nothing was uploaded" \
		"set one in setup.conf, for example: upload_command = scp \"\$1\" me@example.org:kernels/"
	[ "${yes:-no}" = yes ] || [ -t 0 ] || [ "${IK_ASK:-}" = always ] ||
		die "$REFUSED" "nobody can be asked whether to upload (stdin is no terminal)" "say so on the command line: $self --yes"
}

# upload FILE: shows where and what, asks, then runs the command with FILE as $1.
upload() {
	upload_sum=$(sha256_of "$1")
	say "upload: $1"
	say "with:   $IK_UPLOAD_COMMAND"
	say "SHA-256 $upload_sum"
	confirmed "Upload it?" || die "$REFUSED" "not uploaded; the copy stays: $1"
	upload_status=0
	IK_SHA256=$upload_sum sh -c "$IK_UPLOAD_COMMAND" upload "$1" || upload_status=$?
	[ "$upload_status" -eq 0 ] || die "$FAILED" "the upload command ended with status $upload_status; the copy stays: $1"
	say "uploaded: $1"
}

# copy_options ARGUMENT...: sets force and yes, and shifted to how many arguments they were.
copy_options() {
	force=no yes=no shifted=0
	while [ $# -gt 0 ]; do
		case $1 in
		-f | --force) force=yes ;;
		-y | --yes) yes=yes ;;
		--) shifted=$((shifted + 1)) && return 0 ;;
		-*) usage_error "unknown option '$1'" ;;
		*) return 0 ;;
		esac
		shifted=$((shifted + 1))
		shift
	done
}

cmd_cpimg() {
	copy_options "$@"
	shift "$shifted"
	[ $# -le 1 ] || no_more "$2"
	find_all
	check_image
	check_sources
	keep_image "${1:-$root/$IK_IMAGE_NAME}"
}

cmd_dimg() {
	copy_options "$@"
	shift "$shifted"
	no_more "$@"
	find_all
	check_image
	check_sources
	keep_test_image
}

cmd_timg() {
	copy_options "$@"
	shift "$shifted"
	no_more "$@"
	need_upload
	find_all
	check_image
	check_sources
	keep_test_image
	upload "$kept"
}
