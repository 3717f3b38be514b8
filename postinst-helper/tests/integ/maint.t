#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Package events with a real package directory and configuration, in a mount namespace of their own.
# usage: maint.t (from the top of the tree, as root)
# shellcheck disable=SC2016,SC2317,SC2001 # sh -c gets its words as arguments; functions are called by ok and fails
if [ "${IK_MAINT_NS:-}" != 1 ]; then
	exec env IK_MAINT_NS=1 unshare -m --propagation private "$0" "$@"
fi
. postinst-helper/tests/integ/lib.sh
. postinst-helper/tests/integ/package.sh
image official-elf.img "$OFFICIAL" 1M --format elf

life_of_a_package() {
	new_drive
	fails "install without a package" 1 "no kernel package in" ik install
	mkdir -p "$PACKAGES"
	fails "an empty package directory" 1 "no kernel package in" ik install
	package stable "$OURS1"
	is "configure" "$(status_of maint --event=configure --series=stable)" 0
	same "the format follows the kernel that is replaced (bzImage)" "$T" "$PACKAGES/$OURS1/bzImage"
	is "again: silent" "$(maint --event=configure 2>&1)" ""
	package stable "$OURS3"
	is "upgrade: one line" "$(lines maint --event=upgrade)" 1
	same "the new one" "$T" "$PACKAGES/$OURS3/bzImage"
	package stable "$OURS1"
	is "an older package: success" "$(status_of maint --event=upgrade)" 0
	same "the newer one stays" "$T" "$PACKAGES/$OURS3/bzImage"
	ok "and it says so" grep -q "newer already installed" <(maint --event=upgrade 2>&1)
	is "which is no error to remember" "$(field data.last_error status)" null
	is "boot: nothing to say" "$(maint --event=boot 2>&1)" ""
	is "remove" "$(lines maint --event=remove)" 1
	same "the official kernel" "$T" "$W/official.img"
	cat "$W/official-elf.img" >"$T"
	maint --event=configure >/dev/null 2>&1
	same "the format follows the kernel that is replaced (ELF)" "$T" "$PACKAGES/$OURS1/vmlinux.bin"
	fails "an unknown event" 2 "event" maint --event=explode
	fails "no event" 2 "event" maint
}

two_series() {
	new_drive
	package longterm 6.12.9-1-immensity-microsoft-standard-WSL2
	package stable "$OURS3"
	maint --event=configure --series=longterm >/dev/null 2>&1
	maint --event=configure --series=stable >/dev/null 2>&1
	same "stable wins, being newer" "$T" "$PACKAGES/$OURS3/bzImage"
	is "when stable goes" "$(status_of maint --event=remove --series=stable)" 0
	same "longterm takes its place" "$T" "$PACKAGES/6.12.9-1-immensity-microsoft-standard-WSL2/bzImage"
	rm -rf "$PACKAGES/stable" "${PACKAGES:?}/$OURS3"
	maint --event=remove --series=longterm >/dev/null 2>&1
	same "and then the official one" "$T" "$W/official.img"
	package stable "$OURS1"
	printf 'series=longterm\n' >"$W/conf"
	ik --config "$W/conf" maint --event=configure --series=stable >/dev/null 2>&1
	same "the setting wins over the caller" "$T" "$PACKAGES/6.12.9-1-immensity-microsoft-standard-WSL2/bzImage"
	rm -rf "$PACKAGES"/longterm "$PACKAGES"/6.12.9*
}

settings() {
	new_drive
	package stable "$OURS1"
	printf '[immensity-kernel]\ninstall = no\n' >"$W/conf"
	is "install=no: success" "$(status_of ik --config "$W/conf" maint --event=configure)" 0
	same "and Windows is left alone" "$T" "$W/official.img"
	printf 'image_format = elf\n' >"$W/conf"
	ik --config "$W/conf" install >/dev/null
	same "image_format" "$T" "$PACKAGES/$OURS1/vmlinux.bin"
	printf 'drive=/x\ntypo=1\n' >"$W/conf"
	fails "an unknown key, with file and line" 2 "conf:2|line 2" ik --config "$W/conf" status
	printf 'install=yes\ninstall=no\n' >"$W/conf"
	fails "a repeated key" 2 "conf:2|line 2" ik --config "$W/conf" status
	fails "a missing file" 2 "nowhere" ik --config "$W/nowhere" status
	ik official on >/dev/null
	is "held: maint leaves it" "$(status_of maint --event=upgrade)" 0
	same "alone" "$T" "$W/official.img"
	ik official off >/dev/null
	same "until it is off" "$T" "$PACKAGES/$OURS1/bzImage"
}

