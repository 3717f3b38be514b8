#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What else may stand at the target, on the way to it, or under our names; drives that refuse; images that are none.
# Nothing outside our own names may change. usage: hostile.t (from the top of the tree, as root)
# shellcheck disable=SC2016,SC2317,SC2001 # sh -c gets its words as arguments; functions are called by ok and fails
. postinst-helper/tests/integ/lib.sh
MODE=lxss
image official.img "$OFFICIAL" 1M
image ours1.img "$OURS1" 1M

# refused DESCRIPTION PATTERN: install is refused and the drive is as it was.
refused() {
	local before
	before=$(tree "$D")
	fails "$1" any "$2" ik install --image "$W/ours1.img"
	is "$1: nothing changed" "$(tree "$D")" "$before"
}

at_the_target() {
	new_drive
	rm "$T"
	refused "no target" "never created"
	is "status 3" "$(status_of ik install --image "$W/ours1.img")" 3
	cp "$W/official.img" "$W/outside"
	ln -s "$W/outside" "$T"
	refused "a symlink" "symlink|link"
	same "and it is not followed" "$W/outside" "$W/official.img"
	is "a symlink: status 3" "$(status_of ik install --image "$W/ours1.img")" 3
	is "a symlink: not ours" "$(field data.target.state status)" foreign
	rm "$T" && mkfifo "$T"
	refused "a FIFO" "FIFO|pipe|fifo"
	rm "$T" && mkdir "$T"
	refused "a directory" "directory"
	rmdir "$T" && mknod "$T" c 1 3
	refused "a device" "device"
	rm "$T" && : >"$T"
	refused "an empty file" "damaged"
	printf 'not a kernel, but long enough to be looked at\n%8192s' x >"$T"
	refused "a text" "damaged"
	rm "$T" && truncate -s 300M "$T"
	refused "a sparse giant" "damaged|bytes"
	cp "$W/official.img" "$T" && truncate -s 300M "$T"
	refused "a giant with a kernel's head" "no kernel has"
}

on_the_way() {
	new_drive
	mv "$D/Windows/System32/lxss" "$W/lxss.away"
	ln -s "$W/lxss.away" "$D/Windows/System32/lxss"
	refused "a symlinked directory" "symlink|link"
	same "and it is not followed" "$W/lxss.away/tools/kernel" "$W/official.img"
	rm -rf "$W/lxss.away"
	new_drive
	cp "$W/official.img" "$TOOLS/KERNEL"
	is "two spellings: the exact one" "$(status_of ik install --image "$W/ours1.img")" 0
	same "is used, the other left alone" "$TOOLS/KERNEL" "$W/official.img"
}

under_our_names() {
	local name
	for name in immensity-journal.bin immensity-lock immensity-new.img immensity-official.img immensity-restore.cmd; do
		new_drive
		mkdir "$TOOLS/$name"
		fails "a directory named $name" any "directory" ik install --image "$W/ours1.img"
		same "$name: the target is untouched" "$T" "$W/official.img"
		ok "$name: it stays" test -d "$TOOLS/$name"
		new_drive
		printf precious >"$W/precious"
		ln -s "$W/precious" "$TOOLS/$name"
		fails "a symlink named $name" any "link" ik install --image "$W/ours1.img"
		is "$name: it is not followed" "$(cat "$W/precious")" precious
	done
	new_drive
	printf forged >"$TOOLS/immensity-journal.bin"
	is "a forged journal is no journal" "$(status_of ik install --image "$W/ours1.img")" 0
	new_drive
	head -c 1048576 /dev/urandom >"$TOOLS/immensity-official.img"
	is "a forged backup is not taken for the official one" "$(status_of ik install --image "$W/ours1.img")" 0
	is "the real one is kept beside it" "$(sum "$TOOLS"/immensity-official-*.img)" "$(sum "$W/official.img")"
	ik remove >/dev/null
	same "and comes back" "$T" "$W/official.img"
}

refusing_drives() {
	new_drive
	chattr +i "$T" 2>/dev/null || { skip "an immutable target" "no chattr here" && return; }
	is "a target that cannot be written: pending" "$(status_of ik install --image "$W/ours1.img")" 7
	is "the state says so" "$(field data.pending status)" true
	is "with the reason" "$(field data.pending_detail.code status)" path-denied
	is "nothing but the kernel is there" "$(ls "$TOOLS")" kernel
	is "maint succeeds" "$(status_of ik maint --event=remove --format=deb)" 0
	chattr -i "$T"
	is "later it goes in" "$(status_of ik install --image "$W/ours1.img")" 0
	is "and is not pending any more" "$(field data.pending status)" false
	new_drive
	unshare -m sh -c 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && "$@"' sh "$D" \
		"$PROGRAM" --drive "$D" --state-dir "$S" --target lxss install --image "$W/ours1.img" >/dev/null 2>&1
	is "a read-only drive: pending" $? 7
	is "the state is kept on the Linux side" "$(field data.pending status)" true
}

bad_images() {
	new_drive
	local before
	before=$(tree "$D")
	image old-name.img 6.18-nonsense 1M
	fails "a release that WSL cannot parse" 3 "release|X.Y.Z" ik install --image "$W/old-name.img"
	image wsl1.img 5.15.0-Microsoft 1M
	fails "a release that means WSL 1" 3 "Microsoft" ik install --image "$W/wsl1.img"
	image arm.img "$OURS1" 1M --format arm64
	fails "another architecture" 3 "arm64" ik install --image "$W/arm.img"
	local damage
	for damage in truncated tail header machine outside; do
		"$SIM/make-image" --release "$OURS1" --size 1M --damage "$damage" "$W/bad.img"
		fails "damage $damage" 3 "bad.img" ik install --image "$W/bad.img"
	done
	fails "no such file" 1 "nowhere" ik install --image "$W/nowhere"
	fails "a directory" any "regular" ik install --image "$W"
	is "and nothing was changed" "$(tree "$D")" "$before"
}

not_a_drive() {
	fails "no such drive" any "nowhere" "$PROGRAM" --drive "$W/nowhere" --state-dir "$W/s" install --image "$W/ours1.img"
	mkdir -p "$W/plain"
	fails "a directory without Windows" 3 "Windows/System32" "$PROGRAM" --drive "$W/plain" --state-dir "$W/s" \
		install --image "$W/ours1.img"
	fails "no WSL here" 6 "not WSL 2" "$PROGRAM" --state-dir "$W/s" install --image "$W/ours1.img"
	ok "which is not remembered" test ! -e "$W/s/state.json" -o "$(grep -c wsl-absent "$W/s/state.json" 2>/dev/null)" = 0
	is "maint succeeds there" "$(status_of "$PROGRAM" --state-dir "$W/s" maint --event=configure --format=deb)" 0
	is "boot says nothing there" "$("$PROGRAM" --state-dir "$W/s" maint --event=boot --format=deb 2>&1)" ""
}

at_the_target
on_the_way
under_our_names
refusing_drives
bad_images
not_a_drive
done_testing
