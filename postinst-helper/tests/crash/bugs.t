#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# usage: bugs.t [PATTERN...]   (from the top of the tree, after `make crash-tools`)
# Shows that the crash suites would notice: each patch in bugs/ plants one bug of the protocol into a copy of the
# sources; the suite that it names must then fail. A patch that no longer applies is a failure too.
set -u
cd "$(dirname "$0")/../../.." || exit 1
# shellcheck source=tests/lib/tap.sh
. tests/lib/tap.sh
here=postinst-helper
build=${IK_BUILD:-$here/build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

# planted PATCH: builds the program with the bug into $tmp/build/immensity-kernel; only what changed is compiled.
planted() {
	rm -rf "$tmp/tree" "$tmp/build"
	mkdir -p "$tmp/tree"
	mkdir -p "$tmp/mk"
	cp -a mk/version.mk "$tmp/mk/"
	cp -a $here/src $here/include $here/Makefile "$tmp/tree/"
	cp -a "$build" "$tmp/build"
	patch -s -p1 -F 1 -d "$tmp/tree" <"$1" &&
		make -s --no-print-directory -C "$tmp/tree" BUILD="$tmp/build" "$tmp/build/immensity-kernel"
}

# caught SUITE TIER [SCENE]: the suite fails on the planted program, and not because it could not start.
# shellcheck disable=SC2317 # called through ok
caught() {
	suite=$1
	shift
	"$build/tests/crash/$suite" "$tmp/build/immensity-kernel" "$@" >"$tmp/log" 2>&1
	status=$?
	tail -n 4 "$tmp/log"
	[ "$status" -eq 1 ] && grep -q -e '^not ok' -e '^Bail out! .*undisturbed' "$tmp/log"
}

count=0
for bug in "$here"/tests/crash/bugs/*.patch; do
	name=$(basename "$bug" .patch)
	case " ${*:-$name} " in *" $name "*) ;; *) continue ;; esac
	suite=$(sed -n 's/^# caught-by: //p' "$bug")
	if ! planted "$bug" >"$tmp/log" 2>&1; then
		fails "$name can be planted" never never cat "$tmp/log"
		continue
	fi
	# shellcheck disable=SC2086 # words of the patch's own line
	ok "$name is caught by $suite" caught $suite
	count=$((count + 1))
done
diag "S9 planted bugs: $count, caught: $((count - tap_failed))"
done_testing
