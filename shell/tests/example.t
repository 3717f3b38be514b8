#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Replays the terminal example of docs/kernel-development.md on a real kernel tree: `example.t [SHELL]`. What it prints must
# be what the page shows, where "…" in the page stands for anything.
set -eu
. shell/tests/lib.sh
. shell/tests/wsl.sh

sh=${1:-bash}
page=$top/docs/kernel-development.md
IK_CACHE=$cache
CCACHE_DIR=$cache/ccache
export IK_CACHE CCACHE_DIR
if ! shell/tests/real-tree "$HOME/linux" 2>"$work/why"; then
	skip "the terminal example" "$(head -n 1 "$work/why")"
	done_testing
fi
ln -s "$top" "$HOME/immensity-wsl-kernel"
git -C "$HOME/linux" init -q

# The example is played in WSL 2, with a folder as drive C:.
plays_wsl2
mkdir -p "$work/drive/Users/me" "$work/drive/Windows/System32"
program=$top/postinst-helper/build/immensity-kernel
if [ ! -x "$program" ]; then
	skip "the terminal example" "immensity-kernel is not built; run: make program"
	done_testing
fi
setting installer "$program"
setting installer_args "--drive $work/drive --target wslconfig --profile $work/drive/Users/me --state-dir $work/state"

# split: the blocks marked "console" of the page as $work/N.cmd and $work/N.want; sets steps.
split() {
	awk -v dir="$work" '
		/^```console/ { inside = 1; next }
		/^```/ { inside = 0 }
		!inside { next }
		/^\$ / { n++; print substr($0, 3) >(dir "/" n ".cmd"); printf "" >(dir "/" n ".want"); next }
		{ print >(dir "/" n ".want") }
		END { print n }' "$page"
}

steps=$(split)
echo "cd $HOME" >"$work/session"
step=1
while [ "$step" -le "$steps" ]; do
	printf '{ %s\n} >"%s" 2>&1\n' "$(cat "$work/$step.cmd")" "$work/$step.got" >>"$work/session"
	step=$((step + 1))
done
case $sh in
zsh) zsh -f "$work/session" </dev/null ;;
*) bash --noprofile --norc "$work/session" </dev/null ;;
esac || :

# matches WANT GOT: a glob pattern made of the wanted text; the folder of the test stands for the user's home.
matches() {
	bash -c '
		want=$(<"$1") got=$(<"$2")
		got=${got//"$HOME"/"/home/me"}
		pattern=$(printf "%s" "$want" | sed -e "s/[][\\\\*?]/\\\\&/g" -e "s/…/*/g")
		[[ $got == $pattern ]] || { printf "%s\n" "--- the page:" "$want" "--- printed:" "$got"; exit 1; }' matches "$1" "$2"
}

ok "the page has an example" test "$steps" -ge 8
step=1
while [ "$step" -le "$steps" ]; do
	ok "$sh: \$ $(cat "$work/$step.cmd")" matches "$work/$step.want" "$work/$step.got"
	step=$((step + 1))
done
done_testing
