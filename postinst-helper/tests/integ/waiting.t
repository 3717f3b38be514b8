#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What waits because Windows refused it, and what is held: package events, boots and users in one state.
# usage: waiting.t (from the top of the tree, as root)
# shellcheck disable=SC2016,SC2317,SC2001 # sh -c gets its words as arguments; functions are called by ok and fails
if [ "${IK_MAINT_NS:-}" != 1 ]; then
	exec env IK_MAINT_NS=1 unshare -m --propagation private "$0" "$@"
fi
. postinst-helper/tests/integ/lib.sh
. postinst-helper/tests/integ/package.sh

# Two series, and Windows that refuses: what waits for the one is not ended by the other.
two_series_pending() {
	local longterm=6.12.9-1-immensity-microsoft-standard-WSL2
	new_drive
	package longterm "$longterm"
	package stable "$OURS1"
	chattr +i "$T" 2>/dev/null || { skip "two series, pending" "no chattr here" && return; }
	chattr -i "$T"
	maint --event=configure --series=stable >/dev/null 2>&1
	package stable "$OURS3"
	chattr +i "$T"
	maint --event=upgrade --series=stable >/dev/null 2>&1
	maint --event=upgrade --series=longterm >/dev/null 2>&1
	is "an upgrade of stable waits, longterm is older: it still waits" "$(field data.pending_detail.command status)" install
	refused "and no drive for longterm" drive-missing pending_detail \
		"$PROGRAM" --drive "$W/nowhere" --state-dir "$S" maint --event=upgrade --series=longterm
	chattr -i "$T"
	maint --event=boot >/dev/null 2>&1
	same "the boot makes the upgrade of stable" "$T" "$PACKAGES/$OURS3/bzImage"
	chattr +i "$T"
	ok "stable goes, refused: what stays in use is told" \
		grep -q "removed package stays in use" <(maint --event=remove --series=stable 2>&1)
	rm -rf "$PACKAGES/stable" "${PACKAGES:?}/$OURS3"
	maint --event=boot >/dev/null 2>&1
	maint --event=upgrade --series=longterm >/dev/null 2>&1
	is "the kernel of longterm waits" "$(field data.pending_detail.command status)" install
	chattr -i "$T"
	maint --event=boot >/dev/null 2>&1
	same "the boot installs it, although it is older" "$T" "$PACKAGES/$longterm/bzImage"
	is "and nothing waits any more" "$(field data.pending status)" false
	package stable "$OURS1"
	maint --event=configure --series=stable >/dev/null 2>&1
	maint --event=boot >/dev/null 2>&1
	maint --event=upgrade --series=longterm >/dev/null 2>&1
	same "once only: an older one does not replace a newer one" "$T" "$PACKAGES/$OURS1/bzImage"
	rm -rf "$PACKAGES"/longterm "$PACKAGES"/6.12.9* "$PACKAGES/stable"
}

# `official on` gives a kernel= of the user's own back: that is told, and `official off` is no refusal.
held_over_a_foreign_key() {
	local out MODE=wslconfig
	new_drive
	package stable "$OURS1"
	printf '[wsl2]\r\nkernel=C:\\\\mine\\\\k\r\n' >"$P/.wslconfig"
	cp "$P/.wslconfig" "$W/before"
	ik --force install >/dev/null 2>&1
	out=$(ik official on 2>&1)
	same "official on: their key is back" "$P/.wslconfig" "$W/before"
	ok "... which is told" grep -q "your own kernel= .* is back in .wslconfig" <<<"$out"
	is "... and not called Microsoft's" "$(grep "Microsoft's kernel in use" <<<"$out")" ""
	ik official on >/dev/null 2>&1
	is "official off: no refusal" "$(status_of ik official off)" 0
	ok "... ours is in use again" grep -q immensity "$P/.wslconfig"
	is "... and nothing is held" "$(field data.official_hold status)" false
	ik remove >/dev/null 2>&1
	same "their key comes back on removal, too" "$P/.wslconfig" "$W/before"
	ik --force install >/dev/null 2>&1
	ik official on >/dev/null 2>&1
	printf '[wsl2]\nkernel=C:\\\\other\n' >"$P/.wslconfig"
	is "another one of theirs, set meanwhile, is not replaced" "$(status_of ik official off)" 3
	new_drive
	printf '[wsl2]\nkernel=C:\\\\mine\\\\k\n' >"$P/.wslconfig"
	ik official on >/dev/null 2>&1
	is "nor one that was never ours" "$(status_of ik official off)" 3
	rm -rf "$PACKAGES/stable"
}

