# SPDX-License-Identifier: GPL-2.0-or-later
# Defines the kernel developer's helpers in the shell that sources it (bash >= 4.4, zsh >= 5.8): ik-<name> and, unless
# short_names = no, <name>. Source setup.sh or setup_clang.sh instead to choose a compiler as well.
# What the helpers do is in shell/run, a process of its own: this file only finds itself and checks the shell.
# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154  # zsh expands the quoted text; load.sh sets the lists of names

__ik_mut_home=
__ik_mut_bad=
if [ -n "${BASH_VERSION-}" ]; then
	if (return 0) 2>/dev/null; then
		eval '__ik_mut_home=${BASH_SOURCE[0]}'
	fi
	case $BASH_VERSION in
	[123].* | 4.[0-3].*) __ik_mut_bad="bash $BASH_VERSION is too old, 4.4 is the oldest that works" ;;
	esac
	case :${SHELLOPTS-}: in
	*:posix:*) __ik_mut_bad='bash is in POSIX mode, where ik-... is no name for a function; leave it with: set +o posix' ;;
	esac
elif [ -n "${ZSH_VERSION-}" ]; then
	eval 'case $ZSH_EVAL_CONTEXT in *file*) __ik_mut_home=${(%):-%x} ;; esac'
	case $ZSH_VERSION in
	[1234].* | 5.[0-7] | 5.[0-7].*) __ik_mut_bad="zsh $ZSH_VERSION is too old, 5.8 is the oldest that works" ;;
	esac
fi
if [ -z "$__ik_mut_home" ]; then
	echo "error: helpers.sh only works when it is sourced by bash or zsh: source setup.sh" >&2
	# shellcheck disable=SC2317  # reached where return is an error, in an executed script
	return 1 2>/dev/null || exit 1
fi
if [ -n "$__ik_mut_bad" ]; then
	echo "error: helpers.sh: $__ik_mut_bad" >&2
	return 1
fi

if [ -L "$__ik_mut_home" ]; then
	__ik_mut_home=$(readlink -f -- "$__ik_mut_home")
fi
case $__ik_mut_home in
*/*) ;;
*) __ik_mut_home=./$__ik_mut_home ;;
esac
__ik_mut_home=$(CDPATH='' \builtin cd -P -- "${__ik_mut_home%/*}" >/dev/null && \builtin printf '%s/' "$PWD")
__ik_mut_home=${__ik_mut_home%/}

# In zsh both the text and the functions made from it follow the rules of sh, whatever the user has set.
if [ -n "${ZSH_VERSION-}" ]; then
	emulate -R sh -o no_aliases -c '\builtin . "$__ik_mut_home/shell/load.sh"' || return 1
else
	# shellcheck source=/dev/null
	\builtin . "$__ik_mut_home/shell/load.sh" || return 1
fi

# The only helper that has to change the caller's shell, and therefore runs with the caller's options and hooks.
function ik-croot {
	local dir stack=no
	case ${1-} in
	-h | --help) __ik_run croot -h && return ;;
	-p) stack=yes && shift ;;
	esac
	# A name may end in a newline, which the shell would cut off: the program ends its answer with a slash instead.
	dir=$(__ik_run croot "$@") || return
	if [ "$stack" = yes ]; then
		\builtin pushd "${dir%/}" >/dev/null || return
	else
		CDPATH='' \builtin cd -- "${dir%/}" >/dev/null || return
	fi
}
case $__ik_mut_shorts in
*' croot '*) eval 'function croot { ik-croot "$@"; }' ;;
esac

if [ -n "${ZSH_VERSION-}" ]; then
	\builtin . "$__ik_mut_home/shell/complete.zsh"
else
	# shellcheck source=/dev/null
	\builtin . "$__ik_mut_home/shell/complete.bash"
fi
