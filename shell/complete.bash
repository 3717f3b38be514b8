# SPDX-License-Identifier: GPL-2.0-or-later
# Completion of the helpers in bash; the words come from shell/lib/complete.sh. Loaded by helpers.sh; a bash that was
# built without programmable completion leaves it out.
# shellcheck shell=bash
# shellcheck disable=SC2154  # load.sh sets the lists of names

# __ik_complete COMMAND WORD: fills COMPREPLY. Bash splits at "=" and ":", so what stands behind a "=" is a file name.
__ik_complete() {
	local line name=${1#ik-} word=${2-}
	COMPREPLY=()
	if [[ ${3-} == '=' || $word == '=' ]]; then
		compopt -o default 2>/dev/null
		return 0
	fi
	while IFS= read -r line; do
		case $line in
		/)
			compopt -o default 2>/dev/null
			continue
			;;
		*= | */) compopt -o nospace 2>/dev/null ;;
		esac
		COMPREPLY+=("$line")
	done < <(__ik_run --complete "$name" "$word")
}

# The names have no characters that a shell would act on; IFS= read splits them whatever the user's IFS is.
__ik_complete_all() {
	local name names
	IFS=' ' \read -r -a names <<<"$__ik_mut_names"
	for name in "${names[@]}"; do
		\builtin complete -F __ik_complete "ik-$name"
		case $__ik_mut_shorts in
		*" $name "*) \builtin complete -F __ik_complete "$name" ;;
		esac
	done
}
if \builtin type -t complete >/dev/null; then
	__ik_complete_all
fi
