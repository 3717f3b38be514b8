# SPDX-License-Identifier: GPL-2.0-or-later
# Shared by the doubles: Windows paths on the folder that plays the host.
# shellcheck shell=sh

kernel_file() {
	printf '%s\n' "$WINVM/c/Windows/System32/lxss/tools/kernel"
}

# unix_path PATH: C:\... is below c/, anything else below the home folder, where sessions start.
unix_path() {
	case $1 in
	[Cc]:\\*) printf '%s/c/%s\n' "$WINVM" "$(printf '%s' "${1#?:?}" | tr '\134' /)" ;;
	*) printf '%s/home/%s\n' "$WINVM" "$1" ;;
	esac
}

fault() {
	[ -e "$WINVM/fault/$1" ]
}

# refuse TEXT: a Windows program's way of saying no.
refuse() {
	printf '%s\r\n' "$1"
	exit 1
}