damaged_packages() {
	new_drive
	package stable "$OURS1"
	printf x >>"$PACKAGES/$OURS1/bzImage"
	fails "an image that its manifest does not know" 3 "manifest disagree|size" ik install
	package stable "$OURS1"
	sed -i 's/"schema":1/"schema":1,"more":2/' "$PACKAGES/$OURS1/manifest.json"
	fails "a manifest with an unknown key" 3 "manifest" ik install
	package stable "$OURS1"
	chmod o+w "$PACKAGES/$OURS1/bzImage"
	fails "an image that anybody could have written" 3 "written by others" ik install
	package stable "$OURS1"
	ln -sfn ../../../tmp "$PACKAGES/stable"
	fails "a link that leaves the directory" any "." ik install
	rm "$PACKAGES/stable"
	is "and nothing was changed" "$(ls "$TOOLS")" kernel
}

# manifest SERIES LINE...: the manifest of $OURS1, with these lines for images.
manifest() {
	local series=$1
	shift
	(IFS=, && printf '{"schema":1,"release":"%s","version":"7.3.4-1","series":"%s","arch":"x86_64","images":[%s]}\n' \
		"$OURS1" "$series" "$*") >"$PACKAGES/$OURS1/manifest.json"
}

# line FILE FORMAT: what a manifest says of an image of $OURS1.
line() {
	printf '{"file":"%s","format":"%s","size_bytes":%s,"sha256":"%s"}' "$1" "$2" \
		"$(stat -c %s "$PACKAGES/$OURS1/$1")" "$(sum "$PACKAGES/$OURS1/$1")"
}

# A package whose parts do not belong together, or that has not what was asked for: refused with the next step.
odd_packages() {
	new_drive
	package stable "$OURS1"
	printf 'series=longterm\n' >"$W/conf"
	is "a series that is not installed does not count" "$(status_of ik --config "$W/conf" install)" 0
	same "the other one does" "$T" "$PACKAGES/$OURS1/bzImage"
	new_drive
	printf x | dd of="$PACKAGES/$OURS1/bzImage" bs=1 seek=900000 conv=notrunc status=none
	fails "one byte of the image differs" 3 "disagree on the SHA-256" ik install
	ok "the remedy is the package" grep -q "reinstall the kernel package" <(ik install 2>&1)
	package stable "$OURS1"
	manifest stable "$(line vmlinux.bin bzimage)"
	fails "an image of another format than its manifest says" 3 "disagree on the format" ik install
	"$SIM/make-image" --release "$OURS3" --size 1M "$PACKAGES/$OURS1/bzImage"
	manifest stable "$(line bzImage bzimage)"
	fails "an image of another release" 3 "disagree on the release" ik install
	package stable "$OURS1"
	manifest stable "$(line bzImage bzimage)"
	printf 'image_format=elf\n' >"$W/conf"
	fails "a format that the package has not" 1 "no image of the wanted format" ik --config "$W/conf" install
	cat "$W/official-elf.img" >"$T"
	is "without the setting the other format will do" "$(status_of ik install)" 0
	same "which is the bzImage" "$T" "$PACKAGES/$OURS1/bzImage"
	new_drive
	manifest stable "$(line vmlinux.bin elf)"
	is "and the other way round" "$(status_of ik install)" 0
	same "which is the ELF image" "$T" "$PACKAGES/$OURS1/vmlinux.bin"
	new_drive
	package stable "$OURS1" && mv "$PACKAGES/$OURS1" "$PACKAGES/$OURS3" && ln -sfn "$OURS3" "$PACKAGES/stable"
	fails "a manifest of another release" 3 "speaks of release $OURS1" ik install
	rm "$PACKAGES/$OURS3/manifest.json"
	fails "no manifest" any "manifest.json" ik install
	rm "$PACKAGES/stable" && mkdir "$PACKAGES/stable"
	fails "a directory where the link should be" any "stable" ik install
	same "and nothing was changed" "$T" "$W/official.img"
	rm -r "$PACKAGES/stable" "${PACKAGES:?}/$OURS3"
	package stable "$OURS1"
	is "mode wslconfig takes the bzImage" "$(status_of ik --target wslconfig install)" 0
	same "under its own name" "$(find "$OWN" -name 'kernel-*')" "$PACKAGES/$OURS1/bzImage"
}

