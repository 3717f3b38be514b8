#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The source packages hold the whole source, and nothing but it: the tree with the user's own patches, the upstream
# tarball byte for byte, and for the program what its packages in dist/ were built from. The upstream tarball is a small
# one here; alone.t takes the real one as far as a build.
# shellcheck disable=SC2031,SC2317
set -u
# shellcheck source=tests/packages/lib.sh
. tests/packages/lib.sh

# make_clone DIRECTORY: the tree as it is now, as a clone of its own in which the user has a patch and a new file.
make_clone() {
	mkdir "$1"
	git ls-files --cached --others --exclude-standard | while IFS= read -r name; do
		[ ! -e "$name" ] || printf '%s\n' "$name"
	done >"$work/files"
	tar -cf - --no-recursion --files-from="$work/files" | tar -C "$1" -xf -
	git -C "$1" init -q && git -C "$1" add -A || return
	echo 'not applied here' >"$1/linux/patches/local/mine.patch"
	echo '# new' >"$1/configs/fragments/99-mine.config"
	mkdir "$1/out" && echo built >"$1/out/product"
}

# make_all NAME: source packages from the clone, in $work/NAME.
make_all() {
	(
		cd "$work/clone" &&
			mk/scripts/source-packages kernel stable "$version" "$tarball" "$work/$1.make" "$work/$1" &&
			mk/scripts/source-packages kernel longterm "$version_lts" "$tarball" "$work/$1.make" "$work/$1" &&
			mk/scripts/source-packages program "$program" "$work/$1.make" "$work/$1"
	)
}

# tree_difference DIRECTORY: which files of the clone are missing there or differ, and which are new. debian/ is made for
# one series; linux/UPSTREAM and upstream/ are looked at below.
tree_difference() {
	diff -rq --no-dereference -x .git -x out -x debian -x upstream -x .pc "$work/clone" "$1" | grep -v 'linux/UPSTREAM differ'
	# The program has its folder debian as well.
	diff -rq "$work/clone/postinst-helper/debian" "$1/postinst-helper/debian"
}

# pinned DIRECTORY: what the unpacked tree takes as its upstream source, with no advice from outside.
pinned() {
	(
		cd "$1" && env -u LINUX_TARBALL_SHA256 IK_CACHE="$work/cache" LINUX_TARBALL="upstream/${tarball##*/}" \
			linux/scripts/fetch --series "$2" 2>&1
	)
}

# rebuilt: the program's .deb from its unpacked source package.
rebuilt() {
	(
		cd "$work/program" && SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH DEB_BUILD_OPTIONS=noautodbgsym \
			dpkg-buildpackage -d -b -us -uc --no-check-builddeps
	)
}

# findings: errors of lintian about a .dsc.
findings() {
	lintian --no-cfg --color never --fail-on none "$1" 2>&1 | grep -E '^(E|error)'
}

find_version
program=$(sed -n 's/^PROGRAM_VERSION *:= *//p' mk/version.mk)
SOURCE_DATE_EPOCH=$(date -d "$(sed -n 's/^ -- .*>  //p' postinst-helper/debian/changelog | head -n 1)" +%s)
export SOURCE_DATE_EPOCH
unset LINUX_TARBALL LINUX_TARBALL_SHA256
mkdir "$work/upstream" "$work/tar"
echo 'a small kernel' >"$work/upstream/Makefile"
tarball=$work/tar/linux-source-toy~1.tar.xz
tar -C "$work" -cJf "$tarball" upstream

ok "a clone can be made" make_clone "$work/clone"
ok "the source packages are made" make_all one
touch "$work/clone/README.md"
(umask 077 && make_all two) >"$work/two.log" 2>&1
ok "they are the same bytes when made again" diff -rq "$work/one" "$work/two"
is "the clone is left as it was" "$(git -C "$work/clone" status --short | grep -v '^A ')" "?? configs/fragments/99-mine.config"

small=immensity-wsl-kernel
for series in stable longterm; do
	kernel=${version%-*} revision=${version##*-}
	[ $series = stable ] || small=$small-lts kernel=${version_lts%-*} revision=${version_lts##*-}
	ok "$series: dpkg-source unpacks it" dpkg-source -x "$work/one/${small}_$kernel-$revision.dsc" "$work/$series"
	is "$series: the .dsc holds the whole tree and nothing else" "$(tree_difference "$work/$series")" ""
	ok "$series: the upstream tarball is the very one" cmp "$work/$series/upstream/${tarball##*/}" "$tarball"
	is "$series: and its pin goes along" "$(pinned "$work/$series" $series)" "$work/$series/upstream/${tarball##*/}"
	is "$series: no other package has to bring the source" "$(grep -c linux-source "$work/one/${small}_$kernel-$revision.dsc")" 0
	is "$series: lintian finds no error" "$(findings "$work/one/${small}_$kernel-$revision.dsc")" ""

	source_rpm=$work/one/$small-$kernel-$revision.src.rpm
	is "$series: the .src.rpm holds spec, tree and tarball" "$(rpm -qpl "$source_rpm" | sort | paste -sd' ')" \
		"immensity-wsl-kernel-$kernel.tar.gz $small.spec ${tarball##*/}"
	ok "$series: rpmbuild unpacks it" rpmbuild -rp --nodeps --define "_topdir $work/rpm-$series" "$source_rpm"
	is "$series: the .src.rpm holds the whole tree and nothing else" \
		"$(tree_difference "$work/rpm-$series/BUILD/immensity-wsl-kernel-$kernel")" ""
done

ok "program: dpkg-source unpacks it" dpkg-source -x "$work/one/immensity-kernel_$program-1.dsc" "$work/program"
ok "program: the packages are built from it" rebuilt
ok "program: the package is the one in dist/" cmp "$work/immensity-kernel_$program-1_amd64.deb" \
	"$dist/immensity-kernel_$program-1_amd64.deb"
is "program: lintian finds no error" "$(findings "$work/one/immensity-kernel_$program-1.dsc")" ""
ok "program: rpmbuild unpacks its .src.rpm" \
	rpmbuild -rp --nodeps --define "_topdir $work/rpm-program" "$work/one/immensity-kernel-$program-1.src.rpm"

rm -rf "$work/clone/.git"
fails "without git it says what is missing" 1 'no git clone' make_all three
done_testing
