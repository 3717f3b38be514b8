#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Mode lxss from the outside: bytes, inode, links, time, backups, statuses. usage: lxss.t (from the top of the tree)
# shellcheck disable=SC2016,SC2317,SC2001 # sh -c gets its words as arguments; functions are called by ok and fails
. postinst-helper/tests/integ/lib.sh
MODE=lxss
image official.img "$OFFICIAL" 2M
image official2.img "$NEWER_OFFICIAL" 3M
image ours1.img "$OURS1" 3M
image ours2.img "$OURS2" 1M --format elf
image ours3.img "$OURS3" 2M
image foreign.img "$FOREIGN" 2M

first_install() {
	new_drive
	local before
	before=$(identity "$T")
	is "status: the official kernel" "$(field data.target.state status)" official
	is "status changes nothing" "$(ls "$TOOLS")" kernel
	is "dry run says what it would do" "$(field data.action --dry-run install --image "$W/ours1.img")" planned
	is "dry run changes nothing" "$(ls "$TOOLS") $(sum "$T")" "kernel $(sum "$W/official.img")"
	is "dry run leaves no state" "$(status_of test -e "$S")" 1
	is "install" "$(field data.action install --image "$W/ours1.img")" installed
	same "the target is the image" "$T" "$W/ours1.img"
	same "and so is its hard link" "$D/Windows/WinSxS/amd64_lxss/kernel" "$W/ours1.img"
	is "inode, links and time are kept" "$(identity "$T")" "$before"
	same "the backup is the official kernel" "$TOOLS/immensity-official.img" "$W/official.img"
	ok "the script knows the backup's digest" grep -q "$(sum "$W/official.img")" "$TOOLS/immensity-restore.cmd"
	is "script and readme are ASCII with CR LF" "$(cat "$TOOLS"/immensity-restore.cmd "$TOOLS"/immensity-README.txt |
		LC_ALL=C grep -cv $'^[\x20-\x7e\t]*\r$')" 0
	is "the history has a line" "$(grep -c installed "$TOOLS/immensity-history.txt")" 1
	is "nothing staged is left" "$(find "$TOOLS" -name '*new*' -o -name '*tmp*' -o -name '*probe*' -o -name '*lock*')" ""
	is "status: ours" "$(field data.target.state status)" ours
	is "status: its digest" "$(field data.target.sha256 status)" "$(sum "$W/ours1.img")"
	is "status: restart needed" "$(field data.restart_needed status)" true
	is "journal" "$(field data.journal status)" "done"
	is "verify" "$(status_of ik verify)" 0
	is "again: nothing to do" "$(field data.action install --image "$W/ours1.img")" unchanged
	is "bootless window is told" "$(field data.bootless_window_us --force install --image "$W/ours3.img" |
		awk '{ print ($1 > 0 && $1 < 2000000) }')" 1
}

versions() {
	new_drive
	ik install --image "$W/ours2.img" >/dev/null
	same "a smaller ELF image over a bzImage" "$T" "$W/ours2.img"
	is "upgrade" "$(field data.action install --image "$W/ours3.img")" installed
	same "our former image is kept" "$TOOLS/immensity-prev.img" "$W/ours2.img"
	same "the official one still is" "$TOOLS/immensity-official.img" "$W/official.img"
	fails "an older version is refused" 3 "newer already installed" ik install --image "$W/ours1.img"
	same "and changes nothing" "$T" "$W/ours3.img"
	is "error code" "$(field error.code install --image "$W/ours1.img")" target-newer
	is "with --force it goes in" "$(status_of ik --force install --image "$W/ours1.img")" 0
	same "byte for byte" "$T" "$W/ours1.img"
	printf 'allow_downgrade=yes\n' >"$W/conf"
	ik install --image "$W/ours3.img" >/dev/null
	is "or with the setting" "$(status_of ik --config "$W/conf" install --image "$W/ours2.img")" 0
	same "byte for byte, too" "$T" "$W/ours2.img"
}

foreign() {
	new_drive
	cat "$W/foreign.img" >"$T"
	is "status: foreign" "$(field data.target.state status)" foreign
	fails "a foreign kernel is refused" 3 "somebody else" ik install --image "$W/ours1.img"
	is "and nothing is left behind" "$(ls "$TOOLS")" kernel
	is "with --force" "$(status_of ik --force install --image "$W/ours1.img")" 0
	is "it is kept" "$(sum "$TOOLS"/immensity-foreign-*.img)" "$(sum "$W/foreign.img")"
	ik remove >/dev/null 2>&1
	same "and comes back on removal, there being no official one" "$T" "$W/foreign.img"
}

