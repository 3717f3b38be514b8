#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The source "kernel.org", played by a web server on loopback that signs its checksums with a key made for this test.
set -eu
. linux/tests/lib.sh
export LINUX_SOURCES="cache kernel.org"

site=$tmp/site/v7.x
mkdir -p "$site"
fake_tarball linux-7.3.4.tar.xz linux-7.3.4 7.3.4
fake_tarball linux-7.3.6.tar.xz linux-7.3.6 7.3.6
fake_tarball linux-7.4.tar.xz linux-7.4 7.4.0
make_key signer
signer=$fingerprint
make_key stranger
pin stable 7.3.4 debian_version= debian_suites= debian_sha256= \
	"kernel_org_sha256=$(sum "$tmp/made/linux-7.3.4.tar.xz")" "kernel_org_key=$signer"
# Pinned by Debian's checksum only, as long as nobody who reached kernel.org moved the pin.
pin unpinned 7.3.4 debian_version=7.3.4-1 debian_suites= "debian_sha256=$(printf %064d 1)" kernel_org_sha256= \
	"kernel_org_key=$signer"
pin gone 7.3.9 debian_version= debian_suites= debian_sha256= "kernel_org_sha256=$(printf %064d 1)" \
	"kernel_org_key=$signer"

# publish KEY: the checksum file over what the site has.
publish() {
	(cd "$site" && sha256sum linux-* >"$tmp/sums.txt")
	sign_clear "$1" "$tmp/sums.txt" "$site/sha256sums.asc"
}
forget() {
	rm -rf "$IK_CACHE"
}
cp "$tmp/made"/linux-* "$site/"
publish signer

python3 -u -m http.server --bind 127.0.0.1 --directory "$tmp/site" 0 >"$tmp/server.log" 2>&1 &
server_pid=$!
eventually grep -q 'port [0-9]' "$tmp/server.log"
KERNEL_ORG=http://127.0.0.1:$(sed -nE 's/.* port ([0-9]+) .*/\1/p' "$tmp/server.log")
LINUX_KEYRING=$tmp/signer.gpg
export KERNEL_ORG LINUX_KEYRING

is "a signed and pinned tarball is fetched" "$("$scripts/fetch" 2>"$tmp/err")" "$IK_CACHE/tarballs/linux-7.3.4.tar.xz"
is "its content is whole" "$(sum "$IK_CACHE/tarballs/linux-7.3.4.tar.xz")" "$(sum "$site/linux-7.3.4.tar.xz")"
ok "it is taken from the cache the second time" env KERNEL_ORG=http://127.0.0.1:1 "$scripts/fetch"
forget
is "--probe finds it and gets nothing" "$("$scripts/fetch" --probe 2>/dev/null; ls "$IK_CACHE/tarballs")" kernel.org
forget
ok "wget does as well as curl" sh -c "mkdir '$tmp/bin'; ln -s \$(command -v wget) '$tmp/bin/'
	for t in sh dirname \
		env sed awk grep tr cut sha256sum mktemp rm mkdir cp mv head tail cat gpgv xz stat flock xargs basename; do
		ln -s \$(command -v \$t) '$tmp/bin/'; done
	PATH='$tmp/bin' '$scripts/fetch'"
forget
gpg --batch --quiet --enarmor -o "$tmp/signer.asc" "$tmp/signer.gpg" 2>/dev/null
sed -i 's/PGP ARMORED FILE/PGP PUBLIC KEY BLOCK/' "$tmp/signer.asc"
ok "an armoured keyring will do" env LINUX_KEYRING="$tmp/signer.asc" "$scripts/fetch" --probe
ok "so does the user's own ~/.gnupg" env -u LINUX_KEYRING GNUPGHOME="$tmp/gnupg" "$scripts/fetch" --probe
fails "without a key it is said how to get it" 1 'gpg --locate-keys' env -u LINUX_KEYRING "$scripts/fetch"
fails "a keyring that is not there is named" 1 'LINUX_KEYRING=/none cannot be read' env LINUX_KEYRING=/none \
	"$scripts/fetch"