# What boot and removal do when there is nothing left to install.
without_the_package() {
	new_drive
	package stable "$OURS1"
	chattr +i "$T" 2>/dev/null || return 0
	maint --event=configure >/dev/null 2>&1
	chattr -i "$T"
	rm -r "$PACKAGES/stable" "${PACKAGES:?}/$OURS1"
	is "pending, but the package is gone: boot says nothing" "$(maint --event=boot 2>&1)" ""
	same "and Windows is left alone" "$T" "$W/official.img"
	is "removal of a series that never came: success" "$(status_of maint --event=purge --series=longterm)" 0
	package longterm 6.12.9-1-immensity-microsoft-standard-WSL2
	printf 'install=no\n' >"$W/conf"
	is "install=no: the other series does not take over" \
		"$(status_of ik --config "$W/conf" maint --event=remove --series=stable)" 0
	same "the official kernel stays" "$T" "$W/official.img"
	rm -rf "$PACKAGES"/longterm "$PACKAGES"/6.12.9*
}

# On every "not possible", for each event of a package that would install.
not_possible() {
	local event
	for event in configure upgrade; do
		new_drive && package stable "$OURS1"
		refused "$event, not WSL" wsl-absent none "$PROGRAM" --state-dir "$S" maint --event="$event"
		refused "$event, no drive" drive-missing pending_detail \
			"$PROGRAM" --drive "$W/nowhere" --state-dir "$S" maint --event="$event"
		mkdir -p "$W/plain"
		refused "$event, no Windows" drive-not-system last_error \
			"$PROGRAM" --drive "$W/plain" --state-dir "$S" maint --event="$event"
		refused "$event, read-only drive" path-denied pending_detail read_only maint --event="$event"
		refused "$event, wrong architecture" image-header last_error wrong_arch maint --event="$event"
		new_drive && package stable "$OURS1"
		"$SIM/make-image" --release "$FOREIGN" --size 1M "$T"
		refused "$event, a foreign kernel" target-foreign last_error maint --event="$event"
		new_drive && rm "$T"
		refused "$event, no kernel there" target-missing last_error maint --event="$event"
		new_drive && ln -sf /dev/null "$T"
		refused "$event, a link in its place" path-symlink last_error maint --event="$event"
		new_drive
		if chattr +i "$T" 2>/dev/null; then
			refused "$event, no right" path-denied pending_detail maint --event="$event"
			chattr -i "$T"
		fi
		refused "$event, no room" space-low pending_detail full_drive maint --event="$event"
	done
	new_drive && package stable "$OURS1"
	refused "busy" lock-busy pending_detail busy maint --event=configure
}

wrong_arch() {
	local dir=$PACKAGES/$OURS1 name status=0
	for name in bzImage vmlinux.bin; do
		"$SIM/make-image" --release "$OURS1" --size 1M --seed "$OURS1" --format arm64 "$dir/$name"
	done
	sed -i "s/\"sha256\":\"[0-9a-f]*\"/\"sha256\":\"$(sum "$dir/bzImage")\"/" "$dir/manifest.json"
	"$@" || status=$?
	package stable "$OURS1"
	return "$status"
}

# full_drive COMMAND...: on a small file system that holds the same drive.
full_drive() {
	local keep=$D status=0 before
	mkdir -p "$W/small" && mount -t tmpfs -o size=3m tmpfs "$W/small" && cp -a "$D/." "$W/small/" || return 99
	D=$W/small
	before=$(tree "$D")
	"$@" || status=$?
	[ "$(tree "$D")" = "$before" ] || echo "the small drive was changed"
	D=$keep
	umount "$W/small"
	return "$status"
}

