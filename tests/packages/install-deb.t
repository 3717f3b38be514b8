#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Installs the .deb packages with apt in a minimal root of one Debian suite, with a directory that plays drive C:, and
# checks after each step what Windows would find there. Usage: install-deb.t bookworm|trixie [full]; "full" adds what
# needs to be shown once only: kernels that apt keeps, a killed installation, a drive that refuses, two series.
# shellcheck disable=SC2016,SC2317
set -u
# shellcheck source=tests/packages/lib.sh
. tests/packages/lib.sh

case "${1:-}" in bookworm | trixie) suite=$1 ;; *) echo "usage: install-deb.t bookworm|trixie [full]" >&2; exit 2 ;; esac
extent=${2:-basic}
# In place, the program keeps to the format of the official kernel: both occur.
case "$suite" in bookworm) official_format=bzimage ;; *) official_format=elf ;; esac
root=$work/root

in_root() {
	chroot "$root" env LC_ALL=C DEBIAN_FRONTEND=noninteractive "$@"
}

apt() {
	in_root apt-get -q -y --no-install-recommends -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0 "$@"
}

# state PACKAGE: dpkg's abbreviation, "ii" when installed and configured.
state() {
	in_root dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null | tr -d ' '
}

# offer DIRECTORY...: the .deb files of these directories become what apt in the root can install.
offer() {
	rm -rf "$root/repo"
	mkdir "$root/repo"
	for directory; do
		ln "$directory"/*.deb "$root/repo/" 2>/dev/null || cp "$directory"/*.deb "$root/repo/"
	done
	(cd "$root/repo" && apt-ftparchive packages . >Packages)
	apt update >"$work/update.log" 2>&1 || diag "$(cat "$work/update.log")"
}

prepare_root() {
	tarball=$(tests/packages/mkroot "$suite" 2>"$work/mkroot.log") ||
		stop "a minimal $suite root can be made" "$(tail -n 20 "$work/mkroot.log")"
	mkdir "$root"
	tar -C "$root" -xf "$tarball"
	rm -f "$root/etc/apt/sources.list" "$root"/etc/apt/sources.list.d/*
	echo 'deb [trusted=yes] file:/repo ./' >"$root/etc/apt/sources.list"
	echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/unsafe-io"
}

# Every maintainer script of an installed package refuses an argument it does not know.
check_unknown_arguments() {
	for script in "$root"/var/lib/dpkg/info/linux-image-*.p* "$root"/var/lib/dpkg/info/linux-headers-*.p* \
		"$root"/var/lib/dpkg/info/immensity-*.p*; do
		[ -f "$script" ] || continue
		case "$script" in *.postinst | *.prerm | *.postrm | *.preinst) ;; *) continue ;; esac
		fails "${script##*/} refuses an unknown argument" 1 'unknown argument' in_root "/var/lib/dpkg/info/${script##*/}" nonsense
	done
}

# A system that is not WSL: everything installs, nothing happens, purge leaves nothing.
scenario_plain() {
	step="$suite, not WSL"
	ok "$step: apt installs it" apt install immensity-wsl-kernel linux-headers-"$release_lc"
	is "$step: configured" "$(state immensity-wsl-kernel)" ii
	ok "$step: depmod made the index" test -s "$root/lib/modules/$release/modules.dep"
	ok "$step: the build link leads to the headers" test -f "$root/usr/lib/modules/$release/build/Makefile"
	fails "$step: install says that it is not for here" 6 'WSL' in_root immensity-kernel install
	check_unknown_arguments
	ok "$step: apt purges it" apt purge --autoremove immensity-wsl-kernel immensity-kernel 'linux-headers-[0-9]*'
	purge_kernels
	check_nothing_left "$step"
}

# Nothing of ours is left inside the root, apart from what it was given.
check_nothing_left() {
	left=$(find "$root/etc" "$root/usr" "$root/var/lib" "$root/boot" "$root/lib/modules" -name '*immensity*' \
		! -path '*/var/lib/apt/*' 2>/dev/null)
	is "$1: purge leaves nothing" "$left" ""
}

