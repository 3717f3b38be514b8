# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the helpers in the caller's shell: reads the settings, defines the functions, sets up completion.
# It runs in the user's bash, or in zsh under the emulation of sh, and must start no program (that is the time budget),
# print nothing but errors and the one warning, and leave nothing behind but names in __ik_, ik- and IK_.
# shellcheck shell=bash
# shellcheck disable=SC2094,SC2154  # a name in a message is no file; helpers.sh sets __ik_mut_home

# __ik_say TEXT: one line to stderr.
__ik_say() {
	\builtin printf '%s\n' "$1" >&2
}

# __ik_variable SETTING: sets __ik_mut_var to the variable's name.
__ik_variable() {
	if [ -n "${ZSH_VERSION-}" ]; then
		eval '__ik_mut_var=IK_${(U)1}'
	else
		__ik_mut_var=IK_${1^^}
	fi
}

# __ik_begin SETTING: empties it, unless the caller exported it: then its name goes on the list __ik_mut_fixed. This has
# to be found out before the first assignment, which itself exports where the caller has set allexport.
__ik_begin() {
	__ik_variable "$1"
	if [ -n "${ZSH_VERSION-}" ]; then
		eval "case \${(t)$__ik_mut_var-} in *export*) __ik_mut_fixed=\"\${__ik_mut_fixed}$1 \" ;; esac"
	else
		eval "[ -z \"\${$__ik_mut_var+set}\" ] || case \${$__ik_mut_var@a} in *x*) __ik_mut_fixed=\"\${__ik_mut_fixed}$1 \" ;; esac"
	fi
	__ik_assign "$1" ''
}

# __ik_assign SETTING VALUE: what the caller exported wins over every file.
__ik_assign() {
	__ik_variable "$1"
	case $__ik_mut_fixed in
	*" $1 "*) ;;
	*) eval "$__ik_mut_var=\$2" ;;
	esac
}

# __ik_trim TEXT: sets __ik_mut_text to TEXT without blanks at its ends, and without the CR of an editor on Windows.
__ik_trim() {
	__ik_mut_text=${1%$'\r'}
	__ik_mut_text=${__ik_mut_text#"${__ik_mut_text%%[! 	]*}"}
	__ik_mut_text=${__ik_mut_text%"${__ik_mut_text##*[! 	]}"}
}

# __ik_parse SOURCE SKIP <TEXT: takes over "name = value" lines; SKIP names a setting that SOURCE does not decide.
__ik_parse() {
	local line name number=0 seen=' '
	while IFS= \read -r line || [ -n "$line" ]; do
		number=$((number + 1))
		__ik_trim "$line"
		line=$__ik_mut_text
		case $line in
		'' | '#'*) continue ;;
		*=*) ;;
		*) __ik_say "error: $1:$number: no 'name = value': $line" && return 1 ;;
		esac
		__ik_trim "${line%%=*}"
		name=$__ik_mut_text
		case $__ik_mut_settings in
		*" $name "*) ;;
		*) __ik_say "error: $1:$number: unknown setting '$name'; shell/settings lists them" && return 1 ;;
		esac
		case $seen in
		*" $name "*) __ik_say "error: $1:$number: '$name' is set twice; remove one of the lines" && return 1 ;;
		esac
		seen="$seen$name "
		__ik_trim "${line#*=}"
		[ "$name" = "$2" ] || __ik_assign "$name" "$__ik_mut_text"
	done
}

# __ik_settings: empties every setting, then applies the setup script and the user's file. The names are in the file
# shell/settings; the function that runs a helper hands each of them to that one process, so nothing is exported.
__ik_settings() {
	local name pass='' file=${XDG_CONFIG_HOME:-${HOME-}/.config}/immensity-kernel/setup.conf
	__ik_mut_settings=' ' __ik_mut_fixed=' '
	while IFS=' ' \read -r name; do
		case $name in '' | '#'*) continue ;; esac
		__ik_mut_settings="$__ik_mut_settings$name "
		__ik_begin "$name"
		pass="$pass$__ik_mut_var=\"\${$__ik_mut_var-}\" "
	done <"$__ik_mut_home/shell/settings"
	__ik_parse 'the settings of the setup script' '' <<-END || return 1
		${__ik_mut_preset-}
	END
	if [ -r "$file" ]; then
		__ik_parse "$file" "${__ik_mut_preset:+compiler}" <"$file" || return 1
	fi
	eval "__ik_run() {
		$pass EDITOR=\"\${VISUAL:-\${EDITOR-}}\" \"\$__ik_mut_home/shell/run\" \"\$@\"
	}"
}

