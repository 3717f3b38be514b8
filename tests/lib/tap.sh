# SPDX-License-Identifier: GPL-2.0-or-later
# TAP for shell test suites: source it, call `ok`, `fails`, `is`, end with `done_testing`.
# It knows nothing about what is tested; every suite makes and removes its own temporary directory.
# shellcheck shell=sh

tap_count=0
tap_failed=0

# tap_report STATUS DESCRIPTION: prints one result line.
tap_report() {
	tap_count=$((tap_count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tap_count - $2"
	else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_count - $2"
	fi
}

# diag TEXT...: a comment in the TAP stream.
diag() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

# ok DESCRIPTION COMMAND...: passes when the command succeeds; its output is shown only on failure.
ok() {
	tap_desc=$1
	shift
	tap_status=0
	tap_out=$("$@" 2>&1) || tap_status=$?
	tap_report "$tap_status" "$tap_desc"
	if [ "$tap_status" -ne 0 ]; then
		diag "command: $* (status $tap_status)"
		diag "$tap_out"
	fi
}

# fails DESCRIPTION STATUS PATTERN COMMAND...: passes when the command ends with STATUS ("any" = any non-zero)
# and its output matches the extended regular expression PATTERN.
fails() {
	tap_desc=$1 tap_want=$2 tap_pattern=$3
	shift 3
	tap_status=0
	tap_out=$("$@" 2>&1) || tap_status=$?
	tap_good=1
	if [ "$tap_status" -ne 0 ] && { [ "$tap_want" = any ] || [ "$tap_want" -eq "$tap_status" ]; }; then
		if printf '%s\n' "$tap_out" | grep -Eq -- "$tap_pattern"; then
			tap_good=0
		fi
	fi
	tap_report "$tap_good" "$tap_desc"
	if [ "$tap_good" -ne 0 ]; then
		diag "command: $* (status $tap_status, wanted $tap_want and /$tap_pattern/)"
		diag "$tap_out"
	fi
}

# is DESCRIPTION GOT WANTED: passes when both strings are equal.
is() {
	tap_status=0
	[ "$2" = "$3" ] || tap_status=1
	tap_report "$tap_status" "$1"
	if [ "$tap_status" -ne 0 ]; then
		diag "     got: $2"
		diag "  wanted: $3"
	fi
}

# skip DESCRIPTION REASON: a test that cannot run here; the runner treats it as a failure when IK_TESTS_MUST_RUN=1.
skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

# done_testing: prints the plan and ends with the suite's status.
done_testing() {
	echo "1..$tap_count"
	[ "$tap_failed" -eq 0 ]
	exit
}
