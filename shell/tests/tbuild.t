#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# tbuild: build what changed, then upload the copy.
# shellcheck disable=SC2016  # code for the shell under test and for doubles
set -eu
. shell/tests/lib.sh

one() {
	no_settings
	toy_built "$work/t"
	change changed
	fails "$sh: without an upload command it stops before the build, not after it" 1 'no upload command' use "$tree" tbuild
	is "$sh: ... make was not started" "$(cat "$tree/log")" ''
	double put
	setting upload_command 'put "$1"'
	ok "$sh: builds and uploads" use "$tree/kernel" 'tbuild --yes W=3'
	ok "$sh: the new build was uploaded" has "$work/put.log" "builds/kernel-.*-b2-"
	ok "$sh: arguments reach make" has "$tree/log" 'W=3'
	: >"$work/put.log"
	change broken
	fails "$sh: a failing build gives a non-zero status" 1 'make ended' use "$tree" 'tbuild --yes FAIL=yes'
	is "$sh: ... and uploads nothing" "$(logged put)" ''
	ok "$sh: -h" use / 'tbuild -h | grep -q "usage: tbuild"'
}

in_each_shell one
done_testing
