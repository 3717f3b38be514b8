#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# msg: a message on stdout.
set -eu
. shell/tests/lib.sh

one() {
	is "$sh: the text, unchanged" "$(use / 'msg "a  b" -n "\\t%s"' 2>/dev/null)" 'a  b -n \t%s'
	is "$sh: nothing goes to stderr" "$(use / 'msg x' 2>&1 >/dev/null)" ''
	is "$sh: no colour where there is no terminal" "$(use / 'msg x' | od -An -c | tr -d ' \n')" 'x\n'
	ok "$sh: in colour on a terminal" sh -c "script -qec '$top/shell/run msg x' /dev/null | grep -q '1;32mx'"
	ok "$sh: -h" use / 'msg -h | grep -q "usage: msg"'
}

in_each_shell one
done_testing
