#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# vktest: over a real SSH connection to a host that plays Windows. Whatever goes wrong, the kernel file is the old one
# or the new one, and never a part of one.
# shellcheck disable=SC2016  # code for the shell under test and for doubles
set -eu
. shell/tests/lib.sh
. shell/tests/winvm.sh
. shell/tests/terminal.sh
start_winvm
toy_image "$work/kernel.bin"

# tries WHAT STATUS PATTERN: an attempt that must fail and leave the official kernel.
tries() {
	fails "$sh: $1" "$2" "$3" use "$work" 'vktest kernel.bin'
	ok "$sh: ... the official kernel is what Windows has" same_file "$vm/official" "$kernel"
	ok "$sh: ... no staged file is left" no_stage_left
}

installs() {
	fresh_winvm
	before=$(stat -c '%i %h' "$kernel")
	ok "$sh: installs" use "$work" 'vktest kernel.bin 2>said'
	ok "$sh: the kernel file is the image" same_file "$work/kernel.bin" "$kernel"
	is "$sh: same file, same hard links" "$(stat -c '%i %h' "$kernel")" "$before"
	ok "$sh: the backup is the official kernel (defect vktest-3)" same_file "$vm/official" "$(backup_of_official)"
	is "$sh: the order of steps" "$(steps)" "digest-kernel upload digest-stage shutdown backup digest-backup write digest-kernel drop-stage boot "
	ok "$sh: what runs then is printed" has "$work/said" 'runs 1.2.3-toy-microsoft-standard-WSL2 #7 SMP'
	: >"$vm/log"
	ok "$sh: a second time there is nothing to do" use "$work" 'vktest kernel.bin'
	is "$sh: ... and nothing is done" "$(steps)" "digest-kernel "
	is "$sh: no variable leaks into the caller's shell (defect vktest-1)" \
		"$(use "$work" 'fn=mine; vktest kernel.bin 2>/dev/null; echo $fn')" mine
	fresh_winvm
	fault spaces
	ok "$sh: the digests of an old certutil are understood" use "$work" 'vktest --no-boot kernel.bin'
	ok "$sh: ... and --no-boot leaves WSL down" absent "$vm/running"
}

before_the_switch() {
	fresh_winvm
	fault upload-half
	tries "a half upload never reaches the kernel file (defect vktest-2)" 1 'is not what was sent'
	is "$sh: ... it was not even attempted" "$(steps)" "digest-kernel upload digest-stage drop-stage "
	fresh_winvm
	fault upload-fails
	fails "$sh: an upload that fails" 1 'the upload to winvm failed' use "$work" 'vktest kernel.bin'
	ok "$sh: ... the official kernel is what Windows has" same_file "$vm/official" "$kernel"
	fresh_winvm
	fault upload-lost
	tries "an upload that is not there afterwards" 1 'cannot read the upload back'
	fresh_winvm
	fault shutdown
	tries "a WSL that does not stop (defect vktest-4)" 1 'wsl --shutdown failed'
	fresh_winvm
	fault backup-half
	tries "a backup that is not faithful" 1 'no faithful backup'
	fresh_winvm
	rm "$kernel"
	fails "$sh: a kernel file that is not there is not created" 1 'no readable file' use "$work" 'vktest kernel.bin'
	ok "$sh: ... really" absent "$kernel"
}

after_the_switch() {
	fresh_winvm
	fault copy-denied
	fails "$sh: Windows refuses to write the file, and to put it back" 4 'could not be put back' use "$work" 'vktest kernel.bin'
	ok "$sh: ... the official kernel is what Windows has" same_file "$vm/official" "$kernel"
	fresh_winvm
	fault copy-half
	fault copy-half-once
	tries "a write that stops half-way is undone" 1 'the old kernel is back'
	fresh_winvm
	fault copy-half
	fails "$sh: if it cannot be undone, the way back is printed" 4 'copy /b /y "C:.*immensity-backup-.*" "C:.*kernel"' \
		use "$work" 'vktest kernel.bin'
	ok "$sh: ... and works" same_file "$vm/official" "$(backup_of_official)"
	fresh_winvm
	fault no-boot
	tries "an image that does not start is taken back" 1 'does not run this image'
	fresh_winvm
	fault other-kernel
	tries "so is one that WSL does not use" 1 'kernel= line'
}

