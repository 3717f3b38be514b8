#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Mode wslconfig from the outside: versioned images, the one key, everything back. The result is judged by the
# simulated host's own reader. usage: wslconfig.t (from the top of the tree)
# shellcheck disable=SC2016,SC2317,SC2001,SC1003 # sh -c gets its words as arguments; functions are called by ok and fails
. postinst-helper/tests/integ/lib.sh
MODE=wslconfig
image official.img "$OFFICIAL" 1M
image ours1.img "$OURS1" 1M
image ours2.img "$OURS2" 1M
image ours2.img "$OURS2" 1M
image ours3.img "$OURS3" 1M
image own.img 6.6.87.2-microsoft-standard-WSL2-xan 1M

# diff_lines BEFORE AFTER: how many lines were removed and added.
diff_lines() {
	diff "$1" "$2" | grep -c '^[<>]'
}

plain() {
	new_drive
	local lxss
	lxss=$(sum "$T")
	printf '[wsl2]\r\nmemory=4GB\r\n# comment\r\n[experimental]\r\nsparseVhd=true\r\n' >"$P/.wslconfig"
	cp "$P/.wslconfig" "$W/before"
	is "status: the official kernel" "$(field data.target.state status)" official
	is "dry run" "$(field data.action --dry-run install --image "$W/ours1.img")" planned
	ok "changes nothing" test ! -e "$OWN"
	is "install" "$(field data.action install --image "$W/ours1.img")" installed
	is "exactly one line is added" "$(diff_lines "$W/before" "$P/.wslconfig")" 1
	same "the key names the image" "$(key_file)" "$W/ours1.img"
	is "the name tells version and digest" "$(basename "$(key_file)")" "kernel-7.3.4-1-$(sum "$W/ours1.img" | cut -c1-12)"
	same "the former file is saved" "$P/.wslconfig.immensity-prev" "$W/before"
	is "the lxss kernel is left alone" "$(sum "$T")" "$lxss"
	is "status: ours" "$(field data.target.state status)" ours
	is "status: mode" "$(field data.mode status)" wslconfig
	is "again: nothing to do" "$(field data.action install --image "$W/ours1.img")" unchanged
	fails "an older version is refused" 3 "newer already" older
	is "verify" "$(status_of ik verify)" 0
	is "remove" "$(field data.action remove)" removed
	same "every byte as before" "$P/.wslconfig" "$W/before"
	is "our files are gone" "$(find "$P" -name '*mmensity*')" ""
	is "again: nothing to do" "$(field data.action remove)" unchanged
}

older() {
	ik install --image "$W/ours3.img" >/dev/null && ik install --image "$W/ours1.img"
}

pruning() {
	new_drive
	printf 'keep_backups=2\n' >"$W/conf"
	local n
	for n in 1 2 3; do
		ik --config "$W/conf" install --image "$W/ours$n.img" >/dev/null
	done
	is "two images are kept" "$(find "$OWN" -name 'kernel-*' | wc -l)" 2
	same "the key names the newest" "$(key_file)" "$W/ours3.img"
	new_drive
	for n in 1 2 3; do
		ik install --image "$W/ours$n.img" >/dev/null
	done
	is "three without a setting" "$(find "$OWN" -name 'kernel-*' | wc -l)" 3
	rm "$OWN"/kernel-7.3.4-1-*
	is "restore --to previous" "$(status_of ik restore --to previous)" 0
	same "names the one before" "$(key_file)" "$W/ours2.img"
	is "restore" "$(field data.action restore)" restored
	is "drops the key" "$(field data.target.state status)" official
	is "but keeps the images" "$(find "$OWN" -name 'kernel-*' | wc -l)" 2
	rm "$OWN"/kernel-7.3.5*
	is "install makes a missing image anew" "$(status_of ik install --image "$W/ours3.img")" 0
	same "and names it" "$(key_file)" "$W/ours3.img"
	printf x | dd of="$(key_file)" bs=1 seek=9000 conv=notrunc status=none
	is "status sees a damaged image" "$(field data.target.state status)" torn
	fails "verify sees it" 4 "damaged" ik verify
	is "install repairs it" "$(status_of ik install --image "$W/ours3.img")" 0
	same "byte for byte" "$(key_file)" "$W/ours3.img"
	rm "$(key_file)"
	is "status sees a missing image" "$(field data.target.state status)" missing
	fails "verify does, too" 1 "does not exist" ik verify
	is "an older version may repair it" "$(status_of ik install --image "$W/ours1.img")" 0
}

