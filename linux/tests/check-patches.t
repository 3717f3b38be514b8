#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check-patches: the law of linux/patches/README.md, each article broken once; at the end, our own series.
set -eu
. linux/tests/lib.sh
export LINUX_SOURCES=cache

fake_tarball good.tar.xz linux-source-7.3 7.3.4
pin stable 7.3.4 debian_version=7.3.4-1 debian_suites=x "debian_sha256=$(sum "$tmp/made/good.tar.xz")" \
	kernel_org_sha256= kernel_org_key=
mkdir -p "$IK_CACHE/tarballs" "$tree/linux/patches/core"
cp "$tmp/made/good.tar.xz" "$IK_CACHE/tarballs/linux-source-7.3_7.3.4-1.tar.xz"
origin='Origin: not yet, because this is a test'
drop='Drop-when: never'

# mail NAME FROM-LINE TO-LINE: a patch of line 5 of kernel/a.c, as git format-patch makes it.
mail() {
	cat >"$tree/linux/patches/core/$1" <<-END
		From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001
		From: Some One <one@localhost>
		Date: Sun, 22 Nov 2026 12:00:00 +0000
		Subject: [PATCH] core: change a line

		It is a test.

		$origin
		$drop
		Signed-off-by: Some One <one@localhost>
		---
		diff --git a/kernel/a.c b/kernel/a.c
		--- a/kernel/a.c
		+++ b/kernel/a.c
		@@ -2,7 +2,7 @@
		 line 2
		 line 3
		 line 4
		-$2
		+$3
		 line 6
		 line 7
		 line 8
	END
}
# without PATTERN: the first patch lacks the line.
without() {
	mail 0001-one.patch 'line 5' FIVE
	sed -i "/$1/d" "$tree/linux/patches/core/0001-one.patch"
}
check=$scripts/check-patches

ok "an empty series is in order" "$check"
mail 0001-one.patch 'line 5' FIVE
mail 0002-two.patch FIVE CINQ
printf 'core/0001-one.patch\ncore/0002-two.patch only=stable\n' >"$tree/linux/patches/series"
ok "two good patches are in order" "$check"
for line in From: Date: Subject: Signed-off-by: Origin: Drop-when:; do
	without "^$line"
	fails "a patch without $line is refused" 1 "core/0001-one.patch: no line $line" "$check"
done
for origin in 'Origin: upstream, commit abc' 'Origin: not yet' 'Origin: somewhere'; do
	mail 0001-one.patch 'line 5' FIVE
	fails "'$origin' is refused" 1 'no line Origin: in one of the four forms' "$check"
done
for origin in "Origin: upstream, commit $(printf %040d 1)" 'Origin: submitted, https://localhost/x' \
	'Origin: never, because of this'; do
	mail 0001-one.patch 'line 5' FIVE
	ok "'${origin%,*}, ...' is good" "$check"
done
fails "the header's words in the diff do not count" 1 'no line Drop-when:' sh -c "
	sed -i -e '/^Drop-when:/d' -e '/^---\$/a Drop-when: too late' '$tree/linux/patches/core/0001-one.patch'; '$check'"
mail 0001-one.patch 'line 5' FIVE
mail 0003-lost.patch CINQ FUENF
fails "a patch that is in no line of the series is refused" 1 '0003-lost.patch: is in no line' "$check"
rm "$tree/linux/patches/core/0003-lost.patch"
echo 'core/0001-one.patch' >>"$tree/linux/patches/series"
fails "a patch listed twice is refused" 1 'listed twice' "$check"
printf 'core/0002-two.patch\ncore/0001-one.patch\n' >"$tree/linux/patches/series"
fails "a prefix that does not apply is refused, though the whole might" 1 'core/0002-two.patch does not apply' "$check"
printf 'core/0001-one.patch only=daily\n' >"$tree/linux/patches/series"
fails "a condition that names no series is refused" 1 'only=daily names no series' "$check"
printf 'core/0001-one.patch\ncore/0002-two.patch\n' >"$tree/linux/patches/series"
sed -i '1s/.*/# a comment instead of the first line of a mail/' "$tree/linux/patches/core/0002-two.patch"
fails "what patch(1) takes but git am does not is refused" 1 '0002-two.patch: git am refuses it' "$check"
mail 0002-two.patch FIVE CINQ
sed -i 's/^From: .*/From: nobody/' "$tree/linux/patches/core/0002-two.patch"
fails "an author without an address is refused" 1 '0002-two.patch: no line From:' "$check"
fails "an unknown option is a usage error" 2 '^usage: check-patches' "$check" --frob

unset LINUX_SOURCES
export IK_CACHE="${callers_cache:-$callers_home/.cache/immensity-kernel}"
ok "our own series is in order" linux/scripts/check-patches
done_testing