pending() {
	new_drive
	package stable "$OURS1"
	chattr +i "$T" 2>/dev/null || { skip "pending" "no chattr here" && return; }
	is "refused by Windows: success" "$(status_of maint --event=configure)" 0
	is "one line" "$(lines maint --event=configure)" 1
	ok "with the next step" grep -q "administrator" <(maint --event=configure 2>&1)
	is "pending" "$(field data.pending_detail.command status)" install
	is "boot tries again" "$(status_of maint --event=boot)" 0
	chattr -i "$T"
	maint --event=boot >/dev/null 2>&1
	same "and succeeds when it can" "$T" "$PACKAGES/$OURS1/bzImage"
	is "no longer pending" "$(field data.pending status)" false
	chattr +i "$T"
	is "remove, refused: success" "$(status_of maint --event=remove)" 0
	chattr -i "$T"
	same "ours stays whole" "$T" "$PACKAGES/$OURS1/bzImage"
	maint --event=remove >/dev/null 2>&1
}

# behind EDIT COMMAND...: the command waits for another run of this system, at whose end the state is edited so.
behind() {
	local edit=$1
	shift
	flock "$S/immensity-kernel.lock" sh -c 'touch "$1" && sleep 2 && sed -i "$2" "$3"' sh "$W/taken" "$edit" "$S/state.json" &
	until [ -e "$W/taken" ]; do sleep 0.1; done
	"$@" 2>&1
	wait
	rm "$W/taken"
}

# What a user said while a package's call or a boot waited for its turn.
waits_for_its_turn() {
	local out hold='s/"official_hold": false/"official_hold": true/'
	new_drive
	package stable "$OURS1"
	ik restore --to official >/dev/null 2>&1
	out=$(behind "$hold" maint --event=upgrade)
	is "behind \`official on\`: one line" "$out" \
		"immensity-kernel: Microsoft's kernel stays in use until \`immensity-kernel official off\`"
	same "the official kernel stays" "$T" "$W/official.img"
	is "the wish, too" "$(field data.official_hold status)" true
	new_drive
	chattr +i "$T" 2>/dev/null || { skip "waits for its turn" "no chattr here" && return; }
	maint --event=configure >/dev/null 2>&1
	chattr -i "$T"
	behind "$hold" maint --event=boot >/dev/null
	same "a boot behind \`official on\`: the official kernel stays" "$T" "$W/official.img"
	is "what was pending is so still" "$(field data.pending_detail.command status)" install
}

# Most starts of WSL are not elevated: nothing can be made beside the kernel, nor the kernel written.
not_elevated() {
	new_drive
	package stable "$OURS1"
	maint --event=configure >/dev/null 2>&1
	if ! running "$OURS1" || ! chattr +i "$T" "$TOOLS" 2>/dev/null; then
		skip "not elevated" "no chattr here"
		return
	fi
	is "not elevated, nothing wrong: boot is silent" "$(maint --event=boot 2>&1)" ""
	is "nothing is pending" "$(field data.pending status)" false
	is "nothing is told at login" "$(status_of test -e "$S/pending")" 1
	package stable "$OURS3"
	maint --event=upgrade >/dev/null 2>&1
	is "an upgrade, not elevated: pending" "$(field data.pending_detail.command status)" install
	is "boot, not elevated: success" "$(status_of maint --event=boot)" 0
	is "the install is still what is pending" "$(field data.pending_detail.command status)" install
	chattr -i "$T" "$TOOLS"
	is "boot, elevated: success" "$(status_of maint --event=boot)" 0
	same "and the install is made" "$T" "$PACKAGES/$OURS3/bzImage"
	is "no longer pending" "$(field data.pending status)" false
	umount /proc/sys/kernel/osrelease
	package stable "$OURS1"
	rm -r "${PACKAGES:?}/$OURS3"
}

# What settles a pending install besides its success.
no_longer_pending() {
	new_drive
	package stable "$OURS1"
	chattr +i "$T" 2>/dev/null || { skip "no longer pending" "no chattr here" && return; }
	maint --event=configure >/dev/null 2>&1
	printf 'install=no\n' >"$W/conf"
	ik --config "$W/conf" maint --event=boot >/dev/null 2>&1
	is "install=no: it is not tried again, nor pending" "$(field data.pending status)" false
	maint --event=configure >/dev/null 2>&1
	chattr -i "$T"
	cat "$W/newer.img" >"$T"
	is "somebody else brought a newer one: success" "$(status_of maint --event=boot)" 0
	is "and nothing is pending" "$(field data.pending status)" false
	new_drive
	chattr +i "$T"
	maint --event=configure >/dev/null 2>&1
	maint --event=remove >/dev/null 2>&1
	is "a removal: nothing to install any more" "$(field data.pending status)" false
	chattr -i "$T"
}

