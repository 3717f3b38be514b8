#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# get_gcc_version: one line, without addresses.
set -eu
. shell/tests/lib.sh

one() {
	no_settings
	double gcc 'echo "GCC version 19.1.7 (https://example.org/llvm.git abc)   "; echo "second line"'
	is "$sh: the first line without addresses and blanks" "$(use / get_gcc_version)" 'GCC version 19.1.7'
	double gcc-12 'echo twelve'
	is "$sh: the setting gcc counts" "$(use / 'IK_GCC=gcc-12; get_gcc_version')" twelve
	double other-cc 'echo "other 1.0"'
	is "$sh: of the program that is named" "$(use / 'get_gcc_version other-cc')" 'other 1.0'
	fails "$sh: a compiler that is not there" 1 'compiler no-cc is not installed' use / 'get_gcc_version no-cc'
	fails "$sh: too many arguments" 2 'unexpected' use / 'get_gcc_version a b'
	ok "$sh: -h" use / 'get_gcc_version -h | grep -q "usage: get_gcc_version"'
}

in_each_shell one
done_testing
