# SPDX-License-Identifier: GPL-2.0-or-later
# Installing on this Windows: ktest, wktest, inc, winc. The program immensity-kernel does it: it verifies, keeps a
# backup and knows both ways of installing. Here are only the choice of the image and what happens around it.
# shellcheck shell=sh
# shellcheck disable=SC2154  # set by where.sh and version.sh

# IK_SYSROOT is put in front of the paths that tell WSL from Linux, for the tests.
proc=${IK_SYSROOT-}/proc

# in_wsl: the kernel's name alone proves nothing (a container has it, too): WSL's interop must be there as well.
in_wsl() {
	grep -qi microsoft "$proc/sys/kernel/osrelease" 2>/dev/null || return 1
	grep -qsx 'interpreter /init' "$proc"/sys/fs/binfmt_misc/WSLInterop* || [ -S "${WSL_INTEROP:-/nonexistent}" ]
}

# in_wsl1: its root file system is wslfs or lxfs, whatever the kernel pretends to be.
in_wsl1() {
	awk '$2 == "/" { type = $3 } END { exit !(type == "wslfs" || type == "lxfs") }' "$proc/mounts"
}

# system_drive: where WSL 1 shows C:.
system_drive() {
	awk '$3 == "drvfs" && $1 ~ /^[Cc]:/ { print $2; exit }' "$proc/mounts" | sed 's/\\040/ /g'
}

# find_installer: sets installer: the setting, else the installed program, else the one built in this tree.
find_installer() {
	installer=$IK_INSTALLER
	[ -n "$installer" ] || installer=$(command -v immensity-kernel) || installer=$home/postinst-helper/build/immensity-kernel
	command -v "$installer" >/dev/null 2>&1 || die "$FAILED" "the program immensity-kernel is neither installed nor built" \
		"install the package immensity-kernel, or build it: make -C $home program"
	check_words installer_args "$IK_INSTALLER_ARGS"
}

# run_installer [OPTION...]: as root, because the state of immensity-kernel is root's. The status is the program's own.
run_installer() {
	set -- "$@" install --image "$(readlink -f -- "$img_file")"
	case $IK_INSTALLER_ARGS in
	*--drive*) ;;
	*)
		if in_wsl1; then
			install_drive=$(system_drive)
			[ -n "$install_drive" ] || die "$FAILED" "drive C: is not mounted here" "mount it, or set installer_args = --drive DIR"
			set -- --drive "$install_drive" "$@"
		fi
		;;
	esac
	set -f
	eval "set -- $IK_INSTALLER_ARGS \"\$@\""
	set +f
	if [ "$(id -u)" -eq 0 ]; then
		"$installer" "$@"
	else
		need sudo "runs immensity-kernel as root" sudo
		sudo -- "$installer" "$@"
	fi
}

# default_image [FILE]: sets img_file, by default the copy that the build helpers make, and looks inside it.
default_image() {
	[ $# -le 1 ] || no_more "$2"
	img_file=${1:-}
	if [ -z "$img_file" ]; then
		find_all
		img_file=$root/$IK_IMAGE_NAME
	fi
	probe_image "$img_file"
}

# running_is_image: does the running kernel carry the image's very version?
running_is_image() {
	[ "$(uname -r)" = "$img_release" ] && [ "$(uname -v)" = "$img_version" ]
}

check_running() {
	say "wanted:  $img_release $img_version"
	say "running: $(uname -r) $(uname -v)"
	running_is_image || die "$FAILED" "the running kernel is not this image" \
		"if it was installed, restart WSL (wsl.exe --shutdown); then: immensity-kernel doctor"
	say "this image is running"
}

# offer_restart: a shutdown ends this very shell and every distribution, so it is never done unasked.
offer_restart() {
	restart_next="after 'wsl.exe --shutdown' in Windows it runs; then compare: wktest --check"
	if [ "$install_restart" = yes ] || { [ -t 0 ] && confirmed "Shut down all of WSL now, this shell included?"; }; then
		sync
		need wsl.exe "shuts WSL down" "Windows (is interop on?)"
		wsl.exe --shutdown || die "$FAILED" "wsl.exe --shutdown failed; the kernel is installed" "run it in Windows"
	else
		say "$restart_next"
	fi
}

# install_options ARGUMENT...: sets install_*, and shifted to how many arguments they were.
install_options() {
	install_dry=no install_check=no install_restart=no shifted=0
	for install_arg; do
		case $install_arg in
		--dry-run) install_dry=yes ;;
		--check) install_check=yes ;;
		--restart) install_restart=yes ;;
		--) shifted=$((shifted + 1)) && return 0 ;;
		-*) usage_error "unknown option '$install_arg'" ;;
		*) return 0 ;;
		esac
		shifted=$((shifted + 1))
	done
}

cmd_wktest() {
	install_options "$@"
	shift "$shifted"
	default_image "$@"
	if [ "$install_check" = yes ]; then
		check_running
		return 0
	fi
	find_installer
	say "installing $img_file: $img_kind, $img_release $img_version"
	install_status=0
	if [ "$install_dry" = yes ]; then
		run_installer --dry-run || install_status=$?
	else
		run_installer || install_status=$?
	fi
	[ "$install_status" -eq 0 ] || die "$install_status" "immensity-kernel ended with status $install_status, see above" \
		"immensity-kernel status tells what is installed"
	[ "$install_dry" = yes ] || offer_restart
}

# choose_place: sets place to local or vm; never a remote host unless the user said so.
choose_place() {
	place=$IK_INSTALL_TO
	case $place in
	local | vm) return 0 ;;
	auto) ;;
	*) die "$USAGE" "setting install_to: '$place' is neither auto nor local nor vm" ;;
	esac
	in_wsl || die "$REFUSED" "this is not WSL, and nothing says that $IK_VM_HOST shall get the kernel" \
		"call vktest (or vinc), or set install_to = vm in setup.conf"
	place=local
}

cmd_ktest() {
	choose_place
	if [ "$place" = local ]; then
		cmd_wktest "$@"
	else
		use_remote
		cmd_vktest "$@"
	fi
}

use_remote() {
	# shellcheck source=/dev/null
	. "$home/shell/lib/remote.sh"
}

# build_new ARGUMENT...: incbuild, and refuses when the image is the one there was before; --force installs it anyway.
build_new() {
	find_all "$@"
	find_image
	build_before=
	[ ! -f "$image" ] || build_before=$(sha256_of "$image")
	make_kernel "$@"
	keep_image "$root/$IK_IMAGE_NAME"
	[ "$build_force" = yes ] || [ "$(sha256_of "$image")" != "$build_before" ] ||
		die "$REFUSED" "the build made nothing new, so nothing was installed" "install it anyway: $self --force, or without building: ktest"
}

build_options() {
	build_force=no shifted=0
	if [ "${1-}" = --force ]; then
		build_force=yes shifted=1
	fi
}

cmd_inc() {
	choose_place
	build_options "$@"
	shift "$shifted"
	build_new "$@"
	cmd_ktest "$root/$IK_IMAGE_NAME"
}

cmd_winc() {
	build_options "$@"
	shift "$shifted"
	find_installer
	build_new "$@"
	cmd_wktest "$root/$IK_IMAGE_NAME"
}
