#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The source packages of the kernel work alone, as build farms and people who ask for the source use them: unpacked
# outside the clone, without git, without a network and without the caches of this machine. Usage: alone.t [build]
# Shown up to the finished configuration; "build" goes on to the .deb packages and compares them with dist/.
# shellcheck disable=SC2031,SC2317
set -u
# shellcheck source=tests/packages/lib.sh
. tests/packages/lib.sh

# offline COMMAND...: without a network, where the machine allows that, and with an empty home.
offline() {
	mkdir -p "$work/home"
	set -- env -u IK_CACHE -u XDG_CACHE_HOME -u LINUX_TARBALL -u SOURCE_DATE_EPOCH HOME="$work/home" "$@"
	if unshare --net true 2>/dev/null; then unshare --net "$@"; else "$@"; fi
}

# lend_cache DIRECTORY: this machine's compiler cache, which changes how long a build takes and not what it makes.
lend_cache() {
	lent=${IK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/immensity-kernel}/ccache
	[ ! -d "$lent" ] || { mkdir -p "$1" && ln -s "$lent" "$1/ccache"; }
}

# build_deb: the binary packages from the unpacked source, beside it.
build_deb() {
	lend_cache build/cache
	offline DEB_BUILD_OPTIONS="parallel=$(nproc) noautodbgsym" dpkg-buildpackage -d -b -us -uc --no-check-builddeps
}

tarball=$(linux/scripts/fetch --series stable 2>"$work/fetch.log") || stop "there is an upstream tarball" "$(cat "$work/fetch.log")"
find_version
upstream=${version%-*}
SOURCE_DATE_EPOCH=$(date -d "$(sed -n 's/^ -- .*>  //p' debian/changelog | head -n 1)" +%s)
export SOURCE_DATE_EPOCH
ok "the source packages are made" \
	mk/scripts/source-packages kernel stable "$version" "$tarball" "$work/make" "$work/source"
top=$PWD
dist=$(realpath "$dist")
config=$(realpath "${IK_OUT:-out}/.config")
mkdir "$work/away"
cd "$work/away" || stop "a folder outside the clone can be entered"

ok ".dsc: dpkg-source unpacks it" dpkg-source -x "$work/source/immensity-wsl-kernel_$version.dsc" deb
ok ".dsc: the upstream tarball is the very one" cmp "deb/upstream/${tarball##*/}" "$tarball"
cd deb || stop "the unpacked source can be entered"
ok ".dsc: debian/rules makes the configuration" offline debian/rules override_dh_auto_configure
ok ".dsc: it is the one of the clone" cmp out/.config "$config"
if [ "${1:-}" = build ]; then
	ok ".dsc: the packages are built" build_deb
	for package in ../*.deb; do
		ok "${package##*/} is the one in dist/" cmp "$package" "$dist/${package##*/}"
	done
	done_testing
fi
ok ".dsc: clean takes away what was made" debian/rules override_dh_auto_clean
ok ".dsc: no result is left" test ! -e out
cd .. && rm -rf deb

ok ".src.rpm: rpmbuild makes the configuration" \
	offline rpmbuild -rc --nodeps --define "_topdir $work/rpm" --define "build_target config" \
	"$work/source/immensity-wsl-kernel-$version.src.rpm"
ok ".src.rpm: it is the one of the clone" cmp "$work/rpm/BUILD/immensity-wsl-kernel-$upstream/out/.config" "$config"
cd "$top" && done_testing
