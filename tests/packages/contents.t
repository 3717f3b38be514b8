#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What is in the finished packages: names, sizes, dependencies, every path, the manifest against the images, and the
# same bytes in .deb and .rpm. Usage: contents.t
# shellcheck disable=SC2016
set -u
# shellcheck source=tests/packages/lib.sh
. tests/packages/lib.sh

limit=40000000

deb_of() {
	set -- "$dist/$1"_*_amd64.deb
	echo "$1"
}

rpm_of() {
	set -- "$dist/$1"-[0-9]*.x86_64.rpm
	echo "$1"
}

# too_large: packages above the limit.
too_large() {
	for package in "$dist"/*.deb "$dist"/*.rpm; do
		case "$package" in *-dbg_* | *-debuginfo-*) continue ;; esac
		size=$(stat -c %s "$package")
		[ "$size" -le "$limit" ] || echo "${package##*/}: $size bytes"
	done
}

# paths_of PACKAGE: its files and links, without folders, sorted.
paths_of() {
	case "$1" in
	*.deb) dpkg-deb --fsys-tarfile "$1" | tar -tf - | sed -e 's,^\.,,' -e '/\/$/d' ;;
	*.rpm) rpm -qlvp "$1" | grep -v '^d' | sed 's,^[^/]*\(/[^ ]*\).*,\1,' ;;
	esac | sort
}

# strangers PACKAGE PATTERN...: paths that match none of the patterns (extended regular expressions).
strangers() {
	package=$1
	shift
	{
		echo '^/usr/share/doc/'
		echo '^/usr/share/lintian/overrides/'
		for pattern; do
			printf '^%s\n' "$pattern"
		done
	} >"$work/patterns"
	paths_of "$package" | grep -Evf "$work/patterns"
}

unpack() {
	mkdir -p "$2"
	case "$1" in
	*.deb) dpkg-deb -x "$1" "$2" ;;
	*.rpm) rpm2cpio "$1" | (cd "$2" && cpio -idm --quiet) ;;
	esac
}

# digests DIRECTORY: of every file and the target of every link, the path without the leading usr/.
digests() {
	(cd "$1" && find . \( -path ./usr/share/doc -o -path ./usr/share/lintian \) -prune -o -type f -print0 |
		xargs -0 -r sha256sum | sed 's#  \./\(usr/\)\{0,1\}#  #'
	find . \( -path ./usr/share/doc \) -prune -o -type l -printf '%l  %P\n' | sed 's,  usr/,  ,') | sort -k 2
}

# manifest_faults DIRECTORY: what is wrong with manifest.json and the images it lists.
manifest_faults() {
	python3 - "$1" "$release" "$version" <<-'EOT' 2>&1
		import hashlib, json, os, sys
		directory, release, version = sys.argv[1:]
		with open(os.path.join(directory, "manifest.json")) as file:
		    manifest = json.load(file)
		want = {"schema": 1, "release": release, "version": version, "series": "stable", "arch": "x86_64"}
		images = manifest.pop("images")
		if manifest != want:
		    print(f"manifest says {manifest}, wanted {want}")
		if [(i["file"], i["format"]) for i in images] != [("vmlinux.bin", "elf"), ("bzImage", "bzimage")]:
		    print(f"images are {images}")
		for image in images:
		    with open(os.path.join(directory, image["file"]), "rb") as file:
		        data = file.read()
		    real = {"size_bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
		    if {key: image[key] for key in real} != real or set(image) != {"file", "format", *real}:
		        print(f"manifest says {image}, the file is {real}")
	EOT
}

# module_faults DIRECTORY: modules that keep debug sections, lost their BTF or are of another kernel.
module_faults() {
	find "$1" -name '*.ko' | sort | while IFS= read -r module; do
		sections=$(readelf -SW "$module")
		case "$sections" in *' .debug_info'*) echo "${module##*/}: debug sections" ;; esac
		case "$sections" in *' .BTF '*) ;; *) echo "${module##*/}: no BTF" ;; esac
		magic=$(modinfo -F vermagic "$module")
		[ "${magic%% *}" = "$release" ] || echo "${module##*/}: vermagic $magic"
	done | head -n 10
}

field() {
	dpkg-deb -f "$1" "$2"
}

find_version
image_deb=$(deb_of "linux-image-$release_lc")
headers_deb=$(deb_of "linux-headers-$release_lc")
main_deb=$(deb_of immensity-wsl-kernel)
program_deb=$(deb_of immensity-kernel)
core_rpm=$(rpm_of immensity-wsl-kernel-core)
devel_rpm=$(rpm_of immensity-wsl-kernel-devel)
main_rpm=$(rpm_of immensity-wsl-kernel)
program_rpm=$(rpm_of immensity-kernel)
for package in "$image_deb" "$headers_deb" "$main_deb" "$program_deb" "$(deb_of immensity-wsl-kernel-headers)" \
	"$core_rpm" "$devel_rpm" "$main_rpm" "$program_rpm"; do
	ok "there is ${package##*/}" test -f "$package"
