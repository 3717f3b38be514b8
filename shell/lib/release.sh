# SPDX-License-Identifier: GPL-2.0-or-later
# Release builds: rel, crel. A release has a number of its own, which is used up only when the copy has been made;
# no file is moved out of the way for it, so an interruption leaves nothing to put back.
# shellcheck shell=sh
# shellcheck disable=SC2154  # set by where.sh, image.sh and version.sh

# check_tree: a release is what a tag says it is; --force releases anything.
check_tree() {
	[ "$force" = no ] || return 0
	need git "tells whether the tree is clean" git
	rel_top=$(git -C "$root" rev-parse --show-toplevel 2>/dev/null) || rel_top=
	[ "$rel_top" = "$(cd -- "$root" && pwd -P)" ] ||
		die "$REFUSED" "$root is no git repository, so nobody could tell what was released" "insist: $self --force"
	rel_dirty=$(git -C "$root" status --porcelain --untracked-files=no)
	[ -z "$rel_dirty" ] || die "$REFUSED" "$root has changes that are not committed: $(printf '%s' "$rel_dirty" | head -n 1)" \
		"commit them, or insist: $self --force"
	git -C "$root" describe --exact-match --tags HEAD >/dev/null 2>&1 ||
		die "$REFUSED" "HEAD has no tag in $root" "tag it (git tag v...), or insist: $self --force"
}

# next_number: sets rel_number to one more than the last release that was made.
next_number() {
	builds_path
	rel_number=$(cat -- "$builds/.release-number" 2>/dev/null) || rel_number=0
	case $rel_number in
	'' | *[!0-9]*) die "$FAILED" "$builds/.release-number holds no number" "write the number of the last release into it" ;;
	esac
	rel_number=$((rel_number + 1))
}

# check_release: the image must be the one that was just built: it carries the number and is newer than the start.
check_release() {
	[ "$img_number" = "#$rel_number" ] || die "$FAILED" "$image says $img_number, not #$rel_number: it is not this release" \
		"look at the build's output: does another KBUILD_BUILD_VERSION reach it?"
	rel_built=$(cat "$out/include/config/kernel.release")
	[ "$img_release" = "$rel_built" ] || die "$FAILED" "$image is $img_release, but the build is $rel_built"
}

release_options() {
	force=no shifted=0
	if [ "${1-}" = --force ]; then
		force=yes shifted=1
	fi
}

# build_release [MAKE-ARGUMENT...]
build_release() {
	next_number
	say "release #$rel_number of $root"
	rel_date=$(git -C "$root" log -1 --format=%ct 2>/dev/null) || rel_date=
	# The commit's time, so that the same tag gives the same bytes; outside git the time of the build.
	make_kernel "$@" "KBUILD_BUILD_VERSION=$rel_number" "KBUILD_BUILD_TIMESTAMP=${rel_date:+$(LC_ALL=C date -u -d "@$rel_date")}"
	# The tree was looked at; whether the image is old must not be waved through with it.
	rel_force=$force force=no
	check_image
	check_release
	force=$rel_force
	named_copy "$img_release-r$rel_number"
	scratch
	echo "$rel_number" >"$tmp/number"
	copy_atomically "$tmp/number" "$builds/.release-number"
}

cmd_rel() {
	release_options "$@"
	shift "$shifted"
	find_all "$@"
	check_tree
	build_release "$@"
}

cmd_crel() {
	release_options "$@"
	shift "$shifted"
	find_all "$@"
	check_tree
	make_clean "$@"
	build_release "$@"
}
