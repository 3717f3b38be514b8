#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# usage: bugs.t [PATCH...]   (from the top of the tree)
# Shows that the suites would notice: each patch in bugs/ gives a copy of the helpers back one defect of the earlier ones.
# The suite that the patch names must then fail in a test that names the defect, and must not fail there without it.
# shellcheck disable=SC2013,SC2317  # names have no blanks; functions are called through ok
set -u
. tests/lib/tap.sh
bugs=$PWD/shell/tests/bugs
top=$PWD
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# copy DIR: what the suites need of this tree.
copy() {
	rm -rf "$1"
	mkdir -p "$1/linux" "$1/mk" "$1/configs" "$1/tests"
	cp -a shell setup.sh setup_clang.sh helpers.sh "$1/"
	cp -a tests/lib "$1/tests/"
	cp linux/UPSTREAM "$1/linux/"
	cp mk/version.mk "$1/mk/"
	ln -s "$top/postinst-helper" "$1/postinst-helper"
}

# field NAME PATCH
field() {
	sed -n "s/^# $1: //p" "$2"
}

# failures DIR SUITE SHELLS: the descriptions of the tests that fail there.
failures() {
	(cd "$1" && TEST_SHELLS=$3 "shell/tests/$2.t" 2>&1 </dev/null) | sed -n 's/^not ok [0-9]* - //p'
}

# undisturbed SUITE SHELLS: the same without a bug, found out once. Some of a clone's files are not in the copy.
undisturbed() {
	undisturbed=$tmp/$1-$(echo "$2" | tr ' ' -)
	[ -f "$undisturbed" ] || failures "$tmp/plain" "$1" "$2" >"$undisturbed"
}

# caught PATCH: some test that names the defect fails now, and only now.
caught() {
	suite=$(field caught-by "$1")
	shells=${suite#* }
	suite=${suite%% *}
	copy "$tmp/planted"
	patch -s -p1 -F 2 -d "$tmp/planted" <"$1" || return 1
	undisturbed "$suite" "$shells"
	failures "$tmp/planted" "$suite" "$shells" >"$tmp/now"
	grep -vxF -f "$undisturbed" "$tmp/now" | grep -Ew "defects? [^)]*$(field defect "$1")" && return 0
	cat "$tmp/now"
	return 1
}

# listed: every defect of the table in shell/tests/README.md has a patch.
listed() {
	for defect in $(sed -n 's/^| \([A-Za-z0-9]*-[0-9]*\) |.*/\1/p' shell/tests/README.md); do
		grep -qx "# defect: $defect" "$bugs"/*.patch || echo "$defect"
	done
}

copy "$tmp/plain"
is "every defect has a patch" "$(listed)" ''
for patch in "$bugs"/*.patch; do
	name=$(basename "$patch" .patch)
	case " ${*:-$name} " in *" $name "*) ;; *) continue ;; esac
	ok "$name is caught by $(field caught-by "$patch"): $(field bug "$patch")" caught "$patch"
done
done_testing
