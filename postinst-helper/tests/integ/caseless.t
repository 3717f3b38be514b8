#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A drive that finds names in any case, as Windows does, and spells them otherwise than they are looked for: an NTFS volume
# whose names are shown in lower case. Both modes must work there, and the way back as well.
# usage: caseless.t (from the top of the tree, as root: it mounts a volume of its own)
# shellcheck disable=SC2317 # functions are called by ok and fails
. postinst-helper/tests/integ/lib.sh

BASE=$W
trap 'umount "$BASE/volume" 2>/dev/null; rm -rf "$BASE"' EXIT
image official.img "$OFFICIAL" 1M
image ours1.img "$OURS1" 1216K
image ours3.img "$OURS3" 1M
new_drive
volume=$BASE/volume
mkdir "$volume"
truncate -s 64M "$BASE/volume.image"

mounted() {
	mkntfs -q -F -Q "$BASE/volume.image" && lowntfs-3g -o ignore_case "$BASE/volume.image" "$volume"
}

ok "an NTFS volume without regard to case" mounted
cp -r "$D/Windows" "$D/Users" "$volume/"
D=$volume
T=$D/windows/system32/lxss/tools/kernel
P=$D/users/ann
ok "... shows other names than were made" test "$(ls "$D")" = "$(printf 'users\nwindows')"
ok "... and finds both" test -e "$D/Windows/System32/LXSS/Tools/Kernel" -a -e "$T"

MODE=lxss
ok "lxss: install" ik install --image "$W/ours1.img"
ok "... the kernel is ours" cmp "$T" "$W/ours1.img"
ok "... an upgrade" ik install --image "$W/ours3.img"
ok "... the kernel is the new one" cmp "$T" "$W/ours3.img"
is "... status tells the real name" "$(field data.target.path status)" "$T"
ok "... remove" ik remove
ok "... the official kernel is back" cmp "$T" "$W/official.img"

# The user's own kernel is named in a third spelling.
MODE=wslconfig
cp "$W/official.img" "$P/my.kernel"
printf '[wsl2]\r\nkernel=C:\\\\Users\\\\ANN\\\\My.Kernel\r\n' >"$W/wslconfig"
cp "$W/wslconfig" "$P/.wslconfig"
is "wslconfig: the one profile is found, and a kernel in it" "$(field data.target.release status)" "$OFFICIAL"
fails "... which is not replaced unasked" 3 'foreign|somebody' ik install --image "$W/ours1.img"
ok "... install --force" ik --force install --image "$W/ours1.img"
ok "... our image lies in the profile" cmp "$P"/appdata/local/immensity-kernel/kernel-7.3.4-1-* "$W/ours1.img"
is "... and is what is told" "$(field data.target.release status)" "$OURS1"
ok "... as WSL would see it" grep -q '^kernel=.*kernel-7.3.4-1-' "$P/.wslconfig"
ok "... remove" ik remove
ok "... .wslconfig is as before" cmp "$P/.wslconfig" "$W/wslconfig"
done_testing
