#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# timg: nothing leaves the machine unless a command is set and the user has said yes.
# shellcheck disable=SC2016  # code for the shell under test and for doubles
set -eu
. shell/tests/lib.sh

one() {
	no_settings
	toy_built "$work/t"
	rm -rf "$tree/builds"
	fails "$sh: without an upload command it says how to set one (defect timg-1)" 1 'upload_command = scp' use "$tree" timg
	ok "$sh: ... before anything is made" absent "$tree/builds"
	double put
	setting upload_command 'put "$1" "me@example.org: a b"'
	fails "$sh: with nobody to ask nothing is uploaded (defect timg-2)" 3 'nobody can be asked' use "$tree" 'timg </dev/null'
	is "$sh: ... really" "$(logged put)" ''
	name=$(use "$tree" dimg 2>/dev/null)
	ok "$sh: -y uploads" use "$tree" 'timg -y 2>said'
	is "$sh: the command gets the file" "$(logged put)" "put <$name> <me@example.org: a b>"
	ok "$sh: the digest is shown first" has "$tree/said" "SHA-256 $(sha256 "$name")"
	: >"$work/put.log"
	fails "$sh: the answer no is respected" 3 'not uploaded' use "$tree" 'echo n | IK_ASK=always timg'
	is "$sh: ... really" "$(logged put)" ''
	ok "$sh: the answer yes uploads" use "$tree" 'echo y | IK_ASK=always timg'
	is "$sh: ... really" "$(logged put | wc -l)" 1
	double put 'exit 7'
	fails "$sh: a failing upload gives a non-zero status" 1 'upload command ended with status 7' use "$tree" 'timg -y'
	rm "$image"
	fails "$sh: without a build nothing is uploaded" 1 'does not exist' use "$tree" 'timg -y'
	ok "$sh: -h" use / 'timg -h | grep -q "usage: timg"'
}

in_each_shell one
done_testing