# own_build RELEASE: an image of the user's own, whose release is not of our pattern, goes as it came.
own_build() {
	"$SIM/make-image" --release "$1" --size 2M --seed "own $1" "$W/own.img"
	new_drive
	is "$1: install" "$(status_of ik install --image "$W/own.img")" 0
	is "$1: remove" "$(field data.action remove)" removed
	same "$1: the official kernel is back" "$T" "$W/official.img"
	ik install --image "$W/own.img" >/dev/null
	is "$1: ours may replace it" "$(status_of ik install --image "$W/ours1.img")" 0
	is "$1: it is kept as our former image only" "$(find "$TOOLS" -name 'immensity-*.img' -printf '%f\n' | sort | tr '\n' ' ')" \
		"immensity-official.img immensity-prev.img "
	is "$1: which is no damaged one" "$(status_of ik verify)" 0
	is "$1: restore --to previous" "$(status_of ik restore --to previous)" 0
	same "$1: puts it back" "$T" "$W/own.img"
	is "$1: and ours may replace it again" "$(status_of ik install --image "$W/ours3.img")" 0
	is "$1: remove, with it as the former image" "$(status_of ik remove)" 0
	same "$1: brings Microsoft's back" "$T" "$W/official.img"
}

restores() {
	new_drive
	ik install --image "$W/ours1.img" >/dev/null
	ik install --image "$W/ours3.img" >/dev/null
	is "restore" "$(field data.action restore)" restored
	same "to the official kernel" "$T" "$W/official.img"
	is "restore --to previous" "$(status_of ik restore --to previous)" 0
	same "is the one before" "$T" "$W/ours3.img"
	fails "an unknown backup" 1 "no backup" ik restore --to nonsense
	is "by id" "$(status_of ik restore --to "$(field data.backups.0.id backups)")" 0
	same "the official kernel again" "$T" "$W/official.img"
	cat "$W/official2.img" >"$T"
	is "Windows Update's kernel is another generation" "$(status_of ik install --image "$W/ours1.img")" 0
	is "three backups" "$(field data.backups.# backups)" 3
	is "official means the newest one" "$(status_of ik restore --to official)" 0
	same "which Windows Update had brought" "$T" "$W/official2.img"
	is "first means the first" "$(status_of ik restore --to first)" 0
	same "which was there at the beginning" "$T" "$W/official.img"
	printf x >>"$TOOLS/immensity-official.img"
	fails "verify finds a damaged backup of ours" 1 "damaged" damage_named
}

# A backup whose name holds its digest must agree with it.
damage_named() {
	printf x | dd of="$(find "$TOOLS" -name 'immensity-official-*')" bs=1 seek=5000 conv=notrunc status=none
	ik verify
}

# refused_backup: nobody takes the first official backup for good.
refused_backup() {
	fails "$1: verify" 1 "immensity-official.img.*damaged" ik verify
	is "$1: restore" "$(field error.code restore)" backup-bad
	is "$1: remove" "$(field error.code remove)" backup-bad
	same "$1: ours stays" "$T" "$W/ours1.img"
}

# Its name holds no digest, so that it must be whole, and what was written down about it.
rotten() {
	new_drive
	ik install --image "$W/ours1.img" >/dev/null
	ok "the digest is written down" test "$(cut -d' ' -f1 "$TOOLS/immensity-official.sha256")" = "$(sum "$W/official.img")"
	printf x | dd of="$TOOLS/immensity-official.img" bs=1 seek=1500000 conv=notrunc status=none
	rm "$TOOLS/immensity-journal.bin"
	refused_backup "one byte"
	new_drive
	ik install --image "$W/ours1.img" >/dev/null
	rm "$TOOLS/immensity-official.sha256"
	truncate -s 1200000 "$TOOLS/immensity-official.img"
	refused_backup "cut, without its digest"
	ik install --image "$W/ours3.img" >/dev/null
	fails "no script gets its digest" 1 "" grep "$(sum "$TOOLS/immensity-official.img")" "$TOOLS/immensity-restore.cmd"
	cat "$W/official2.img" >"$T"
	is "Windows Update's kernel is kept beside it" "$(status_of ik install --image "$W/ours3.img")" 0
	is "and can be restored" "$(status_of ik restore)" 0
	same "byte for byte" "$T" "$W/official2.img"
	new_drive
	ik install --image "$W/ours1.img" >/dev/null
	rm "$TOOLS/immensity-official.sha256"
	ik install --image "$W/ours3.img" >/dev/null
	ok "an older drive gets it, too" test -e "$TOOLS/immensity-official.sha256"
}