scenario_inbox() {
	step="$suite, inbox"
	make_inbox_drive "$root/c" "$official_format"
	write_conf "$root/etc/immensity-kernel.conf" 'drive = /c' 'drive_letter = C' 'profile = /c/Users/Tester' 'target = lxss'
	ok "$step: install" apt install immensity-wsl-kernel
	check_in_place "$step, installed" "$root" "$release"
	ok "$step: dpkg-reconfigure" in_root dpkg-reconfigure immensity-wsl-kernel
	ok "$step: postinst once more" in_root /var/lib/dpkg/info/immensity-wsl-kernel.postinst configure "$version"
	check_in_place "$step, configured again" "$root" "$release"

	offer "$dist" "$second"
	ok "$step: upgrade" apt install immensity-wsl-kernel
	is "$step: the new version is configured" "$(in_root dpkg-query -W -f '${Version}' immensity-wsl-kernel)" "$version2"
	check_in_place "$step, upgraded" "$root" "$release2"
	is "$step: the old kernel stays installed" "$(state "linux-image-$release_lc")" ii
	ok "$step: its modules stay" test -s "$root/lib/modules/$release/modules.dep"
	[ "$extent" != full ] || check_kept_kernels

	ok "$step: apt downgrades the package" apt install --allow-downgrades "immensity-wsl-kernel=$version"
	is "$step: the downgraded package is configured" "$(state immensity-wsl-kernel)" ii
	check_newer_stays
	ok "$step: upgrade again" apt install "immensity-wsl-kernel=$version2"
	check_in_place "$step, upgraded again" "$root" "$release2"

	ok "$step: remove" apt remove immensity-wsl-kernel
	check_official "$step, removed"
	ok "$step: reinstall" apt install immensity-wsl-kernel
	check_in_place "$step, reinstalled" "$root" "$release2"
	ok "$step: purge" apt purge --autoremove immensity-wsl-kernel immensity-kernel
	check_official "$step, purged"
	purge_kernels
	check_nothing_left "$step"
}

# A downgraded package leaves the newer kernel in place: the program refuses, dpkg is content.
check_newer_stays() {
	ok "$step, downgraded: the newer kernel stays" cmp "$target" "$(packaged "$root" "$release2" "$official_format")"
	fails "$step, downgraded: install refuses and says why" 3 'older|newer' in_root immensity-kernel install
}

purge_kernels() {
	apt purge 'linux-image-[0-9]*' >"$work/purge.log" 2>&1 || diag "$(cat "$work/purge.log")"
}

# apt's idea of the running kernel follows uname -r; a preloaded library stands in for the kernel that runs.
fake_uname() {
	cat >"$work/uname.c" <<-'EOT'
		#define _GNU_SOURCE
		#include <stdlib.h>
		#include <string.h>
		#include <sys/syscall.h>
		#include <sys/utsname.h>
		#include <unistd.h>
		int uname(struct utsname *u)
		{
			const char *release = getenv("FAKE_RELEASE");
			int status = syscall(SYS_uname, u);
			if (release)
				strncpy(u->release, release, sizeof(u->release) - 1);
			return status;
		}
	EOT
	gcc -shared -fPIC -O -o "$root/usr/lib/fakeuname.so" "$work/uname.c"
}

# would_remove RUNNING: the kernels that apt would remove by itself while RUNNING runs.
would_remove() {
	in_root env LD_PRELOAD=/usr/lib/fakeuname.so FAKE_RELEASE="$1" apt-get -s autoremove |
		sed -n 's/^Remv \(linux-image-[^ ]*\).*/\1/p' | sort | tr '\n' ' '
}

check_kept_kernels() {
	ok "$step: a library that tells another release" fake_uname
	in_root apt-mark auto '^linux-image-[0-9]' >/dev/null
	is "$step: apt keeps the running kernel" "$(would_remove "$release")" ""
	is "$step: apt keeps the newest and the one before" "$(would_remove "$release2")" ""
	is "$step: the same under a kernel of Microsoft" "$(would_remove 6.6.87.2-microsoft-standard-WSL2)" ""
}

scenario_store() {
	step="$suite, Store"
	make_store_drive "$root/c"
	write_conf "$root/etc/immensity-kernel.conf" 'drive = /c' 'drive_letter = C' 'profile = /c/Users/Tester' 'target = wslconfig'
	offer "$dist"
	ok "$step: install" apt install immensity-wsl-kernel
	check_named "$step, installed" "$root" "$release"
	ok "$step: dpkg-reconfigure" in_root dpkg-reconfigure immensity-wsl-kernel
	check_named "$step, configured again" "$root" "$release"
	first_image=$(booted)
	offer "$dist" "$second"
	ok "$step: upgrade" apt install immensity-wsl-kernel
	check_named "$step, upgraded" "$root" "$release2"
	ok "$step: the image that may be running is untouched" cmp "$first_image" "$(packaged "$root" "$release" bzimage)"
	ok "$step: remove" apt remove immensity-wsl-kernel
	check_unnamed "$step, removed"
	ok "$step: reinstall" apt install immensity-wsl-kernel
	check_named "$step, reinstalled" "$root" "$release2"
	ok "$step: purge" apt purge --autoremove immensity-wsl-kernel immensity-kernel
	check_unnamed "$step, purged"
	purge_kernels
	check_nothing_left "$step"
}