# A removal that Windows refuses: the program goes all the same, so the advice must do without it.
removal_refused() {
	local out event
	for event in remove purge; do
		new_drive && package stable "$OURS1"
		maint --event=configure >/dev/null 2>&1
		out=$(read_only maint --event="$event" 2>&1)
		is "$event, read-only drive: success" "$?" 0
		is "$event, read-only drive: one line" "$(wc -l <<<"$out")" 1
		ok "$event, read-only drive: the way out of Windows" grep -q "stays in use on Windows.*immensity-restore.cmd" <<<"$out"
		is "$event, read-only drive: nothing that needs the package" \
			"$(grep -E "is installed|immensity-kernel install" <<<"$out")" ""
		same "$event, read-only drive: ours stays whole" "$T" "$PACKAGES/$OURS1/bzImage"
		out=$("$PROGRAM" --drive "$W/nowhere" --state-dir "$S" maint --event="$event" 2>&1)
		is "$event, no drive: success" "$?" 0
		ok "$event, no drive: the way out of Windows, as it was installed" \
			grep -q "stays in use on Windows.*immensity-restore.cmd" <<<"$out"
		is "$event, no drive: nothing that needs the package" \
			"$(grep -E "is installed|immensity-kernel install|kernel=" <<<"$out")" ""
		new_drive
		MODE=wslconfig maint --event=configure >/dev/null 2>&1
		out=$(MODE=wslconfig read_only maint --event="$event" 2>&1)
		ok "$event, mode wslconfig: the key" grep -q "delete the line kernel= in %UserProfile%" <<<"$out"
	done
}

# `official on` outlives what a package does when it goes, and Microsoft's kernel that is put back a second time.
the_hold_stays() {
	local longterm=6.12.9-1-immensity-microsoft-standard-WSL2 MODE
	for MODE in wslconfig lxss; do
		new_drive
		package stable "$OURS1"
		maint --event=configure --series=stable >/dev/null 2>&1
		ik official on >/dev/null 2>&1
		maint --event=remove --series=stable >/dev/null 2>&1
		is "$MODE, held: the other series is chosen, as apt does it" "$(field data.official_hold status)" true
		rm -rf "$PACKAGES/stable" "${PACKAGES:?}/$OURS1"
		package longterm "$longterm"
		ok "... its package leaves Windows alone" \
			grep -q "until .immensity-kernel official off" <(maint --event=configure --series=longterm 2>&1)
		is "... Microsoft's kernel stays" "$(field data.target.release status)" "$([ "$MODE" = wslconfig ] && echo null || echo "$OFFICIAL")"
		ik restore --to official >/dev/null 2>&1
		is "... so it does where it is restored once more" "$(field data.official_hold status)" true
		ik restore --to first >/dev/null 2>&1
		is "... or the first one" "$(field data.official_hold status)" true
		ik remove >/dev/null 2>&1
		is "... a removal of the user's own ends it" "$(field data.official_hold status)" false
		ik install >/dev/null 2>&1
		ik official on >/dev/null 2>&1
		ik restore --to previous >/dev/null 2>&1
		is "... and so does another kernel of his choice" "$(field data.official_hold status)" false
		ik official on >/dev/null 2>&1
		maint --event=purge --series=longterm >/dev/null 2>&1
		is "... and a purge" "$(field data.official_hold status)" false
		rm -rf "$PACKAGES"/longterm "$PACKAGES"/6.12.9*
	done
}

