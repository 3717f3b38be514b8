# SPDX-License-Identifier: GPL-2.0-or-later
# The source "kernel.org": a tarball whose SHA-256 stands in the checksum file of its directory, which kernel.org's
# autosigner signs. It is sourced after lib.sh. Functions set $why when they fail; STATUS_GONE means: not there.
# Its variables come from lib.sh and the caller, or go there.
# shellcheck shell=sh disable=SC2034,SC2154

kernel_org=${KERNEL_ORG:-https://cdn.kernel.org/pub/linux/kernel}
kernel_org=${kernel_org%/}

# http_get URL FILE: curl or wget, whichever is here.
http_get() {
	if command -v curl >/dev/null 2>&1; then
		code=$(curl -sSLf --retry 2 --connect-timeout 20 --speed-time 60 --speed-limit 1000 -o "$2" \
			-w '%{http_code}' "$1" 2>"$work/http.log") && return 0
	elif command -v wget >/dev/null 2>&1; then
		wget -nv --tries=3 --timeout=30 -O "$2" "$1" 2>"$work/http.log" && return 0
		code=$(sed -nE 's/.*ERROR ([0-9]{3}).*/\1/p' "$work/http.log" | tail -n 1)
	else
		why="neither curl nor wget is here"
		return "$STATUS_FAILED"
	fi
	rm -f "$2"
	case ${code:-} in
	404 | 410)
		why="$1 is not there ($code)"
		return "$STATUS_GONE"
		;;
	esac
	why="$1: $(tail -n 1 "$work/http.log")"
	return "$STATUS_FAILED"
}

# signer_keyring FILE: writes the keyring to check with: what LINUX_KEYRING names, else that one key from ~/.gnupg.
signer_keyring() {
	if [ -n "${LINUX_KEYRING:-}" ]; then
		[ -r "$LINUX_KEYRING" ] || { why="LINUX_KEYRING=$LINUX_KEYRING cannot be read"; return "$STATUS_FAILED"; }
		case $(head -c 5 "$LINUX_KEYRING" | tr -d '\0') in
		-----) gpg --batch --yes --quiet -o "$1" --dearmor "$LINUX_KEYRING" ;;
		*) cp "$LINUX_KEYRING" "$1" ;;
		esac || { why="LINUX_KEYRING=$LINUX_KEYRING is no keyring"; return "$STATUS_FAILED"; }
		return 0
	fi
	if [ -d "${GNUPGHOME:-${HOME:-/nonexistent}/.gnupg}" ] && command -v gpg >/dev/null 2>&1; then
		gpg --batch --quiet --no-autostart --export "$kernel_org_key" >"$1" 2>/dev/null || :
	fi
	[ -s "$1" ] && return 0
	why="the key $kernel_org_key is not in your keyring"
	why="$why: gpg --locate-keys autosigner@kernel.org, or give LINUX_KEYRING="
	return "$STATUS_FAILED"
}

# signer_ready: everything that the check of a signature needs is here.
signer_ready() {
	command -v gpgv >/dev/null 2>&1 || { why="gpgv is missing"; return "$STATUS_FAILED"; }
	[ -n "$kernel_org_key" ] || { why="linux/UPSTREAM pins no kernel_org_key"; return "$STATUS_FAILED"; }
	signer_keyring "$work/signer.gpg"
}

# verify_sums SIGNED PLAIN: PLAIN gets the signed text only, and only if the pinned key signed it.
verify_sums() {
	rm -f "$2"
	if ! gpgv --status-fd 3 --keyring "$work/signer.gpg" --output "$2" "$1" 3>"$work/gpgv.status" \
		2>"$work/gpgv.log"; then
		why="the checksum file's signature is not good: $(tail -n 1 "$work/gpgv.log")"
		return "$STATUS_UNTRUSTED"
	fi
	signer=$(awk '$2 == "VALIDSIG" { print $NF }' "$work/gpgv.status")
	[ "$signer" = "$kernel_org_key" ] && return 0
	rm -f "$2"
	why="the checksum file was signed by ${signer:-nobody}, not by the pinned key $kernel_org_key"
	return "$STATUS_UNTRUSTED"
}

# kernel_org_open: sets $sums to the verified checksum file of the series' directory.
kernel_org_open() {
	signer_ready || return
	http_get "$kernel_org/$kernel_org_dir/sha256sums.asc" "$work/sums.asc" || return
	sums=$work/sums
	verify_sums "$work/sums.asc" "$sums"
}

# sum_of FILE: the SHA-256 that the verified file has for it, or nothing.
sum_of() {
	awk -v name="$1" '$2 == name && length($1) == 64 { print $1; exit }' "$sums"
}

# kernel_org_versions: the releases of the branch in the verified file, one a line, as X.Y.Z.
kernel_org_versions() {
	awk '{ print $2 }' "$sums" |
		sed -nE "s/^linux-($(echo "$branch" | sed 's/\./\\./')(\.[0-9]+)?)\.tar\.xz$/\1/p" |
		sed -E 's/^([0-9]+\.[0-9]+)$/\1.0/'
}

# fetch_kernel_org MODE: MODE is "get" or "probe". Sets $candidate for the caller to verify.
fetch_kernel_org() {
	kernel_org_open || return
	candidate_sha256=$(sum_of "$kernel_org_file")
	if [ -z "$candidate_sha256" ]; then
		why="$kernel_org/$kernel_org_dir/sha256sums.asc does not list $kernel_org_file"
		return "$STATUS_GONE"
	fi
	if [ -n "$kernel_org_sha256" ] && [ "$kernel_org_sha256" != "$candidate_sha256" ]; then
		why="the signed checksum of $kernel_org_file is $candidate_sha256, pinned is $kernel_org_sha256"
		return "$STATUS_UNTRUSTED"
	fi
	[ "$1" = get ] || return 0
	say "kernel.org: $kernel_org/$kernel_org_dir/$kernel_org_file"
	http_get "$kernel_org/$kernel_org_dir/$kernel_org_file" "$work/$kernel_org_file" || return
	candidate=$work/$kernel_org_file
	candidate_name=$kernel_org_file
	# What proves it later, from the cache and without the network, where no SHA-256 is pinned.
	mkdir -p "$tarballs" && cp "$work/sums.asc" "$tarballs/$kernel_org_file.sums.asc"
}
