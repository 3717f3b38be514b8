#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kmake: make for the kernel, from any folder, with the settings' arguments first and the user's last.
# shellcheck disable=SC2016  # code for the shell under test and for doubles
set -eu
. shell/tests/lib.sh

one() {
	no_settings
	toy_tree "$work/t"
	double my-cross-gcc
	make -s -C "$tree" O="$out" wsl2_defconfig
	mkdir -p "$tree/kernel/deep"
	: >"$tree/log"
	ok "$sh: builds from a folder deep in the tree" use "$tree/kernel/deep" kmake
	ok "$sh: the results are in out/ of the root" test -f "$out/arch/x86/boot/bzImage"
	ok "$sh: architecture, jobs and compiler reach make" has "$tree/log" "CC=.*gcc ARCH=x86|ARCH=x86 CC=.*gcc"
	setting gcc gcc-double
	double gcc-double
	ok "$sh: the compiler of the settings is the one that make gets (defect B0-4)" use "$tree" 'kmake some-goal'
	ok "$sh: ... CC names it (defect B0-4)" has "$tree/log" 'goal=some-goal.*CC=.*gcc-double'
	is "$sh: the user's argument comes last and wins" "$(use "$tree" 'kmake --show CC=mine' | sed 's/.* CC=mine .*/last/')" last
	is "$sh: O= counts from the root, wherever the user stands" \
		"$(use "$tree/kernel" 'kmake --show O=other' | sed 's/.*O=//')" "$tree/other"
	ok "$sh: arguments with blanks arrive whole" use "$tree" 'kmake goal2 KCFLAGS="-O2 -g"'
	ok "$sh: ... as one word" has "$tree/log" 'goal=goal2.*KCFLAGS=-O2\\ -g'
	fails "$sh: a failing build gives a non-zero status" 1 'make ended with status 2' use "$tree" 'kmake FAIL=yes O=fresh'
	rm "$work/bin/gcc-double"
	fails "$sh: a missing compiler is named before make starts" 1 'compiler gcc-double is not installed' use "$tree" kmake
	no_settings
	fails "$sh: a bad number of jobs is refused" 2 "jobs: 'many'" use "$tree" 'IK_JOBS=many; kmake'
	setting make_args "V=1 KCFLAGS='-O3 -g'"
	ok "$sh: make_args are read like a command line" use "$tree" 'kmake goal3'
	ok "$sh: ... in the right pieces" has "$tree/log" 'goal=goal3.*KCFLAGS=-O3\\ -g'
	fails "$sh: make_args that no command line could be" 2 'make_args: .* is no list of words' use "$tree" "IK_MAKE_ARGS=\"'\"; kmake"
	fails "$sh: a compiler that is neither of the two" 2 "compiler: 'tcc'" use "$tree" 'IK_COMPILER=tcc; kmake'
	fails "$sh: a root that is not there" 1 'is no folder' use "$tree" 'IK_ROOT=/nonexistent; kmake'
	mkdir -p "$work/gone"
	fails "$sh: a current folder that is gone" 1 'the current directory is gone' use "$work/gone" 'rmdir ../gone; kmake --show'
	fails "$sh: no make" 1 'make is not installed' use "$tree" "PATH=$(without make); kmake"
	is "$sh: another architecture with its cross compiler" \
		"$(use "$tree" 'IK_CCACHE=no IK_ARCH=aarch64 IK_CROSS_COMPILE=my-cross-; kmake --show' | sed 's/.*ARCH/ARCH/; s/ V=1.*//')" \
		'ARCH=arm64 CC=my-cross-gcc CROSS_COMPILE=my-cross-'
	fails "$sh: outside any tree the tree of setup.sh is taken" any "$top/build|not there yet" \
		use / "kmake --show; false"
	fails "$sh: a root that is no tree is refused" 1 'not the top of a kernel tree' use "$tree" "IK_ROOT=$work; kmake"
	is "$sh: MAKEFLAGS of the caller is left alone (defect B0-4)" \
		"$(use "$tree" 'export MAKEFLAGS=k; kmake goal4 >/dev/null 2>&1; echo "$MAKEFLAGS"; env | grep ^MAKEFLAGS')" "k
MAKEFLAGS=k"
	no_settings
}

clang() {
	setup=setup_clang.sh
	double clang
	double clang-19
	toy_tree "$work/t"
	is "$sh: with Clang the whole tool chain is LLVM's, not only CC (defect B0-6)" \
		"$(use "$tree" 'IK_CCACHE=no; kmake --show' | grep -o 'CC=[^ ]* LLVM=[^ ]*')" 'CC=clang LLVM=1'
	is "$sh: a versioned tool chain" "$(use "$tree" 'IK_CCACHE=no; IK_LLVM=-19; kmake --show' | grep -o 'CC=[^ ]* LLVM=[^ ]*')" \
		'CC=clang-19 LLVM=-19'
	is "$sh: GCC and Clang do not share a build folder" "$(use "$tree" 'kmake --show' | sed 's/.*O=//')" "$out-clang"
	fails "$sh: nonsense for llvm is refused" 2 "llvm: '19'" use "$tree" 'IK_LLVM=19; kmake'
	fails "$sh: no variable that Kbuild does not know (defect B0-7)" 1 '^$' use "$tree" 'kmake --show | grep COMPILER_STRING || { echo; false; }'
	setup=setup.sh
}

project() {
	toy_project "$work/p"
	is "$sh: in the project, the pinned source is built into out/" "$(use "$work/p/configs" 'kmake --show' | sed 's/-j.* O=/O=/')" \
		"make -C $work/p/build/linux-1.2.3 O=$work/p/out"
	is "$sh: ... the other series, too" "$(use "$work/p" 'IK_SERIES=longterm; kmake --show' | sed 's/-j.* O=/O=/')" \
		"make -C $work/p/build/linux-1.1.9 O=$work/p/out-longterm"
	is "$sh: ... also when standing in its source" "$(use "$work/p/build/linux-1.1.9/kernel" 'kmake --show' | sed 's/-j.* O=/O=/')" \
		"make -C $work/p/build/linux-1.1.9 O=$work/p/out-longterm"
	mkdir -p "$work/p/configs/scripts" "$work/p/build/stamp"
	printf 'echo "COMPILER=$COMPILER" "$@" >"%s"\n' "$work/p/log" >"$work/p/configs/scripts/kmake"
	chmod +x "$work/p/configs/scripts/kmake"
	touch "$work/p/build/stamp/kernel-out"
	ok "$sh: ... through the project's own wrapper of make" use "$work/p/mk" 'kmake KCFLAGS=-g'
	ok "$sh: ... with the same folders, and the user's arguments last" \
		has "$work/p/log" "^COMPILER=gcc -C $work/p/build/linux-1.2.3 O=$work/p/out -j.* KBUILD_BUILD_VERSION= .*KCFLAGS=-g\$"
	ok "$sh: ... and no package is made from it unseen" absent "$work/p/build/stamp/kernel-out"
	fails "$sh: a series that is not pinned" 2 "pins no 'weekly'" use "$work/p" 'IK_SERIES=weekly; kmake'
	rm -rf "$work/p/build/linux-1.2.3"
	fails "$sh: a source that is not there is named with the command that gets it" 1 'make -C .* source SERIES=stable' use "$work/p" kmake
}

in_place() {
	toy_tree "$work/t"
	touch "$tree/.config"
	is "$sh: a tree that was configured in place stays in place" "$(use "$tree" 'kmake --show' | grep -c 'O=')" 0
}

in_each_shell one
in_each_shell clang
in_each_shell project
in_each_shell in_place
done_testing
