#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Sourcing: from anywhere, in every way, quickly, and only in shells that can.
# shellcheck disable=SC2016  # code for the shell under test and for doubles
set -eu
. shell/tests/lib.sh

# run_shell CODE [ARGUMENT...]: the shell under test without anything sourced.
run_shell() {
	case $sh in
	bash) bash --noprofile --norc -c "$@" ;;
	bash-4.4) BASH_COMPAT=4.4 bash --noprofile --norc -c "$@" ;;
	zsh) zsh -f -c "$@" ;;
	esac
}

places() {
	mkdir -p "$work/elsewhere/bin" "$work/a b'c"
	is "$sh: by an absolute path, from another folder (defects B0-2 and B0-3)" \
		"$(cd "$work/elsewhere" && run_shell ". '$top/setup.sh'; croot; pwd" 2>/dev/null)" "$top"
	is "$sh: by a relative path" "$(cd "$top/shell" && run_shell ". ../setup.sh; croot; pwd" 2>/dev/null)" "$top"
	is "$sh: helpers.sh alone" "$(cd "$work" && run_shell ". '$top/helpers.sh'; croot; pwd" 2>/dev/null)" "$top"
	echo 'echo wrong helpers' >"$work/elsewhere/bin/helpers.sh"
	is "$sh: a helpers.sh in PATH is not taken (defect B0-3)" \
		"$(cd "$top" && PATH=$work/elsewhere/bin:$PATH run_shell ". ./setup.sh; croot; pwd" 2>/dev/null)" "$top"
	is "$sh: through PATH" "$(cd / && PATH=$PATH:$top run_shell ". setup.sh; croot; pwd" 2>/dev/null)" "$top"
	ln -sfn "$top" "$work/a b'c/link"
	ln -sf "$top/setup.sh" "$work/elsewhere/my-setup"
	is "$sh: through a link to the tree, in a folder with blanks and quotes" \
		"$(cd / && run_shell '. "$1"; croot; pwd' x "$work/a b'c/link/setup.sh" 2>/dev/null)" "$top"
	is "$sh: through a link to the file" "$(cd / && run_shell ". $work/elsewhere/my-setup; croot; pwd" 2>/dev/null)" "$top"
	is "$sh: from a function" "$(cd / && run_shell "f() { . $top/setup.sh; }; f; croot; pwd" 2>/dev/null)" "$top"
	echo ". $top/setup.sh; croot; pwd" >"$work/script"
	is "$sh: from a script, whose own name does not matter (defect B0-1)" "$(cd / && "${sh%-4.4}" "$work/script" 2>/dev/null)" "$top"
	is "$sh: CDPATH and a cd that prints change nothing" \
		"$(cd "$top" && run_shell "CDPATH=/tmp; cd() { builtin cd \"\$@\" && echo noise; }; . ./setup.sh; kmake --show >/dev/null 2>&1; echo \$__ik_mut_home" 2>/dev/null)" "$top"
}

login_shell() {
	is "bash as a login shell (defect B0-1)" "$(cd / && bash -c "exec -a -bash bash --noprofile --norc -c '. $top/setup.sh; croot; pwd'" 2>/dev/null)" "$top"
}

wrong_ways() {
	for file in setup.sh setup_clang.sh helpers.sh; do
		fails "$sh: $file, executed, says that it must be sourced" 1 "error: .*only works when it is sourced" "${sh%-4.4}" "$top/$file"
	done
	fails "$sh: ... and defines nothing that a script could go on with" 1 'sourced' run_shell "'${sh%-4.4}' $top/setup.sh && kmake"
}

wrong_shells() {
	fails "dash: sourced, it names the shells that work" any 'bash or zsh' dash -c ". $top/setup.sh"
	fails "dash: executed, too" any 'bash or zsh' dash "$top/setup.sh"
	fails "bash in POSIX mode is told how to leave it" 1 'set \+o posix' bash --posix -c ". $top/setup.sh"
	fails "an old bash is refused" 1 'bash 4.3.48.* is too old' bash -c "BASH_VERSION='4.3.48(1)-release'; . $top/setup.sh"
	fails "an old zsh is refused" 1 'zsh 5.7.1 is too old' zsh -f -c "ZSH_VERSION=5.7.1; . $top/setup.sh"
}

