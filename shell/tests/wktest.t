#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# wktest: looks at the image, then lets immensity-kernel install it, which verifies and keeps a backup.
# shellcheck disable=SC2016  # code for the shell under test and for doubles
set -eu
. shell/tests/lib.sh
. shell/tests/wsl.sh

doubles() {
	no_settings
	toy_tree "$work/t"
	toy_image "$tree/kernel.bin"
	double immensity-kernel
	plays_wsl2
	ok "$sh: the default is kernel.bin of the root, from any folder" use "$tree/kernel" wktest
	is "$sh: immensity-kernel gets it, and finds the place itself (defect wktest-8)" "$(logged immensity-kernel)" "immensity-kernel <install> <--image> <$tree/kernel.bin>"
	: >"$work/immensity-kernel.log"
	ok "$sh: --dry-run is passed on" use "$tree" 'wktest --dry-run'
	is "$sh: ... before the command" "$(logged immensity-kernel)" "immensity-kernel <--dry-run> <install> <--image> <$tree/kernel.bin>"
	setting installer_args "--drive '/mnt/my c' --target lxss"
	: >"$work/immensity-kernel.log"
	ok "$sh: installer_args come first" use "$tree" wktest
	is "$sh: ... word by word" "$(logged immensity-kernel)" \
		"immensity-kernel <--drive> </mnt/my c> <--target> <lxss> <install> <--image> <$tree/kernel.bin>"
	no_settings
	plays_wsl1
	: >"$work/immensity-kernel.log"
	ok "$sh: from WSL 1 the drive is named" use "$tree" wktest
	is "$sh: ... wherever it is mounted" "$(logged immensity-kernel)" \
		"immensity-kernel <--drive> </win/my c> <install> <--image> <$tree/kernel.bin>"
	sed -i /drvfs/d "$IK_SYSROOT/proc/mounts"
	fails "$sh: ... and must be there" 1 'drive C: is not mounted' use "$tree" wktest
	plays_wsl2
	: >"$work/immensity-kernel.log"
	fails "$sh: an image that is not there is never installed (defect wktest-1)" 1 'no such file' use "$tree" 'wktest nothing.bin'
	: >"$work/empty"
	fails "$sh: nor an empty one (defect wktest-1)" 1 'is empty' use "$tree" "wktest $work/empty"
	head -c 900 "$tree/kernel.bin" >"$work/torn"
	fails "$sh: nor a torn one" 1 'cut off' use "$tree" "wktest $work/torn"
	is "$sh: ... immensity-kernel was not called" "$(logged immensity-kernel)" ''
	for status in 1 3 4 6 7; do
		double immensity-kernel "exit $status"
		fails "$sh: status $status of immensity-kernel is the status (defect wktest-2)" "$status" 'status tells' use "$tree" wktest
	done
	double immensity-kernel 'echo it is staged; exit 7'
	fails "$sh: what is only staged is not called installed (defect wktest-7)" 7 'it is staged' use "$tree" wktest
	is "$sh: ... and nobody is told that it runs" "$(use "$tree" wktest 2>&1 | grep 'it runs')" ''
	double immensity-kernel 'echo to stdout; echo to stderr >&2'
	double powershell.exe
	ok "$sh: what immensity-kernel says" use "$tree" 'wktest >both 2>&1'
	ok "$sh: ... is shown (defect wktest-4)" has "$tree/both" '^to stdout'
	ok "$sh: ... all of it (defect wktest-4)" has "$tree/both" '^to stderr'
	is "$sh: nothing of PowerShell is needed (defect wktest-5)" "$(logged powershell.exe)" ''
	rm "$work/bin/powershell.exe"
	fails "$sh: a program that is not there is named" 1 'neither installed nor built' use "$tree" 'IK_INSTALLER=/nonexistent/ik; wktest'
	fails "$sh: installer_args that no command line could be" 2 'installer_args: .* is no list' use "$tree" "IK_INSTALLER_ARGS=\"'\"; wktest"
	double immensity-kernel
	double id 'echo 1000'
	double sudo
	ok "$sh: as an ordinary user it goes through sudo" use "$tree" wktest
	is "$sh: ... with the program and its arguments" "$(logged sudo)" \
		"sudo <--> <$work/bin/immensity-kernel> <install> <--image> <$tree/kernel.bin>"
	rm "$work/bin/sudo"
	fails "$sh: ... which has to be there" 1 'sudo is not installed' use "$tree" "PATH=$(without sudo); wktest"
	rm "$work/bin/id"
	fails "$sh: an unknown option" 2 'unknown option' use "$tree" 'wktest --quick'
	ok "$sh: -h" use / 'wktest -h | grep -q "usage: wktest"'
}

