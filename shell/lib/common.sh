# SPDX-License-Identifier: GPL-2.0-or-later
# What all helpers share: settings, messages, exit statuses, temporary files, digests, atomic copies, questions.
# It knows nothing about kernels.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154  # statuses are used by the other parts; self and home are set by shell/run

# The same numbers as immensity-kernel's: failed, wrong arguments, refused by a safety rule, target needs recovery.
FAILED=1
USAGE=2
REFUSED=3
BROKEN=4

# An empty setting means its default; shell/settings lists the names. Here so that scripts may call shell/run directly.
: "${IK_COMPILER:=gcc}" "${IK_GCC:=}" "${IK_CROSS_COMPILE:=}" "${IK_LLVM:=1}" "${IK_LTO:=thin}" "${IK_CCACHE:=auto}"
: "${IK_ARCH:=}" "${IK_JOBS:=}" "${IK_MAKE_ARGS:=}" "${IK_ROOT:=}" "${IK_OUT:=}" "${IK_SERIES:=}"
: "${IK_DEFCONFIG:=wsl2_defconfig}" "${IK_IMAGE_NAME:=kernel.bin}" "${IK_IMAGE_FORMAT:=auto}" "${IK_BUILDS_DIR:=builds}"
: "${IK_EDITOR:=${EDITOR:-}}" "${IK_UPLOAD_COMMAND:=}" "${IK_INSTALL_TO:=auto}" "${IK_INSTALLER:=}"
: "${IK_INSTALLER_ARGS:=}" "${IK_VM_HOST:=winvm}" "${IK_SSH_ARGS:=}" "${IK_FORGE:=}"
: "${IK_VM_TARGET:=C:\\Windows\\System32\\lxss\\tools\\kernel}"

# say TEXT...: progress, to stderr; stdout is for results that a script may want to read.
say() {
	printf '%s\n' "$*" >&2
}

# warn TEXT [MORE-LINE...]
warn() {
	say "$self: warning: $1"
	shift
	for warn_line; do
		say "  $warn_line"
	done
}

# die STATUS TEXT [NEXT-STEP...]: an error names the object and the reason; each further argument is a line of advice.
# A helper whose statuses have meanings of their own sets die_as to the one that means failure.
die() {
	die_status=${die_as:-$1}
	say "$self: error: $2"
	shift 2
	for die_line; do
		say "  $die_line"
	done
	exit "$die_status"
}

# show_help: the section of shell/help that is called like the helper.
show_help() {
	awk -v name="$self" '/^== / { inside = ($2 == name); next } inside' "$home/shell/help" | sed -e '1s/^/usage: /'
}

# usage_error TEXT
usage_error() {
	die "$USAGE" "$1" "usage: $(show_help | sed -n '1s/^usage: //p')" "more: $self -h"
}

# no_more ARGUMENT...: for helpers that take nothing (more).
no_more() {
	[ $# -eq 0 ] || usage_error "unexpected argument '$1'"
}

# need PROGRAM WHAT-FOR PACKAGE
need() {
	command -v "$1" >/dev/null 2>&1 || die "$FAILED" "$1 is not installed; it $2" "install it, in Debian from the package $3"
}

# scratch: sets tmp to a folder that goes away with this process, however it ends.
scratch() {
	[ -z "${tmp:-}" ] || return 0
	tmp=$(mktemp -d) || die "$FAILED" "no temporary folder could be made in ${TMPDIR:-/tmp}"
	at_exit "rm -rf -- '$tmp'"
}

# trap_signals: a signal ends the process with 128 + its number, after what at_exit was told.
trap_signals() {
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

# at_exit COMMAND: never from a subshell. Runs COMMAND, which must be quoted for eval, when the process ends.
cleanup_commands=
at_exit() {
	cleanup_commands="$1
$cleanup_commands"
	trap 'eval "$cleanup_commands"' EXIT
	trap_signals
}

sha256_of() {
	sha256sum <"$1" | cut -d ' ' -f 1
}

size_of() {
	wc -c <"$1" | tr -d ' '
}

# quoted WORD...: the words as one line that a shell reads back.
quoted() {
	quoted_line=
	for quoted_word; do
		case $quoted_word in
		'' | *[!A-Za-z0-9_.,:/=@%+-]*) quoted_word="'$(printf '%s' "$quoted_word" | sed "s/'/'\\\\''/g")'" ;;
		esac
		quoted_line="$quoted_line${quoted_line:+ }$quoted_word"
	done
	printf '%s\n' "$quoted_line"
}

# check_words SETTING TEXT: TEXT is read like a command line, with quotes; refuses one that the shell cannot read.
check_words() {
	(
		set -f
		eval "set -- $2"
	) >/dev/null 2>&1 || die "$USAGE" "setting $1: '$2' is no list of words" "quote it as on a command line"
}

# plain_path FILE: FILE, but never mistaken for an option.
plain_path() {
	case $1 in
	-*) printf './%s\n' "$1" ;;
	*) printf '%s\n' "$1" ;;
	esac
}

# copy_atomically FROM TO: TO is either the old file or all of the new one, and on the disk before it gets its name.
copy_atomically() {
	copy_to=$(plain_path "$2")
	[ ! -L "$copy_to" ] || copy_to=$(readlink -f -- "$copy_to")
	[ ! -d "$copy_to" ] || die "$FAILED" "$2 is a folder" "name the file that the copy shall have"
	copy_dir=$(dirname -- "$copy_to")
	mkdir -p -- "$copy_dir" || die "$FAILED" "$copy_dir: the folder for the copy cannot be made"
	copy_tmp=$copy_dir/.ik-copy.$$
	# noclobber: never through a link or over a file that somebody else has put there.
	(set -C && : >"$copy_tmp") 2>/dev/null || die "$FAILED" "$copy_dir: no file can be made there ($copy_tmp)"
	at_exit "rm -f -- $(quoted "$copy_tmp")"
	if ! cp -- "$1" "$copy_tmp" || ! sync "$copy_tmp" || [ "$(sha256_of "$1")" != "$(sha256_of "$copy_tmp")" ]; then
		die "$FAILED" "$1 could not be copied to $copy_dir" "see the message above; is there space? $2 is as it was"
	fi
	mv -f -- "$copy_tmp" "$copy_to" || die "$FAILED" "$2: the copy could not be given this name; it is as it was"
}

# confirmed QUESTION: yes with -y (yes=yes), else asks; without a terminal or an answer nothing is confirmed.
confirmed() {
	[ "${yes:-no}" = no ] || return 0
	printf '%s [y/N] ' "$1" >&2
	confirmed_answer=
	IFS= read -r confirmed_answer || echo >&2
	case $confirmed_answer in
	[yY] | [yY][eE][sS]) return 0 ;;
	*) return 1 ;;
	esac
}