fresh_file() {
	new_drive
	is "without .wslconfig one is made" "$(status_of ik install --image "$W/ours1.img")" 0
	same "that names the image" "$(key_file)" "$W/ours1.img"
	ik install --image "$W/ours3.img" >/dev/null
	ik remove >/dev/null
	ok "and goes away again, also after an upgrade" test ! -e "$P/.wslconfig"
	ik install --image "$W/ours1.img" >/dev/null
	printf '# mine\r\n' >>"$P/.wslconfig"
	ik remove >/dev/null
	is "what the user added meanwhile stays" "$(grep -c mine "$P/.wslconfig")" 1
}

# upgrades OPTION TEXT: three versions one after the other leave one line, and removal the very bytes of before.
upgrades() {
	new_drive
	printf '%b' "$2" >"$P/.wslconfig"
	cp "$P/.wslconfig" "$W/before"
	for n in 1 2 3; do
		# shellcheck disable=SC2086 # no option is no word
		ik $1 install --image "$W/ours$n.img" >/dev/null
		is "version $n: one line of ours" "$(grep -c immensity-kernel "$P/.wslconfig")" 1
		same "version $n: the key names it" "$(key_file)" "$W/ours$n.img"
	done
	is "two ways back are saved: of this text, and of the one before" "$(grep -c '^way ' "$P/.wslconfig.immensity-undo")" 2
	ik remove >/dev/null 2>&1
	same "after three versions every byte as before" "$P/.wslconfig" "$W/before"
}

foreign_key() {
	new_drive
	printf '\xef\xbb\xbf[WSL2]\nKernel = "C:\\\\mine\\\\k"  # my own\nkernel=second\nmemory=4GB' >"$P/.wslconfig"
	cp "$P/.wslconfig" "$W/before"
	fails "a foreign key is refused" 3 "names another kernel" ik install --image "$W/ours1.img"
	same "and nothing changed" "$P/.wslconfig" "$W/before"
	is "code" "$(field error.code install --image "$W/ours1.img")" wslconfig-foreign-kernel
	is "with --force" "$(status_of ik --force install --image "$W/ours1.img")" 0
	is "exactly one line differs" "$(diff_lines "$W/before" "$P/.wslconfig")" 2
	same "the key names the image" "$(key_file)" "$W/ours1.img"
	ik install --image "$W/ours3.img" >/dev/null
	ik remove >/dev/null 2>&1
	same "it comes back byte for byte, also after an upgrade" "$P/.wslconfig" "$W/before"
}

# own_key TEXT: a fresh drive, the user's .wslconfig, also as $W/before, and our first version over it.
own_key() {
	new_drive
	printf '%b' "$1" >"$P/.wslconfig"
	cp "$P/.wslconfig" "$W/before"
	ik --force install --image "$W/ours1.img" >/dev/null
	cp "$P/.wslconfig" "$W/first"
}

# back DESCRIPTION: a removal leads to $W/before.
back() {
	is "$1: remove" "$(status_of ik remove)" 0
	same "$1: every byte as before" "$P/.wslconfig" "$W/before"
}

failed_tries() {
	local text='# mine\r\n[wsl2]\r\nkernel=C:\\\\mine\\\\bzImage # why\r\n'
	own_key "$text"
	mkdir "$P/.wslconfig.immensity-tmp"
	is "a .wslconfig that cannot be written" "$(status_of ik install --image "$W/ours2.img")" 3
	ik install --image "$W/ours2.img" >/dev/null 2>&1
	rmdir "$P/.wslconfig.immensity-tmp"
	back "after two failed tries"
	own_key "$text"
	mkdir "$P/.wslconfig.immensity-tmp"
	ik install --image "$W/ours2.img" >/dev/null 2>&1
	ik install --image "$W/ours2.img" >/dev/null 2>&1
	rmdir "$P/.wslconfig.immensity-tmp"
	is "the third try" "$(status_of ik install --image "$W/ours2.img")" 0
	same "names the image" "$(key_file)" "$W/ours2.img"
	back "after it"
}

# What an editor that had the file open, or a sync tool, makes of it.
brought_back() {
	local text='[wsl2]\nkernel=C:\\\\mine\\\\k # why\nmemory=4GB\n'
	own_key "$text"
	ik install --image "$W/ours2.img" >/dev/null
	cp "$W/first" "$P/.wslconfig"
	back "the text of the version before"
	own_key "$text"
	ik install --image "$W/ours2.img" >/dev/null
	ik install --image "$W/ours3.img" >/dev/null
	cp "$W/first" "$P/.wslconfig"
	back "the text of a version long gone"
	own_key "$text"
	iconv -f UTF-8 -t UTF-16LE "$W/first" | { printf '\xff\xfe' && cat; } >"$P/.wslconfig"
	iconv -f UTF-8 -t UTF-16LE "$W/before" | { printf '\xff\xfe' && cat; } >"$W/wide"
	mv "$W/wide" "$W/before"
	back "the text in another encoding"
}

