#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The source "debian" and update-upstream, against a small archive made and signed here; apt takes the same way as on
# the real one, by file: instead of http:. The last test asks the real mirror whether the real pins can be had.
set -eu
. linux/tests/lib.sh
export LINUX_SOURCES="cache debian"

make_key archive
make_key stranger
archive=$tmp/archive
mkdir -p "$archive/pool" "$archive/dists/suite/main/binary-all"
arch=$(dpkg --print-architecture)

# package DEBIAN-VERSION KERNEL-VERSION: linux-source-7.3 as Debian makes it, with little in it.
package() {
	name=linux-source-${2%.*} root=$tmp/deb
	rm -rf "$root"
	mkdir -p "$root/DEBIAN" "$root/usr/src"
	fake_tarball "$name.tar.xz" "$name" "$2" "$1"
	cp "$tmp/made/$name.tar.xz" "$root/usr/src/"
	cp "$tmp/made/$name.tar.xz" "$tmp/made/$1.tar.xz"
	printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: T <t@localhost>\nDescription: test\n' \
		"$name" "$1" >"$root/DEBIAN/control"
	dpkg-deb --root-owner-group -b "$root" "$archive/pool/${name}_${1}_all.deb" >/dev/null
}

# publish KEY: the package lists of what is in the pool, signed.
publish() {
	(
		cd "$archive"
		dists=dists/suite/main
		mkdir -p "$dists/binary-$arch"
		apt-ftparchive packages pool >"$dists/binary-all/Packages" 2>/dev/null
		cp "$dists/binary-all/Packages" "$dists/binary-$arch/"
		apt-ftparchive -o APT::FTPArchive::Release::Codename=suite -o APT::FTPArchive::Release::Suite=suite \
			-o "APT::FTPArchive::Release::Architectures=all $arch" -o APT::FTPArchive::Release::Components=main \
			release dists/suite >"$tmp/Release"
	)
	sign_clear "$1" "$tmp/Release" "$archive/dists/suite/InRelease"
}

printf 'ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n' >"$tmp/ubuntu"

package 7.3.4-1 7.3.4
publish archive
pin stable 7.3.4 debian_version=7.3.4-1 debian_suites=suite "debian_sha256=$(sum "$tmp/made/7.3.4-1.tar.xz")" \
	kernel_org_sha256= kernel_org_key=
echo '# a comment that must stay' >>"$tree/linux/UPSTREAM"
pin other 7.3.4 debian_version=7.3.4-1 debian_suites=suite "debian_sha256=$(sum "$tmp/made/7.3.4-1.tar.xz")" \
	kernel_org_sha256= kernel_org_key=
cp "$tree/linux/UPSTREAM" "$tmp/upstream.first"

fails "off Debian no mirror is known, and it is said what to give" 1 'give DEBIAN_MIRROR=' \
	env OS_RELEASE="$tmp/ubuntu" "$scripts/fetch"
DEBIAN_MIRROR=file:$archive DEBIAN_KEYRING=$tmp/archive.gpg
export DEBIAN_MIRROR DEBIAN_KEYRING
ok "off Debian the mirror and the keyring can be given" env OS_RELEASE="$tmp/ubuntu" "$scripts/fetch" --probe
rm -rf "$IK_CACHE"
is "the package's tarball is fetched into the cache" "$("$scripts/fetch" 2>"$tmp/err")" \
	"$IK_CACHE/tarballs/linux-source-7.3_7.3.4-1.tar.xz"
is "it is the one in the package" "$(sum "$IK_CACHE/tarballs/linux-source-7.3_7.3.4-1.tar.xz")" \
	"$(sum "$tmp/made/7.3.4-1.tar.xz")"
is "apt warns of nothing" "$(grep -E '^debian: [WNE]: ' "$tmp/err" || :)" ""
is "no package or unpacked copy is left over" "$(find "$IK_CACHE" -name '*.deb' -o -name 'fetch.*')" ""
ok "update-upstream on the newest version changes nothing" "$scripts/update-upstream"
ok "and leaves UPSTREAM as it is" cmp "$tree/linux/UPSTREAM" "$tmp/upstream.first"
rm -rf "$IK_CACHE"
spaced="$tmp/a cache"
ok "a cache with a blank in its name will do" env IK_CACHE="$spaced" "$scripts/fetch"
ok "a relative cache will do" sh -c "cd '$tmp' && IK_CACHE=relative '$scripts/fetch'"

# What must not be trusted.
fails "lists signed by another key are refused" 1 'package lists cannot be had' \
	env DEBIAN_KEYRING="$tmp/stranger.gpg" "$scripts/fetch"
