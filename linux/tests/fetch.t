#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# fetch: pins, the tarball that the user names, the cache. No network, no Debian, no kernel.org.
set -eu
. linux/tests/lib.sh
export LINUX_SOURCES=cache

fake_tarball good.tar.xz linux-source-7.3 7.3.4
fake_tarball other.tar.xz linux-source-7.3 7.3.4 other
good=$tmp/made/good.tar.xz
pin stable 7.3.4 debian_version=7.3.4-1 debian_suites=x "debian_sha256=$(sum "$good")" kernel_org_sha256= \
	kernel_org_key=
pin nohash 7.3.4 debian_version=7.3.4-1 debian_suites=x debian_sha256= kernel_org_sha256= kernel_org_key=
pin noversion x.y debian_version=7.3.4-1 debian_suites=x "debian_sha256=$(sum "$good")" kernel_org_sha256=
pin badhash 7.3.4 debian_version=7.3.4-1 debian_suites=x debian_sha256=abc kernel_org_sha256=
name=linux-source-7.3_7.3.4-1.tar.xz
into_cache() {
	mkdir -p "$IK_CACHE/tarballs"
	cp "$1" "$IK_CACHE/tarballs/$name"
}
mute() {
	"$@" 2>/dev/null
}

# Pins.
fails "an unknown series is a usage error that names the known ones" 2 'known series: stable nohash' \
	"$scripts/fetch" --series daily
fails "a pin without a checksum is refused" 1 'no usable pin: kernel_org_sha256' "$scripts/fetch" --series nohash
fails "a pin without a version is refused" 1 'no usable pin: (branch|version)' "$scripts/fetch" --series noversion
fails "a pin whose checksum is not one is refused" 1 'no usable pin: debian_sha256' "$scripts/fetch" --series badhash
fails "an unknown option is a usage error" 2 '^usage: fetch' "$scripts/fetch" --frob
fails "an unknown source is a usage error" 2 'is no source' env LINUX_SOURCES=floppy "$scripts/fetch"
is "pin prints a value" "$("$scripts/pin" stable version)" 7.3.4

# LINUX_TARBALL.
is "LINUX_TARBALL is used where it lies" "$(LINUX_TARBALL=$good "$scripts/fetch")" "$good"
is "a relative LINUX_TARBALL becomes absolute" "$(cd "$tmp/made" && LINUX_TARBALL=good.tar.xz "$scripts/fetch")" "$good"
fails "a LINUX_TARBALL with another checksum is refused" 1 'wrong checksum: [0-9a-f]{64} .*a whole .xz' \
	env LINUX_TARBALL="$tmp/made/other.tar.xz" "$scripts/fetch"
head -c 300 "$good" >"$tmp/made/cut.tar.xz"
fails "a truncated LINUX_TARBALL is refused and called that" 1 'wrong checksum.*300 bytes, truncated' \
	env LINUX_TARBALL="$tmp/made/cut.tar.xz" "$scripts/fetch"
fails "a LINUX_TARBALL that is not there is refused" 1 'no such readable file' env LINUX_TARBALL="$tmp/none" \
	"$scripts/fetch"
is "LINUX_TARBALL_SHA256 takes another tarball on the user's word" \
	"$(LINUX_TARBALL=$tmp/made/other.tar.xz LINUX_TARBALL_SHA256=$(sum "$tmp/made/other.tar.xz") "$scripts/fetch")" \
	"$tmp/made/other.tar.xz"
is "a wrong LINUX_TARBALL does not fall through to the cache" \
	"$(into_cache "$good"; LINUX_TARBALL=$tmp/none mute "$scripts/fetch" || echo refused)" refused
ok "with LINUX_TARBALL no cache is made" \
	sh -c "IK_CACHE=/proc/no/cache LINUX_TARBALL='$good' '$scripts/fetch'"
fails "a cache that cannot be made is one clear error" 1 'the cache cannot be made' env IK_CACHE=/proc/no \
	"$scripts/fetch"

# The cache.
into_cache "$good"
is "a good cache entry is used" "$(mute "$scripts/fetch")" "$IK_CACHE/tarballs/$name"
is "--probe names it too" "$(mute "$scripts/fetch" --probe)" "$IK_CACHE/tarballs/$name"
into_cache "$tmp/made/cut.tar.xz"
fails "a truncated cache entry is not used" 1 'was damaged \(300 bytes, truncated' "$scripts/fetch"
ok "it was moved aside" test -f "$IK_CACHE/tarballs/$name.damaged" -a ! -e "$IK_CACHE/tarballs/$name"
fails "the next run does not stumble over it again" 1 'has neither' "$scripts/fetch"
into_cache "$tmp/made/other.tar.xz"
fails "a cache entry with other content is not used" 1 'was damaged .*a whole .xz' "$scripts/fetch"
fails "an empty cache is an error with the next step" 1 'LINUX_TARBALL=FILE' "$scripts/fetch"
fails "--is-gone is false where nobody knows" 1 '' "$scripts/fetch" --is-gone
mkdir "$IK_CACHE/fetch.stale"
mute "$scripts/fetch" || :
ok "what a killed run left in the cache is removed" test ! -e "$IK_CACHE/fetch.stale"
done_testing
