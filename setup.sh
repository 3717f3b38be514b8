# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel developer's helpers, building with GCC. Source it from bash or zsh: source setup.sh
# Its settings are the text below; everything else is in helpers.sh, which must not depend on this file.
# shellcheck shell=bash

# name = value. Empty: the default that docs/kernel-development.md gives. The same lines in
# ${XDG_CONFIG_HOME:-~/.config}/immensity-kernel/setup.conf win over these, exported variables (IK_JOBS=...) over both.
__ik_mut_preset='
compiler       = gcc
gcc            =
cross_compile  =
jobs           =
make_args      =
image_name     = kernel.bin
vm_host        = winvm
upload_command =
short_names    = yes
'

__ik_mut_from=
if [ -n "${BASH_VERSION-}" ]; then
	# Only what was sourced may return; the subshell keeps a wrong guess from ending the caller's shell.
	if (return 0) 2>/dev/null; then
		eval '__ik_mut_from=${BASH_SOURCE[0]}'
	fi
elif [ -n "${ZSH_VERSION-}" ]; then
	eval 'case $ZSH_EVAL_CONTEXT in *file*) __ik_mut_from=${(%):-%x} ;; esac'
fi
if [ -z "$__ik_mut_from" ]; then
	echo "error: setup.sh only works when it is sourced by bash or zsh: source setup.sh" >&2
	# shellcheck disable=SC2317  # reached where return is an error, in an executed script
	return 1 2>/dev/null || exit 1
fi
if [ -L "$__ik_mut_from" ]; then
	__ik_mut_from=$(readlink -f -- "$__ik_mut_from")
fi
case $__ik_mut_from in
*/*) ;;
*) __ik_mut_from=./$__ik_mut_from ;;
esac
# shellcheck source=/dev/null
\builtin . "${__ik_mut_from%/*}/helpers.sh"
