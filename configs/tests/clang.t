#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The configuration of COMPILER=clang on the real kernel tree, without compiling: nothing that was asked for is lost,
# everything required is there, and it differs from GCC's only where the compilers do.
# It must not change the tree.
# shellcheck disable=SC2317 # functions are called by ok and fails
set -eu
. tests/lib/tap.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$PWD/build/linux-$(linux/scripts/pin stable version)

# generate COMPILER [CONFIGS]: its configuration in $work/COMPILER, made by the scripts in CONFIGS.
generate() {
	toolchain=$(configs/scripts/toolchain "$1" "$tree") || return
	# shellcheck disable=SC2086 # an argument of make or none
	"${2:-configs}/scripts/generate" "$tree" "$work/$1" "$1" $toolchain
}

# enabled COMPILER: its options that are on, but for those that say what the compiler is or can do.
enabled() {
	sed -n 's/^\(CONFIG_[A-Z0-9_]*\)=[ym]$/\1/p' "$work/$1/.config" |
		grep -Ev '^CONFIG_(ARCH_|AS_|CC_|GCC_|HAVE_|HAS_|LD_|PAHOLE_|USE_|FTRACE_MCOUNT_USE_)' | sort
}

ok "the source tree is there" make --no-print-directory SETUP=no source
ok "GCC: nothing is lost, the lists are met" generate gcc
ok "Clang: the same" generate clang
enabled gcc >"$work/gcc.on"
enabled clang >"$work/clang.on"
sed -n 's/=.*//; /^CONFIG_/p' configs/fragments/compiler-gcc.config >"$work/gcc.alone"
# shellcheck disable=SC2016 # for the inner shell
ok "GCC alone has what fragments/compiler-gcc.config names, Clang alone nothing" sh -c \
	'comm -3 "$1" "$2" | diff "$3" -' sh "$work/gcc.on" "$work/clang.on" "$work/gcc.alone"

# A copy of configs/ with a fault; the tree is only read.
mkdir -p "$work/copy/mk"
cp -r configs "$work/copy/"
cp mk/version.mk "$work/copy/mk/"
cat configs/fragments/compiler-gcc.config >>"$work/copy/configs/fragments/00-base.config"
: >"$work/copy/configs/fragments/compiler-gcc.config"
fails "an option that Clang cannot have stops its configuration" 1 'CONFIG_X86_X32_ABI: wanted y, got n' \
	generate clang "$work/copy/configs"
done_testing
