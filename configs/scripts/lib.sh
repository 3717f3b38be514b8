# SPDX-License-Identifier: GPL-2.0-or-later
# What the scripts of configs/ share: messages, the version of a kernel tree, running its configuration targets.
# It must not know any option.
# shellcheck shell=sh

configs=$(cd -- "$(dirname -- "$0")/.." && pwd)
top=$(cd -- "$configs/.." && pwd)

# die MESSAGE NEXT-STEP: one error, one remedy.
die() {
	echo "error: $1" >&2
	[ -z "${2:-}" ] || echo "       $2" >&2
	exit 1
}

# tree_version SRC: X.Y.Z of a kernel source tree.
tree_version() {
	[ -f "$1/Makefile" ] || die "$1: not a kernel source tree" "run: make source"
	awk '$2 == "=" && $1 ~ /^(VERSION|PATCHLEVEL|SUBLEVEL)$/ { v[$1] = $3 }
		END { print v["VERSION"] "." v["PATCHLEVEL"] "." v["SUBLEVEL"] }' "$1/Makefile"
}

# pkgrev: the revision of our own builds, from the one file that holds it.
pkgrev() {
	[ -z "${PKGREV:-}" ] || { echo "$PKGREV"; return; }
	sed -n 's/^PKGREV[ \t]*[?:]*=[ \t]*//p' "$top/mk/version.mk"
}

# fragments COMPILER: the files that make up a configuration, in order.
fragments() {
	ls "$configs"/fragments/[0-9]*.config
	[ ! -f "$configs/fragments/compiler-$1.config" ] || echo "$configs/fragments/compiler-$1.config"
}

# No Rust is built, and a compiler for it that happens to be there would be written into the configuration.
no_rust='RUSTC=false BINDGEN=false'

# kbuild SRC OUTDIR ARG...: the tree's own make, undisturbed by the make that may have called us.
kbuild() {
	kbuild_src=$1 kbuild_out=$2
	shift 2
	# shellcheck disable=SC2086 # two words
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES LOCALVERSION= \
		make -s -C "$kbuild_src" O="$kbuild_out" $no_rust "$@"
}
