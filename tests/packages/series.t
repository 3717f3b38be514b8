#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The longterm series has packages of its own beside the stable ones: names, dependencies, changelog. They are built
# from a synthetic stage. Usage: series.t
# shellcheck disable=SC2016
set -u
# shellcheck source=tests/packages/lib.sh
. tests/packages/lib.sh

pin=$(linux/scripts/pin longterm version)
version=$pin-7
lc=$version-immensity-microsoft-standard-wsl2
packages=$work/packages
top=$PWD

names() {
	(cd "$packages" && printf '%s\n' "$@" | sort | tr '\n' ' ')
}

field() {
	dpkg-deb -f "$packages/$1_${version}_amd64.deb" "$2"
}

tests/packages/make-stage "$version" longterm "$work/stage"
build_from "$work/stage" "$version" "$packages" longterm >"$work/log" 2>&1 ||
	stop "the longterm packages can be built" "$(tail -n 20 "$work/log")"
cd "$packages" || stop "there are packages"
is "the .deb packages of the series" "$(names ./*.deb)" "$(names ./immensity-wsl-kernel-lts_"${version}"_amd64.deb \
	./immensity-wsl-kernel-lts-headers_"${version}"_amd64.deb ./linux-headers-"${lc}_${version}"_amd64.deb \
	./linux-image-"${lc}_${version}"_amd64.deb)"
is "the .rpm packages of the series" "$(names ./*.rpm)" "$(names ./immensity-wsl-kernel-lts-"$version".x86_64.rpm \
	./immensity-wsl-kernel-lts-core-"$version".x86_64.rpm ./immensity-wsl-kernel-lts-devel-"$version".x86_64.rpm)"
is "the small package depends on this very kernel" "$(field immensity-wsl-kernel-lts Depends)" \
	"immensity-kernel (>= 0.1.0), linux-image-$lc (= $version)"
is "its scripts name the series" "$(dpkg-deb -I "immensity-wsl-kernel-lts_${version}_amd64.deb" postinst prerm |
	grep -c -- '--series=longterm')" 2
is "the rpm scriptlets name the series" "$(rpm -qp --scripts "immensity-wsl-kernel-lts-$version.x86_64.rpm" |
	grep -c -- '--series=longterm')" 2
is "the link has the name of the series" "$(rpm -qlp "immensity-wsl-kernel-lts-$version.x86_64.rpm" |
	grep -c '^/usr/lib/immensity-wsl-kernel/longterm$')" 1
is "the rpm changelog is that of the version" "$(rpm -qp --changelog "immensity-wsl-kernel-lts-$version.x86_64.rpm" |
	sed -n '1s/.* - //p')" "$version"
is "rpmlint finds nothing in the package that users name" "$(rpmlint -c "$top/rpm/rpmlint.toml" \
	"immensity-wsl-kernel-lts-$version.x86_64.rpm" 2>&1 | grep -E ': [EW]: |specfiles checked' | sed 's/^.*specfiles.*$/finished/')" finished
done_testing