# busy COMMAND...: while another WSL holds the drive's lock and is alive.
busy() {
	local beating status=0
	printf 'a\n' >"$TOOLS/immensity-lock"
	(while sleep 0.5 && [ -e "$TOOLS/immensity-lock" ]; do echo "$SECONDS" >"$TOOLS/immensity-lock"; done) 2>/dev/null &
	beating=$!
	"$@" || status=$?
	kill "$beating"
	rm -f "$TOOLS/immensity-lock"
	return "$status"
}

# The one thing that is an error: the kernel is damaged, and was not repaired.
damaged_and_not_repaired() {
	new_drive
	package stable "$OURS1"
	dd if=/dev/zero of="$T" bs=4096 count=1 conv=notrunc status=none
	fails "damaged by somebody else: an error" 4 "damaged" maint --event=configure
	tear "$PACKAGES/$OURS1/bzImage" "$W/newer.img"
	fails "half written, and the drive is read-only: an error" 4 "half written" read_only maint --event=boot
	fails "likewise for an upgrade" 4 "half written" read_only maint --event=upgrade
	is "half written, repaired at boot: no error" "$(status_of maint --event=boot)" 0
	same "the kernel before is back" "$T" "$PACKAGES/$OURS1/bzImage"
}

# What the user has installed by name is not replaced by an update of the package.
image_of_the_user() {
	image own.img 6.6.87.2-microsoft-standard-WSL2-xan 1M
	new_drive
	package stable "$OURS1"
	MODE=wslconfig ik install --image "$W/own.img" >/dev/null
	cp "$P/.wslconfig" "$W/before"
	is "an image of the user's own, and an upgrade: success" "$(MODE=wslconfig status_of maint --event=upgrade)" 0
	same "the key still names it" "$P/.wslconfig" "$W/before"
	ok "and it is said" grep -q "6.6.87.2-microsoft-standard-WSL2-xan.*left alone" <(MODE=wslconfig maint --event=upgrade 2>&1)
}

# Only one of the two places fails: what is said is about that one.
half_removed() {
	local out
	new_drive
	package stable "$OURS1"
	MODE=lxss maint --event=configure >/dev/null 2>&1
	MODE=wslconfig maint --event=configure >/dev/null 2>&1
	chattr +i "$T" 2>/dev/null || { skip "half removed" "no chattr here" && return; }
	out=$(MODE=wslconfig maint --event=remove 2>&1)
	is "the key comes back, the lxss kernel not: success" "$?" 0
	ok "our key is gone" test ! -e "$P/.wslconfig"
	ok "the way out of lxss is told" grep -q "stays in use on Windows.*immensity-restore.cmd" <<<"$out"
	is "and no other" "$(grep -c "kernel= in" <<<"$out")" 0
	chattr -i "$T"
}

# The program goes with the package, also after a failure: the way out is told by what is there now.
removal_failed() {
	local out event
	for event in remove purge; do
		new_drive
		package stable "$OURS1"
		MODE=wslconfig maint --event=configure >/dev/null 2>&1
		printf 'typo=1\n' >"$W/conf"
		out=$(ik --config "$W/conf" maint --event="$event" --format=deb --series=stable 2>&1)
		is "$event, bad settings" "$?" 2
		ok "$event, bad settings: line and file" grep -Eq "conf:1|line 1" <<<"$out"
		ok "$event, bad settings: both ways out" \
			grep -q "may still be in use on Windows; next step: delete the line kernel=.*immensity-restore.cmd" <<<"$out"
	done
	out=$(ik --config "$W/conf" maint --event=upgrade 2>&1)
	is "an upgrade tells nothing of a removal" "$(grep -c "still be in use" <<<"$out")" 0
}

# The notice at login stays when the package is removed, and so may what waits: it must not name a program that is gone.
notice() {
	local script=$W/notice.sh
	sed "s#/var/lib/immensity-kernel#$W/lib#; s#/usr/bin#$W/bin#" postinst-helper/dist/immensity-kernel-notice.sh >"$script"
	mkdir -p "$W/lib" "$W/bin"
	is "notice: nothing waits" "$(at_login "$script")" ""
	: >"$W/lib/pending"
	is "notice: the program is gone" "$(at_login "$script")" ""
	install -m 755 /dev/null "$W/bin/immensity-kernel"
	ok "notice: an update is pending" grep -q "immensity-kernel status" <(at_login "$script")
}

