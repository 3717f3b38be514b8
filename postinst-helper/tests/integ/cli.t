#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The command line: help, misuse, JSON of every command, `doctor`, `prepare`; completions, man page and guide against
# what the program itself says. usage: cli.t (from the top of the tree)
# shellcheck disable=SC2016,SC2317,SC2001 # sh -c gets its words as arguments; functions are called by ok and fails
. postinst-helper/tests/integ/lib.sh
MODE=lxss
image official.img "$OFFICIAL" 1M
image ours1.img "$OURS1" 1M
COMMANDS=$("$PROGRAM" --help | awk '/^  [a-z]/ { print $1 }')

# options [COMMAND]: the long options that the help names.
options() {
	"$PROGRAM" "$@" --help | grep -oE '^  --[a-z-]+' | tr -d ' '
}

misuse() {
	is "--version" "$("$PROGRAM" --version)" "immensity-kernel $(sed -n 's/^PROGRAM_VERSION := //p' mk/version.mk)"
	is "--help succeeds" "$(status_of "$PROGRAM" --help)" 0
	fails "no command" 2 "no command" "$PROGRAM"
	fails "an unknown command" 2 "unknown command" "$PROGRAM" explode
	fails "an unknown option" 2 "unknown option" "$PROGRAM" --explode status
	fails "a missing argument" 2 "missing argument" "$PROGRAM" status --drive
	fails "too many arguments" 2 "unexpected argument" "$PROGRAM" status now
	fails "too few arguments" 2 "on.off" "$PROGRAM" official
	fails "a bad mode" 2 "target" "$PROGRAM" --target=sideways status
	fails "a bad letter" 2 "drive_letter" "$PROGRAM" --drive-letter=CC status
	new_drive
	fails "a full disk for the output" 1 "standard output" sh -c '"$@" >/dev/full' sh "$PROGRAM" --drive "$D" --state-dir "$S" status
	local c
	for c in $COMMANDS; do
		ok "$c has a help of its own" sh -c '"$1" "$2" --help | grep -q "usage: .* $2"' sh "$PROGRAM" "$c"
	done
}

json() {
	new_drive
	is "status" "$(field ok status)" true
	is "install" "$(field command install --image "$W/ours1.img")" install
	is "backups" "$(field data.backups.0.origin backups)" official
	is "verify" "$(field data.journal verify)" "done"
	is "recover" "$(field data.action recover)" none
	is "official" "$(field data.action official on)" held
	is "restore" "$(field data.action restore --to official)" unchanged
	is "doctor" "$(field ok doctor)" true
	is "prepare" "$(field data.commands.# prepare)" 4
	is "maint" "$(field ok maint --event=boot)" true
	is "remove" "$(field data.action remove)" removed
	is "failure" "$(field error.code restore --to nothing)" backup-missing
	is "and its status" "$(status_of ik --json restore --to nothing)" 1
	is "without a drive" "$("$PROGRAM" --state-dir "$W/s" --json status 2>/dev/null |
		python3 "$HERE/field.py" docs/output.schema.json error.code)" wsl-absent
	is "options may follow the command" "$("$PROGRAM" status --drive "$D" --state-dir "$S" --json |
		python3 "$HERE/field.py" docs/output.schema.json data.target.state)" official
	is "the schema can fail" "$(printf '{"schema":1}' | python3 "$HERE/field.py" docs/output.schema.json schema | cut -c1-3)" BAD
}

text() {
	new_drive
	ok "status names the kernel" grep -q "Microsoft's, $OFFICIAL" <(ik status)
	ok "-v names each setting and its source" grep -q "target=lxss (option)" <(ik -v status)
	ok "install says the next step" grep -q "wsl --shutdown" <(ik install --image "$W/ours1.img")
	ok "backups has a line for each" grep -q "official-" <(ik backups)
	ok "prepare names SIDs, not groups" grep -q 'S-1-5-32-544' <(ik prepare)
	fails "prepare --run wants a terminal" 2 "terminal" sh -c '"$@" </dev/null' sh "$PROGRAM" --drive "$D" prepare --run
	is "no control characters from file names" "$(mkdir "$W/$(printf 'a\033[31mb')" &&
		"$PROGRAM" --drive "$W/$(printf 'a\033[31mb')" status 2>&1 | LC_ALL=C grep -c $'\033')" 0
	is "no progress bar in a log" "$(ik --force install --image "$W/official.img" 2>&1 | LC_ALL=C grep -c $'\r')" 0
}

doctor() {
	new_drive
	printf '[wsl2]\nkernel=C:\\temp\nsafeMode=true\n[wls]\nbad_key=1\n' >"$P/.wslconfig"
	MODE=wslconfig
	local out
	out=$(ik doctor 2>&1)
	ok "doctor: an escape that eats a letter" grep -q "escape" <<<"$out"
	ok "doctor: safeMode" grep -q "safeMode" <<<"$out"
	ok "doctor: a bad line with its number" grep -q "line 5" <<<"$out"
	MODE=lxss
	ok "doctor: kernel= wins over the lxss kernel" grep -q "wins over" <(ik doctor)
	: >"$T"
	ok "doctor: a damaged kernel" grep -q "damaged" <(ik doctor)
}

# Everything the program knows must be in the completions and in the man page, and nothing else.
agreement() {
	local c o bash_file=postinst-helper/completions/bash/immensity-kernel zsh_file=postinst-helper/completions/zsh/_immensity-kernel
	local man=postinst-helper/man/immensity-kernel.8.scd missing=''
	for c in $COMMANDS; do
		grep -qw -- "$c" "$bash_file" && grep -q "'$c:" "$zsh_file" && grep -q "\*$c\*" "$man" || missing="$missing $c"
		for o in $(options) $(options "$c"); do
			grep -q -- "$o" "$bash_file" && grep -q -- "$o" "$zsh_file" && grep -q -- "\*$o\*" "$man" || missing="$missing $o"
		done
	done
	is "completions and man page know every command and option" "$missing" ""
	local known
	known=" $(options | tr '\n' ' ') $(for c in $COMMANDS; do options "$c"; done | tr '\n' ' ') "
	is "and no others" "$(grep -ohE -- '--[a-z][a-z-]+' "$bash_file" "$zsh_file" | sort -u | while read -r o; do
		case $known in *" $o "*) ;; *) echo "$o" ;; esac
	done)" ""
	is "the setting names of the man page are the program's" \
		"$("$PROGRAM" -v --drive "$D" --state-dir "$S" status 2>/dev/null | sed -n 's/^  \([a-z_]*\)=.*(.*)$/\1/p' | sort | tr '\n' ' ')" \
		"$(sed -n 's/^\*\([a-z_]*\)\* = .*/\1/p' postinst-helper/man/immensity-kernel.conf.5.scd | sort | tr '\n' ' ')"
	ok "bash completes a command" grep -qx restore <(bash -c '. "$1"; COMP_WORDS=(immensity-kernel res); COMP_CWORD=1
		_immensity_kernel; printf "%s\n" "${COMPREPLY[@]}"' bash "$bash_file")
	ok "zsh reads its file" zsh -n "$zsh_file"
	for o in 0 1 2 3 4 5 6 7; do
		ok "recovery.md speaks of status $o" grep -qE "^(#+|\|) .*\b$o\b" docs/recovery.md
	done
	for o in official ours foreign missing torn; do
		ok "recovery.md speaks of state $o" grep -q "\`$o\`" docs/recovery.md
	done
	for o in idle armed "done" good superseded; do
		ok "recovery.md speaks of journal $o" grep -q "\`$o\`" docs/recovery.md
	done
}

misuse
json
text
doctor
agreement
done_testing
