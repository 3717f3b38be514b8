# SPDX-License-Identifier: GPL-2.0-or-later
# What the suites here share: a small tree of their own with the real scripts, small tarballs that play the kernel, keys
# made for the test. It is sourced; it never touches the caller's cache, build directory, keys or pins.
# shellcheck shell=sh disable=SC2034

. tests/lib/tap.sh
tmp=$(mktemp -d)
server_pid=
clean_up() {
	[ -z "$server_pid" ] || kill "$server_pid" 2>/dev/null || :
	GNUPGHOME=$tmp/gnupg gpgconf --kill gpg-agent >/dev/null 2>&1 || :
	rm -rf "$tmp"
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP

tree=$tmp/tree
scripts=$tree/linux/scripts
mkdir -p "$tree/linux/patches/local" "$tree/mk" "$tmp/made"
cp -R linux/scripts "$tree/linux/"
echo 'PKGREV := 1' >"$tree/mk/version.mk"
: >"$tree/linux/patches/series"

# Nothing of the caller's environment may decide a test; only where Debian's mirror is, off Debian, is kept aside.
callers_cache=${IK_CACHE:-${XDG_CACHE_HOME:+$XDG_CACHE_HOME/immensity-kernel}} callers_home=${HOME:-/nonexistent}
callers_mirror=${DEBIAN_MIRROR:-} callers_keyring=${DEBIAN_KEYRING:-}
unset LINUX_TARBALL LINUX_TARBALL_SHA256 LINUX_SOURCES LINUX_KEYRING KERNEL_ORG SERIES REPLACE
unset OS_RELEASE DEBIAN_MIRROR DEBIAN_SECURITY_MIRROR DEBIAN_KEYRING IK_BUILD XDG_CACHE_HOME GNUPGHOME
export HOME="$tmp/home" IK_CACHE="$tmp/cache" no_proxy=127.0.0.1
mkdir -p "$HOME"

sum() {
	sha256sum <"$1" | cut -d' ' -f1
}

# fake_tarball NAME FOLDER VERSION [WORD]: a kernel of three files in $tmp/made; WORD makes it differ.
fake_tarball() {
	dir=$tmp/made/$2
	rm -rf "$dir"
	mkdir -p "$dir/scripts" "$dir/kernel" "$dir/arch/x86/configs"
	echo "$3" | sed -E 's/(.*)\.(.*)\.(.*)/VERSION = \1\nPATCHLEVEL = \2\nSUBLEVEL = \3\nEXTRAVERSION =/' \
		>"$dir/Makefile"
	seq 1 40 | sed 's/^/line /' >"$dir/kernel/a.c"
	echo "other ${4:-}" >"$dir/kernel/b.c"
	# It asks git as the real one does.
	cat >"$dir/scripts/setlocalversion" <<-'END'
		#!/bin/sh
		[ -n "$(git rev-parse --show-cdup 2>/dev/null)" ] || ! git rev-parse HEAD >/dev/null 2>&1 || plus=+
		echo "$KERNELVERSION${plus:-}"
	END
	tar -C "$tmp/made" -cJf "$tmp/made/$1" "$2"
	rm -rf "$dir"
}

# pin SERIES VERSION [KEY=VALUE...]: adds a section to the tree's UPSTREAM.
pin() {
	{
		printf '\n[%s]\nbranch = %s\nversion = %s\n' "$1" "${2%.*}" "$2"
		shift 2
		printf '%s\n' "$@" | sed 's/=/ = /'
	} >>"$tree/linux/UPSTREAM"
}

# set_key SERIES KEY VALUE
set_key() {
	awk -v s="[$1]" -v k="$2" -v v="$3" '/^\[/ { on = ($0 == s) } on && $1 == k { print k " = " v; next } { print }' \
		"$tree/linux/UPSTREAM" >"$tmp/upstream" && cp "$tmp/upstream" "$tree/linux/UPSTREAM"
}

# make_key NAME: a signing key without a passphrase; $fingerprint is its name, $tmp/NAME.gpg its public part.
make_key() {
	export GNUPGHOME="$tmp/gnupg"
	[ -d "$GNUPGHOME" ] || { mkdir -p "$GNUPGHOME" && chmod 700 "$GNUPGHOME"; }
	gpg --batch --quiet --passphrase '' --quick-generate-key "$1 <$1@localhost>" ed25519 sign never
	fingerprint=$(gpg --batch --with-colons --list-keys "$1@localhost" 2>/dev/null |
		awk -F: '$1 == "fpr" { print $10; exit }')
	gpg --batch --quiet --export "$fingerprint" >"$tmp/$1.gpg"
	unset GNUPGHOME
}

# sign_clear KEY FILE OUT
sign_clear() {
	GNUPGHOME=$tmp/gnupg gpg --batch --yes --quiet --local-user "$1@localhost" --clear-sign -o "$3" "$2"
}

# eventually COMMAND...: within a minute, as machines that test are busy.
eventually() {
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ $tries -lt 600 ] || return 1
		sleep 0.1
	done
}
