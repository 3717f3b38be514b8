# SPDX-License-Identifier: GPL-2.0-or-later
# What a kernel must be able to do so that WSL 2, systemd and containers run on it. Sourced by /ik/run.
# IK_RELEASE is the release that the package promises. Disk vda (or modules.img on the share) holds its modules.
# shellcheck shell=sh disable=SC2154

release=$(uname -r)

begins_with_version() { echo "$release" | grep -Eq '^[0-9]+\.[0-9]+\.[0-9]+'; }
has() { case $1 in *"$2"*) ;; *) echo "$1 does not hold $2"; return 1 ;; esac; }
lacks() { case $1 in *"$2"*) echo "$1 holds $2"; return 1 ;; esac; }
equal() { [ "$1" = "$2" ] || { echo "got: $1, wanted: $2"; return 1; }; }

# The frames of a sleeping process, found without frame pointers: an unwinder that errs ends early.
stack_is_whole() {
	sleep 60 &
	sleeper=$!
	usleep 300000
	frames=$(sed 's/.* //; s/+.*//' /proc/$sleeper/stack)
	kill $sleeper
	has "$frames" hrtimer_nanosleep && has "$frames" do_syscall_64 &&
		equal "$(echo "$frames" | tail -n 1)" entry_SYSCALL_64_after_hwframe
}

config_is_ours() {
	value=$(zcat /proc/config.gz | sed -n 's/^CONFIG_LOCALVERSION="\(.*\)"$/\1/p')
	has "$value" immensity-microsoft-standard-WSL2 && has "$release" "$value"
}

has_filesystem() { grep -qw "$1" /proc/filesystems; }

# The drive: what the guest writes must be in the host's file, and a hard link must stay one.
drive_reads() { equal "$(cat /mnt/c/from-host.txt)" "written by the host"; }
drive_writes() {
	echo "written by the guest" | dd of=/mnt/c/from-guest.txt conv=fsync 2>/dev/null
	equal "$(cat /mnt/c/from-guest.txt)" "written by the guest"
}
drive_link_count() { equal "$(stat -c %h /mnt/c/Windows/System32/lxss/tools/kernel)" 2; }
drive_rewrite() {
	probe rewrite /mnt/c/Windows/System32/lxss/tools/kernel "rewritten in place" &&
		equal "$(cat /mnt/c/Windows/WinSxS/amd64_*/kernel)" "rewritten in place"
}
drive_line() {
	grep -F ' 9p ' /proc/mounts | grep -F '/mnt/c' | grep -qF 'aname=drvfs;path=C:'
}

# The modules come as WSL brings them: an ext4 disk, read only, under an overlay with a tmpfs on top.
mount_modules() {
	disk=/dev/vda
	if ! [ -b $disk ]; then
		mkdir -p /mnt/data
		mount -t 9p -o trans=virtio,version=9p2000.L,ro ikdata /mnt/data
		disk=$(losetup -f)
		losetup -r "$disk" /mnt/data/modules.img
	fi
	mkdir -p /modules
	mount -t ext4 -o ro "$disk" /modules && [ -f /modules/modules.dep ]
}
overlay_modules() {
	mkdir -p "/lib/modules/$release" /run/overlay
	mount -t tmpfs tmpfs /run/overlay
	mkdir /run/overlay/upper /run/overlay/work
	mount -t overlay -o lowerdir=/modules,upperdir=/run/overlay/upper,workdir=/run/overlay/work overlay \
		"/lib/modules/$release" &&
		echo changed >"/lib/modules/$release/written" && [ -s /run/overlay/upper/written ] &&
		[ ! -e /modules/written ]
}

# The first of the well-known modules that is packaged; better one that needs others.
pick_module() {
	[ -f "/lib/modules/$release/modules.dep" ] || return
	for module in wireguard vxlan usbip_host vcan btrfs xfs dummy; do
		if grep -q "/$module\.ko[^:]*: ." "/lib/modules/$release/modules.dep"; then
			echo $module
			return
		fi
	done
	sed -n '1s|.*/\([^/]*\)\.ko.*:.*|\1|p' "/lib/modules/$release/modules.dep"
}
module_loads() {
	module=$(pick_module)
	[ -n "$module" ] && modprobe "$module" && grep -q "^$(echo "$module" | tr - _) " /proc/modules || return 1
	[ -s "/sys/kernel/btf/$(echo "$module" | tr - _)" ] || return 1
	needed=$(sed -n "s|.*/$module\.ko[^:]*: ||p" "/lib/modules/$release/modules.dep" | wc -w)
	[ "$(wc -l </proc/modules)" -gt "$needed" ]
}
module_unloads() {
	module=$(pick_module)
	modprobe -r "$module" && ! grep -q "^$(echo "$module" | tr - _) " /proc/modules
}

