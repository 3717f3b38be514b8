#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Completion: what the shells offer, and that it is asked for by both names.
set -eu
. shell/tests/lib.sh
toy_built "$work/t"
git_tree "$tree"

# bash_offers HELPER WORD: what bash would offer, in one line.
bash_offers() {
	use "$tree" "COMP_WORDS=($1 '$2'); __ik_complete $1 '$2'; echo \"\${COMPREPLY[*]}\""
}

# zsh_line TEXT: what the command line of an interactive zsh is after TEXT and a TAB; a key writes the line to a file.
zsh_line() {
	rm -f "$work/ready" "$work/line"
	cat >"$work/zshrc" <<-END
		autoload -Uz compinit
		compinit -u -d $work/dump
		. $top/setup.sh 2>/dev/null
		show-line() { print -r -- "[\$BUFFER]" >$work/line.new && mv $work/line.new $work/line }
		zle -N show-line
		bindkey '^X' show-line
		zle-line-init() { : >$work/ready }
		zle -N zle-line-init
	END
	cat >"$work/zpty" <<-END
		zmodload zsh/zpty
		cd $tree
		zpty z env TERM=dumb zsh -f -i
		zpty -w z '. $work/zshrc'
		for i in {1..300}; do [[ -e $work/ready ]] && break; sleep 0.1; done
		zpty -n -w z \$'$1\\t\\x18'
		for i in {1..300}; do [[ -e $work/line ]] && break; sleep 0.1; done
		zpty -d z
	END
	timeout 90 zsh -f "$work/zpty" >/dev/null
	cat "$work/line"
}

for sh in bash bash-4.4; do
	is "$sh: make targets" "$(bash_offers kmake oldd)" olddefconfig
	is "$sh: defconfigs of the tree" "$(bash_offers incbuild wsl2)" wsl2_defconfig
	is "$sh: variables" "$(bash_offers ik-kmake KC)" KCFLAGS=
	is "$sh: options come from the help" "$(bash_offers vktest -)" '--help --no-boot'
	is "$sh: tags" "$(bash_offers glink v)" v1
	is "$sh: folders of the root" "$(bash_offers croot ar)" arch/
	is "$sh: ... and of the folders below it" "$(bash_offers croot arch/x86/c)" arch/x86/configs/
	is "$sh: ... wherever one stands" "$(cd "$tree/kernel" && "$top/shell/run" --complete croot arch/x86/c)" arch/x86/configs/
	cp "$image" "$tree/kernel.bin"
	is "$sh: images" "$(bash_offers zver "$tree/k")" "$tree/kernel.bin"
	is "$sh: nothing where nothing can stand" "$(bash_offers zerover '')" ''
	is "$sh: each helper has it under both names" "$(use / 'complete -p' | grep -c '__ik_complete')" 62
done
is "words with characters of patterns are harmless" "$(shell/run --complete kmake '[*')" ''
is "a helper that does not exist offers nothing" "$(shell/run --complete nothing '')" ''
is "every option in a help text completes" "$(awk '!/^#/ { print $1 }' shell/commands | while read -r helper; do
	shell/run "$helper" -h | grep -oE '^  --?[a-z][a-z-]*' | while read -r option; do
		shell/run --complete "$helper" "$option" | grep -Fqx -- "$option" || echo "$helper $option"
	done
done)" ''
sh=zsh
is "zsh: a make target" "$(zsh_line 'kmake oldd')" '[kmake olddefconfig ]'
is "zsh: a folder, ready to go on" "$(zsh_line 'croot arch/x86/c')" '[croot arch/x86/configs/]'
is "zsh: an option, with the long name" "$(zsh_line 'ik-vktest --no')" '[ik-vktest --no-boot ]'
done_testing