# A block that was pasted twice: WSL ignores the second line until the first one is gone.
copies() {
	own_key '[wsl2]\nmemory=4GB\n'
	grep immensity "$W/first" >>"$P/.wslconfig"
	back "a copy of our line"
	own_key '[wsl2]\nmemory=4GB\n'
	grep immensity "$W/first" >>"$P/.wslconfig"
	ik install --image "$W/ours2.img" >/dev/null
	is "an upgrade leaves one line of ours" "$(grep -c immensity "$P/.wslconfig")" 1
	back "a copy, and an upgrade"
}

encodings() {
	new_drive
	printf '[wsl2]\r\nmemory=4GB\r\n' | iconv -t UTF-16LE | { printf '\xff\xfe' && cat; } >"$P/.wslconfig"
	cp "$P/.wslconfig" "$W/before"
	ik install --image "$W/ours1.img" >/dev/null
	same "UTF-16 with a mark" "$(key_file)" "$W/ours1.img"
	ik remove >/dev/null
	same "is kept" "$P/.wslconfig" "$W/before"
	printf '[wsl2]\r\nmemory=4GB\r\n' | iconv -t UTF-16BE | { printf '\xfe\xff' && cat; } >"$P/.wslconfig"
	fails "UTF-16 that WSL cannot read is refused" 3 "wslconfig" ik install --image "$W/ours1.img"
	printf '[wsl2]\0\n' >"$P/.wslconfig"
	fails "NUL bytes are refused" 3 "wslconfig" ik install --image "$W/ours1.img"
	ok "before anything is copied" test ! -e "$OWN/kernel-7.3.4-1-$(sum "$W/ours1.img" | cut -c1-12)"
}

links() {
	new_drive
	printf '[wsl2]\n' >"$W/dotfile"
	ln -s "$W/dotfile" "$P/.wslconfig"
	fails "a symlink is refused with the reason" 3 "dotfile manager" ik install --image "$W/ours1.img"
	ok "and stays" test -L "$P/.wslconfig"
	rm "$P/.wslconfig"
	mkdir "$P/.wslconfig"
	fails "a directory is refused" 3 "directory" ik install --image "$W/ours1.img"
	rmdir "$P/.wslconfig"
	mkdir -p "$W/elsewhere"
	rm -rf "$P/AppData/Local"
	ln -s "$W/elsewhere" "$P/AppData/Local"
	fails "a symlink on the way is refused" 3 "symlink|link" ik install --image "$W/ours1.img"
	is "and not followed" "$(ls "$W/elsewhere")" ""
}

profiles() {
	new_drive
	mkdir -p "$D/Users/Bob" "$D/Users/Public" "$D/Users/Default"
	: >"$D/Users/Bob/NTUSER.DAT"
	: >"$D/Users/Default/NTUSER.DAT"
	fails "two profiles: it does not guess" 3 "more than one" ik install --image "$W/ours1.img"
	is "a named one" "$(status_of ik --profile "$D/Users/Bob" install --image "$W/ours1.img")" 0
	ok "is used" test -f "$D/Users/Bob/.wslconfig"
	ok "and only that" test ! -e "$P/.wslconfig"
	cp "$D/Users/Bob/.wslconfig" "$W/bobs"
	fails "his key does not make an install his" 3 "more than one" ik install --image "$W/ours2.img"
	is "code" "$(field error.code install --image "$W/ours2.img")" profile-missing
	fails "nor a dry run" 3 "more than one" ik --dry-run install --image "$W/ours2.img"
	same "nothing changed" "$D/Users/Bob/.wslconfig" "$W/bobs"
	ok "in no profile" test ! -e "$P/.wslconfig"
	is "named, it is updated" "$(status_of ik --profile "$D/Users/Bob" install --image "$W/ours2.img")" 0
	same "its key names the update" "$(P=$D/Users/Bob key_file)" "$W/ours2.img"
	is "a removal finds it without a name" "$(status_of ik remove)" 0
	ok "and takes the key back" test ! -e "$D/Users/Bob/.wslconfig"
	fails "a profile elsewhere is refused" 3 "not on drive" ik --profile "$W" install --image "$W/ours1.img"
	mv "$P" "$D/Users/Zoë"
	is "a profile that is not ASCII" "$(status_of ik --profile "$D/Users/Zoë" install --image "$W/ours1.img")" 0
	P=$D/Users/Zoë
	is "has its image in ProgramData" "$(key | cut -d\\ -f2,3)" 'ProgramData\immensity-kernel'
	same "where the key names it" "$(key_file)" "$W/ours1.img"
	ik --profile "$P" remove >/dev/null 2>&1
	ok "removal drops the key" test ! -e "$P/.wslconfig"
}

