#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# prepare: a whole tree or none, the series without fuzz, what makes it start again and what it must not throw away.
set -eu
. linux/tests/lib.sh
git -C "$tree" init -q
git -C "$tree" -c user.name=t -c user.email=t@localhost commit -q --allow-empty -m base

fake_tarball good.tar.xz linux-source-7.3 7.3.4
good=$tmp/made/good.tar.xz
pin stable 7.3.4 debian_version=7.3.4-1 debian_suites=x "debian_sha256=$(sum "$good")" kernel_org_sha256= \
	kernel_org_key=
pin longterm 6.12.9 debian_version=6.12.9-1 debian_suites=x "debian_sha256=$(sum "$good")" kernel_org_sha256= \
	kernel_org_key=
mkdir -p "$IK_CACHE/tarballs"
cached=$IK_CACHE/tarballs/linux-source-7.3_7.3.4-1.tar.xz
cp "$good" "$cached"
export LINUX_SOURCES=cache
src=$tree/build/linux-7.3.4
series=$tree/linux/patches/series

# change NAME FILE LINE TEXT [BEFORE]: a patch that turns "line LINE" into TEXT, written against "line BEFORE".
change() {
	mkdir -p "$(dirname "$tree/linux/patches/$1")" "$tmp/a/kernel" "$tmp/b/kernel"
	seq 1 40 | sed 's/^/line /' >"$tmp/a/$2"
	sed "s/^line $3\$/$4/" "$tmp/a/$2" >"$tmp/b/$2"
	(cd "$tmp" && diff -u "a/$2" "b/$2") >"$tree/linux/patches/$1" || :
}
use() {
	printf '%s\n' "$@" >"$series"
}
text() {
	sed -n "$1p" "$src/kernel/a.c"
}
mtime() {
	stat -c %Y "$src/kernel/$1"
}
# What is in the build directory, but for the lock.
beside() {
	find "$tree/build" -mindepth 1 -maxdepth 1 ! -name '*.lock' -printf '%f\n' | sort
}
mute() {
	"$@" >/dev/null 2>&1
}

# A tree is made.
ok "a tree is made" "$scripts/prepare"
ok "--check says that it is up to date" "$scripts/prepare" --check
is "nothing of the making is left beside it" "$(beside)" linux-7.3.4
stamp=$(stat -c %i "$src/.immensity-source")
ok "a second run" "$scripts/prepare"
is "leaves it alone" "$(stat -c %i "$src/.immensity-source")" "$stamp"
ok "files do not keep the tarball's times, which may be older than objects" test "$src/Makefile" -nt \
	"$tree/linux/UPSTREAM"
fails "another version inside than the pinned one is refused" 1 'holds linux 7.3.4, not the pinned 6.12.9' \
	env LINUX_TARBALL="$good" "$scripts/prepare" --series longterm
ok "it leaves no tree" test ! -e "$tree/build/linux-6.12.9"
ok "IK_BUILD names another place" \
	sh -c "IK_BUILD='$tmp/else where' '$scripts/prepare' && test -f '$tmp/else where/linux-7.3.4/Makefile'"
ok "a git hook's GIT_DIR adds nothing to the release" env GIT_DIR="$tree/.git" IK_BUILD="$tmp/hooked" "$scripts/prepare"
fake_tarball rt.tar.xz linux-source-7.3 7.3.4
(cd "$tmp/made" && xz -d rt.tar.xz && mkdir linux-source-7.3 && echo -rt1 >linux-source-7.3/localversion-rt &&
	tar -rf rt.tar linux-source-7.3/localversion-rt && xz rt.tar)
fails "a tarball that adds to the release is refused" 1 'holds localversion-rt' env IK_BUILD="$tmp/rt" \
	LINUX_TARBALL="$tmp/made/rt.tar.xz" LINUX_TARBALL_SHA256="$(sum "$tmp/made/rt.tar.xz")" "$scripts/prepare"

# Patches.
change core/one.patch kernel/a.c 5 FIVE
change core/lts.patch kernel/a.c 30 LTS
use '# heading' 'core/one.patch  # why' 'core/lts.patch only=longterm'
fails "--check sees a changed series" 1 '' "$scripts/prepare" --check
ok "a changed series makes the tree again" "$scripts/prepare"
is "the patch is applied" "$(text 5)" FIVE
is "a patch for another series is not" "$(text 30)" 'line 30'
sed 's/^-FIVE/-line 5/; s/FIVE/LOCAL/' "$tree/linux/patches/core/one.patch" >"$tree/linux/patches/local/x.patch"
sed -i 's/^-line 5$/-FIVE/' "$tree/linux/patches/local/x.patch"
ok "a user's own patch makes it again" "$scripts/prepare"
is "and is applied last, upon the series" "$(text 5)" LOCAL
rm "$tree/linux/patches/local/x.patch"
ok "its removal makes it again" "$scripts/prepare"
is "and is seen in the file" "$(text 5)" FIVE

# Times: make must rebuild what a patch touches or touched, and nothing else.
other=$(mtime b.c)
sleep 1.1
use '# none'
built=$(date +%s)
ok "a patch is dropped" "$scripts/prepare"
ok "the file that it had changed is newer than its object" test "$(mtime a.c)" -ge "$built"
is "a file that no patch touches keeps its time" "$(mtime b.c)" "$other"

