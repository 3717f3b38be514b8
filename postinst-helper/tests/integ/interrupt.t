#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Ended in the middle: SIGKILL and recovery, SIGINT and a clean stop, locks of the dead and of the living.
# Every call is tests/crash; here a user's view at chosen points. usage: interrupt.t (from the top of the tree, as root)
# shellcheck disable=SC2016,SC2317,SC2001 # sh -c gets its words as arguments; functions are called by ok and fails
. postinst-helper/tests/integ/lib.sh
MODE=lxss
image official.img "$OFFICIAL" 1M
image ours1.img "$OURS1" 2M
image ours3.img "$OURS3" 3M

# killed CALL N ARG...: the program whose worker is killed at its Nth such call (of one that the parent does not make).
killed() {
	local call=$1 n=$2
	shift 2
	setsid strace -f -qq -o "$W/trace" -e "trace=$call" -e "inject=$call:signal=KILL:when=$n" \
		"$PROGRAM" --drive "$D" --state-dir "$S" --target lxss "$@" >"$W/out" 2>"$W/err"
}

after_a_power_cut() {
	tear "$W/ours1.img" "$W/ours3.img"
	is "status sees it" "$(field data.recovery_needed status)" true
	is "and says torn" "$(field data.target.state status)" torn
	fails "verify says 4" 4 "recover" ik verify
	is "recover" "$(field data.action recover)" recovered
	same "the kernel before is back" "$T" "$W/ours1.img"
	is "recover again: nothing to do" "$(field data.action recover)" none
	is "and it says which kernel is there" "$(field data.target.state recover)" ours
	tear "$W/ours1.img" "$W/ours3.img"
	ok "so do its words" sh -c '"$@" | grep -q "^Windows boots: *ours, "' - \
		"$PROGRAM" --drive "$D" --state-dir "$S" --target lxss recover
	tear "$W/ours1.img" "$W/ours3.img"
	is "the next install recovers first" "$(status_of ik install --image "$W/ours3.img")" 0
	same "and goes on" "$T" "$W/ours3.img"
	tear "$W/ours1.img" "$W/ours3.img"
	is "so does the boot-time unit" "$(status_of ik maint --event=boot)" 0
	same "with the kernel before" "$T" "$W/ours1.img"
	tear "$W/ours1.img" "$W/ours3.img"
	is "and removal" "$(status_of ik remove)" 0
	same "with the official one" "$T" "$W/official.img"
	tear "$W/ours1.img" "$W/ours3.img"
	rm "$TOOLS/immensity-prev.img"
	fails "without the backup it is loud" 4 "Windows" ik recover
	ok "and says so in the history" grep -q "RECOVERY NEEDED" "$TOOLS/immensity-history.txt"
	is "restore --to official helps" "$(status_of ik restore --to official)" 0
	same "with the official kernel" "$T" "$W/official.img"
	tear "$W/ours1.img" "$W/ours3.img"
	cp "$W/official.img" "$TOOLS/new-by-windows" && mv "$TOOLS/new-by-windows" "$T"
	is "a kernel that Windows brought is left alone" "$(status_of ik recover)" 0
	same "byte for byte" "$T" "$W/official.img"
	is "and noted" "$(field data.journal status)" superseded
}

killed_workers() {
	local n
	for n in 2 5 9; do
		new_drive
		killed fsync "$n" install --image "$W/ours1.img"
		ok "killed at flush $n: a whole kernel" whole
		is "killed at flush $n: install again" "$(status_of ik install --image "$W/ours1.img")" 0
		same "killed at flush $n: done" "$T" "$W/ours1.img"
	done
	new_drive
	killed fsync 5 --json install --image "$W/ours1.img"
	is "a killed worker is status 1 or 4" "$(grep -c '"code": "\(interrupted\|priv-child-died\)"' "$W/out")" 1
}

# One of the two kernels is in place, whole, or the journal knows what to do.
whole() {
	cmp -s "$T" "$W/official.img" || cmp -s "$T" "$W/ours1.img" || {
		ik recover >/dev/null 2>&1
		cmp -s "$T" "$W/official.img" || cmp -s "$T" "$W/ours1.img"
	}
}

asked_to_stop() {
	new_drive
	strace -f -qq -o "$W/trace" -e trace=fsync -e inject=fsync:delay_enter=500000 \
		"$PROGRAM" --drive "$D" --state-dir "$S" --target lxss install --image "$W/ours3.img" >"$W/out" 2>&1 &
	local tracer=$! i
	for i in $(seq 400); do
		[ -e "$TOOLS/immensity-copy.tmp" ] && break
		sleep 0.02
	done
	pkill -TERM -P "$tracer" immensity-kerne
	wait "$tracer"
	is "SIGTERM while copying: status 1" $? 1
	same "nothing changed" "$T" "$W/official.img"
	is "and nothing is left" "$(find "$TOOLS" -name 'immensity-*' ! -name '*history*')" ""
}

locks() {
	new_drive
	ik install --image "$W/ours1.img" >/dev/null
	printf 'left by somebody, not to be read\n' >"$TOOLS/immensity-lock"
	local started=$SECONDS
	is "a lock of unknown origin" "$(status_of ik install --image "$W/ours3.img")" 0
	ok "is watched before it is broken" test $((SECONDS - started)) -ge 14
	is "and gone" "$(find "$TOOLS" -name '*lock*')" ""
	printf 'a\n' >"$TOOLS/immensity-lock"
	(for i in $(seq 40); do
		sleep 0.5
		[ -e "$TOOLS/immensity-lock" ] || break
		echo "$i" >"$TOOLS/immensity-lock"
	done) &
	local beating=$!
	fails "a lock that beats is alive" 5 "another WSL" ik install --image "$W/ours1.img"
	kill "$beating" 2>/dev/null
	rm -f "$TOOLS/immensity-lock"
	is "busy is remembered as pending" "$(field data.pending_detail.code status)" lock-busy
}

after_a_power_cut
if command -v strace >/dev/null; then
	killed_workers
	asked_to_stop
else
	skip "killed and stopped workers" "no strace"
fi
locks
done_testing
