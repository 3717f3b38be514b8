#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# docs/recovery.md against the program: each `immensity-kernel` line of it is run, and each exit status, state of the
# kernel and state of the journal that the program knows has its row. The lines for Windows are typed by tests/rescue.
# usage: page.t (from the top of the tree, as root)
# shellcheck disable=SC2317,SC2016 # functions are called by ok and fails; the backquotes are the page's
. postinst-helper/tests/integ/lib.sh
PAGE=${IK_PAGE:-docs/recovery.md}
MODE=lxss
image official.img "$OFFICIAL" 1M
image ours1.img "$OURS1" 1M

# Every line in backquotes that begins with our program, without sudo.
program_lines() {
	grep -oE '`(sudo )?immensity-kernel [^`]+`' "$PAGE" | tr -d '`' | sed 's/^sudo //' | sort -u
}

# typed LINE: runs it on a drive with our kernel; any status but 2, which would be a line that the program does not know.
typed() {
	local words=() status=0
	read -ra words <<<"${1#immensity-kernel }"
	new_drive
	"$PROGRAM" --drive "$D" --state-dir "$S" --target lxss install --image "$W/ours1.img" >/dev/null 2>&1 || return 1
	ik "${words[@]}" || status=$?
	[ "$status" -ne 2 ]
}

lines_are_known() {
	local line
	ok "the page has lines to type" test "$(program_lines | wc -l)" -ge 6
	while IFS= read -r line; do
		ok "typed: $line" typed "$line"
	done < <(program_lines)
}

# rows HEADING: the first cells of the table under a heading, without backquotes.
rows() {
	sed -n "/^## $1/,/^## /p" "$PAGE" | awk -F'|' 'NF > 3 { gsub(/[` ]/, "", $2); print $2 }' | grep -vxE 'status|state|journal|-+' | sort
}

known() {
	sed -n "$1" "$2" | sort
}

tables_are_whole() {
	is "every exit status has its row" "$(rows 'By exit status')" \
		"$(known 's/^\tIK_EXIT_[A-Z_]* = \([0-9]*\),.*/\1/p' postinst-helper/include/immensity-kernel.h)"
	is "every state of the kernel has its row" "$(rows 'By state of the kernel')" \
		"$(grep -oE '\[IK_KIND_[A-Z]+\] = "[a-z]+"' postinst-helper/src/store/kind.c | cut -d'"' -f2 | grep -v unknown | sort)"
	is "every state of the journal has its row" "$(rows 'By state of the journal')" \
		"$( (echo none && known '/^const char \*ik_jrec_state_name/,/^}/s/.*return "\([a-z]*\)".*/\1/p' \
			postinst-helper/src/codec/jrec.c | grep -v unknown) | sort)"
	is "every row of a status says something for Windows alone" \
		"$(sed -n '/^## By exit status/,/^## /p' "$PAGE" | awk -F'|' '/^\| [0-9]/ && $5 ~ /[a-z]/' | wc -l)" 8
}

# The page must also be found wanting when it is.
page_with() {
	sed "$1" docs/recovery.md >"$W/page.md"
	IK_PAGE=$W/page.md IK_PROGRAM=$PROGRAM postinst-helper/tests/integ/page.t
}

lines_are_known
tables_are_whole
if [ -z "${IK_PAGE:-}" ]; then
	fails "a line that the program does not know is found" 1 'not ok .*recuver' page_with 's/immensity-kernel recover`/immensity-kernel recuver`/'
	fails "a missing status is found" 1 'not ok .*exit status' page_with '/^| 6 |/d'
fi
done_testing
