# SPDX-License-Identifier: GPL-2.0-or-later
# The two messages for scripts built on the helpers: msg to stdout, err to stderr, coloured only on a terminal.
# shellcheck shell=sh

cmd_msg() {
	if [ -t 1 ]; then
		printf '\033[1;32m%s\033[0m\n' "$*"
	else
		printf '%s\n' "$*"
	fi
}

cmd_err() {
	if [ -t 2 ]; then
		printf '\033[1;31m%s\033[0m\n' "$*" >&2
	else
		printf '%s\n' "$*" >&2
	fi
}
