#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The compiler behind ccache (scripts/cached-cc): another tree hits, nothing stale is ever served, and the rest of a
# compiler's calls pass through. Small sources of its own; no kernel.
# shellcheck disable=SC2317 # functions are called by ok and fails
set -eu
. tests/lib/tap.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cached=$PWD/configs/scripts/cached-cc
export CCACHE_DIR="$work/cache" CCACHE_NOHASHDIR=1
unset CCACHE_DEPEND CCACHE_NODEPEND

# tree NAME: a source tree with a header, a C file, and the same bytes taken in by assembly and by C.
tree() {
	mkdir -p "$work/$1"
	echo '#define ANSWER 42' >"$work/$1/answer.h"
	printf '#include "answer.h"\nint answer = ANSWER;\n' >"$work/$1/answer.c"
	printf 'first' >"$work/$1/blob"
	printf '.data\n.incbin "blob"\n' >"$work/$1/blob.S"
	printf 'asm(".data\\n.incbin \\"blob\\"");\n' >"$work/$1/blob_c.c"
}

# compile TREE SOURCE: as Kbuild does it, with the tree's absolute paths in the arguments.
compile() {
	(cd "$work/$1" && CCACHE_BASEDIR="$work/$1" "$cached" gcc "-Wp,-MMD,$2.d" -I"$work/$1" \
		-ffile-prefix-map="$work/$1=." -c -o "$2.o" "$2")
}

# hits: how many results came from the cache so far.
hits() {
	ccache --print-stats | awk '$1 ~ /^(direct|preprocessed)_cache_hit$/ { n += $2 } END { print n + 0 }'
}

holds() {
	grep -q "$3" "$work/$1/$2.o"
}

tree one
tree two
ok "a first file is compiled" compile one answer.c
is "and not from the cache" 0 "$(hits)"
ok "the same in another tree" compile two answer.c
is "comes from the cache" 1 "$(hits)"
fails "and its dependencies name no file of the first tree" 1 '^$' grep "$work/one" "$work/two/answer.c.d"
ok "they name the header" grep -q 'answer\.h' "$work/two/answer.c.d"

echo '#define ANSWER 43' >"$work/two/answer.h"
ok "with another header" compile two answer.c
is "it is compiled again" 1 "$(hits)"
fails "into another object" 1 '' cmp "$work/one/answer.c.o" "$work/two/answer.c.o"

for source in blob.S blob_c.c; do
	ok "$source takes in a file" compile one $source
	ok "$source in another tree" compile two $source
	printf 'other' >"$work/two/blob"
	ok "$source with other bytes in that file" compile two $source
	ok "$source holds those bytes" holds two $source other
	printf 'first' >"$work/two/blob"
done
ok "a question to the compiler passes" "$cached" gcc --version
fails "an error of the compiler passes" 1 'no_such_file' "$cached" gcc -c "$work/no_such_file.c" -o "$work/x.o"
done_testing