# Somebody's huge file where the image will lie: apt must not read it for hours.
huge_file() {
	new_drive
	mkdir -p "$OWN"
	truncate -s 256G "$OWN/kernel-7.3.4-1-$(sum "$W/ours1.img" | cut -c1-12)"
	is "a huge file in the image's place is not read" \
		"$(status_of timeout 20 "$PROGRAM" --drive "$D" --state-dir "$S" --target wslconfig install --image "$W/ours1.img")" 0
	same "but replaced" "$(key_file)" "$W/ours1.img"
}

# What a removal must not pass over with "nothing to do".
removals() {
	new_drive
	printf '[wsl2]\nmemory=4GB\n' >"$P/.wslconfig"
	cp "$P/.wslconfig" "$W/before"
	ik install --image "$W/ours1.img" >/dev/null
	cp -r "$P" "$D/Users/Bob"
	fails "our key in two profiles" 3 "--profile" ik remove
	is "the package's call tells it, too" "$(ik maint --event=remove --format=deb 2>&1 | grep -c 'more than one Windows user profile.*delete the line kernel=')" 1
	is "one by its name" "$(status_of ik --profile "$D/Users/Bob" remove)" 0
	is "then the other is the only one" "$(status_of ik remove)" 0
	same "and is as before" "$P/.wslconfig" "$W/before"
	rm -r "$D/Users/Bob"
	ik install --image "$W/ours1.img" >/dev/null
	printf 'profile=%s\n' "$D/Users/Gone" >"$W/conf"
	fails "a profile that is named and gone" 3 "Users/Gone" ik --config "$W/conf" remove
	is "target=lxss, after an install in the profile" "$(field data.action --target lxss remove)" removed
	same "the key is gone all the same" "$P/.wslconfig" "$W/before"
	is "again: nothing to do" "$(field data.action --target lxss remove)" unchanged
}

# boots: which kernel Store WSL would start, or its error.
boots() {
	"$SIM/wslsim" which-kernel "$D" 2>&1
}

# with_modules FORMAT: a Store drive, our first version, and a line of the user's own that names kernel modules.
with_modules() {
	new_drive
	rm -rf "$D"
	"$SIM/wslsim" init --flavour store "$D" >/dev/null
	printf '[wsl2]\r\nmemory=4GB\r\n' >"$P/.wslconfig"
	ik install --image "$W/ours1.img" >/dev/null
	mkdir "$D/vhd" && : >"$D/vhd/mods.vhdx"
	# shellcheck disable=SC2059 # the line is a format
	printf "$1" >>"$P/.wslconfig"
}

