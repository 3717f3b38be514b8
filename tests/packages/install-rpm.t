#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Installs the .rpm packages with dnf and rpm in a minimal root made of this machine's own files, with a directory that
# plays drive C:, and checks after each step what Windows would find there. Usage: install-rpm.t
# shellcheck disable=SC2317
set -u
# shellcheck source=tests/packages/lib.sh
. tests/packages/lib.sh

[ $# -eq 0 ] || { echo "usage: install-rpm.t" >&2; exit 2; }
root=$work/root

in_root() {
	chroot "$root" env LC_ALL=C "$@"
}

# On Debian the database is below the home directory, for dnf and for rpm alike.
dnf_root() {
	HOME=/root dnf --noplugins -q -y -c "$work/dnf.conf" --setopt=reposdir="$work/repos" --setopt=cachedir="$work/cache" \
		--setopt=logdir="$work/log" --setopt=persistdir="$work/persist" --setopt=install_weak_deps=False \
		--installroot="$root" --releasever=1 "$@"
}

rpm_root() {
	HOME=/root rpm --root "$root" "$@"
}

# The program as it is in the package: its libraries are what the base root must have.
unpack_program() {
	mkdir "$work/program"
	set -- "$dist"/immensity-kernel-[0-9]*.x86_64.rpm
	[ -f "$1" ] || stop "the program's .rpm is in $dist" "run: make rpm"
	rpm2cpio "$1" | (cd "$work/program" && cpio -idm --quiet)
	[ -x "$work/program/usr/bin/immensity-kernel" ] || stop "the program can be taken out of $1"
}

# offer DIRECTORY...: the .rpm files of these directories become what dnf can install.
offer() {
	mkdir -p "$work/repos" "$work/log" "$work/repo"
	rm -f "$work/repo"/immensity-*.rpm
	for directory; do
		cp "$directory"/*.rpm "$work/repo/"
	done
	rm -f "$work/repo"/immensity-wsl-kernel-lts-*.rpm
	createrepo_c -q "$work/repo"
	printf '[test]\nname=test\nbaseurl=file://%s\ngpgcheck=0\n' "$work/repo" >"$work/repos/test.repo"
	printf '[main]\ngpgcheck=0\ninstallonly_limit=3\nmodule_platform_id=platform:test\n' >"$work/dnf.conf"
	dnf_root --refresh makecache
}

prepare_root() {
	unpack_program
	tests/packages/base-rpm "$work/base" "$work/repo" "$work/program/usr/bin/immensity-kernel" ||
		stop "a base package for the rpm root can be made"
	mkdir -p "$root/root" "$root/dev"
	mknod -m 666 "$root/dev/null" c 1 3
	offer "$dist" || stop "dnf reads the packages"
	ok "rpm: the base system installs" dnf_root install ik-test-base
}

settings() {
	mkdir -p "$root/etc"
	write_conf "$root/etc/immensity-kernel.conf" 'drive = /c' 'drive_letter = C' 'profile = /c/Users/Tester' "target = $1"
}

# erase_all: everything of ours, in one transaction.
erase_all() {
	# shellcheck disable=SC2046 # a list of names
	rpm_root -e $(rpm_root -qa 'immensity-*')
}

scenario_inbox() {
	step="rpm, inbox"
	make_inbox_drive "$root/c" bzimage
	settings lxss
	ok "$step: dnf install" dnf_root install immensity-wsl-kernel
	check_in_place "$step, installed" "$root" "$release"
	ok "$step: depmod made the index" test -s "$root/lib/modules/$release/modules.dep"
	is "$step: rpm knows who owns the modules" "$(rpm_root -qf --qf '%{name}' "/lib/modules/$release")" immensity-wsl-kernel-core

	offer "$dist" "$second"
	ok "$step: dnf upgrade" dnf_root upgrade
	is "$step: the new version is installed" "$(rpm_root -q --qf '%{version}-%{release}' immensity-wsl-kernel)" "$version2"
	check_in_place "$step, upgraded" "$root" "$release2"
	is "$step: both kernels are installed" "$(rpm_root -q immensity-wsl-kernel-core | wc -l)" 2
	ok "$step: the old kernel's modules stay" test -s "$root/lib/modules/$release/modules.dep"

	older=$work/repo/immensity-wsl-kernel-$version.x86_64.rpm
	fails "$step: rpm -U refuses the older package" any 'newer' rpm_root -U "$older"
	ok "$step: rpm is told to take it" rpm_root -U --oldpackage "$older"
	ok "$step, downgraded: the newer kernel stays" cmp "$target" "$(packaged "$root" "$release2" "$target_format")"
	fails "$step, downgraded: install refuses and says why" 3 'older|newer' in_root immensity-kernel install
	ok "$step: upgrade again" dnf_root upgrade
	check_in_place "$step, upgraded again" "$root" "$release2"

	ok "$step: dnf remove" dnf_root remove --noautoremove immensity-wsl-kernel
	check_official "$step, removed"
	ok "$step: reinstall" dnf_root install immensity-wsl-kernel
	check_in_place "$step, reinstalled" "$root" "$release2"
	ok "$step: rpm -e of everything" erase_all
	check_official "$step, erased"
	is "$step: no module is left" "$(find "$root/lib/modules/" -mindepth 1)" ""
	rm -rf "$root/c" "$root/var/lib/immensity-kernel"
}

scenario_store() {
	step="rpm, Store"
	make_store_drive "$root/c"
	settings wslconfig
	ok "$step: rpm -i" rpm_root -i "$work/repo/immensity-wsl-kernel-$version.x86_64.rpm" \
		"$work/repo/immensity-wsl-kernel-core-$version.x86_64.rpm" "$work/repo"/immensity-kernel-[0-9]*.rpm
	check_named "$step, installed" "$root" "$release"
	ok "$step: dnf upgrade" dnf_root upgrade
	check_named "$step, upgraded" "$root" "$release2"
	ok "$step: rpm -e of everything" erase_all
	check_unnamed "$step, erased"
	rm -rf "$root/c" "$root/var/lib/immensity-kernel"
}

scenario_refused() {
	step="rpm, refused"
	make_inbox_drive "$root/c" bzimage
	settings lxss
	read_only "$root/c" || stop "$step: a read-only drive can be made"
	ok "$step: dnf succeeds" dnf_root install immensity-wsl-kernel
	check_official "$step"
	is "$step: status says pending" "$(status_value "$root" pending)" true
	umount "$root/c"
	ok "$step: the boot-time unit's command succeeds" in_root immensity-kernel maint --event=boot --format=rpm
	check_in_place "$step, retried at boot" "$root" "$release2"
	ok "$step: rpm -e of everything" erase_all
	check_official "$step, erased"
}

# A system that is not WSL: everything installs, nothing happens.
scenario_plain() {
	step="rpm, not WSL"
	rm -f "$root"/etc/immensity-kernel.conf*
	ok "$step: dnf install" dnf_root install immensity-wsl-kernel "immensity-wsl-kernel-devel-$version2"
	ok "$step: the build link leads to the headers" test -f "$root/lib/modules/$release2/build/Makefile"
	ok "$step: rpm -e of everything" erase_all
	is "$step: nothing is left" "$(find "$root/etc" "$root/usr" "$root/boot" -name '*immensity*')" ""
}

need_root
find_version
second_version
prepare_root
scenario_inbox
scenario_store
scenario_refused
rm -rf "$root/c" "$root/var/lib/immensity-kernel"
scenario_plain
done_testing