# at_login SCRIPT: what it prints to a terminal.
at_login() {
	python3 -c 'import pty, sys; pty.spawn(["sh", sys.argv[1]])' "$1" </dev/null
}

# One of two series goes that is not in use: what is in use stays, although the other series has an older one.
an_unused_series_goes() {
	local longterm=6.12.9-1-immensity-microsoft-standard-WSL2 MODE
	for MODE in wslconfig lxss; do
		new_drive
		package longterm "$longterm"
		package stable "$OURS1"
		maint --event=configure --series=stable >/dev/null 2>&1
		ik install --image "$W/newer.img" >/dev/null 2>&1
		is "$MODE: the unused series goes" "$(status_of maint --event=remove --series=longterm)" 0
		is "... the user's newer kernel stays" "$(field data.target.release status)" "$OURS3"
		is "... and nothing waits" "$(field data.pending status)" false
		is "the series goes over which the user put another" "$(status_of maint --event=remove --series=stable)" 0
		is "... which stays" "$(field data.target.release status)" "$OURS3"
		ik --force install >/dev/null 2>&1
		package stable "$OURS3"
		chattr +i "$T" "$P" 2>/dev/null || { skip "an upgrade that waits" "no chattr here" && continue; }
		maint --event=upgrade --series=stable >/dev/null 2>&1
		chattr -i "$T" "$P"
		maint --event=remove --series=stable >/dev/null 2>&1
		is "the series goes whose upgrade still waits: the other one takes its place" \
			"$(field data.target.release status)" "$longterm"
		rm -rf "$PACKAGES"/longterm "$PACKAGES"/6.12.9* "$PACKAGES/stable"
	done
}

# `series` counts while its package is there.
the_set_series_goes() {
	local longterm=6.12.9-1-immensity-microsoft-standard-WSL2 newer=6.12.10-1-immensity-microsoft-standard-WSL2
	new_drive
	package longterm "$longterm"
	package stable "$OURS1"
	printf 'series=stable\n' >"$W/conf"
	ik --config "$W/conf" maint --event=configure --series=stable >/dev/null 2>&1
	ik --config "$W/conf" maint --event=remove --series=stable >/dev/null 2>&1
	rm -rf "$PACKAGES/stable" "${PACKAGES:?}/$OURS1"
	same "the set series goes: the other one takes its place" "$T" "$PACKAGES/$longterm/bzImage"
	package longterm "$newer"
	is "... and is upgraded" "$(status_of ik --config "$W/conf" maint --event=upgrade --series=longterm)" 0
	same "... on Windows" "$T" "$PACKAGES/$newer/bzImage"
	is "... by hand, too" "$(status_of ik --config "$W/conf" install)" 0
	package stable "$OURS1"
	ik --config "$W/conf" maint --event=upgrade --series=longterm >/dev/null 2>&1
	same "it counts again when it is there again" "$T" "$PACKAGES/$OURS1/bzImage"
	rm -rf "$PACKAGES"/longterm "$PACKAGES"/6.12*
}

# With install=no, what a user installed by hand stays when the other series goes.
by_hand_only() {
	local longterm=6.12.9-1-immensity-microsoft-standard-WSL2 MODE
	printf 'install=no\n' >"$W/conf"
	for MODE in wslconfig lxss; do
		new_drive
		package longterm "$longterm"
		package stable "$OURS1"
		ik --config "$W/conf" install >/dev/null 2>&1
		is "$MODE, install=no: the other series goes, one line" \
			"$(lines ik --config "$W/conf" maint --event=remove --series=longterm)" 1
		is "... what was installed by hand stays" "$(field data.target.release status)" "$OURS1"
		ik --config "$W/conf" maint --event=remove --series=stable >/dev/null 2>&1
		is "... until its own series goes" "$(field data.installed status)" null
		rm -rf "$PACKAGES"/longterm "$PACKAGES"/6.12.9*
	done
}

with_packages life_of_a_package two_series settings not_possible damaged_and_not_repaired damaged_packages odd_packages without_the_package \
	an_unused_series_goes the_set_series_goes by_hand_only image_of_the_user half_removed removal_failed notice
