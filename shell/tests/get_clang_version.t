#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# get_clang_version: one line, without addresses.
set -eu
. shell/tests/lib.sh

one() {
	no_settings
	double clang 'echo "Clang version 19.1.7 (https://example.org/llvm.git abc)   "; echo "second line"'
	is "$sh: the first line without addresses and blanks" "$(use / get_clang_version)" 'Clang version 19.1.7'
	double clang-19 'echo nineteen'
	is "$sh: the setting llvm counts" "$(use / 'IK_LLVM=-19; get_clang_version')" nineteen
	double other-cc 'echo "other 1.0"'
	is "$sh: of the program that is named" "$(use / 'get_clang_version other-cc')" 'other 1.0'
	fails "$sh: a compiler that is not there" 1 'compiler no-cc is not installed' use / 'get_clang_version no-cc'
	fails "$sh: too many arguments" 2 'unexpected' use / 'get_clang_version a b'
	ok "$sh: -h" use / 'get_clang_version -h | grep -q "usage: get_clang_version"'
}

in_each_shell one
done_testing
