#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The caller's shell before and after: only the documented names are new, whatever the shell's options are.
# shellcheck disable=SC2016  # code for the shell under test and for doubles
set -eu
. shell/tests/lib.sh
toy_tree "$work/t"

# The names that shell/README.md documents: IK_ settings, __ik_ internals, ik- functions, the short names.
short=$(awk '!/^#/ { print $1 }' shell/commands | tr '\n' '|')
short=${short%|}
name="(IK_[A-Z_]+|__ik_[a-z_]+|ik-[a-z_]+|$short)"
documented="^((declare -(fx?|x|-|a) |typeset |export )?$name(=.*)?|complete -F __ik_complete $name|comp $name .*)\$"

# What sourcing must leave alone: options, traps, aliases, every variable with its value and its export flag, IFS and
# PATH among them, the functions' names and the body of one, completions, open files, folder and umask.
cat >"$work/state.bash" <<'END'
command ls "/proc/$$/fd"
set +o; shopt -p; trap -p; alias
declare -p | grep -Ev '^declare -[-a-zA-Z]* (_|BASH_.*|FUNCNAME|PIPESTATUS|LINENO|RANDOM|SRANDOM|EPOCH.*|SECONDS)(=|$)'
printf 'IFS=%q\n' "$IFS"
declare -F; declare -f mine; export -p; complete -p | sort
pwd; umask
END
cat >"$work/state.zsh" <<'END'
print -r -- /proc/$$/fd/*
setopt; trap; alias
typeset -p | grep -Ev '^(export|typeset)( -[^=]*)? (_|RANDOM|SECONDS|EPOCH.*|LINENO|TTYIDLE)='
print -r -- "IFS=${(q)IFS}"
print -rl -- "${(ok)functions[@]}"; functions mine; env | sort | grep -v ^_=
(( ! ${+_comps} )) || for c in "${(ok)_comps[@]}"; do print -r -- "comp $c ${_comps[$c]}"; done; unset c
pwd; umask
END

# both_states SHELL-CODE: the state before and after sourcing, in a shell that has run the code.
both_states() {
	case $sh in
	zsh) zsh -f -c "s=0; zmodload zsh/parameter; mine() { :; }; $1
		{ $(cat "$work/state.zsh") } >|$work/before 2>&1; . $top/setup.sh 2>|$work/said; s=\$?
		{ $(cat "$work/state.zsh") } >|$work/after 2>&1; exit \$s" ;;
	*) bash --noprofile --norc -c "declare +x s=0; mine() { :; }; $1
		{ $(cat "$work/state.bash"); } >|$work/before 2>&1; . $top/setup.sh 2>|$work/said; s=\$?
		{ $(cat "$work/state.bash"); } >|$work/after 2>&1; exit \$s" ;;
	esac
}

# sh_code CODE: in the shell under test, at the top of the repository.
sh_code() {
	case $sh in
	zsh) zsh -f -c "$1" ;;
	*) bash --noprofile --norc -c "$1" ;;
	esac
}

# new_lines: lines that were not there before, or are there no more, without the documented names.
new_lines() {
	diff "$work/before" "$work/after" | sed -n 's/^[<>] //p' | grep -Ev "$documented" || :
}

unchanged() {
	status=0
	both_states "$2" || status=$?
	is "$sh: sourcing with $1 works" "$status" 0
	is "$sh: ... and only documented names are new" "$(new_lines)" ''
	is "$sh: ... and it says nothing but the one warning" "$(grep -Ev '^(warning|   )' "$work/said" || :)" ''
}

# works WHAT CODE: the helpers do their work under the caller's options, and leave them.
works() {
	is "$sh: helpers work with $1" "$(use "$tree" "$2
		kmake --show 'a b=c d' >|$work/shown; croot arch/x86; pwd; dimg 2>/dev/null || echo status \$?")" "$tree/arch/x86
status 1"
	ok "$sh: ... with arguments as they were" has "$work/shown" "'a b=c d'"
}

# What both shells have.
common='IFS="/ka"; trap "echo exit" HUP; umask 027; PATH=$PATH:.; alias cd=false echo=false'
for sh in bash zsh; do
	unchanged "plain options" :
	unchanged "an odd IFS, traps, umask and aliases" "$common"
	unchanged "nounset" 'set -u'
	unchanged "errexit" 'set -e'
	unchanged "noclobber" 'set -C'
	unchanged "allexport" 'set -a; export s=0'
	is "$sh: ... and the settings are what they would be" "$(sh_code 'set -a; . ./setup.sh 2>/dev/null; echo $IK_VM_HOST')" winvm
	is "$sh: nothing is exported" "$(sh_code '. ./setup.sh 2>/dev/null; env | grep -i "ik_" || echo nothing')" nothing
	unchanged "noglob" 'set -f'
	works "an odd IFS and aliases" "$common"
	works "nounset" 'set -u'
	works "noclobber" 'set -C'
done
sh=bash
for option in failglob nullglob nocaseglob nocasematch extglob dotglob expand_aliases; do
	unchanged "$option" "shopt -s $option"
	works "$option" "shopt -s $option"
done
unchanged "functrace and a DEBUG trap" 'set -T; trap : DEBUG'
unchanged "errtrace and an ERR trap that ends the shell" 'set -E; trap "exit 77" ERR'
is "bash: MAKEFLAGS stays exported and a string (defect B0-4)" \
	"$(bash --norc -c "export MAKEFLAGS=k; . $top/setup.sh 2>/dev/null; declare -p MAKEFLAGS")" 'declare -x MAKEFLAGS="k"'
is "bash: PATH and LD_LIBRARY_PATH stay, however often it is sourced (defect B0-5)" "$(bash --norc -c "
	export LD_LIBRARY_PATH=/x PATH=$PATH; p=\$PATH; . $top/setup_clang.sh; . $top/setup_clang.sh
	[ \"\$p\" = \"\$PATH\" ] && echo \$LD_LIBRARY_PATH" 2>/dev/null)" /x
sh=zsh
for option in sh_word_split ksh_arrays null_glob csh_null_glob glob_subst no_nomatch extended_glob warn_create_global \
	warn_nested_var posix_builtins no_prompt_percent err_return ignore_braces rc_quotes no_function_argzero \
	posix_identifiers ksh_typeset auto_pushd chase_links; do
	unchanged "$option" "setopt $option"
	works "$option" "setopt $option"
done
is "zsh: MAKEFLAGS stays exported and a string (defect B0-4)" \
	"$(zsh -f -c "export MAKEFLAGS=k; . $top/setup.sh 2>/dev/null; typeset -p MAKEFLAGS")" 'export MAKEFLAGS=k'

# With completion on, zsh knows more than names: what belongs to others stays theirs.
unchanged "completion" "autoload -Uz compinit; compinit -u -d $work/dump"
ok "zsh: ... and the helpers have theirs" has "$work/after" '^comp kmake __ik_complete'

# Twice is once: the second time nothing at all is different.
for sh in bash zsh; do
	both_states ". $top/setup.sh 2>/dev/null"
	is "$sh: after a second time nothing is different" "$(diff "$work/before" "$work/after")" ''
	is "$sh: ... and it is silent" "$(cat "$work/said")" ''
	use "$work" '{ typeset -f; } >first; . '"$top"'/setup.sh 2>/dev/null; { typeset -f; } >second'
	ok "$sh: ... and the functions are the same" same_file "$work/first" "$work/second"
done
done_testing
