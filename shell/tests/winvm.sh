# SPDX-License-Identifier: GPL-2.0-or-later
# Starts a real sshd on loopback, unprivileged port and own keys, that plays the Windows host winvm with the doubles of
# the folder winvm. Sourced after lib.sh by the suites of vktest and vinc.
# shellcheck shell=sh
# shellcheck disable=SC2154  # top and work are set by lib.sh

vm=$work/vm
kernel=$vm/c/Windows/System32/lxss/tools/kernel

free_port() {
	port=$((20000 + ($$ % 20000)))
	while grep -q "$(printf ':%04X 00000000:0000 0A' "$port")" /proc/net/tcp; do
		port=$((port + 1))
	done
}

write_ssh_files() {
	ssh-keygen -q -t ed25519 -N '' -f "$vm/host_key"
	ssh-keygen -q -t ed25519 -N '' -f "$vm/user_key"
	cat >"$vm/sshd_config" <<-END
		Port $port
		ListenAddress 127.0.0.1
		HostKey $vm/host_key
		AuthorizedKeysFile $vm/user_key.pub
		PidFile $vm/sshd.pid
		StrictModes no
		UsePAM no
		PasswordAuthentication no
		PermitRootLogin yes
		Subsystem sftp $(find /usr/lib/openssh /usr/libexec/openssh -name sftp-server 2>/dev/null | head -n 1)
		SetEnv WINVM=$vm WINVM_DOUBLES=$top/shell/tests/winvm WINVM_RUN=$top/shell/run
		ForceCommand $top/shell/tests/winvm/session
	END
	cat >"$vm/ssh_config" <<-END
		Host winvm
		HostName 127.0.0.1
		Port $port
		User $(id -un)
		IdentityFile $vm/user_key
		IdentitiesOnly yes
		UserKnownHostsFile $vm/known_hosts
		BatchMode yes
		LogLevel ERROR
	END
	echo "[127.0.0.1]:$port $(cut -d ' ' -f 1,2 "$vm/host_key.pub")" >"$vm/known_hosts"
}

start_winvm() {
	# What the helpers leave running has a path of ours in its name.
	TMPDIR=$work/tmp
	export TMPDIR
	mkdir -p "$vm/home" "$TMPDIR"
	free_port
	write_ssh_files
	# sshd insists on this folder when root starts it, whatever its configuration says.
	[ "$(id -u)" -ne 0 ] || mkdir -p /run/sshd
	"$(command -v sshd || echo /usr/sbin/sshd)" -f "$vm/sshd_config" -E "$vm/sshd.log"
	trap '[ ! -f "$vm/sshd.pid" ] || kill "$(cat "$vm/sshd.pid")" || :; rm -rf "$work"' EXIT
	tries=0
	until ssh -F "$vm/ssh_config" winvm true 2>/dev/null || [ "$tries" -ge 50 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
}

# stop_winvm: ends the host and prints the command lines that are left of it and of the connections to it.
stop_winvm() {
	kill "$(cat "$vm/sshd.pid")"
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40; do
		# shellcheck disable=SC2062  # these are the files
		stop_left=$(echo "$work/" | grep -saF -f - /proc/[0-9]*/cmdline || :)
		[ -n "$stop_left" ] || break
		sleep 0.1
	done
	printf '%s' "$stop_left" | tr '\000' ' '
}

# fresh_winvm: Windows as it was: an official kernel with a second name, WSL running.
fresh_winvm() {
	rm -rf "${vm:?}/c" "${vm:?}/home" "${vm:?}/fault" "$vm/uploading" "$vm/writing"
	mkdir -p "$vm/home" "$vm/fault" "$vm/c/Windows/System32/lxss/tools" "$vm/c/Windows/WinSxS"
	toy_image "$kernel" 5.10.16.3-microsoft-standard-WSL2 1
	ln "$kernel" "$vm/c/Windows/WinSxS/kernel"
	cp "$kernel" "$vm/official"
	touch "$vm/running"
	: >"$vm/log"
	rm -rf "$XDG_CONFIG_HOME/immensity-kernel"
	setting ssh_args "-F '$vm/ssh_config'"
}

fault() {
	touch "$vm/fault/$1"
}

# steps: what the host was asked to do, one word each.
steps() {
	sed -e 's/^certutil.*stage.*/digest-stage/' -e 's/^certutil.*backup.*/digest-backup/' -e 's/^certutil.*/digest-kernel/' \
		-e 's/^cmd .c copy.*backup-[0-9a-f]*"$/backup/' -e 's/^cmd .c copy .b .y "immensity-stage.*/write/' \
		-e 's/^cmd .c copy.*/put-back/' -e 's/^cmd .c del.*/drop-stage/' -e 's/^wsl --shutdown/shutdown/' \
		-e 's/^wsl -e.*/boot/' "$vm/log" | tr '\n' ' '
}

backup_of_official() {
	echo "$vm/c/Windows/System32/lxss/tools/immensity-backup-$(sha256 "$vm/official" | cut -c1-12)"
}

no_stage_left() {
	[ -z "$(ls -A "$vm/home")" ]
}
