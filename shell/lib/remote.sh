# SPDX-License-Identifier: GPL-2.0-or-later
# Installing on a Windows host over SSH: vktest, vinc. The kernel file is only ever written from a staged copy on the
# same host whose digest was compared, after a backup whose digest was compared. One Windows command for each step,
# through cmd.exe, so that it works whatever the default shell of the host's SSH server is.
# shellcheck shell=sh
# shellcheck disable=SC2154  # set by where.sh and version.sh
# shellcheck source=/dev/null
. "$home/shell/lib/install.sh"

# While the kernel file is written, this puts ssh where the keyboard cannot reach it; it takes signals that are ignored here.
vm_detached=

# detach: from here on Ctrl-C stops neither this process nor what it asks the host to do.
detach() {
	trap '' INT HUP
	! command -v setsid >/dev/null 2>&1 || vm_detached='setsid -w'
}

# with_ssh PROGRAM ARGUMENT...: ssh or scp with the user's ssh_args, all over one connection: one log-in, one passphrase.
# A host that has gone is noticed within a minute.
with_ssh() {
	ssh_program=$1
	shift
	set -- -o ControlMaster=auto -o "ControlPath=$tmp/ssh" -o ControlPersist=60 -o ServerAliveInterval=20 "$@"
	set -f
	eval "set -- $IK_SSH_ARGS \"\$@\""
	set +f
	$vm_detached "$ssh_program" "$@"
}

# windows COMMAND...: runs it on the host; CR is dropped.
windows() {
	windows_status=0
	windows_out=$(with_ssh ssh -n -- "$IK_VM_HOST" "$*") || windows_status=$?
	windows_out=$(printf '%s\n' "$windows_out" | tr -d '\r')
	return "$windows_status"
}

# windows_digest PATH: sets digest to the file's SHA-256; certutil writes it on a line of its own, older ones in pairs.
windows_digest() {
	digest=
	windows certutil -hashfile "\"$1\"" SHA256 || return 1
	digest=$(printf '%s\n' "$windows_out" | tr -d ' ' | grep -Ex '[0-9A-Fa-f]{64}' | tr 'A-F' 'a-f') || return 1
}

# windows_copy FROM TO: writes into the existing file, so that its hard links and rights stay; compares the result.
windows_copy() {
	windows cmd /c copy /b /y "\"$1\"" "\"$2\"" || return 1
	windows_digest "$2" && [ "$digest" = "$3" ]
}

check_remote_names() {
	case $IK_VM_HOST in
	'' | -* | *[[:space:]]*) die "$USAGE" "setting vm_host: '$IK_VM_HOST' is no host name" ;;
	esac
	case $IK_VM_TARGET in
	*['"&|<>^!']*) die "$USAGE" "setting vm_target: '$IK_VM_TARGET' has a character that cmd.exe would act on" ;;
	*\\*[!\\]) ;;
	*) die "$USAGE" "setting vm_target: '$IK_VM_TARGET' is no full path of a Windows file" ;;
	esac
	check_words ssh_args "$IK_SSH_ARGS"
	need ssh "reaches the Windows host" openssh-client
	need scp "copies the image to the Windows host" openssh-client
}

# find_target: the kernel file must be there; an SSH that does not work is told from a file that does not exist.
find_target() {
	scratch
	at_exit hang_up
	if ! windows_digest "$IK_VM_TARGET"; then
		[ "$windows_status" -ne 255 ] || die "$FAILED" "the host $IK_VM_HOST cannot be reached with ssh" \
			"try: ssh $IK_VM_HOST ver; the name comes from ~/.ssh/config or the setting vm_host"
		die "$FAILED" "$IK_VM_HOST has no readable file $IK_VM_TARGET" \
			"a missing kernel is never created; where WSL's kernel is goes into the setting vm_target"
	fi
	target_digest=$digest
	vm_backup=${IK_VM_TARGET%\\*}\\immensity-backup-$(printf '%.12s' "$target_digest")
}

# hang_up: ends the shared connection; without one there is nothing to end.
hang_up() {
	with_ssh ssh -O exit -- "$IK_VM_HOST" 2>/dev/null || :
}

# drop_stage: nothing of ours stays behind in the home folder of the host's user.
drop_stage() {
	[ -n "$vm_stage" ] || return 0
	windows cmd /c del /q "\"$vm_stage\"" || warn "$vm_stage may be left on $IK_VM_HOST"
	vm_stage=
}