# Patches that do not apply.
change core/bad.patch kernel/a.c 20 TWENTY
sed -i 's/line 20/line twenty/' "$tree/linux/patches/core/bad.patch"
use core/one.patch core/bad.patch
fails "a patch that does not apply is named with file and hunk" 1 \
	'core/bad.patch does not apply to linux 7.3.4 \(stable\): kernel/a.c: Hunk #1 FAILED' "$scripts/prepare"
is "the tree stays as it was: nothing is half applied" "$(text 5)" 'line 5'
is "and nothing is left beside it" "$(beside)" linux-7.3.4
change core/fuzz.patch kernel/a.c 20 TWENTY
sed -i 's/^ line 17$/ line seventeen/' "$tree/linux/patches/core/fuzz.patch"
use core/fuzz.patch
fails "a patch that needs fuzz is refused" 1 'core/fuzz.patch does not apply' "$scripts/prepare"
ok "patch alone would have taken it" patch --batch --dry-run -p1 -d "$src" -i "$tree/linux/patches/core/fuzz.patch"
use core/one.patch core/one.patch
fails "a patch that is applied already is refused, not taken back" 1 \
	'core/one.patch does not apply.*previously applied' \
	"$scripts/prepare"
use core/none.patch
fails "a patch that is not there is named" 1 'core/none.patch: there is no such patch' "$scripts/prepare"
use 'core/one.patch -p0'
fails "a line that is not understood is refused" 1 "'-p0' is not understood" "$scripts/prepare"
use '# none'
ok "without them the tree is up to date again" "$scripts/prepare" --check

# Interrupted: a tar that takes its caller with it half way.
mkdir "$tmp/bin"
cat >"$tmp/bin/tar" <<END
#!/bin/sh
$(command -v tar) "\$@"
kill -KILL \$PPID
END
chmod +x "$tmp/bin/tar"
rm -rf "$src"
ok "a run is killed while it unpacks" sh -c "PATH='$tmp/bin:$PATH' '$scripts/prepare'; test \$? -eq 137"
ok "leaves no tree" test ! -e "$src"
ok "but a part" test -e "$tree/build/.linux-7.3.4.partial"
ok "the next run makes the tree" "$scripts/prepare"
is "and removes the part" "$(beside)" linux-7.3.4

# What must not be thrown away.
use core/one.patch
echo mine >>"$src/kernel/b.c"
touch "$src/kernel/b.o"
fails "a tree with an edited file is not replaced unasked, and the file is named" 1 'kernel/b.c' "$scripts/prepare"
is "what was edited is still there" "$(tail -n 1 "$src/kernel/b.c")" mine
ok "--replace replaces it" "$scripts/prepare" --replace
is "with the tarball's file" "$(tail -n 1 "$src/kernel/b.c")" 'other '
rm "$src/.immensity-source"
fails "a tree that was not made here is not replaced unasked" 1 'was not made by linux/scripts/prepare' \
	"$scripts/prepare"
ok "but when asked" "$scripts/prepare" --replace

# The tarball.
fake_tarball new.tar.xz linux-source-7.3 7.3.4 new
ok "another tarball makes the tree again" env LINUX_TARBALL="$tmp/made/new.tar.xz" \
	LINUX_TARBALL_SHA256="$(sum "$tmp/made/new.tar.xz")" "$scripts/prepare"
is "from its files" "$(cat "$src/kernel/b.c")" 'other new'
ok "the pin rules again without it" "$scripts/prepare"
is "with its own files" "$(cat "$src/kernel/b.c")" 'other '
echo x >>"$cached"
ok "a damaged cache does not matter to a tree that is up to date" "$scripts/prepare"
mute "$scripts/prepare" --replace || :
ok "and does not harm it when it is to be made again" test -f "$src/Makefile"
cp "$good" "$cached"

# wsl2_defconfig.
mkdir -p "$tree/configs/scripts" "$tree/configs/fragments"
cat >"$tree/configs/scripts/defconfig" <<END
#!/bin/sh
echo "# \$1 \$(cat '$tree/configs/fragments/a')" >"\$2/arch/x86/configs/wsl2_defconfig"
END
chmod +x "$tree/configs/scripts/defconfig"
echo one >"$tree/configs/fragments/a"
fails "--check misses wsl2_defconfig" 1 '' "$scripts/prepare" --check
ok "it is installed" "$scripts/prepare"
is "as configs/ makes it" "$(cat "$src/arch/x86/configs/wsl2_defconfig")" '# stable one'
echo two >"$tree/configs/fragments/a"
stamp=$(stat -c %i "$src/.immensity-source")
ok "a changed fragment" "$scripts/prepare"
is "is followed" "$(cat "$src/arch/x86/configs/wsl2_defconfig")" '# stable two'
is "without a new tree" "$(stat -c %i "$src/.immensity-source")" "$stamp"
printf '#!/bin/sh\nexit 7\n' >"$tree/configs/scripts/defconfig"
fails "a configuration that cannot be made is one clear error" 1 'configs/scripts/defconfig stable failed' \
	"$scripts/prepare"
done_testing