done
is "every package has at most 40 MB" "$(too_large)" ""
ok "the release is what WSL needs" sh -c 'printf "%s\n" "$1" | grep -Eqx "[0-9]+\.[0-9]+\.[0-9]+-[0-9]+-immensity-microsoft-standard-WSL2"' - "$release"

is "the small .deb depends on this very kernel and on the program" "$(field "$main_deb" Depends)" \
	"immensity-kernel (>= 0.1.0), linux-image-$release_lc (= $version)"
is "the image provides what others ask for" "$(field "$image_deb" Provides)" "linux-image, wireguard-modules (= 1.0.0)"
ok "the small .rpm requires this very kernel" sh -c 'rpm -qpR "$1" | grep -qx "immensity-wsl-kernel-core = $2"' - "$main_rpm" "$version"
ok "the kernel's .rpm may be installed side by side" sh -c 'rpm -qp --provides "$1" | grep -qx "installonlypkg(kernel)"' - "$core_rpm"
ok "the kernel's .rpm says which release it is" sh -c \
	'rpm -qp --provides "$1" | grep -Fqx "immensity-wsl-kernel-uname-r($2)"' - "$core_rpm" "$release"
ok "dnf finds the owner of the running kernel's modules" sh -c 'rpm -qlp "$1" | grep -Fqx "/lib/modules/$2"' - "$core_rpm" "$release"
is "the program's .rpm links libinih in" "$(rpm -qpR "$program_rpm" | grep -i inih)" ""
is "the program's .deb has two conffiles" "$(dpkg-deb -I "$program_deb" conffiles | tr -d ' ' | sort | paste -sd ' ')" \
	"/etc/immensity-kernel.conf /etc/profile.d/immensity-kernel.sh"
ok "the boot-time unit is enabled" sh -c 'dpkg-deb -I "$1" postinst | grep -q "deb-systemd-helper enable .*immensity-kernel-boot.service"' - "$program_deb"
is "installing does not start it" "$(dpkg-deb -I "$program_deb" postinst | grep 'deb-systemd-invoke')" ""

kernel_paths="/usr/lib/immensity-wsl-kernel/$release/(vmlinux\.bin|bzImage|manifest\.json)\$"
boot_paths="/boot/config-$release\$"
module_paths="/lib/modules/$release/(kernel/.*\.ko|modules\.[a-z.]+)\$"
is "the image .deb holds nothing else" "$(strangers "$image_deb" "$kernel_paths" "$boot_paths" "/usr$module_paths")" ""
is "the kernel .rpm holds nothing else" "$(strangers "$core_rpm" "$kernel_paths" "$boot_paths" "$module_paths")" ""
is "the headers .deb holds nothing else" \
	"$(strangers "$headers_deb" "/usr/src/linux-headers-$release/" "/usr/lib/modules/$release/build\$")" ""
is "the headers .rpm holds nothing else" \
	"$(strangers "$devel_rpm" "/usr/src/linux-headers-$release/" "/lib/modules/$release/build\$")" ""
is "the small .deb holds nothing else" "$(strangers "$main_deb" '/usr/lib/immensity-wsl-kernel/stable$')" ""
is "the small .rpm holds nothing else" "$(strangers "$main_rpm" '/usr/lib/immensity-wsl-kernel/stable$')" ""
set -- '/usr/bin/immensity-kernel$' '/etc/(profile\.d/immensity-kernel\.sh|immensity-kernel\.conf)$' '/usr/share/man/man[58]/immensity-kernel(\.conf)?\.[58]\.gz$' \
	'(/usr)?/lib/systemd/system(-preset)?/(immensity-kernel-boot\.service|85-immensity-kernel\.preset)$' \
	'/usr/share/(bash-completion/completions/|zsh/(site-functions|vendor-completions)/_)immensity-kernel$' \
	'/usr/share/licenses/immensity-kernel/COPYING$'
is "the program's .deb holds nothing else" "$(strangers "$program_deb" "$@")" ""
is "the program's .rpm holds nothing else" "$(strangers "$program_rpm" "$@")" ""

unpack "$image_deb" "$work/deb"
unpack "$headers_deb" "$work/deb"
unpack "$main_deb" "$work/deb"
unpack "$core_rpm" "$work/rpm"
unpack "$devel_rpm" "$work/rpm"
unpack "$main_rpm" "$work/rpm"
digests "$work/deb" >"$work/deb.list"
digests "$work/rpm" >"$work/rpm.list"
ok "the packages hold the images, modules and headers" test "$(wc -l <"$work/deb.list")" -gt "${IK_MIN_FILES:-1000}"
ok ".deb and .rpm hold the same bytes" diff "$work/deb.list" "$work/rpm.list"
is "the manifest agrees with the images" "$(manifest_faults "$work/deb/usr/lib/immensity-wsl-kernel/$release")" ""
is "the series link leads to the images" "$(readlink "$work/deb/usr/lib/immensity-wsl-kernel/stable")" "$release"
is "modules are stripped, keep BTF and fit the kernel" "$(module_faults "$work/deb/usr/lib/modules/$release")" ""
done_testing
