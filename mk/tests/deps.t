#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scripts/setup-deps as a user without rights runs it: what is missing is named in one line with the command, and of
# alternatives the right one. It installs nothing.
# shellcheck disable=SC2317 # functions are called by ok and fails
set -eu
. tests/lib/tap.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cp mk/scripts/setup-deps "$work/"

# needs LINE...: setup-deps, as nobody, for a list of these lines.
needs() {
	printf '%s\n' "$@" >"$work/list"
	setpriv --reuid=65534 --regid=65534 --clear-groups "$work/setup-deps" "$work/list"
}

fails "no list is refused" 2 '^usage: setup-deps LISTFILE' mk/scripts/setup-deps
ok "what is installed is not asked for" needs "# a comment" "" "dpkg # a reason"
fails "what is missing is named in one line with the command" 1 \
	'packages are missing; as root: apt-get update && apt-get install -y --no-install-recommends nosuch-one nosuch-two $' \
	needs "nosuch-two # a reason" dpkg nosuch-one
ok "the first of two alternatives will do" needs "dpkg|nosuch-one"
ok "the second will do where the first is not to be had" needs "nosuch-one|dpkg"
fails "it will not where the first is to be had" 1 'recommends hello $' needs "hello|dpkg"
fails "with neither, the last is named" 1 'recommends nosuch-two $' needs "nosuch-one|nosuch-two"
done_testing
