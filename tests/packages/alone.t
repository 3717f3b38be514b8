#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The source packages work alone, as build farms use them: from a copy of what git tracks and an upstream tarball, with
# no network and no packages installed by themselves. Shown up to the finished configuration; the build after that is
# the one that every other suite has used. Usage: alone.t
# shellcheck disable=SC2031,SC2317
set -u
# shellcheck source=tests/packages/lib.sh
. tests/packages/lib.sh

# The tarball that a build farm would have as a build dependency: here the one in the cache, made by `make source`.
upstream_tarball() {
	# shellcheck source=linux/scripts/lib.sh
	(. linux/scripts/lib.sh && load_pin stable && for file in "$tarballs/$debian_file" "$tarballs/$kernel_org_file"; do
		[ ! -f "$file" ] || { echo "$file" && break; }
	done)
}

# offline COMMAND...: without a network, where the machine allows that.
offline() {
	if unshare --net true 2>/dev/null; then unshare --net "$@"; else "$@"; fi
}

tarball=$(upstream_tarball)
[ -f "$tarball" ] || stop "the upstream tarball is in the cache" "run: make source"
find_version
small=immensity-wsl-kernel-${version%-*}
mkdir "$work/$small"
git ls-files -z | xargs -0 tar -cf - | tar -C "$work/$small" -xf -
tar -C "$work" -czf "$work/$small.tar.gz" "$small"

cd "$work/$small" || stop "a copy of the tree can be entered"
ok "debian/rules: the configuration is made from the packaged source" \
	offline env LINUX_TARBALL="$tarball" debian/rules override_dh_auto_configure
ok "debian/rules: there is a configuration" test -s out/.config
ok "debian/rules: clean takes everything away again" debian/rules override_dh_auto_clean
ok "debian/rules: nothing is left" test ! -e out
cd "$OLDPWD" || exit 1
rm -rf "${work:?}/$small"

mkdir -p "$work/rpm/SOURCES"
mv "$work/$small.tar.gz" "$work/rpm/SOURCES/"
ln -s "$tarball" "$work/rpm/SOURCES/linux-${version%-*}.tar.xz"
ok "wsl-kernel.spec: the configuration is made from Source0 and Source1" \
	offline rpmbuild -bc --nodeps --define "_topdir $work/rpm" --define "build_target config" rpm/wsl-kernel.spec
ok "wsl-kernel.spec: there is a configuration" test -s "$work/rpm/BUILD/$small/out/.config"
done_testing