fails "no server is a failure, not a pin that is gone" 1 'no source gave the pinned tarball' \
	env KERNEL_ORG=http://127.0.0.1:1 "$scripts/fetch"
fails "a release that is not listed is gone: status 3 and the next step" 3 'make update-upstream SERIES=gone' \
	"$scripts/fetch" --series gone
ok "--is-gone says so" "$scripts/fetch" --series gone --is-gone
fails "--is-gone is false for one that is there" 1 '' "$scripts/fetch" --is-gone

# A checksum that only the signature proves.
ok "an unpinned checksum is taken from the signed file" "$scripts/fetch" --series unpinned
ok "and is proved again from the cache" env KERNEL_ORG=http://127.0.0.1:1 "$scripts/fetch" --series unpinned
ok "prepare takes such a tarball" "$scripts/prepare" --series unpinned
ok "and finds its tree up to date" "$scripts/prepare" --series unpinned --check
sed -i "s/^[0-9a-f]*\(  linux-7.3.4.tar.xz\)/$(printf %064d 7)\1/" "$IK_CACHE/tarballs/linux-7.3.4.tar.xz.sums.asc"
fails "a changed checksum file in the cache proves nothing" 1 'signature is not good' \
	env KERNEL_ORG=http://127.0.0.1:1 "$scripts/fetch" --series unpinned
forget

# What must not be trusted.
fails "a key that is not in the keyring is refused" 1 'cannot be trusted' env LINUX_KEYRING="$tmp/stranger.gpg" \
	"$scripts/fetch"
publish stranger
cat "$tmp/signer.gpg" "$tmp/stranger.gpg" >"$tmp/both.gpg"
fails "a good signature by a key that is not the pinned one is refused" 1 'not by the pinned key' \
	env LINUX_KEYRING="$tmp/both.gpg" "$scripts/fetch"
publish signer
sed -i "s/^[0-9a-f]*\(  linux-7.3.4.tar.xz\)/$(printf %064d 7)\1/" "$site/sha256sums.asc"
fails "a bad signature is refused" 1 'signature is not good' "$scripts/fetch"
fails "a bad signature is never taken for a pin that is gone" 1 '' "$scripts/fetch" --series gone --is-gone
publish signer
echo more >>"$site/linux-7.3.4.tar.xz"
fails "a tarball that is not what was signed is refused" 1 'wrong checksum' "$scripts/fetch"
ok "and nothing of it reaches the cache" sh -c "! ls '$IK_CACHE/tarballs' | grep -q 'xz\$'"
publish signer
fails "a signed checksum other than the pinned one is refused" 1 'pinned is' "$scripts/fetch"
cp "$tmp/made/linux-7.3.4.tar.xz" "$site/"
publish signer
rm "$site/linux-7.3.4.tar.xz"
fails "a listed file that is not there is gone" 3 'is not there \(404\)' "$scripts/fetch"
cp "$tmp/made/linux-7.3.4.tar.xz" "$site/"

# update-upstream from here.
forget
export LINUX_SOURCES=kernel.org
ok "update-upstream moves to the newest release of the branch" "$scripts/update-upstream"
is "the version is pinned" "$("$scripts/pin" stable version)" 7.3.6
is "its checksum is pinned" "$("$scripts/pin" stable kernel_org_sha256)" "$(sum "$site/linux-7.3.6.tar.xz")"
ok "the tarball is in the cache already" env LINUX_SOURCES=cache "$scripts/fetch"
ok "--branch moves to another branch, whose first release is called 7.4" "$scripts/update-upstream" --branch 7.4
is "that version is pinned with three numbers" "$("$scripts/pin" stable version)" 7.4.0
ok "and can be fetched" "$scripts/fetch"
fails "a branch that nobody has is an error" 3 'no source has a release of branch 9.9' \
	"$scripts/update-upstream" --branch 9.9
done_testing
