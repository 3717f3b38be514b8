# SPDX-License-Identifier: GPL-2.0-or-later
# What the scripts of this folder share: messages, the pins of linux/UPSTREAM, places, checksums, locks.
# It is sourced, knows no source of tarballs (from-*.sh) and nothing about unpacking (prepare).
# Most of its variables are for those who source it.
# shellcheck shell=sh disable=SC2034

top=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
upstream=$top/linux/UPSTREAM
patches=$top/linux/patches
# The caller may name a build directory relative to the top of the tree, as make does.
build=${IK_BUILD:-build}
case $build in /*) ;; *) build=$top/$build ;; esac
cache=${IK_CACHE:-${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/immensity-kernel}
case $cache in /*) ;; *) cache=$PWD/$cache ;; esac
tarballs=$cache/tarballs

# A hook of git exports these; inside a kernel tree they make Kbuild add our commit to its release.
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
# Messages of tools are looked at (patch) and shown; both need one language.
LC_ALL=C
export LC_ALL

STATUS_FAILED=1
STATUS_USAGE=2
STATUS_GONE=3
# Only between functions: a checksum or a signature was wrong, which counts more than "not there".
STATUS_UNTRUSTED=4

say() {
	printf '%s\n' "$*" >&2
}

# die STATUS MESSAGE [NEXT-STEP...]: an error names the object and the reason; each further argument is one more line,
# of advice.
die() {
	die_status=$1
	say "error: $2"
	shift 2
	for die_line; do
		say "       $die_line"
	done
	exit "$die_status"
}

series_names() {
	sed -n 's/^\[\(.*\)\]$/\1/p' "$upstream"
}

# pin_get SERIES KEY: the value, empty when it is empty or missing.
pin_get() {
	awk -v section="[$1]" -v key="$2" '
		/^\[/ { inside = ($0 == section) }
		inside && $1 == key && $2 == "=" { $1 = $2 = ""; sub(/^ +/, ""); print; exit }' "$upstream"
}

# need_value SERIES KEY PATTERN: a value that everything else relies on; PATTERN is an extended regular expression.
need_value() {
	printf '%s\n' "$(pin_get "$1" "$2")" | grep -Eqx -- "$3" ||
		die "$STATUS_FAILED" "linux/UPSTREAM: series $1 has no usable pin: $2 = '$(pin_get "$1" "$2")'" \
			"\`make update-upstream SERIES=$1\` pins the newest version that can be had"
}

# need_series SERIES: refuses a name that is no section.
need_series() {
	[ -r "$upstream" ] || die "$STATUS_FAILED" "$upstream: cannot be read" \
		"it pins the upstream version; restore it from git"
	series_names | grep -Fqx -- "$1" ||
		die "$STATUS_USAGE" "SERIES=$1: linux/UPSTREAM has no such series" \
			"known series: $(series_names | tr '\n' ' ')"
	need_value "$1" branch '[0-9]+\.[0-9]+'
}

# need_pin SERIES: refuses a pin that does not pin: no version, or no SHA-256 at all.
need_pin() {
	need_series "$1"
	need_value "$1" version '[0-9]+\.[0-9]+\.[0-9]+'
	need_value "$1" debian_sha256 '[0-9a-f]{64}|'
	need_value "$1" kernel_org_sha256 '[0-9a-f]{64}|'
	[ -n "$(pin_get "$1" debian_sha256)" ] || need_value "$1" kernel_org_sha256 '[0-9a-f]{64}'
}

# read_pin SERIES: sets branch, version, package, debian_*, kernel_org_*, whole or not.
read_pin() {
	series=$1
	need_series "$series"
	branch=$(pin_get "$series" branch)
	version=$(pin_get "$series" version)
	package=linux-source-$branch
	debian_version=$(pin_get "$series" debian_version)
	debian_suites=$(pin_get "$series" debian_suites)
	debian_sha256=$(pin_get "$series" debian_sha256)
	kernel_org_sha256=$(pin_get "$series" kernel_org_sha256)
	kernel_org_key=$(pin_get "$series" kernel_org_key)
	name_sources
}

load_pin() {
	need_pin "$1"
	read_pin "$1"
}

# Names in the cache and on the server; the first release of a branch, 7.3.0, is called 7.3 everywhere else.
name_sources() {
	debian_file=${package}_$debian_version.tar.xz
	kernel_org_file=linux-${version%.0}.tar.xz
	kernel_org_dir=v${version%%.*}.x
}

sha256_of() {
	sha256sum <"$1" | cut -d' ' -f1
}

# describe FILE: why a file with a wrong checksum may be wrong; a cut-off .xz lacks its index, which xz looks for first.
describe() {
	describe_size=$(stat -c %s "$1")
	if xz -l "$1" >/dev/null 2>&1; then
		echo "$describe_size bytes, a whole .xz"
	else
		echo "$describe_size bytes, truncated or not an .xz file at all"
	fi
}

# lock FILE: one run at a time; the lock ends with the process, however it ends.
lock() {
	exec 9>"$1"
	command -v flock >/dev/null 2>&1 || return 0
	flock -n 9 && return 0
	say "waiting for another run that holds $1"
	flock 9
}