# __ik_taken NAME: is NAME something of the user's that a function would destroy, or that would hide the function?
__ik_taken() {
	case $__ik_mut_shorts in *" $1 "*) return 1 ;; esac
	if \builtin alias "$1" >/dev/null 2>&1; then
		return 0
	elif [ -n "${ZSH_VERSION-}" ]; then
		\builtin functions "$1" >/dev/null 2>&1
	else
		\builtin declare -F "$1" >/dev/null 2>&1
	fi
}

# __ik_is_program NAME: is there a program of that name in PATH?
__ik_is_program() {
	if [ -n "${ZSH_VERSION-}" ]; then
		\builtin whence -p "$1" >/dev/null 2>&1
	else
		\builtin type -P "$1" >/dev/null 2>&1
	fi
}

# __ik_define_short NAME: croot is defined by helpers.sh, because it has to run with the user's own options.
__ik_define_short() {
	if __ik_taken "$1"; then
		__ik_mut_left="${__ik_mut_left:+$__ik_mut_left, }$1"
		return 0
	fi
	if __ik_is_program "$1"; then
		__ik_mut_hidden="${__ik_mut_hidden:+$__ik_mut_hidden, }$1"
	fi
	case $__ik_mut_shorts in
	*" $1 "*) ;;
	*) __ik_mut_shorts="$__ik_mut_shorts$1 " ;;
	esac
	[ "$1" = croot ] || eval "function $1 { __ik_run $1 \"\$@\"; }"
}

# __ik_drop_short NAME: takes back what an earlier load with short names defined.
__ik_drop_short() {
	case $__ik_mut_shorts in
	*" $1 "*) \builtin unset -f "$1" ;;
	esac
}

# __ik_define: ik-<name> always, <name> when the user wants short names.
__ik_define() {
	local name rest
	while IFS=' ' \read -r name rest; do
		case $name in '' | '#'*) continue ;; esac
		__ik_mut_names="${__ik_mut_names}$name "
		[ "$name" = croot ] || eval "function ik-$name { __ik_run $name \"\$@\"; }"
		if [ "${IK_SHORT_NAMES-}" = no ]; then
			__ik_drop_short "$name"
		else
			__ik_define_short "$name"
		fi
	done <"$__ik_mut_home/shell/commands"
	[ "${IK_SHORT_NAMES-}" != no ] || __ik_mut_shorts=' '
}

# __ik_warn: once in a shell, and again only when there is something new to say.
__ik_warn() {
	[ "$__ik_mut_hidden/$__ik_mut_left" != "${__ik_mut_told-}" ] || return 0
	__ik_mut_told=$__ik_mut_hidden/$__ik_mut_left
	if [ -n "$__ik_mut_hidden" ]; then
		__ik_say "warning: these helpers now hide programs of the same name: $__ik_mut_hidden (short_names = no in setup.conf, or"
		__ik_say "         IK_SHORT_NAMES=no, gives the programs back; the helpers are also called ik-<name>)"
	fi
	if [ -n "$__ik_mut_left" ]; then
		__ik_say "warning: you have aliases or functions of these names, they stay as they are: $__ik_mut_left (use ik-<name>)"
	fi
}

# __ik_load: the order matters: an error in the settings leaves the shell as it was.
__ik_load() {
	__ik_mut_names=' ' __ik_mut_hidden='' __ik_mut_left='' __ik_mut_shorts=${__ik_mut_shorts-' '}
	case ${__ik_mut_told-} in '') __ik_mut_told=/ ;; esac
	if ! __ik_settings; then
		__ik_say "error: nothing was defined; correct the file and source it again"
		return 1
	fi
	__ik_define
	__ik_warn
	unset __ik_mut_preset __ik_mut_from __ik_mut_bad __ik_mut_left __ik_mut_hidden __ik_mut_text __ik_mut_var __ik_mut_fixed
	unset __ik_mut_settings
}

__ik_load
