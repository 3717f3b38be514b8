#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What scripts/kmake adds to the compiler's flags: it changes neither code nor type information, and leaves out what
# only debuggers want and what only explains messages, unless either is asked for. A small source of its own stands for
# the kernel's.
# shellcheck disable=SC2317 # functions are called by ok and fails
set -eu
. tests/lib/tap.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
kmake=$PWD/configs/scripts/kmake
export IK_CACHE="$work/cache" SOURCE_DATE_EPOCH=1

mkdir "$work/tree"
cat >"$work/tree/loop.c" <<'END'
#define LARGER(a, b) ((a) > (b) ? (a) : (b))
struct pair { int first; long second; };
long walk(const struct pair *pairs, int count)
{
	long sum = 0;

	for (int i = 0; i < count; i++) {
		long product = pairs[i].first * pairs[i].second;

		sum += LARGER(product, -product);
	}
	return sum;
}
END
cat >"$work/tree/wrong.c" <<'END'
#define FIRST(pair) ((pair)->first)
int wrong(int *pair) { return FIRST(pair); }
END
cat >"$work/tree/Makefile" <<'END'
%.o:
	gcc -O2 -g -c $(if $(PLAIN),,$(KCFLAGS)) -o $(O)/$@ $*.c
END

# compile NAME [MAKE-ARGUMENT...]: leaves NAME.o, its code NAME.code and its type information NAME.btf.
compile() {
	name=$1
	shift
	"$kmake" -C "$work/tree" O="$work/$name" "$@" loop.o >/dev/null && mv "$work/$name/loop.o" "$work/$name.o" &&
		objcopy -g "$work/$name.o" "$work/$name.code" &&
		pahole -J --btf_gen_floats --btf_encode_detached="$work/$name.btf" "$work/$name.o"
}

# places NAME: it says where local variables live.
places() {
	readelf -SW "$work/$1.o" | grep -q '\.debug_loc'
}

# explains [VARIABLE=VALUE]: the message about a mistake in a macro says which macro.
explains() {
	! env LC_ALL=C "$@" "$kmake" -C "$work/tree" O="$work/wrong" wrong.o >"$work/messages" 2>&1 &&
		grep -q 'wrong.c:.*error' "$work/messages" && grep -q "in expansion of macro 'FIRST'" "$work/messages"
}

ok "a file is compiled without our flags" compile plain PLAIN=1
ok "with them" compile lean
ok "and for debug packages" env DEBUG_PACKAGES=1 "$kmake" -C "$work/tree" O="$work/debug" loop.o
mv "$work/debug/loop.o" "$work/debug.o"
ok "the code is the same" cmp "$work/plain.code" "$work/lean.code"
ok "the type information is the same" cmp "$work/plain.btf" "$work/lean.btf"
ok "the compiler notes the places of local variables" places plain
fails "our flags leave them out" 1 '^$' places lean
ok "debug packages have them" places debug
fails "messages do not explain macros" 1 '^$' explains
ok "they do with IK_DIAGNOSTICS=full" explains IK_DIAGNOSTICS=full
done_testing
