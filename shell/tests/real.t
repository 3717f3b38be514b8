#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The helpers on a real kernel tree with a tiny configuration: one working day of a kernel developer, in each step the
# next shell. `real.t SHELL` (tier full) does every step in that shell, and the long ones as well.
# shellcheck disable=SC2016  # code for the shell under test and for doubles
set -eu
. shell/tests/lib.sh
. shell/tests/wsl.sh

IK_CACHE=$cache
CCACHE_DIR=$cache/ccache
export IK_CACHE CCACHE_DIR
tree=$work/linux
if ! shell/tests/real-tree "$tree" 2>"$work/why"; then
	diag "$(cat "$work/why")"
	ok "a real kernel can be built" false
	done_testing
fi
touch "$work/began"
out=$tree/out
image=$out/arch/x86/boot/bzImage
fixed=${1-}
turn=0

# next: the shell of the next step.
next() {
	turn=$((turn % 3 + 1))
	sh=${fixed:-$(echo bash zsh bash-4.4 | cut -d ' ' -f "$turn")}
}

edit_source() {
	# The tree is made of links: a changed file must be a copy, or the unpacked source would change.
	if [ -L "$tree/init" ]; then
		cp -aL "$tree/init" "$tree/init.new"
		rm "$tree/init"
		mv "$tree/init.new" "$tree/init"
	fi
	printf '\nstatic const char shell_test_mark_%s[] __used = "";\n' "$1" >>"$tree/init/version.c"
}

configuration() {
	next
	echo 'CONFIG_LOG_BUF_SHIFT=16' >>"$out/.config"
	ok "$sh: mc makes the configuration of the defconfig" use "$tree/kernel" "mc 2>'$work/said'"
	ok "$sh: ... and tells what was reset" has "$work/said" 'CONFIG_LOG_BUF_SHIFT: 16 -> '
	if [ -n "$fixed" ]; then
		is "$sh: dc finds no difference, and no noise of the compiler" "$(use "$tree" 'dc 2>&1; echo $?')" 0
	fi
	next
	double my-editor 'echo "CONFIG_LOG_BUF_SHIFT=18" >>"$1"'
	ok "$sh: ec changes an option" use "$tree" "EDITOR=my-editor ec 2>'$work/said'"
	ok "$sh: ... and says so" has "$work/said" 'CONFIG_LOG_BUF_SHIFT: .* -> 18'
	next
	fails "$sh: dc shows exactly that" 1 '^\+CONFIG_LOG_BUF_SHIFT=18' use "$tree" dc
	if [ -n "$fixed" ]; then
		double my-editor 'echo "CONFIG_EXT4_FS=y" >>"$1"'
		fails "$sh: ec tells what Kconfig does not keep" 1 'EXT4_FS: you wrote y, Kconfig made it n' use "$tree" 'EDITOR=my-editor ec'
	fi
	next
	ok "$sh: cpc saves it" use "$tree" cpc
	is "$sh: ... minimised" "$(grep -c 'VERSION_TEXT\|is not set$' "$tree/arch/x86/configs/wsl2_defconfig" || :)" \
		"$(grep -c 'is not set$' "$tree/arch/x86/configs/wsl2_defconfig" || :)"
	is "$sh: ... so that dc finds nothing" "$(use "$tree" dc 2>/dev/null)" ''
}

building() {
	next
	edit_source one
	ok "$sh: incbuild" use "$tree/kernel" 'incbuild -s'
	ok "$sh: ... kernel.bin is the image" same_file "$image" "$tree/kernel.bin"
	ok "$sh: zver reads the real image" use "$tree" "zver | grep '^Linux version $(cat "$out/include/config/kernel.release") .* #[0-9]'"
	is "$sh: zver reads the uncompressed one alike" "$(use "$tree" 'zver -v out/arch/x86/boot/compressed/vmlinux.bin')" "$(use "$tree" 'zver -v')"
	is "$sh: buildnum is its number" "#$(use "$tree" 'buildnum 2>/dev/null')" "$(use "$tree" 'zver -v' | cut -d ' ' -f 1)"
	next
	use "$tree" 'dbuild -s' >"$work/said" 2>&1 || :
	name=$(tail -n 1 "$work/said")
	ok "$sh: dbuild copies without building anew" same_file "$image" "$name"
	next
	list=$(use "$tree" 'osize 20' 2>/dev/null)
	is "$sh: osize lists files that exist" "$(printf '%s\n' "$list" | while read -r _ file; do
		[ -f "$tree/$file" ] || [ -f "$out/$file" ] || [ "$file" = "(made" ] || echo "$file"
	done)" ''
	ok "$sh: ... twenty of them" test "$(printf '%s\n' "$list" | wc -l)" -eq 20
}

installing() {
	next
	program=$top/postinst-helper/build/immensity-kernel
	mkdir -p "$work/drive/Users/me" "$work/drive/Windows/System32"
	if [ -x "$program" ]; then
		setting installer "$program"
		setting installer_args "--drive $work/drive --target wslconfig --profile $work/drive/Users/me --state-dir $work/state"
	else
		double immensity-kernel
	fi
	plays_wsl2
	fails "$sh: inc does not install what is no news" 3 'nothing new' use "$tree" 'inc -s'
	edit_source two
	ok "$sh: inc builds and installs a change" use "$tree" 'inc -s'
	if [ -x "$program" ]; then
		installed=$(find "$work/drive" -type f -size "$(wc -c <"$image")c")
		ok "$sh: ... the real program put the real image on the drive" same_file "$image" "$installed"
	else
		skip "$sh: ... the real program put the real image on the drive" "immensity-kernel is not built"
	fi
	no_settings
}

releasing() {
	next
	(cd "$tree" && git init -q && printf '/out/\n/builds/\n/kernel.bin\n/log\n' >.git/info/exclude &&
		git add Kbuild init/version.c && git commit -q -m one && git tag v1)
	ok "$sh: rel" use "$tree" 'rel -s'
	ok "$sh: ... the image carries the release's number" use "$tree" 'zver -v builds/kernel-*-r1.bin | grep "^#1 "'
	fails "$sh: a failing build publishes nothing" 1 'make ended' use "$tree" 'rel -s KCFLAGS=-fno-such-option'
	is "$sh: ... and uses no number up" "$(cat "$tree/builds/.release-number")" 1
}

# Minutes, even with a warm compiler cache.
long() {
	next
	ok "$sh: cleanbuild" use "$tree" 'cleanbuild -s'
	ok "$sh: ... kernel.bin is the image" same_file "$image" "$tree/kernel.bin"
	ok "$sh: crel" use "$tree" 'crel --force -s'
	ok "$sh: ... has the next number" test -f "$(find "$tree/builds" -name '*-r2.bin')"
	double put
	setting upload_command 'put "$1"'
	ok "$sh: tbuild" use "$tree" 'tbuild --yes -s'
	ok "$sh: ... uploads" has "$work/put.log" 'builds/kernel-'
}

# The tree is made of links into the unpacked source: what were written through one would make the next `make` build.
source_untouched() {
	is "the unpacked source was only read" \
		"$(find "$(readlink -f "$tree/kernel")/.." -newer "$work/began" -type f ! -name '.immensity-*' ! -name wsl2_defconfig)" ''
}

configuration
building
installing
releasing
[ -z "$fixed" ] || long
source_untouched
done_testing
