#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every command and the unit tests under valgrind's memcheck: no error, no definite leak, in the parent and in its worker.
# The worker's list of system calls has no room for valgrind, so this is the build for coverage (COV=1), the same sources
# without that list; the list itself is seen by crash_hostile, and the worker with it by every other suite.
# usage: memcheck.t [commands|units] (from the top of the tree, as root)
# shellcheck disable=SC2317 # functions are called by ok
IK_PROGRAM=$PWD/postinst-helper/build-cov/immensity-kernel
make -s --no-print-directory -C postinst-helper COV=1 all tests >&2
. postinst-helper/tests/integ/lib.sh
command -v valgrind >/dev/null || { skip "memcheck" "valgrind is not installed" && done_testing; }
image official.img "$OFFICIAL" 1M
image ours1.img "$OURS1" 1M
image ours3.img "$OURS3" 1M
LOGS=$W/logs

# checked COMMAND...: runs it; fails when any of its processes has an error or a definite leak, or when it did not run.
checked() {
	local status=0
	rm -rf "$LOGS" && mkdir "$LOGS" && chmod 0777 "$LOGS" && chmod 0755 "$W"
	valgrind -q --leak-check=full --errors-for-leak-kinds=definite --show-leak-kinds=definite --child-silent-after-fork=no \
		--log-file="$LOGS/%p" "$@" >"$W/out" 2>&1 || status=$?
	find "$LOGS" -type f >>"$W/processes"
	# Lines of findings begin with ==; others say which calls valgrind does not know (openat2, an ioctl).
	cat "$LOGS"/* | grep '^==' | grep -vE 'unhandled ioctl|cause spurious value errors|README_MISSING_SYSCALL' >"$W/findings"
	head -n 40 "$W/findings"
	[ ! -s "$W/findings" ] && [ "$status" -le "${allowed:-0}" ]
}

# command_line WHAT ARG...: one command of the program on the drive.
command_line() {
	local what=$1
	shift
	ok "$what" checked "$PROGRAM" --drive "$D" --state-dir "$S" --target "$MODE" "$@"
}

commands() {
	for MODE in lxss wslconfig; do
		new_drive
		command_line "$MODE: install" install --image "$W/ours1.img"
		command_line "$MODE: install --json, an update" --json install --image "$W/ours3.img"
		command_line "$MODE: install --dry-run" --dry-run install --image "$W/ours3.img"
		command_line "$MODE: status" status
		command_line "$MODE: status --json" --json status
		allowed=4 command_line "$MODE: doctor" doctor
		command_line "$MODE: backups --json" --json backups
		command_line "$MODE: prepare" prepare
		command_line "$MODE: official on" official on
		command_line "$MODE: restore" restore
		command_line "$MODE: recover" recover
		command_line "$MODE: maint, purge" maint --event=purge
	done
	MODE=lxss
	tear "$W/ours1.img" "$W/ours3.img"
	command_line "recover, a torn kernel" recover
	allowed=7 command_line "maint, boot" maint --event=boot
	allowed=3 ok "a refused image" checked "$PROGRAM" --drive "$D" --state-dir "$S" install --image "$W/drive/Users/Ann/NTUSER.DAT"
	allowed=2 ok "misuse" checked "$PROGRAM" nonsense
}

# Not those that run hundreds of transactions: what they run is what the commands run, and the sanitizers see them.
MANY="between cutdown fallback former jobs meddle mixture txn unrepaired zeros"

units() {
	local test
	for test in postinst-helper/build-cov/tests/unit/test_*; do
		case $test in *.*) continue ;; esac
		[[ " $MANY " != *" ${test##*/test_} "* ]] || continue
		# The status counts failed tests: two may, where they want the openat2 that valgrind does not know.
		allowed=2 ok "${test##*/}" checked "$test"
	done
}

[ $# -gt 0 ] || set -- commands units
for group; do
	"$group"
done
diag "H5 memcheck: $tap_count runs, $(wc -l <"$W/processes") processes, findings: $tap_failed"
done_testing