# WSL does not start where kernelModules= stands without kernel=: ours may not go from beside it just so.
modules_alone() {
	local line='kernelModules=C:\\\\vhd\\\\mods.vhdx' command
	with_modules "$line"'\r\n'
	ok "kernel modules beside our kernel: WSL starts" grep -q "kernel-7.3.4-1" <(boots)
	cp "$P/.wslconfig" "$W/before"
	for command in "official on" "restore" "restore --to official"; do
		# shellcheck disable=SC2086 # words of a command
		fails "$command is refused, with line and file" 3 'line 4 of "C:\\Users\\Ann\\.wslconfig" names kernelModules' ik $command
	done
	ok "with what to do" grep -q 'next step: put a "#" before that line' <(ik official on 2>&1)
	same "and nothing is changed" "$P/.wslconfig" "$W/before"
	ok "remove tells that it comments the line out" grep -q "kernelModules= in line 3 of .wslconfig is commented out" <(ik remove 2>&1)
	is "only that sign is new" "$(tr -d '\r' <"$P/.wslconfig")" '[wsl2]
memory=4GB
#kernelModules=C:\\vhd\\mods.vhdx'
	ok "WSL starts its own kernel" grep -q "Program Files/WSL/tools/kernel" <(boots)
	sed -i 's/^#//' "$P/.wslconfig"
	ok "which it would not do with that line" grep -q "names kernel modules but no kernel" <(boots)
	is "doctor calls it a problem" "$(ik --json doctor | python3 -c '
import json, sys
print([f["level"] for f in json.load(sys.stdin)["data"]["findings"] if f["code"] == "kernel-modules-alone"])')" "['problem']"
	with_modules "$line"'\nkernelmodules = C:\\\\vhd\\\\\\\n  mods.vhdx # two\n'
	is "twice, and a line that goes on: purge" "$(status_of ik maint --event=purge)" 0
	is "all of it is commented out" "$(grep -c '^#' "$P/.wslconfig")" 3
	ok "and WSL starts" grep -q "Program Files/WSL/tools/kernel" <(boots)
	with_modules "$line"'\rswap=0\n'
	ik remove >/dev/null 2>&1
	is "a lone CR ends the key: what follows stays in force" \
		"$("$SIM/wslsim" --json read-config "$P/.wslconfig" | grep -c wsl2.swap)" 1
	ok "and WSL starts, too" grep -q "Program Files/WSL/tools/kernel" <(boots)
	with_modules ''
	iconv -f UTF-8 -t UTF-16LE <<<"$(tr -d '\r' <"$P/.wslconfig"; printf '%s\n' 'kernelModules=C:\\vhd\\mods.vhdx')" |
		{ printf '\xff\xfe' && cat; } >"$W/wide"
	cp "$W/wide" "$P/.wslconfig"
	ik remove >/dev/null 2>&1
	is "UTF-16 stays UTF-16" "$(tail -c +3 "$P/.wslconfig" | iconv -f UTF-16LE -t UTF-8 | tail -1)" '#kernelModules=C:\\vhd\\mods.vhdx'
	ok "and is read by WSL" grep -q "Program Files/WSL/tools/kernel" <(boots)
	new_drive
	printf '[wsl2]\nkernel=C:\\\\mine\\\\k\nkernelModules=C:\\\\mine\\\\m\n' >"$P/.wslconfig"
	cp "$P/.wslconfig" "$W/before"
	ik --force install --image "$W/ours1.img" >/dev/null
	is "with the user's own kernel= put back" "$(status_of ik official on)" 0
	same "both stay" "$P/.wslconfig" "$W/before"
}

# What the user has chosen is not replaced without --force, by whichever command.
chosen_by_the_user() {
	local command
	new_drive
	ik install --image "$W/ours1.img" >/dev/null
	ik install --image "$W/ours2.img" >/dev/null
	ik official on >/dev/null
	printf '[wsl2]\nkernel=C:\\\\mine\\\\k\n' >"$P/.wslconfig"
	cp "$P/.wslconfig" "$W/before"
	for command in "official off" "restore --to previous" "restore --to kernel-7.3.4-1"; do
		# shellcheck disable=SC2086 # words of a command
		fails "a foreign key: $command is refused" 3 "names another kernel" ik $command
		same "and nothing changed" "$P/.wslconfig" "$W/before"
	done
	is "with --force" "$(status_of ik --force restore --to kernel-7.3.4-1)" 0
	same "it is replaced" "$(key_file)" "$W/ours1.img"
	is "and comes back" "$(status_of ik remove)" 0
	same "byte for byte" "$P/.wslconfig" "$W/before"
	own_key '[wsl2]\nkernel=C:\\\\mine\\\\k\n'
	ik install --image "$W/ours2.img" >/dev/null
	ik official on >/dev/null 2>&1
	same "official on puts it back, too" "$P/.wslconfig" "$W/before"
	is "and official off may replace that one again" "$(status_of ik official off)" 0
	new_drive
	ik install --image "$W/own.img" >/dev/null
	fails "an image of the user's own" 3 "WSL2-xan.*left alone" ik install --image "$W/ours3.img"
	same "is not replaced" "$(key_file)" "$W/own.img"
	is "with --force" "$(status_of ik --force install --image "$W/ours3.img")" 0
	same "it is" "$(key_file)" "$W/ours3.img"
	ik --force install --image "$W/own.img" >/dev/null
	printf x | dd of="$(key_file)" bs=1 seek=9000 conv=notrunc status=none
	is "damaged, it is replaced" "$(status_of ik install --image "$W/ours3.img")" 0
}

plain
huge_file
modules_alone
chosen_by_the_user
removals
pruning
fresh_file
upgrades '' '[wsl2]\r\nmemory=4GB\r\n\r\n[experimental]\nsparseVhd=true'
upgrades --force '\xef\xbb\xbf# mine\n[WSL2]\n Kernel = C:\\\\mine\\\\k # why\r\nmemory=4GB'
foreign_key
failed_tries
brought_back
copies
encodings
links
profiles
done_testing
