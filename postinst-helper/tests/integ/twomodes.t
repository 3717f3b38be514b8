#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Where .wslconfig and the kernel in lxss\tools meet: what WSL boots at each moment is whole, and is what was said.
# usage: twomodes.t (from the top of the tree)
# shellcheck disable=SC2016,SC2317,SC2001,SC1003 # sh -c gets its words as arguments; functions are called by ok and fails
. postinst-helper/tests/integ/lib.sh
image official.img "$OFFICIAL" 1M
image ours1.img "$OURS1" 1M
image ours2.img "$OURS2" 1M
image ours3.img "$OURS3" 1M

# line FILE: kernel= names this file beside the target, as written.
line() {
	printf '[wsl2]\r\nkernel=%s\r\n' "$1" >"$P/.wslconfig"
}

# borrowed EVENT FILE VALUE: a removal spares the copy that kernel= names, and says so, until the line is out.
borrowed() {
	local left
	line "$3"
	left=$(ik maint --event="$1" --format=deb 2>&1)
	is "$1, kernel=$3: status" $? 0
	ok "says which line is in the way" grep -q "$2.*kernel= .*Users/Ann/.wslconfig" <<<"$left"
	ok "what WSL starts from is there" test -s "$TOOLS/$2"
	same "Microsoft's kernel is back" "$T" "$W/official.img"
	rm "$P/.wslconfig"
	is "without the line: again" "$(status_of ik maint --event="$1" --format=deb)" 0
	ok "it goes" test ! -e "$TOOLS/$2"
}

# A torn kernel, and a WSL that was started from the copy beside it, as immensity-README.txt and docs/recovery.md say.
borrowing() {
	MODE=lxss
	local system='C:\\Windows\\System32\\lxss\\tools\\'
	tear "$W/ours1.img" "$W/ours3.img"
	line "${system}immensity-prev.img"
	is "torn: recover, from the borrowed copy" "$(status_of ik recover)" 0
	MODE=auto
	borrowed remove immensity-prev.img "${system}immensity-prev.img"
	MODE=lxss
	new_drive
	ik install --image "$W/ours1.img" >/dev/null
	borrowed purge immensity-official.img "${system}immensity-official.img"
	is "purge without the line leaves nothing" "$(ls "$TOOLS")" kernel
	new_drive
	ik install --image "$W/ours1.img" >/dev/null
	borrowed purge immensity-official.img '"c:/WINDOWS/system32/lxss/../LXSS/tools//Immensity-Official.IMG"'
	new_drive
	ik install --image "$W/ours1.img" >/dev/null
	mkdir "$D/Users/Bob" "$D/Users/Eve"
	line 'c:/windows/system32/LXSS/tools/IMMENSITY-OFFICIAL.img'
	mv "$P/.wslconfig" "$D/Users/Bob/"
	ok "another user's line, by name" grep -q 'Users/Bob/.wslconfig' <(ik maint --event=purge --format=deb 2>&1)
	ok "spares it, too" test -s "$TOOLS/immensity-official.img"
	chmod 000 "$D/Users/Bob/.wslconfig"
	ok "one that cannot be read" grep -q 'Users/Bob/.wslconfig.*could not be read' <(ik maint --event=purge --format=deb 2>&1)
	ok "spares everything" test -s "$TOOLS/immensity-official.img"
	chmod 644 "$D/Users/Bob/.wslconfig"
	line 'D:\\Windows\\System32\\lxss\\tools\\immensity-official.img'
	mv "$P/.wslconfig" "$D/Users/Bob/"
	is "a file of that name elsewhere is another file" "$(status_of ik maint --event=purge --format=deb)" 0
	ok "which spares nothing" test ! -e "$TOOLS/immensity-official.img"
	MODE=lxss
	new_drive
	ik install --image "$W/ours1.img" >/dev/null
	ik install --image "$W/ours3.img" >/dev/null
	dd if=/dev/zero of="$T" bs=4096 count=1 conv=notrunc status=none
	line "${system}immensity-new.img"
	is "torn, restore --to previous" "$(status_of ik restore --to previous)" 0
	same "what it staged stays while WSL starts from it" "$TOOLS/immensity-new.img" "$W/ours1.img"
	rm "$P/.wslconfig"
	is "without the line, the next change" "$(status_of ik install --image "$W/ours2.img")" 0
	ok "takes it away" test ! -e "$TOOLS/immensity-new.img"
	MODE=wslconfig
}

# torn_below: the kernel in lxss\tools is half written, and WSL boots by our key.
torn_below() {
	tear "$W/ours1.img" "$W/ours3.img"
	MODE=wslconfig
	ik install --image "$W/ours3.img" >/dev/null
	cp "$P/.wslconfig" "$W/first"
}

# key_stays COMMAND...: without a right to mend that kernel the key, by which WSL starts, is not taken away.
key_stays() {
	torn_below
	chattr -R +i "$TOOLS" 2>/dev/null || return 0
	fails "$*: refused, with the next step" 4 "half written" ik "$@"
	ok "$*: which is named" grep -q 'immensity-kernel recover.*administrator' <(ik "$@" 2>&1)
	chattr -R -i "$TOOLS"
	same "$*: the key stays" "$P/.wslconfig" "$W/first"
	same "$*: and what it names" "$(key_file)" "$W/ours3.img"
}