# Ctrl-C, as a person presses it.
interrupts() {
	fresh_winvm
	fault upload-slow
	is "$sh: Ctrl-C during the upload ends it" "$(interrupted "$work" 'vktest kernel.bin 2>said' "$vm/uploading")" 130
	ok "$sh: ... the official kernel is what Windows has" same_file "$vm/official" "$kernel"
	ok "$sh: ... no staged file is left" no_stage_left
	fresh_winvm
	fault copy-slow
	is "$sh: Ctrl-C while the kernel file is written changes nothing" \
		"$(interrupted "$work" 'vktest kernel.bin 2>said' "$vm/writing")" 0
	ok "$sh: ... it is written to the end" same_file "$work/kernel.bin" "$kernel"
	ok "$sh: ... as was said before" has "$work/said" 'not to be interrupted'
	fresh_winvm
	fault copy-slow
	fault copy-half
	fault copy-half-once
	is "$sh: ... nor does it leave half a kernel" "$(interrupted "$work" 'vktest kernel.bin 2>said' "$vm/writing")" 1
	ok "$sh: ... the official kernel is what Windows has" same_file "$vm/official" "$kernel"
}

arguments() {
	fresh_winvm
	fails "$sh: an image that is not there" 1 'no such file' use "$work" 'vktest nothing.bin'
	echo garbage >"$work/garbage"
	fails "$sh: something that is no kernel" 1 'no kernel image' use "$work" 'vktest garbage'
	: >"$work/empty"
	fails "$sh: an empty file" 1 'is empty' use "$work" 'vktest empty'
	is "$sh: ... none of them reached the host" "$(steps)" ''
	fails "$sh: a host that does not answer (defect vktest-4)" 1 'cannot be reached' use "$work" 'IK_VM_HOST=nobody@winvm; vktest kernel.bin'
	fails "$sh: the host's name is a setting, checked" 2 'is no host name' use "$work" 'IK_VM_HOST=-oProxyCommand=x; vktest kernel.bin'
	fails "$sh: a target with cmd.exe's characters" 2 'cmd.exe would act on' use "$work" "IK_VM_TARGET='C:\\a&b'; vktest kernel.bin"
	fails "$sh: a target that is no full path" 2 'no full path' use "$work" "IK_VM_TARGET=kernel; vktest kernel.bin"
	fails "$sh: ssh_args that no command line could be" 2 'ssh_args: .* is no list of words' use "$work" "IK_SSH_ARGS=\"'\"; vktest kernel.bin"
	fails "$sh: no ssh" 1 'ssh is not installed' use "$work" "PATH=$(without ssh); vktest kernel.bin"
	fails "$sh: no scp" 1 'scp is not installed' use "$work" "PATH=$(without scp); vktest kernel.bin"
	mkdir "$vm/c/wsl"
	cp "$vm/official" "$vm/c/wsl/my kernel"
	ok "$sh: the target is a setting" use "$work" "IK_VM_TARGET='C:\\wsl\\my kernel'; vktest --no-boot kernel.bin"
	ok "$sh: ... that is used" same_file "$work/kernel.bin" "$vm/c/wsl/my kernel"
	fails "$sh: an unknown option" 2 'unknown option' use "$work" 'vktest --now'
	ok "$sh: -h" use / 'vktest -h | grep -q "usage: vktest"'
}

in_each_shell installs
in_each_shell before_the_switch
in_each_shell after_the_switch
in_each_shell interrupts
in_each_shell arguments
is "no process of the host or of a connection to it is left" "$(stop_winvm)" ''
done_testing