# stage_image: the image arrives under a name that nothing reads; a half upload ends here.
stage_image() {
	vm_stage=immensity-stage-$(printf '%.12s' "$image_digest")-$$
	at_exit drop_stage
	say "$IK_VM_HOST: uploading $(size_of "$img_file") bytes as $vm_stage"
	# Windows' own sftp server takes a name relative to the user's home, where cmd.exe starts, too.
	with_ssh scp -q -- "$(readlink -f -- "$img_file")" "$IK_VM_HOST:$vm_stage" ||
		die "$FAILED" "the upload to $IK_VM_HOST failed; the installed kernel was not touched"
	windows_digest "$vm_stage" || die "$FAILED" "$IK_VM_HOST cannot read the upload back; the installed kernel was not touched"
	[ "$digest" = "$image_digest" ] || die "$FAILED" "the upload is not what was sent (SHA-256 $digest, wanted $image_digest)" \
		"the installed kernel was not touched; try again"
}

shut_wsl_down() {
	say "$IK_VM_HOST: wsl --shutdown"
	windows wsl --shutdown || die "$FAILED" "wsl --shutdown failed on $IK_VM_HOST; the installed kernel was not touched" "$windows_out"
}

back_up() {
	say "$IK_VM_HOST: backup $vm_backup"
	windows_copy "$IK_VM_TARGET" "$vm_backup" "$target_digest" ||
		die "$FAILED" "no faithful backup could be made on $IK_VM_HOST; the installed kernel was not touched" \
			"may the SSH user write to ${IK_VM_TARGET%\\*} ? $windows_out"
}

# put_back WHY: the old kernel again, or the exact command that brings it back.
put_back() {
	detach
	vm_danger=yes vm_status=0
	say "$IK_VM_HOST: putting the old kernel back"
	windows_copy "$vm_backup" "$IK_VM_TARGET" "$target_digest" || vm_status=$?
	vm_danger=no
	[ "$vm_status" -eq 0 ] || die "$BROKEN" "$1, and the old kernel could not be put back" \
		"in Windows: copy /b /y \"$vm_backup\" \"$IK_VM_TARGET\""
	die "$FAILED" "$1; the old kernel is back" "${2-}"
}

# tell_danger: a process that is killed can still say what Windows has to do.
tell_danger() {
	[ "$vm_danger" = no ] || warn "ended while $IK_VM_TARGET was being written on $IK_VM_HOST" \
		"in Windows: copy /b /y \"$vm_backup\" \"$IK_VM_TARGET\""
}

# switch_kernel: from the first byte to the comparison nothing on the keyboard stops it.
switch_kernel() {
	vm_danger=yes
	at_exit tell_danger
	detach
	say "$IK_VM_HOST: writing $IK_VM_TARGET (a few seconds, not to be interrupted)"
	if ! windows cmd /c copy /b /y "\"$vm_stage\"" "\"$IK_VM_TARGET\""; then
		put_back "the kernel file could not be written" "$windows_out"
	fi
	windows_digest "$IK_VM_TARGET" || digest=unreadable
	[ "$digest" = "$image_digest" ] || put_back "the kernel file is not what was staged (SHA-256 $digest)"
	vm_danger=no vm_detached=
	trap_signals
}

# check_boot: what WSL says after it has started again.
check_boot() {
	say "$IK_VM_HOST: starting WSL"
	windows wsl -e uname -rv || windows_out="no answer: $windows_out"
	if [ "$windows_out" != "$img_release $img_version" ]; then
		say "wanted:  $img_release $img_version"
		say "running: $windows_out"
		windows wsl --shutdown || :
		put_back "WSL on $IK_VM_HOST does not run this image" "does a kernel= line in its .wslconfig name another file?"
	fi
	say "$IK_VM_HOST runs $windows_out"
}

cmd_vktest() {
	vm_boot=yes
	if [ "${1-}" = --no-boot ]; then
		vm_boot=no
		shift
	fi
	case ${1-} in
	--) shift ;;
	-*) usage_error "unknown option '$1'" ;;
	esac
	default_image "$@"
	check_remote_names
	image_digest=$(sha256_of "$img_file")
	find_target
	if [ "$target_digest" = "$image_digest" ]; then
		say "$IK_VM_HOST has this very image already"
		return 0
	fi
	stage_image
	shut_wsl_down
	back_up
	switch_kernel
	drop_stage
	[ "$vm_boot" = no ] || check_boot
	say "$IK_VM_HOST: installed $img_release $img_version; the old kernel is $vm_backup"
}

cmd_vinc() {
	build_options "$@"
	shift "$shifted"
	check_remote_names
	build_new "$@"
	cmd_vktest "$root/$IK_IMAGE_NAME"
}
