#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# croot: goes to the root of the tree that the user stands in, whatever it is called.
set -eu
. shell/tests/lib.sh

goes() {
	use "$1" "croot $2 && pwd"
}

one() {
	toy_tree "$work/t"
	mkdir -p "$tree/kernel/deep"
	is "$sh: from a folder deep in a tree" "$(goes "$tree/kernel/deep" '')" "$tree"
	is "$sh: outside any tree, to the tree of setup.sh (defects B0-1 and B0-2)" "$(goes / '')" "$top"
	is "$sh: FOLDER below the root" "$(goes "$tree/kernel" arch/x86)" "$tree/arch/x86"
	mkdir -p "$work/links" && ln -sfn "$tree/kernel" "$work/links/kernel"
	touch "$work/links/Kbuild" "$work/links/Kconfig" "$work/links/MAINTAINERS" "$work/links/Makefile"
	is "$sh: in a tree made of links, the path that the user came by counts" "$(goes "$work/links/kernel/deep" '')" "$work/links"
	toy_project "$work/p"
	is "$sh: a project's root from its configs" "$(goes "$work/p/configs" '')" "$work/p"
	is "$sh: a project's root from the source that it builds" "$(goes "$work/p/build/linux-1.2.3/kernel" '')" "$work/p"
	is "$sh: -s goes to the source" "$(goes "$work/p/configs" -s)" "$work/p/build/linux-1.2.3"
	is "$sh: -p keeps the old folder on the stack" "$(use "$tree/kernel" 'croot -p && popd >/dev/null && pwd')" "$tree/kernel"
	mv "$work/t" "$work/a b
"
	is "$sh: a root with a blank and a newline in its name" "$(use "$work/a b
/kernel" 'croot && pwd && echo end')" "$work/a b

end"
	rm -rf "$work/a b
"
	is "$sh: IK_ROOT decides from anywhere" "$(use / "IK_ROOT=$work/p; croot && pwd")" "$work/p"
	is "$sh: CDPATH and an alias of cd change nothing" \
		"$(use "$work/p/configs" "CDPATH=$work; alias cd='false'; croot linux && pwd")" "$work/p/linux"
	fails "$sh: a folder that is not there" 1 'is no folder' goes "$work/p" nowhere
	fails "$sh: an unknown option" 2 "unknown option '-x'" goes "$work/p" -x
	fails "$sh: too many arguments" 2 'unexpected argument' goes "$work/p" 'linux configs'
	rm -rf "$work/alone" && mkdir "$work/alone"
	cp -a "$top/shell" "$top/setup.sh" "$top/helpers.sh" "$work/alone/"
	fails "$sh: no tree here, and none where setup.sh is" 1 'is none either' use / ". $work/alone/setup.sh; croot"
	rm "$work/p/linux/UPSTREAM"
	fails "$sh: a root without its marker files is refused" 1 'not the top of a kernel tree' use / "IK_ROOT=$work/p; croot"
	ok "$sh: -h" use / 'croot -h | grep -q "usage: croot"'
}

in_each_shell one
done_testing