# Windows refuses what is no install: the next step is that very command, and `official on` is kept as a wish.
the_next_step_is_the_command() {
	local out
	new_drive
	package stable "$OURS1"
	maint --event=configure --series=stable >/dev/null 2>&1
	chattr +i "$T" "$TOOLS" 2>/dev/null || { skip "the next step" "no chattr here" && return; }
	ok "remove, refused: the next step" grep -q "run .immensity-kernel remove. from a WSL" <(ik remove 2>&1)
	ok "... in the status, too" grep -q "Next step .*immensity-kernel remove" <(ik status)
	ok "restore, refused: the next step" \
		grep -q "run .immensity-kernel restore --to first. from a WSL" <(ik restore --to first 2>&1)
	ok "install of a file, refused: the next step" \
		grep -q "immensity-kernel install --image $W/newer.img." <(ik install --image "$W/newer.img" 2>&1)
	out=$(ik official on 2>&1)
	is "official on, refused: pending" "$?" 7
	ok "... the next step" grep -q "run .immensity-kernel official on. from a WSL" <<<"$out"
	is "... nothing that goes against it" "$(grep "immensity-kernel install" <<<"$out")" ""
	ok "... nobody says that it is done" grep -q "^Held .*not in use yet" <(ik status)
	chattr -i "$T" "$TOOLS"
	package stable "$OURS3"
	ok "... an upgrade with rights leaves Windows alone, and says why" \
		grep -q "Microsoft's kernel is wanted.*official on" <(maint --event=upgrade --series=stable 2>&1)
	same "... which has the kernel that it had" "$T" "$PACKAGES/$OURS1/bzImage"
	is "... and it is pending still" "$(field data.pending_detail.command status)" "official on"
	is "with rights it is done" "$(status_of ik official on)" 0
	same "... Microsoft's kernel is back" "$T" "$W/official.img"
	is "... nothing is pending" "$(field data.pending status)" false
	ok "... and it is called held" grep -q "^Held .*Microsoft's kernel until" <(ik status)
	ik official off >/dev/null 2>&1
	package stable "$OURS1"
	chattr +i "$T"
	ok "without the right to the kernel alone: with sudo" grep -q "sudo immensity-kernel official on. from" <(ik official on 2>&1)
	chattr -i "$T"
	is "official off over a newer one of ours that is in use still: done" "$(status_of ik official off)" 0
	is "... nothing is held" "$(field data.official_hold status)" false
	is "... nor pending" "$(field data.pending status)" false
	rm -rf "$PACKAGES/stable" "${PACKAGES:?}/$OURS1" "${PACKAGES:?}/$OURS3"
}

# The other series is to take the place, but its files are damaged: that it may be older is not forgotten.
a_damaged_heir() {
	local longterm=6.12.9-1-immensity-microsoft-standard-WSL2 MODE
	for MODE in wslconfig lxss; do
		new_drive
		package stable "$OURS1"
		package longterm "$longterm"
		maint --event=configure --series=stable >/dev/null 2>&1
		printf x >>"$PACKAGES/$longterm/bzImage"
		rm "$PACKAGES/$longterm/vmlinux.bin" "$PACKAGES/$longterm/manifest.json"
		is "$MODE: the heir is damaged" "$(status_of maint --event=remove --series=stable)" 1
		rm -rf "$PACKAGES/stable" "${PACKAGES:?}/$OURS1"
		is "... it is pending" "$(field data.pending_detail.command status)" install
		package longterm "$longterm"
		is "... repaired and configured" "$(status_of maint --event=configure --series=longterm)" 0
		is "... it takes the place" "$(field data.target.release status)" "$longterm"
		is "... and nothing waits" "$(field data.pending status)" false
		rm -rf "$PACKAGES"/longterm "$PACKAGES"/6.12.9*
	done
	new_drive
	package stable "$OURS1"
	rm "$PACKAGES/$OURS1/manifest.json"
	ik --force install >/dev/null 2>&1
	is "a user's forced install that failed is no wish that waits" "$(field data.pending status)" false
	rm -rf "$PACKAGES/stable" "${PACKAGES:?}/$OURS1"
}

# Installed where there is no WSL 2 yet, as into an image for `wsl --import`: the first start there makes up for it.
before_there_is_wsl() {
	local out
	new_drive
	package stable "$OURS1"
	out=$("$PROGRAM" --state-dir "$S" maint --event=configure --format=deb --series=stable 2>&1)
	is "no WSL: success" "$?" 0
	is "... one line" "$(wc -l <<<"$out")" 1
	is "... each boot is silent" "$("$PROGRAM" --state-dir "$S" maint --event=boot 2>&1)" ""
	is "... nothing is told at login" "$(status_of test -e "$S/pending")" 1
	is "... an upgrade: success" \
		"$(status_of "$PROGRAM" --state-dir "$S" maint --event=upgrade --format=deb --series=stable)" 0
	ok "in WSL, status has the next step" grep -q "Next step .*immensity-kernel install" <(ik status)
	maint --event=boot >/dev/null 2>&1
	same "... and the first boot installs it" "$T" "$PACKAGES/$OURS1/bzImage"
	is "... once" "$(field data.pending status)" false
	new_drive
	"$PROGRAM" --state-dir "$S" maint --event=configure --format=deb --series=stable >/dev/null 2>&1
	"$PROGRAM" --state-dir "$S" maint --event=remove --format=deb --series=stable >/dev/null 2>&1
	is "removed again before there was WSL: nothing waits" "$(field data.pending status)" false
	"$PROGRAM" --state-dir "$S" install >/dev/null 2>&1
	is "nor does what a user tried there" "$(field data.pending status)" false
	rm -rf "$PACKAGES/stable" "${PACKAGES:?}/$OURS1"
}

with_packages two_series_pending held_over_a_foreign_key pending waits_for_its_turn not_elevated no_longer_pending removal_refused \
	the_hold_stays the_next_step_is_the_command a_damaged_heir before_there_is_wsl
