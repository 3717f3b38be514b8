#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds a module outside the kernel tree in a minimal root that has only gcc, make and our headers package, boots the
# packaged kernel and loads the module into it. Usage: module.t
# shellcheck disable=SC2317 # functions are called by name through ok
set -u
# shellcheck source=tests/packages/lib.sh
. tests/packages/lib.sh

root=$work/root

write_module() {
	mkdir -p "$1"
	cat >"$1/ik_hello.c" <<-'EOT'
		// SPDX-License-Identifier: GPL-2.0-or-later
		#include <linux/module.h>
		#include <linux/sched.h>

		static int __init ik_hello_init(void)
		{
			pr_info("ik_hello: loaded by %s\n", current->comm);
			return 0;
		}

		static void __exit ik_hello_exit(void)
		{
			pr_info("ik_hello: removed\n");
		}

		module_init(ik_hello_init);
		module_exit(ik_hello_exit);
		MODULE_LICENSE("GPL");
		MODULE_DESCRIPTION("module of the packaging test");
	EOT
	echo 'obj-m := ik_hello.o' >"$1/Makefile"
}

# What the guest does with the module; `check` is the guest's.
write_script() {
	cat >"$1" <<-'EOT'
		logged() { dmesg | grep -F "ik_hello: $1"; }
		loaded() { grep -q '^ik_hello ' /proc/modules; }
		check "insmod takes the module" insmod /ik/ik_hello.ko
		check "the module speaks in the kernel's log" logged "loaded by insmod"
		check "it is listed as loaded" loaded
		check "rmmod removes it" rmmod ik_hello
		check "it says so" logged removed
		! loaded
	EOT
}

# load MODULE: the packaged kernel lies on a drive, is booted from there and gets the module.
load() {
	write_script "$work/script"
	tests/wslsim/wslsim init --official "$work/usr/lib/immensity-wsl-kernel/$release/bzImage" "$work/c" &&
		tests/wslsim/wslsim boot --script "$work/script" --add "$1=/ik/ik_hello.ko" "$work/c"
}

need_root
find_version
tarball=$(tests/packages/mkroot bookworm BUILD 2>"$work/mkroot.log") ||
	stop "a minimal root with gcc and make can be made" "$(tail -n 20 "$work/mkroot.log")"
mkdir "$root"
tar -C "$root" -xf "$tarball"
cp "$dist/linux-headers-${release_lc}_${version}_amd64.deb" "$root/tmp/headers.deb"
ok "the headers install with nothing but libraries, gcc and make" chroot "$root" dpkg -i /tmp/headers.deb
write_module "$root/src"
# objtool reads its own limits there.
mkdir -p "$root/proc"
mount -t proc proc "$root/proc"
ok "a module builds against /lib/modules/<release>/build" \
	chroot "$root" make -C "/lib/modules/$release/build" M=/src W=1 modules
ok "there is a module" test -s "$root/src/ik_hello.ko"
magic=$(modinfo -F vermagic "$root/src/ik_hello.ko" 2>&1)
is "it is for this kernel" "${magic%% *}" "$release"
packaged_module=$(dpkg-deb --fsys-tarfile "$dist/linux-image-${release_lc}_${version}_amd64.deb" |
	tar -xf - -C "$work" --wildcards '*.ko' '*/bzImage' && find "$work/usr/lib/modules" -name '*.ko' | head -n 1)
is "its vermagic is that of the packaged modules" "$magic" "$(modinfo -F vermagic "$packaged_module")"
ok "the packaged kernel boots, loads it, hears from it and removes it" load "$root/src/ik_hello.ko"
done_testing
