# SPDX-License-Identifier: GPL-2.0-or-later
# How the guest reports: TAP lines behind a mark on the console, read by runvm. Sourced by /ik/run.
# It knows nothing about what is checked.
# shellcheck shell=sh

count=0

say() {
	printf 'TAP> %s\n' "$*"
}

# check DESCRIPTION COMMAND...: ok when the command succeeds; its output is shown when it does not.
check() {
	description=$1
	shift
	count=$((count + 1))
	if output=$("$@" 2>&1); then
		say "ok $count - $description"
		return
	fi
	say "not ok $count - $description"
	printf '%s\n' "$output" | head -n 20 | while read -r line; do
		say "#   $line"
	done
}

# finish: tells the host that this was all.
finish() {
	say "1..$count"
	say "done"
}
