#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# err: an error message, which belongs on stderr.
set -eu
. shell/tests/lib.sh

one() {
	is "$sh: the text goes to stderr, unchanged (defect B0-12)" "$(use / 'err "a  b" "\\t%s"' 2>&1 >/dev/null)" 'a  b \t%s'
	is "$sh: nothing goes to stdout" "$(use / 'err x' 2>/dev/null)" ''
	ok "$sh: in colour on a terminal" sh -c "script -qec '$top/shell/run err x' /dev/null | grep -q '1;31mx'"
	ok "$sh: -h" use / 'err -h | grep -q "usage: err"'
}

in_each_shell one
done_testing
