# SPDX-License-Identifier: GPL-2.0-or-later
# What the suites of this folder share: shells to run in, trees to work on, doubles for programs. Each suite sources it
# from the top of the repository. It must not touch the user's home, and everything it makes is in its own $work.
# shellcheck shell=sh
# shellcheck disable=SC2034  # used by the suites

top=$(pwd -P)
# shellcheck source=/dev/null
. "$top/tests/lib/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

cache=${IK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/immensity-kernel}
# Nothing of the user's environment may decide a test.
for var in $(env | sed -n 's/^\(IK_[A-Z_]*\|KBUILD_[A-Z_]*\|GIT_[A-Z_]*\|ARCH\|CROSS_COMPILE\|MAKEFLAGS\|MAKELEVEL\|MFLAGS\|EDITOR\|VISUAL\|LLVM\|BASH_COMPAT\|BASH_ENV\|ENV\|ZDOTDIR\)=.*/\1/p'); do
	unset "$var"
done
HOME=$work/home
XDG_CONFIG_HOME=$work/home/.config
PATH=$work/bin:$work/guard:$PATH
real_make=$(command -v make)
export HOME XDG_CONFIG_HOME PATH
mkdir -p "$HOME" "$work/bin" "$work/guard"
# Outside any tree the helpers take the one that setup.sh came from. No test may build there.
cat >"$work/guard/make" <<END
#!/bin/sh
case " \$* " in
*" $top/build/"* | *"O=$top/out"*) echo "lib.sh: a test must not build in $top" >&2 && exit 99 ;;
esac
exec $real_make "\$@"
END
chmod +x "$work/guard/make"
git config --global user.name Tester
git config --global user.email tester@example.org
git config --global init.defaultBranch main
setup=setup.sh
sh=bash

# use DIR CODE: runs CODE in DIR in the shell under test, after sourcing the setup script.
use() {
	use_code=". '$top/$setup' 2>/dev/null || exit 99; $2"
	case $sh in
	bash) (cd "$1" && bash --noprofile --norc -c "$use_code") ;;
	bash-4.4) (cd "$1" && BASH_COMPAT=4.4 bash --noprofile --norc -c "$use_code") ;;
	zsh) (cd "$1" && zsh -f -c "$use_code") ;;
	esac
}

# in_each_shell FUNCTION: calls it three times with $sh set; it must start from a fresh tree. TEST_SHELLS names fewer.
in_each_shell() {
	for sh in ${TEST_SHELLS:-bash bash-4.4 zsh}; do
		"$1"
	done
	sh=bash
}

# setting NAME VALUE: a line of the user's file.
setting() {
	mkdir -p "$XDG_CONFIG_HOME/immensity-kernel"
	echo "$1 = $2" >>"$XDG_CONFIG_HOME/immensity-kernel/setup.conf"
}

no_settings() {
	rm -rf "$XDG_CONFIG_HOME/immensity-kernel"
}

# double NAME [LINE...]: a program in front of PATH that logs its arguments to $work/NAME.log, then runs the lines.
double() {
	double_name=$1
	shift
	{
		echo '#!/bin/sh'
		echo "printf '%s' '$double_name' >>'$work/$double_name.log'"
		echo "printf ' <%s>' \"\$@\" >>'$work/$double_name.log'"
		echo "echo >>'$work/$double_name.log'"
		printf '%s\n' "$@"
	} >"$work/bin/$double_name"
	chmod +x "$work/bin/$double_name"
	: >"$work/$double_name.log"
}

# without NAME...: prints a PATH that has every program but these.
without() {
	rm -rf "$work/few"
	mkdir "$work/few"
	for without_dir in /usr/bin /bin /usr/sbin; do
		ln -s "$without_dir"/* "$work/few/" 2>/dev/null || :
	done
	for without_name; do
		rm -f "$work/few/$without_name"
	done
	echo "$work/bin:$work/few"
}

logged() {
	cat "$work/$1.log"
}

# toy_tree DIR: a tree with a kernel's marker files and a Makefile that behaves like Kbuild in the few ways that the
# helpers rely on, but takes no time. What it was called with is in DIR/log.
toy_tree() {
	rm -rf "$1"
	mkdir -p "$1/arch/x86/configs" "$1/scripts/kconfig" "$1/kernel"
	touch "$1/Kbuild" "$1/Kconfig" "$1/MAINTAINERS"
	cp "$top/shell/tests/toy/Makefile" "$1/Makefile"
	cp "$top/shell/tests/toy/toy-image" "$top/shell/tests/toy/toy-config" "$1/scripts/"
	echo 'int sched;' >"$1/kernel/sched.c"
	printf 'CONFIG_A=y\nCONFIG_B=m\n' >"$1/arch/x86/configs/wsl2_defconfig"
	printf 'exit 0\n' | tee "$1/scripts/kconfig/nconf-cfg.sh" >"$1/scripts/kconfig/mconf-cfg.sh"
	tree=$1
	out=$1/out
	: >"$1/log"
}

# toy_built DIR: a toy tree that has been configured and built.
toy_built() {
	toy_tree "$1"
	make -s -C "$1" O="$1/out" wsl2_defconfig
	make -s -C "$1" O="$1/out"
	image=$1/out/arch/x86/boot/bzImage
	: >"$1/log"
}

# toy_project DIR: the layout of this project around a toy tree; DIR/build/linux-1.2.3 is the source.
toy_project() {
	rm -rf "$1"
	mkdir -p "$1/linux" "$1/configs/fragments" "$1/mk" "$1/build"
	touch "$1/setup.sh"
	echo 'SERIES ?= stable' >"$1/mk/version.mk"
	printf '[stable]\nversion = 1.2.3\n\n[longterm]\nversion = 1.1.9\n' >"$1/linux/UPSTREAM"
	toy_tree "$1/build/linux-1.1.9"
	toy_tree "$1/build/linux-1.2.3"
	out=$1/out
}

# change TEXT: edits the toy's only source file; the pause keeps its time apart from the last build's.
change() {
	sleep 0.05
	echo "int $1;" >"$tree/kernel/sched.c"
}

# git_tree DIR: makes DIR a clean repository with a tag.
git_tree() {
	printf 'out/\nbuilds/\nlog\nkernel.bin\n' >"$1/.gitignore"
	(cd "$1" && git init -q && git add -A && git commit -q -m "first" && git tag v1)
}

# toy_image FILE [RELEASE [NUMBER]]: a bzImage that is whole as far as its header says.
toy_image() {
	sh "$top/shell/tests/toy/toy-image" "$1" "${2:-1.2.3-toy-microsoft-standard-WSL2}" "${3:-7}"
}

sha256() {
	sha256sum <"$1" | cut -d ' ' -f 1
}

# has FILE-OR-TEXT PATTERN: for `ok`: does the text of the file match the extended regular expression?
has() {
	grep -Eq -- "$2" "$1" || {
		cat "$1"
		return 1
	}
}

same_file() {
	cmp "$1" "$2"
}

absent() {
	[ ! -e "$1" ]
}
