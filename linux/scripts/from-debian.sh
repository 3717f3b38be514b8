# SPDX-License-Identifier: GPL-2.0-or-later
# The source "debian": the package linux-source-<branch> through an apt configuration of our own, without root and
# without a change to the host's. It is sourced after lib.sh; it does not know which version is wanted unless told.
# Functions set $why when they fail and return STATUS_GONE when Debian was read and does not have the thing.
# Its variables come from lib.sh and the caller, or go there.
# shellcheck shell=sh disable=SC2034,SC2154

# host_mirror CODENAME: where the host's own apt gets that suite from. The first way needs the host's package lists,
# the second reads only its sources, as a fresh container has no lists yet.
host_mirror() {
	# shellcheck disable=SC2016 # apt, not the shell, puts the site in
	mirror=$(apt-get indextargets --format '$(SITE)' "Codename: $1" 'Created-By: Packages' 2>/dev/null | head -n 1)
	[ -n "$mirror" ] || mirror=$(apt-get --print-uris update 2>/dev/null |
		sed -nE "s,^'(.*)/dists/($1|${2:-$1})/InRelease' .*,\1,p" | head -n 1)
	printf '%s\n' "$mirror"
}

# mirror_for SUITE: prints the mirror's address, or nothing when none is known. The host is what OS_RELEASE says.
mirror_for() {
	# shellcheck disable=SC1090 # a file of the system
	host_id=$(. "${OS_RELEASE:-/etc/os-release}" 2>/dev/null && echo "${ID:-} ${VERSION_CODENAME:-}")
	case $1 in
	*-security)
		if [ -n "${DEBIAN_SECURITY_MIRROR:-}${DEBIAN_MIRROR:-}" ]; then
			printf '%s\n' "${DEBIAN_SECURITY_MIRROR:-}"
		elif [ "${host_id%% *}" = debian ]; then
			host_mirror "${host_id#* }-security" '(old|)stable-security'
		fi
		;;
	*)
		if [ -n "${DEBIAN_MIRROR:-}" ]; then
			printf '%s\n' "$DEBIAN_MIRROR"
		elif [ "${host_id%% *}" = debian ]; then
			host_mirror "${host_id#* }" '(old|)stable|testing|unstable|sid'
		fi
		;;
	esac
}

# Debian's archive keys: what the user names, else where Debian and Ubuntu put them.
archive_keyring() {
	for ring in "${DEBIAN_KEYRING:-}" /usr/share/keyrings/debian-archive-keyring.gpg \
		/usr/share/keyrings/debian-archive-keyring.pgp; do
		[ -n "$ring" ] || continue
		[ -r "$ring" ] && printf '%s\n' "$ring" && return 0
		[ "$ring" != "${DEBIAN_KEYRING:-}" ] || return 1
	done
	return 1
}

# write_sources: one stanza for each suite whose mirror is known; fails when there is none.
write_sources() {
	known=1
	for suite in $debian_suites; do
		address=$(mirror_for "$suite")
		if [ -z "$address" ]; then
			say "debian: no mirror is known for $suite, which is left out"
			continue
		fi
		known=0
		printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nTargets: Packages\nPDiffs: no\n\n' "$address" \
			"$suite"
	done >"$apt/sources/debian.sources"
	return $known
}

# write_apt_conf: read last by apt, so that it wins over the host's configuration, of which only the way to the network
# (proxies, certificates, passwords) is wanted here: not its suites, its preferences, its hooks, its default release.
write_apt_conf() {
	cat >"$apt/apt.conf" <<-END
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
		#clear APT::Default-Release;
		APT::Sandbox::User "root";
		APT::Update::Error-Mode "any";
		APT::Get::AllowUnauthenticated "false";
		Acquire::AllowInsecureRepositories "false";
		Acquire::Languages "none";
		Acquire::Retries "3";
		Acquire::http::Timeout "30";
		Acquire::https::Timeout "30";
		Dir::State "$apt/state";
		Dir::State::Lists "$apt/state/lists";
		Dir::State::status "$apt/state/status";
		Dir::State::extended_states "$apt/state/extended_states";
		Dir::Cache "$apt/cache";
		Dir::Cache::Archives "$apt/cache/archives";
		Dir::Log "$apt/log";
		Dir::Etc::SourceList "/dev/null";
		Dir::Etc::SourceParts "$apt/sources";
		Dir::Etc::Preferences "/dev/null";
		Dir::Etc::PreferencesParts "/dev/null";
		Dir::Etc::TrustedParts "$apt/trusted";
	END
	# apt before 3.0 would trust the host's one-file keyring as well; apt 3 has none and warns when one is named.
	[ -z "$(apt-config shell ring Dir::Etc::Trusted)" ] || echo 'Dir::Etc::Trusted "/dev/null";' >>"$apt/apt.conf"
}

