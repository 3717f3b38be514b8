# SPDX-License-Identifier: GPL-2.0-or-later
# What WSL's service checks in a guest that it has just started, and that the drive works. Sourced by /ik/run.
# Used by `wslsim boot`, where the point is which kernel came up, not all that it can do.
# shellcheck shell=sh

release=$(uname -r)

# The service reads the version by a regular expression and refuses to go on without a match.
service_accepts() { echo "$release" | grep -E '^[0-9]+\.[0-9]+\.[0-9]+'; }
# Init takes this substring as the sign of WSL 1.
not_wsl1() { ! echo "$release" | grep Microsoft; }
drive_is_windows() { [ -d /mnt/c/Windows/System32 ]; }
drive_writes() {
	echo "$release" | dd of=/mnt/c/Windows/Temp/wslsim-release conv=fsync 2>/dev/null &&
		[ "$(cat /mnt/c/Windows/Temp/wslsim-release)" = "$release" ]
}

say "# release: $release"
check "the release begins with three numbers, so that the service accepts it" service_accepts
check "the release is not taken for WSL 1" not_wsl1
check "vsock reaches the service" probe vsock
check "the drive C: is mounted" mount_drive
check "C: is the Windows drive" drive_is_windows
check "C: takes a file" drive_writes