# What cannot be read may be the newest: no older kernel is put back instead, and nothing is deleted beside it. The worker
# has no capabilities, so that it is stopped by the bits although root runs the test.
unreadable() {
	new_drive
	local newest
	ik install --image "$W/ours1.img" >/dev/null
	cat "$W/official2.img" >"$T"
	ik install --image "$W/ours1.img" >/dev/null
	newest=$(find "$TOOLS" -name 'immensity-official-*.img')
	chmod 000 "$newest"
	fails "verify names a backup that cannot be read" 1 "${newest##*/}.*cannot be read" ik verify
	ok "backups, too" grep -q UNREADABLE <<<"$(ik backups)"
	is "restore does not take an older one" "$(field error.code restore)" backup-bad
	is "nor does remove" "$(field error.code remove)" backup-bad
	same "ours stays" "$T" "$W/ours1.img"
	is "the older one by name" "$(status_of ik restore --to first)" 0
	same "is put back" "$T" "$W/official.img"
	is "purge" "$(status_of ik maint --event=purge --format=deb)" 0
	ok "keeps the script beside what it cannot judge" test -e "$TOOLS/immensity-restore.cmd" -a -e "$newest"
	chmod 644 "$newest"
}

official_for_a_while() {
	new_drive
	ik install --image "$W/ours1.img" >/dev/null
	is "official on" "$(field data.action official on)" held
	same "Microsoft's kernel" "$T" "$W/official.img"
	is "status says so" "$(field data.official_hold status)" true
	is "official off" "$(status_of ik official off)" 0
	same "ours again" "$T" "$W/ours1.img"
	is "status says so, too" "$(field data.official_hold status)" false
	fails "official maybe" 2 "on.*off" ik official maybe
}

removal() {
	new_drive
	local before
	before=$(identity "$T")
	ik install --image "$W/ours1.img" >/dev/null
	ik install --image "$W/ours3.img" >/dev/null
	is "remove" "$(field data.action remove)" removed
	same "the official kernel is back" "$T" "$W/official.img"
	is "inode, links and time as before us" "$(identity "$T")" "$before"
	same "its backup stays" "$TOOLS/immensity-official.img" "$W/official.img"
	is "all else is gone but the guides" "$(find "$TOOLS" -name 'immensity-*' -printf '%f\n' | sort | tr '\n' ' ')" \
		"immensity-README.txt immensity-history.txt immensity-official.img immensity-official.sha256 immensity-restore.cmd "
	fails "and these name nothing else" 1 "" grep -E 'immensity-(prev|new)' "$TOOLS/immensity-restore.cmd" "$TOOLS/immensity-README.txt"
	ok "but the official one" grep -q 'IK_FILE=immensity-official.img' "$TOOLS/immensity-restore.cmd"
	is "again: nothing to do" "$(field data.action remove)" unchanged
	is "purge" "$(status_of ik maint --event=purge --format=deb)" 0
	is "leaves nothing" "$(ls "$TOOLS")" kernel
	is "no state either" "$(status_of test -e "$S")" 1
	is "reinstall" "$(status_of ik install --image "$W/ours1.img")" 0
	rm "$TOOLS"/immensity-*.img
	fails "without any backup ours stays" 1 "no backup" ik remove
	same "and is whole" "$T" "$W/ours1.img"
}

# named_files: what the script puts in place.
named_files() {
	sed -n 's/^set "IK_FILE=\(.*\)".*/\1/p' "$TOOLS/immensity-restore.cmd" | sort | tr '\n' ' '
}

