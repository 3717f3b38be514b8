#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Ctrl-C in an interactive shell: the helper ends with status 130, its copies are the old ones, nothing is left behind,
# and the shell goes on. What is special about a Windows host is in vktest.t.
set -eu
. shell/tests/lib.sh
. shell/tests/terminal.sh
TMPDIR=$work/tmp
export TMPDIR
mkdir -p "$TMPDIR"

one() {
	toy_built "$work/t"
	git_tree "$tree"
	use "$tree" incbuild >/dev/null 2>&1 || :
	cp "$tree/kernel.bin" "$work/before"
	change changed
	is "$sh: during a build" "$(interrupted "$tree/kernel" "incbuild SLOW=$work/started" "$work/started")" 130
	ok "$sh: ... the copy is the old one" same_file "$work/before" "$tree/kernel.bin"
	is "$sh: during a release" "$(interrupted "$tree" "rel --force SLOW=$work/started" "$work/started")" 130
	ok "$sh: ... there is none" absent "$tree/builds"
	cp "$out/.config" "$work/config"
	double my-editor "echo rubbish >\"\$1\"; touch $work/started; sleep 30"
	is "$sh: in the editor" "$(interrupted "$tree" 'EDITOR=my-editor ec' "$work/started")" 130
	ok "$sh: ... the configuration is as it was" same_file "$work/config" "$out/.config"
	is "$sh: no file of ours is left" "$(find "$tree" "$TMPDIR" -name '.ik-copy*' -o -path "$TMPDIR/*")" ''
}

in_each_shell one
done_testing
