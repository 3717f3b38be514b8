# SPDX-License-Identifier: GPL-2.0-or-later
# An interactive shell on a pseudo-terminal, for what only happens there: Ctrl-C. Sourced after lib.sh.
# shellcheck shell=sh
# shellcheck disable=SC2154  # sh, top and work are set by lib.sh

# interrupted DIR CODE FILE: runs CODE in DIR in the shell under test, presses Ctrl-C as soon as FILE exists, and prints
# the status that the shell has then. A shell that does not come back prints nothing.
interrupted() {
	rm -f "$work/status" "$3"
	case $sh in
	zsh) interactive='zsh -f -i' ;;
	*) interactive='bash --noprofile --norc -i' ;;
	esac
	cat >"$work/pty" <<-END
		zmodload zsh/zpty
		cd '$1'
		zpty z env TERM=dumb PS1= BASH_COMPAT=$([ "$sh" != bash-4.4 ] || echo 4.4) $interactive
		zpty -w z '. $top/setup.sh 2>/dev/null'
		zpty -w z $(quote_for_zsh "$2")
		for i in {1..300}; do [[ -e '$3' ]] && break; sleep 0.1; done
		zpty -n -w z \$'\\x03'
		zpty -w z 'echo \$? >$work/status.new; mv $work/status.new $work/status'
		for i in {1..300}; do [[ -e $work/status ]] && break; sleep 0.1; done
		zpty -d z
	END
	timeout 90 zsh -f "$work/pty" >/dev/null
	cat "$work/status"
}

quote_for_zsh() {
	printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"
}