# Script and readme name what is there, whatever came in between, and our former image outlives a change that fails.
guides() {
	new_drive
	ik install --image "$W/ours1.img" >/dev/null
	cat "$W/official2.img" >"$T"
	ik install --image "$W/ours3.img" >/dev/null
	is "purge after Windows Update" "$(status_of ik maint --event=purge --format=deb)" 0
	same "its kernel is back" "$T" "$W/official2.img"
	is "the script knows the backup that is left" "$(named_files)" "immensity-official.img "
	ok "and so does the readme" grep -q 'immensity-official.img' "$TOOLS/immensity-README.txt"
	new_drive
	ik install --image "$W/ours1.img" >/dev/null
	ik install --image "$W/ours3.img" >/dev/null
	dd if=/dev/zero of="$T" bs=4096 count=1 conv=notrunc status=none
	is "a torn kernel, restore --to previous" "$(status_of ik restore --to previous)" 0
	is "the script knows what remains" "$(named_files)" "immensity-official.img immensity-prev.img "
	ik --force install --image "$W/ours3.img" >/dev/null
	rm "$TOOLS/immensity-README.txt"
	mkdir "$TOOLS/immensity-README.txt"
	is "refused late" "$(status_of ik restore --to previous)" 3
	is "an install as well" "$(status_of ik --force install --image "$W/ours2.img")" 3
	rmdir "$TOOLS/immensity-README.txt"
	same "our former image is still there" "$TOOLS/immensity-prev.img" "$W/ours1.img"
	ok "and known to the script" grep -q "$(sum "$W/ours1.img")" "$TOOLS/immensity-restore.cmd"
	is "restore --to previous" "$(status_of ik restore --to previous)" 0
	same "puts it in place" "$T" "$W/ours1.img"
}

# Somebody's copy onto a full disk: the head is there, the rest is not. And a journal that is longer than ours.
cut_down() {
	new_drive
	ik install --image "$W/ours1.img" >/dev/null
	truncate -s 700000 "$T"
	is "far too short: restore" "$(status_of ik restore --to official)" 0
	same "mends it" "$T" "$W/official.img"
	for size in 700000 1500000; do
		new_drive
		ik install --image "$W/ours1.img" >/dev/null
		truncate -s "$size" "$T"
		is "cut to $size: remove" "$(status_of ik remove)" 0
		same "does not end over it" "$T" "$W/official.img"
	done
	tear "$W/ours1.img" "$W/ours3.img"
	printf more >>"$TOOLS/immensity-journal.bin"
	is "a longer journal: recover" "$(status_of ik recover)" 0
	same "reads its slots" "$T" "$W/ours1.img"
}

# limited SIZE COMMAND...: with this limit on the size of files, in KiB, and without the right to raise it.
limited() {
	local size=$1 without=()
	shift
	[ "$(id -u)" != 0 ] || without=(setpriv --bounding-set=-sys_resource --inh-caps=-sys_resource)
	(ulimit -f "$size" && "${without[@]}" "$PROGRAM" --drive "$D" --state-dir "$S" --target "$MODE" "$@")
}

# Both images lie beside the target: what is written first is the target itself.
small_limits() {
	new_drive
	ik install --image "$W/ours1.img" >/dev/null
	ik official on >/dev/null
	ik restore --to previous >/dev/null
	fails "a file size limit below the kernel: refused" 3 "ulimit -f" limited 1500 restore --to official
	same "and nothing is begun" "$T" "$W/ours1.img"
	is "nor by an install" "$(status_of limited 1500 install --image "$W/ours3.img")" 3
	is "nor by a removal" "$(status_of limited 1500 remove)" 3
	same "ours is whole" "$T" "$W/ours1.img"
	is "status needs no more" "$(status_of limited 1500 status)" 0
	is "nor does a recovery without work" "$(status_of limited 1500 recover)" 0
	is "processor time: refused as well" "$(ulimit -t 60 && status_of limited unlimited restore --to official)" 3
	is "where it may be raised, it is" "$(ulimit -S -f 1500 && status_of ik restore --to official)" 0
	same "and the official kernel is back" "$T" "$W/official.img"
	tear "$W/ours1.img" "$W/ours3.img"
	fails "half written: that is told" 4 "half written.*ulimit -f" limited 1500 install --image "$W/ours3.img"
	is "and recovered without the limit" "$(status_of ik recover)" 0
	same "with the kernel before" "$T" "$W/ours1.img"
}

spellings() {
	new_drive
	mkdir -p "$D/WINDOWS"
	mv "$D/Windows/System32" "$D/WINDOWS/system32"
	mv "$D/Windows/WinSxS" "$D/WINDOWS/"
	rmdir "$D/Windows"
	mv "$D/WINDOWS/system32/lxss/tools/kernel" "$D/WINDOWS/system32/lxss/tools/Kernel"
	is "names are found without regard to case" "$(status_of ik install --image "$W/ours1.img")" 0
	same "and overwritten in place" "$D/WINDOWS/system32/lxss/tools/Kernel" "$W/ours1.img"
}

first_install
versions
foreign
own_build 6.6.99-mine-microsoft-standard-WSL2
own_build 6.6.87.2-microsoft-standard-WSL2
restores
unreadable
rotten
official_for_a_while
removal
guides
cut_down
small_limits
spellings
done_testing
