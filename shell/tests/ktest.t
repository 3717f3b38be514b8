#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ktest: inside WSL it installs here, elsewhere it refuses; another host only gets a kernel when the user has said so.
set -eu
. shell/tests/lib.sh
. shell/tests/wsl.sh

one() {
	no_settings
	toy_image "$work/kernel.bin"
	double immensity-kernel
	double ssh 'exit 1'
	double scp 'exit 1'
	plays_wsl2
	ok "$sh: in WSL it installs here, wherever the drive is mounted (defect ktest-1)" use "$work" 'ktest kernel.bin'
	is "$sh: ... through immensity-kernel" "$(logged immensity-kernel)" "immensity-kernel <install> <--image> <$work/kernel.bin>"
	plays_container
	fails "$sh: a container on WSL has the kernel's name, but is not WSL (defect ktest-1)" 3 'this is not WSL' use "$work" 'ktest kernel.bin'
	plays_linux
	fails "$sh: outside WSL it refuses and names both ways (defect ktest-2)" 3 'vktest.*install_to = vm' use "$work" 'ktest kernel.bin'
	is "$sh: ... no host is contacted" "$(logged ssh)$(logged scp)" ''
	setting install_to vm
	fails "$sh: with install_to = vm it takes the host" 1 'winvm cannot be reached|has no readable' use "$work" 'ktest kernel.bin'
	ok "$sh: ... really" has "$work/ssh.log" '<winvm>'
	no_settings
	setting install_to local
	ok "$sh: with install_to = local it does not guess" use "$work" 'ktest kernel.bin'
	no_settings
	setting install_to moon
	fails "$sh: any other place is refused" 2 "install_to: 'moon'" use "$work" 'ktest kernel.bin'
	no_settings
	plays_wsl2
	fails "$sh: an image that is not there" 1 'no such file' use "$work" 'ktest nothing.bin'
	double immensity-kernel 'exit 5'
	fails "$sh: the status of immensity-kernel is passed on" 5 'status 5' use "$work" 'ktest kernel.bin'
	ok "$sh: -h" use / 'ktest -h | grep -q "usage: ktest"'
}

in_each_shell one
done_testing