restart() {
	toy_image "$work/kernel.bin"
	double immensity-kernel
	double wsl.exe
	ok "$sh: WSL is not shut down unasked" use "$work" 'wktest kernel.bin'
	is "$sh: ... really" "$(logged wsl.exe)" ''
	ok "$sh: --restart shuts it down" use "$work" 'wktest --restart kernel.bin'
	is "$sh: ... once, after the installation" "$(logged wsl.exe)" 'wsl.exe <--shutdown>'
	double wsl.exe 'exit 9'
	fails "$sh: a shutdown that fails is an error" 1 'shutdown failed; the kernel is installed' use "$work" 'wktest --restart kernel.bin'
	double uname 'case $1 in -r) echo 1.2.3-toy-microsoft-standard-WSL2 ;; -v) echo "#7 SMP Sun Nov 22 10:00:00 UTC 2026" ;; *) exec /bin/uname "$@" ;; esac'
	ok "$sh: --check says when the image runs" use "$work" 'wktest --check kernel.bin'
	toy_image "$work/next.bin" 1.2.3-toy-microsoft-standard-WSL2 8
	fails "$sh: ... and tells two builds of one release apart" 1 'not this image' use "$work" 'wktest --check next.bin'
	rm "$work/bin/uname"
}

# The program itself, on folders that play the drive.
real() {
	program=$top/postinst-helper/build/immensity-kernel
	if [ ! -x "$program" ]; then
		skip "$sh: the real immensity-kernel" "it is not built"
		return 0
	fi
	rm -rf "$work/drive" "$work/state"
	mkdir -p "$work/drive/Windows/System32/lxss/tools" "$work/drive/Users/me" "$work/state"
	real_image
	cp "$real_old" "$work/drive/Windows/System32/lxss/tools/kernel"
	no_settings
	setting installer "$program"
	setting installer_args "--drive $work/drive --target lxss --state-dir $work/state"
	ok "$sh: the real program installs in place" use "$work" "wktest $real_new"
	ok "$sh: ... every byte" same_file "$real_new" "$work/drive/Windows/System32/lxss/tools/kernel"
	ok "$sh: ... and keeps the official kernel (defect wktest-3)" sh -c "cd '$work/drive/Windows/System32/lxss/tools' &&
		for f in immensity*; do cmp -s \"\$f\" '$real_old' && exit 0; done; exit 1"
	no_settings
	setting installer "$program"
	setting installer_args "--drive $work/drive --target wslconfig --profile $work/drive/Users/me --state-dir $work/state"
	ok "$sh: the real program sets the key" use "$work" "wktest $real_new"
	ok "$sh: ... of the profile" has "$work/drive/Users/me/.wslconfig" '^kernel *='
	no_settings
	setting installer "$program"
	setting installer_args "--drive $work/drive --target wslconfig --profile \"$work/drive/Users/o'brien & co\" --state-dir $work/state"
	mkdir -p "$work/drive/Users/o'brien & co"
	ok "$sh: a user whose name has a quote and blanks" use "$work" "wktest $real_new"
	ok "$sh: ... gets the key as well (defect wktest-6)" has "$work/drive/Users/o'brien & co/.wslconfig" '^kernel *='
	no_settings
}

# WSL 1 shows the drive by itself: the program is told where.
real_wsl1() {
	[ -x "$program" ] || return 0
	rm -rf "$work/drive" "$work/state"
	mkdir -p "$work/drive/Windows/System32/lxss/tools" "$work/drive/Users/me" "$work/state"
	cp "$real_old" "$work/drive/Windows/System32/lxss/tools/kernel"
	plays_wsl1
	sed -i "s|/win/my.040c|$work/drive|" "$IK_SYSROOT/proc/mounts"
	for target in lxss wslconfig; do
		no_settings
		setting installer "$program"
		setting installer_args "--target $target --profile $work/drive/Users/me --state-dir $work/state"
		ok "$sh: from WSL 1 the real program installs, target $target" use "$work" "wktest $real_new"
	done
	ok "$sh: ... in place" same_file "$real_new" "$work/drive/Windows/System32/lxss/tools/kernel"
	ok "$sh: ... and by the key" has "$work/drive/Users/me/.wslconfig" '^kernel *='
	plays_linux
	no_settings
}

in_each_shell doubles
in_each_shell restart
in_each_shell real
in_each_shell real_wsl1
done_testing