fails "a keyring that is not there is named" 1 'no archive keyring at /none' env DEBIAN_KEYRING=/none "$scripts/fetch"
fails "no archive at all is a failure, not a pin that is gone" 1 'package lists cannot be had' \
	env DEBIAN_MIRROR="file:$tmp/nowhere" "$scripts/fetch"
fails "nor is a mirror that does not answer, of which apt only warns by itself" 1 'package lists cannot be had' \
	env DEBIAN_MIRROR=http://127.0.0.1:1 "$scripts/fetch"
set_key stable debian_sha256 "$(printf %064d 1)"
fails "a package with another tarball than the pinned one is refused" 1 'wrong checksum' "$scripts/fetch"
is "it does not reach the cache" "$(ls "$IK_CACHE/tarballs")" ""
cp "$tmp/upstream.first" "$tree/linux/UPSTREAM"
cp "$archive/pool/linux-source-7.3_7.3.4-1_all.deb" "$tmp/whole.deb"
truncate -s -100 "$archive/pool/linux-source-7.3_7.3.4-1_all.deb"
fails "a truncated package is refused" 1 'the download failed' "$scripts/fetch"
cp "$tmp/whole.deb" "$archive/pool/linux-source-7.3_7.3.4-1_all.deb"

# The archive moves on.
rm "$archive/pool/linux-source-7.3_7.3.4-1_all.deb"
package 7.3.5-1 7.3.5
package 7.3.10-1~bpo1 7.3.10
package 7.3.11~rc1-1 7.3.11
package 7.4.1-1 7.4.1
publish archive
fails "a pin that the archive has no more: status 3, what there is, and the next step" 3 \
	'not in suite any more; there is: 7.3.10-1~bpo1' "$scripts/fetch"
ok "--is-gone says so" "$scripts/fetch" --is-gone
is "update-upstream says what changed" "$("$scripts/update-upstream" --report "$tmp/report" 2>/dev/null | head -n 1)" \
	"stable: linux 7.3.4 -> 7.3.10 in linux/UPSTREAM"
is "the report says the same" "$(head -n 1 "$tmp/report")" "stable: linux 7.3.4 -> 7.3.10 in linux/UPSTREAM"
is "10 is newer than 5 and a release candidate is no release" "$("$scripts/pin" stable debian_version)" '7.3.10-1~bpo1'
is "the tarball's checksum is pinned" "$("$scripts/pin" stable debian_sha256)" "$(sum "$tmp/made/7.3.10-1~bpo1.tar.xz")"
is "only that section changed" "$(diff "$tmp/upstream.first" "$tree/linux/UPSTREAM" | grep -c '^>')" 3
ok "the comment is still there" grep -q '^# a comment that must stay$' "$tree/linux/UPSTREAM"
ok "the tarball is in the cache already" env LINUX_SOURCES=cache "$scripts/fetch"
ok "prepare makes its tree" "$scripts/prepare"
ok "a second update-upstream says that it is the newest" \
	sh -c "'$scripts/update-upstream' 2>/dev/null | grep -q 'linux 7.3.10 is already the newest'"
set_key other version 7.3.12
fails "a mirror that lags behind the pin does not move it back" 3 'older than the pinned 7.3.12' \
	"$scripts/update-upstream" --series other
ok "--branch moves the series to another branch" "$scripts/update-upstream" --branch 7.4
is "the branch is pinned" "$("$scripts/pin" stable branch) $("$scripts/pin" stable version)" "7.4 7.4.1"
fails "a branch that is not there: what there is" 3 'there is: linux-source-7.3 linux-source-7.4' \
	"$scripts/update-upstream" --branch 7.9
set_key stable debian_sha256 ''
ok "a pin that was lost is mended" "$scripts/update-upstream"
ok "and whole again" "$scripts/fetch"
package 7.4.1-2 7.4.1
publish archive
ok "a new Debian revision of the same release moves the pin" "$scripts/update-upstream"
is "to that revision" "$("$scripts/pin" stable debian_version)" 7.4.1-2

# The real thing: only the package lists, not the kernel.
unset DEBIAN_MIRROR DEBIAN_KEYRING
[ -z "$callers_mirror" ] || export DEBIAN_MIRROR="$callers_mirror"
[ -z "$callers_keyring" ] || export DEBIAN_KEYRING="$callers_keyring"
for series in stable longterm; do
	ok "the real pin of $series can be had from the host's Debian mirror" \
		env LINUX_SOURCES=debian linux/scripts/fetch --series "$series" --probe
done
done_testing