# Inbox WSL boots the kernel in lxss\tools once our key is gone.
fallback() {
	MODE=lxss torn_below
	fails "torn below, restore: another of ours would boot" 3 "kernel of ours, too" ik restore --to official
	same "it was recovered" "$T" "$W/ours1.img"
	same "the key stays, as nothing was restored" "$P/.wslconfig" "$W/first"
	MODE=lxss torn_below
	fails "torn below, official on" 3 "kernel of ours, too" ik official on
	same "it was recovered, too" "$T" "$W/ours1.img"
	is "the advice: in mode lxss" "$(field data.action --target lxss official on)" held
	same "Microsoft's kernel is there" "$T" "$W/official.img"
	ok "and our key is gone" test ! -e "$P/.wslconfig"
	MODE=lxss torn_below
	is "torn below, remove" "$(field data.action remove)" removed
	same "Microsoft's is back" "$T" "$W/official.img"
	MODE=lxss torn_below
	rm "$TOOLS/immensity-prev.img" "$TOOLS/immensity-new.img" 2>/dev/null
	fails "what recovery cannot mend: refused" 4 "half written" ik restore --to official
	same "the key stays" "$P/.wslconfig" "$W/first"
	is "remove takes Microsoft's backup" "$(status_of ik remove)" 0
	same "byte for byte" "$T" "$W/official.img"
	MODE=lxss key_stays restore --to official
	MODE=lxss key_stays official on
	MODE=lxss key_stays remove
	MODE=lxss torn_below
	rm "$T"
	is "no kernel in lxss\\tools at all: nothing to mend" "$(status_of ik restore --to official)" 0
	ok "the key is gone" test ! -e "$P/.wslconfig"
	MODE=wslconfig
}

# key_wins TEXT: ours in mode lxss, our key over this .wslconfig, then mode lxss again, whose kernel it would win over.
key_wins() {
	new_drive
	MODE=lxss
	ik install --image "$W/ours2.img" >/dev/null
	[ -z "$1" ] || printf '%b' "$1" >"$P/.wslconfig"
	cp "$P/.wslconfig" "$W/before" 2>/dev/null
	MODE=wslconfig
	ik --force install --image "$W/ours1.img" >/dev/null
	MODE=lxss
}

change_of_mode() {
	key_wins '[wsl2]\r\nmemory=4GB\r\n'
	ok "status tells that the key wins" grep -q 'kernel= in .wslconfig wins' <(ik status 2>&1)
	is "in JSON, too" "$(field data.notes.0 status | grep -c 'kernel= in .wslconfig wins')" 1
	is "lxss install" "$(field data.target.release install --image "$W/ours3.img")" "$OURS3"
	same "takes the key back" "$P/.wslconfig" "$W/before"
	is "with our files" "$(find "$P" -name '*mmensity*')" ""
	same "the kernel is what was said" "$T" "$W/ours3.img"
	is "status has nothing to tell any more" "$(ik status 2>&1 | grep -c 'wins over')" 0
	key_wins ''
	ok "lxss restore says so" grep -q 'kernel= was taken out' <(ik restore --to official 2>&1)
	ok "and it is gone" test ! -e "$P/.wslconfig"
	key_wins ''
	is "lxss install of what is in place" "$(field data.action install --image "$W/ours2.img")" unchanged
	ok "takes the key back, too" test ! -e "$P/.wslconfig"
	new_drive
	ik --target wslconfig install --image "$W/ours1.img" >/dev/null
	is "official on over Microsoft's, of which no backup is needed" "$(field data.action official on)" held
	ok "takes the key back as well" test ! -e "$P/.wslconfig"
	same "and leaves it alone" "$T" "$W/official.img"
	key_wins '[wsl2]\nkernel=C:\\\\mine\\\\k\n'
	ok "official on, the user's own kernel= comes back" grep -q 'wins over.*mine' <(ik official on 2>&1)
	same "byte for byte" "$P/.wslconfig" "$W/before"
	ok "it is told of again" grep -q 'wins over.*mine' <(ik install --image "$W/ours3.img" 2>&1)
	same "and left alone" "$P/.wslconfig" "$W/before"
	key_wins '[wsl2]\nmemory=4GB\n'
	cp "$P/.wslconfig" "$W/first"
	mkdir "$P/.wslconfig.immensity-tmp"
	is "a .wslconfig that cannot be written: official on" "$(ik official on 2>&1 | grep -c 'wins over the kernel in lxss.*boots.*kernel-7.3.4-1')" 1
	same "the key stays" "$P/.wslconfig" "$W/first"
	same "and what it names" "$(key_file)" "$W/ours1.img"
	rmdir "$P/.wslconfig.immensity-tmp"
	MODE=wslconfig
}

borrowing
change_of_mode
fallback
done_testing