# copy_keyring FILE: apt tells the two formats of a keyring by the file's suffix.
copy_keyring() {
	rm -f "$apt"/trusted/*
	case $(head -c 5 "$1" | tr -d '\0') in
	-----) cp "$1" "$apt/trusted/archive.asc" ;;
	*) cp "$1" "$apt/trusted/archive.gpg" ;;
	esac
	chmod 644 "$apt"/trusted/*
}

# debian_open: the private apt configuration of $series with fresh package lists. Sets $apt and, when some list could
# not be had, $lists_why.
debian_open() {
	apt=$cache/apt/$series
	lists_why=
	{ command -v apt-get && command -v dpkg-deb; } >/dev/null 2>&1 ||
		{ why="there is no apt-get and dpkg-deb here"; return "$STATUS_FAILED"; }
	[ -n "$debian_suites" ] || { why="linux/UPSTREAM names no suite for series $series"; return "$STATUS_GONE"; }
	ring=$(archive_keyring) || {
		why="no archive keyring${DEBIAN_KEYRING:+ at $DEBIAN_KEYRING}"
		why="$why; install debian-archive-keyring or give DEBIAN_KEYRING="
		return "$STATUS_FAILED"
	}
	{
		mkdir -p "$apt/sources" "$apt/trusted" "$apt/state/lists/partial" "$apt/cache/archives/partial" "$apt/log" &&
			: >"$apt/state/status" && copy_keyring "$ring" && write_apt_conf
	} || { why="$apt cannot be written"; return "$STATUS_FAILED"; }
	write_sources || {
		why="this is not Debian, so no Debian mirror is known; give DEBIAN_MIRROR="
		return "$STATUS_FAILED"
	}
	apt-get -q -c "$apt/apt.conf" update >"$apt/update.log" 2>&1 ||
		lists_why=$(sed -nE 's/^E: //p' "$apt/update.log" | head -n 1)
	sed 's/^/debian: /' "$apt/update.log" >&2
}

# debian_versions: the versions of the package in the suites read, one a line.
debian_versions() {
	apt-cache -c "$apt/apt.conf" madison "$1" 2>/dev/null | awk -F ' *[|] *' '/Packages$/ { print $2 }' | sort -u
}

# debian_has VERSION: is it there? Says what is there instead.
debian_has() {
	debian_versions "$package" | grep -Fqx -- "$1" && return 0
	others=$(debian_versions "$package" | tr '\n' ' ')
	if [ -n "$lists_why" ]; then
		why="the package lists cannot be had: $lists_why"
		return "$STATUS_FAILED"
	fi
	why="$package $1 is not in $debian_suites any more; there is: ${others:-no version of it}"
	return "$STATUS_GONE"
}

# debian_download VERSION DIRECTORY: apt checks the package against the signed lists; leaves the tarball in DIRECTORY
# and its name in $downloaded.
debian_download() {
	(cd "$2" && apt-get -q -c "$apt/apt.conf" download "$package=$1") >"$2/log" 2>&1 || {
		sed 's/^/debian: /' "$2/log" >&2
		why="the download failed: $(sed -nE 's/^[EW]: //p' "$2/log" | head -n 1)"
		return "$STATUS_FAILED"
	}
	sed 's/^/debian: /' "$2/log" >&2
	dpkg-deb --extract "$2/$package"_*.deb "$2/root" ||
		{ why="the package cannot be unpacked into $2 (disk full?)"; return "$STATUS_FAILED"; }
	downloaded=$2/root/usr/src/$package.tar.xz
	[ -f "$downloaded" ] || { why="the package holds no usr/src/$package.tar.xz"; return "$STATUS_FAILED"; }
}

# fetch_debian MODE: MODE is "get" or "probe". Sets $candidate for the caller to verify.
fetch_debian() {
	{ [ -n "$debian_version" ] && [ -n "$debian_sha256" ]; } ||
		{ why="linux/UPSTREAM pins no Debian version for series $series"; return "$STATUS_GONE"; }
	debian_open || return
	debian_has "$debian_version" || return
	[ "$1" = get ] || return 0
	debian_download "$debian_version" "$work" || return
	candidate=$downloaded
	candidate_name=$debian_file
	candidate_sha256=$debian_sha256
}
