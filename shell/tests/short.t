#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The short names: on by default, off when wanted, never over something of the user's, and not silently over a program.
set -eu
. shell/tests/lib.sh
toy_tree "$work/t"
double dc 'echo the calculator'
double mc 'echo the commander'

# raw CODE: without the redirection that hides warnings.
raw() {
	case $sh in
	zsh) zsh -f -c "$1" ;;
	*) bash --noprofile --norc -c "$1" ;;
	esac
}

one() {
	no_settings
	is "$sh: every helper has both names" \
		"$(use / "for n in $(awk '!/^#/ { print $1 }' shell/commands | tr '\n' ' '); do type \$n ik-\$n; done" 2>&1 | grep -c 'function')" 62
	is "$sh: hidden programs are named (defect B0-8)" \
		"$(raw ". $top/setup.sh" 2>&1 | sed -n 's/.*same name: \([a-z, ]*[a-z]\).*/\1/p')" 'dc, mc'
	is "$sh: ... once" "$(raw ". $top/setup.sh; . $top/setup.sh; . $top/setup_clang.sh" 2>&1 | grep -c warning)" 1
	setting short_names no
	is "$sh: short_names = no gives the programs back" "$(raw ". $top/setup.sh; dc; mc" 2>&1)" "the calculator
the commander"
	ok "$sh: ... and keeps the others" use "$tree" 'ik-kmake --show && ik-croot'
	is "$sh: ... also in a shell that had them" \
		"$(IK_SHORT_NAMES=yes raw ". $top/setup.sh 2>/dev/null; export IK_SHORT_NAMES=no; . $top/setup.sh; dc; type kmake >/dev/null 2>&1 || echo gone")" "the calculator
gone"
	no_settings
	is "$sh: a function of the user's stays" "$(raw "inc() { echo mine; }; . $top/setup.sh 2>/dev/null; inc")" mine
	ok "$sh: ... with a warning" sh -c "$(printf "%s" "${sh%-4.4}") -c 'rel() { :; }; . $top/setup.sh' 2>&1 | grep 'stay as they are: rel'"
	case $sh in
	bash) aliases='shopt -s expand_aliases' ;;
	zsh) aliases=: ;;
	esac
	is "$sh: an alias of the user's stays, and does not break sourcing" "$(raw "$aliases
alias mc='echo an alias'
. $top/setup.sh 2>/dev/null
eval mc
ik-mc -h | head -n 1")" "an alias
usage: mc [VARIABLE=value...]"
}

for sh in bash zsh; do
	one
done
done_testing