# Windows refuses every write: the package is configured, the state is pending, and it is said.
scenario_refused() {
	step="$suite, refused"
	make_inbox_drive "$root/c" "$official_format"
	read_only "$root/c" || stop "$step: a read-only drive can be made"
	write_conf "$root/etc/immensity-kernel.conf" 'drive = /c' 'drive_letter = C' 'profile = /c/Users/Tester' 'target = lxss'
	offer "$dist"
	ok "$step: apt succeeds" apt install immensity-wsl-kernel
	is "$step: the package is configured" "$(state immensity-wsl-kernel)" ii
	check_official "$step"
	is "$step: status says pending" "$(status_value "$root" pending)" true
	umount "$root/c"
	ok "$step: the boot-time unit's command succeeds" in_root immensity-kernel maint --event=boot --format=deb
	check_in_place "$step, retried at boot" "$root" "$release"
	ok "$step: purge" apt purge --autoremove immensity-wsl-kernel immensity-kernel
	check_official "$step, purged"
	purge_kernels
}

# dpkg, its scripts and the program are killed in the middle of the configuration.
scenario_killed() {
	step="$suite, killed"
	make_inbox_drive "$root/c" "$official_format"
	write_conf "$root/etc/immensity-kernel.conf" 'drive = /c' 'drive_letter = C' 'profile = /c/Users/Tester' 'target = lxss'
	ok "$step: the program and the kernel are there" apt install immensity-kernel "linux-image-$release_lc"
	mv "$root/usr/bin/immensity-kernel" "$root/usr/bin/immensity-kernel.real"
	printf '#!/bin/sh\ntouch /reached\nexec sleep 60\n' >"$root/usr/bin/immensity-kernel"
	chmod 755 "$root/usr/bin/immensity-kernel"
	setsid chroot "$root" dpkg -i "/repo/immensity-wsl-kernel_${version}_amd64.deb" >"$work/killed.log" 2>&1 &
	group=$!
	tries=0
	while [ ! -e "$root/reached" ] && [ "$tries" -lt 100 ]; do
		sleep 0.1
		tries=$((tries + 1))
	done
	kill -9 "-$group"
	wait "$group" 2>/dev/null
	mv "$root/usr/bin/immensity-kernel.real" "$root/usr/bin/immensity-kernel"
	is "$step: dpkg knows that it is half configured" "$(state immensity-wsl-kernel)" iF
	ok "$step: dpkg --configure -a heals it" in_root dpkg --configure -a
	is "$step: healed" "$(state immensity-wsl-kernel)" ii
	check_in_place "$step, healed" "$root" "$release"
	apt purge --autoremove immensity-wsl-kernel immensity-kernel >/dev/null
	purge_kernels
}

# Both series installed: stable is used; when it goes, longterm takes its place although it is older.
scenario_series() {
	step="$suite, two series"
	make_inbox_drive "$root/c" bzimage
	write_conf "$root/etc/immensity-kernel.conf" 'drive = /c' 'drive_letter = C' 'profile = /c/Users/Tester' 'target = lxss'
	offer "$dist" "$second/lts"
	ok "$step: install both" apt install immensity-wsl-kernel immensity-wsl-kernel-lts
	check_in_place "$step, both" "$root" "$release"
	ok "$step: remove stable" apt remove immensity-wsl-kernel
	check_in_place "$step, longterm only" "$root" "$release_lts"
	ok "$step: remove longterm" apt purge --autoremove immensity-wsl-kernel-lts immensity-kernel
	check_official "$step, none"
	purge_kernels
}

need_root
find_version
second_version
prepare_root
ok "$suite: apt reads the packages" offer "$dist"
scenario_plain
scenario_inbox
rm -rf "$root/c"
scenario_store
rm -rf "$root/c"
if [ "$extent" = full ]; then
	scenario_refused
	rm -rf "$root/c"
	scenario_killed
	rm -rf "$root/c"
	scenario_series
fi
done_testing
