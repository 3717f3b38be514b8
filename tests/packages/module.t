#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds a module outside the kernel tree in a minimal root that has only gcc, make and our headers package. The result
# stays in build/test-packages/module/ for the boot test to load. Usage: module.t
set -u
# shellcheck source=tests/packages/lib.sh
. tests/packages/lib.sh

root=$work/root
result=${IK_BUILD:-build}/test-packages/module

write_module() {
	mkdir -p "$1"
	cat >"$1/ik_hello.c" <<-'EOT'
		// SPDX-License-Identifier: GPL-2.0-or-later
		#include <linux/module.h>
		#include <linux/sched.h>

		static int __init ik_hello_init(void)
		{
			pr_info("ik_hello: built against the headers package, loaded by %s\n", current->comm);
			return 0;
		}

		static void __exit ik_hello_exit(void)
		{
		}

		module_init(ik_hello_init);
		module_exit(ik_hello_exit);
		MODULE_LICENSE("GPL");
		MODULE_DESCRIPTION("module of the packaging test");
	EOT
	echo 'obj-m := ik_hello.o' >"$1/Makefile"
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
	tar -xf - -C "$work" --wildcards '*.ko' && find "$work/usr/lib/modules" -name '*.ko' | head -n 1)
is "its vermagic is that of the packaged modules" "$magic" "$(modinfo -F vermagic "$packaged_module")"
mkdir -p "$result"
rm -rf "${result:?}"/*
mkdir "$result/$release"
cp "$root/src/ik_hello.ko" "$result/$release/"
done_testing