# Sourcing is allowed 50 ms. On a busy machine single measurements say little, so the shell itself takes the time of
# twenty sourcings in shells of their own, and the best one counts. Programs that were started are counted, too.
cost() {
	started=$(strace -f -qq -e trace=execve -o "$work/trace" "$@" >/dev/null 2>&1; grep -c 'execve(.*= 0' "$work/trace")
	is "$sh: sourcing starts no program" "$started" 1
}

# sourcing_ms SETUP COMMAND...: the best of twenty, in milliseconds with a fraction; locales differ in the point.
sourcing_ms() {
	ms_setup=$1
	shift
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		"$@" "LC_ALL=C; zmodload zsh/datetime 2>/dev/null; a=\$EPOCHREALTIME; . $ms_setup; b=\$EPOCHREALTIME
			echo \"\$a \$b\"" 2>/dev/null
	done | awk '{ ms = ($2 - $1) * 1000; if (NR == 1 || ms < best) best = ms } END { printf "%.1f\n", best }'
}

within_bar() {
	awk -v ms="$1" 'BEGIN { exit !(ms > 0 && ms <= 50) }'
}

speed() {
	case $sh in
	zsh) set -- zsh -f -c ;;
	*) set -- bash --noprofile --norc -c ;;
	esac
	cost "$@" ". $top/setup.sh"
	for setup in setup.sh setup_clang.sh; do
		# Another load on the machine may spoil twenty in a row; it does not spoil two hundred.
		for _ in 1 2 3 4 5 6 7 8 9 10; do
			best=$(sourcing_ms "$top/$setup" "$@")
			! within_bar "$best" || break
		done
		diag "$sh: sourcing $setup took $best ms, the best of twenty"
		ok "$sh: sourcing $setup takes at most 50 ms" within_bar "$best"
	done
	setup=setup.sh
}

user_file() {
	no_settings
	setting jobs 3
	printf '# a comment\n\n   vm_host=  other host  \r\nmake_args = A=b=c\n' >>"$XDG_CONFIG_HOME/immensity-kernel/setup.conf"
	is "$sh: the user's file is read: blanks, comments, CR, '=' in values" \
		"$(run_shell ". $top/setup.sh 2>/dev/null; echo \"\$IK_JOBS|\$IK_VM_HOST|\$IK_MAKE_ARGS\"")" '3|other host|A=b=c'
	is "$sh: exported variables win over it" "$(export IK_JOBS=5; run_shell ". $top/setup.sh 2>/dev/null; echo \$IK_JOBS")" 5
	is "$sh: the compiler is the setup script's" "$(setting compiler gcc; run_shell ". $top/setup_clang.sh 2>/dev/null; echo \$IK_COMPILER")" clang
	is "$sh: ... or the file's for helpers.sh alone" "$(sed -i 's/^compiler.*/compiler = clang/' "$XDG_CONFIG_HOME/immensity-kernel/setup.conf"
		run_shell ". $top/helpers.sh 2>/dev/null; echo \$IK_COMPILER")" clang
	for line in 'no equals sign' 'unknown = 1' 'jobs = 4'; do
		no_settings
		setting jobs 3
		echo "$line" >>"$XDG_CONFIG_HOME/immensity-kernel/setup.conf"
		fails "$sh: '$line' after 'jobs = 3' is refused, with file and line" 1 'setup.conf:2: ' run_shell ". $top/setup.sh"
	done
	fails "$sh: ... and nothing is defined" 1 'nothing was defined' run_shell ". $top/setup.sh && exit; type kmake >/dev/null 2>&1 && exit 3; exit 1"
	no_settings
	double nproc 'echo 7'
	is "$sh: without settings every processor gets a job (defect B0-9)" \
		"$(run_shell ". $top/helpers.sh 2>/dev/null; cd $work/t; kmake --show" | grep -o -- '-j[0-9]*')" -j7
	rm "$work/bin/nproc"
}

toy_tree "$work/t"
in_each_shell places
login_shell
in_each_shell wrong_ways
wrong_shells
in_each_shell user_file
for sh in bash zsh; do
	speed
done
done_testing