mount_cgroup() { mkdir -p /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup; }
has_controller() { grep -qw "$1" /sys/fs/cgroup/cgroup.controllers; }
cgroup_child() {
	cd /sys/fs/cgroup && mkdir -p probe || return 1
	for controller in cpu memory pids io cpuset; do
		echo "+$controller" >cgroup.subtree_control || return 1
	done
}
cgroup_reclaims() { [ -f /sys/fs/cgroup/probe/memory.reclaim ] && [ -f /sys/fs/cgroup/probe/cpu.max ]; }
# A shell that may not have children must fail to start one.
cgroup_limits() {
	echo 1 >/sys/fs/cgroup/probe/pids.max
	# shellcheck disable=SC2016 # the inner shell's own process number is meant
	seen=$(sh -c 'echo $$ >/sys/fs/cgroup/probe/cgroup.procs && echo moved && (exit 0) && echo forked' 2>/dev/null)
	equal "$seen" moved
}

mount_binfmt() { mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc; }
# With the flags and the pattern that WSL registers for Windows programs.
binfmt_runs() {
	ln -sf /ik/probe /ik/mz-handler
	echo ':WSLInterop:M::MZ::/ik/mz-handler:FP' >/proc/sys/fs/binfmt_misc/register || return 1
	printf 'MZ\220\000 no real program' >/tmp/notepad.exe
	chmod +x /tmp/notepad.exe
	equal "$(/tmp/notepad.exe one)" "interpreter [/tmp/notepad.exe] [/tmp/notepad.exe] [one]"
}

sysctl_takes() {
	echo "$2" >"/proc/sys/$1" && equal "$(cat "/proc/sys/$1")" "$2"
}
mount_devpts() {
	mkdir -p /dev/pts
	mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts && probe pty
}
loopback_answers() {
	ip link set lo up && ping -c 1 -W 5 127.0.0.1
}
parameter_is() { equal "$(cat "/sys/module/$1/parameters/$2")" "$3"; }
runs_32bit() { equal "$(/ik/hello32)" "32-bit program on $release"; }
runs_script() {
	printf '#!/bin/sh\necho script\n' >/tmp/script
	chmod +x /tmp/script
	equal "$(/tmp/script)" script
}

check "the release is the package's: $IK_RELEASE" equal "$release" "$IK_RELEASE"
check "the release begins with three numbers" begins_with_version
check "the release holds microsoft" has "$release" microsoft
check "the release holds WSL2" has "$release" WSL2
check "the release does not hold Microsoft" lacks "$release" Microsoft
check "the release does not hold a plus sign" lacks "$release" +
check "BTF of the kernel reads and maps alike, is sound, and a tracing program is loaded by it" probe btf
check "a stack names its callers down to the system call" stack_is_whole
check "/proc/config.gz holds our LOCALVERSION" config_is_ours
check "WSL_ROOT_INIT of the command line reached init" equal "$WSL_ROOT_INIT" 1
check "page reporting takes its order from the command line" \
	parameter_is page_reporting page_reporting_order 9
check "a 32-bit program runs" runs_32bit
check "a script runs by its interpreter line" runs_script

check "C: is mounted by 9p as WSL does" mount_drive
check "the mount line names C:" drive_line
check "a file of the host can be read" drive_reads
check "a file is written and flushed" drive_writes
check "the hard link count of the lxss kernel is seen" drive_link_count
check "a file is rewritten in place, its hard link too" drive_rewrite

check "an ext4 disk can be mounted" mount_modules
check "an overlay over it takes writes" overlay_modules
check "module $(pick_module) loads with all it needs" module_loads
check "module $(pick_module) can be removed" module_unloads

check "cgroup v2 can be mounted" mount_cgroup
for controller in cpu memory pids io cpuset; do
	check "cgroup controller $controller is there" has_controller $controller
done
check "all controllers can be given to a child group" cgroup_child
check "the child group has memory.reclaim and cpu.max" cgroup_reclaims
check "the process limit of a group works" cgroup_limits
check "a BPF program watches the devices of a group" probe bpf /sys/fs/cgroup/probe

check "binfmt_misc can be mounted" mount_binfmt
check "an MZ file runs by a registered interpreter" binfmt_runs
check "user, net, pid, mnt, uts, ipc and cgroup namespaces" probe namespaces
check "devpts gives pseudo terminals" mount_devpts
check "tmpfs takes extended attributes and ACLs" probe xattr /tmp
check "signalfd, timerfd, eventfd, inotify and epoll" probe events
check "file handles and fanotify" probe handles
check "seccomp filters with user notification" probe seccomp
check "io_uring" probe io-uring
check "vsock" probe vsock
check "a tun device" probe tun
check "a fuse mount" probe fuse
check "nftables NAT with masquerading" probe nft-nat
check "the loopback interface answers" loopback_answers
check "IPv6 is there" test -d /proc/sys/net/ipv6
check "inotify's limit can be set" sysctl_takes fs/inotify/max_user_watches 524288
check "dmesg can be restricted" sysctl_takes kernel/dmesg_restrict 1
check "a handler for core dumps can be set" sysctl_takes kernel/core_pattern '|/ik/probe %E'
for type in ext4 overlay 9p fuse virtiofs autofs squashfs iso9660; do
	check "file system $type is built in" has_filesystem $type
done
