#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Packs the same stage twice, in other folders, at another time and with another umask, and compares every byte.
# Usage: reproducible.t [real]; "real" repacks the staged kernel and compares with dist/, which takes minutes.
set -u
# shellcheck source=tests/packages/lib.sh
. tests/packages/lib.sh

# same_packages A B: every package of A is in B with the same bytes.
same_packages() {
	for package in "$1"/*.deb "$1"/*.rpm; do
		case "$package" in */immensity-kernel[-_]*) continue ;; esac
		ok "${package##*/} comes out the same" cmp "$package" "$2/${package##*/}"
	done
}

find_version
if [ "${1:-}" = real ]; then
	stage=${IK_BUILD:-build}/stage/stable
	[ -f "$stage/release" ] || stop "the kernel is staged in $stage" "run: make stage"
	build_from "$stage" "$version" "$work/again" >"$work/log" 2>&1 || stop "it can be packed again" "$(tail -n 20 "$work/log")"
	mkdir "$work/dist"
	cp "$dist"/*"$version"*.deb "$dist"/immensity-wsl-kernel-*"$version"*.rpm "$work/dist/"
	same_packages "$work/dist" "$work/again"
	done_testing
fi
tests/packages/make-stage "$version2" stable "$work/stage"
for turn in one two; do
	mkdir -p "$work/$turn/deeper/folder"
	[ "$turn" = one ] || { umask 077 && sleep 1 && find "$work/stage" -exec touch -h {} +; }
	cp -a "$work/stage" "$work/$turn/deeper/folder/stage"
	build_from "$work/$turn/deeper/folder/stage" "$version2" "$work/$turn/packages" >"$work/log" 2>&1 ||
		stop "it can be packed: turn $turn" "$(tail -n 20 "$work/log")"
done
same_packages "$work/one/packages" "$work/two/packages"
done_testing
