# SPDX-License-Identifier: GPL-2.0-or-later
# Completion of the helpers in zsh; the words come from shell/lib/complete.sh. Loaded by helpers.sh, in effect when the
# user's compinit ran before: compdef is its function.

__ik_complete() {
	emulate -L zsh
	local line files=no
	local -a words_found unfinished
	while IFS= read -r line; do
		case $line in
		(/) files=yes ;;
		(*=|*/) unfinished+=("$line") ;;
		(*) words_found+=("$line") ;;
		esac
	done < <(__ik_run --complete "${service#ik-}" "$PREFIX")
	(( ! $#words_found )) || compadd -- "${words_found[@]}"
	(( ! $#unfinished )) || compadd -S '' -- "${unfinished[@]}"
	[[ $files == no ]] || _files
}

__ik_complete_all() {
	emulate -L zsh
	local name
	for name in ${=__ik_mut_names}; do
		compdef __ik_complete ik-$name
		if [[ $__ik_mut_shorts == *" $name "* ]]; then
			compdef __ik_complete $name
		fi
	done
}
if (( ${+functions[compdef]} )); then
	__ik_complete_all
fi
