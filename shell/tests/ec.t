#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ec: the user's editor, then Kconfig's opinion about what was written.
# shellcheck disable=SC2016  # code for the shell under test and for doubles
set -eu
. shell/tests/lib.sh

one() {
	no_settings
	toy_built "$work/t"
	double my-editor 'for a; do last=$a; done; cat "$IK_TEST_EDIT" >>"$last"'
	export IK_TEST_EDIT="$work/edit"
	echo CONFIG_C=y >"$work/edit"
	use "$tree/kernel" 'EDITOR="my-editor --wait"; ec' >"$work/said" 2>&1 || :
	is "$sh: an editor with arguments works, exported or not (defect ec-1)" "$(logged my-editor)" "my-editor <--wait> <$out/.config>"
	ok "$sh: what changed is told (defect ec-2)" has "$work/said" 'CONFIG_C: n -> y'
	ok "$sh: olddefconfig ran (defect ec-2)" has "$tree/log" 'goal=olddefconfig'
	: >"$work/my-editor.log"
	ok "$sh: VISUAL goes first, and quotes in it count" use "$tree" 'EDITOR=false VISUAL="my-editor \"a b\""; ec'
	is "$sh: ... really" "$(logged my-editor)" "my-editor <a b> <$out/.config>"
	setting editor my-editor
	ok "$sh: the setting goes before both" use "$tree" 'export VISUAL=false EDITOR=false; ec'
	no_settings
	printf '# CONFIG_A is not set\nCONFIG_C=y\n' >"$work/edit"
	sed -i /CONFIG_[AC]/d "$out/.config"
	echo CONFIG_A=y >>"$out/.config"
	sed -i 's/.*CONFIG_A.*//' "$out/.config"
	fails "$sh: an edit that Kconfig takes back is an error and named" 1 'CONFIG_C: you wrote y, Kconfig made it n' \
		use "$tree" 'EDITOR=my-editor ec'
	cp "$out/.config" "$work/before"
	fails "$sh: an editor that fails gives a non-zero status" 1 'editor .false. failed' use "$tree" 'EDITOR=false ec'
	double bad-editor 'echo rubbish >"$1"; exit 1'
	fails "$sh: ... whatever it has written" 1 'is as it was' use "$tree" 'EDITOR=bad-editor ec'
	ok "$sh: ... the configuration is as it was" same_file "$work/before" "$out/.config"
	echo 'a syntax error' >"$work/edit"
	fails "$sh: text that Kconfig cannot read is refused" 1 'cannot read what you wrote' use "$tree" 'EDITOR=my-editor ec'
	ok "$sh: ... the configuration is as it was" same_file "$work/before" "$out/.config"
	ok "$sh: ... and the text is kept" has "$out/.config.rejected" 'a syntax error'
	fails "$sh: no editor at all" 1 'no editor is set or installed' use "$tree" "PATH=$(without vim vi nano); ec"
	rm "$out/.config"
	fails "$sh: without a configuration there is nothing to edit" 1 'config does not exist' use "$tree" 'EDITOR=my-editor ec'
	fails "$sh: only variables are taken" 2 'no VARIABLE=value' use "$tree" 'ec x'
	ok "$sh: -h" use / 'ec -h | grep -q "usage: ec"'
}

in_each_shell one
done_testing
