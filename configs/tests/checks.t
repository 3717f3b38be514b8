#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The checks of configs/scripts, one by one, on small inputs made here: each must pass what is right and name what is
# wrong. It must not need a kernel tree.
set -eu
. tests/lib/tap.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
scripts=configs/scripts

# merge: readable lines with reasons, marks by version.
cat >"$work/good.config" <<-'END'
	# header of the file

	# a reason
	CONFIG_A=y
	CONFIG_NEW=m # since 7.0
	CONFIG_OLD=y # until 6.12
	CONFIG_BOTH=m # since 7.0
	CONFIG_BOTH=y # until 6.19
	CONFIG_REL="-@PKGREV@-x"
END
is "merge takes what is for this version" \
	"$($scripts/merge 7.3.4 2 "$work/good.config" | cut -f1,2 | tr '\t\n' '= ')" \
	'A=y NEW=m OLD=-earlier BOTH=m BOTH=-earlier REL="-2-x" '
is "merge leaves out what is for later versions" \
	"$($scripts/merge 6.12.107 2 "$work/good.config" | cut -f1,2 | tr '\t\n' '= ')" \
	'A=y NEW=-later OLD=y BOTH=-later BOTH=y REL="-2-x" '

# plant NAME TEXT: a fragment with that text.
plant() {
	printf '# header\n\n%b' "$2" >"$work/$1.config"
}
plant bare '\nCONFIG_A=y\n'
fails "an option without a reason is refused" 1 'bare.config:4: CONFIG_A has no reason' $scripts/merge 7.3 1 "$work/bare.config"
plant twice '# r\nCONFIG_A=y\nCONFIG_A=m\n'
fails "an option given twice is refused" 1 'CONFIG_A is given twice, first in .*:4' $scripts/merge 7.3 1 "$work/twice.config"
plant mark '# r\nCONFIG_A=y # from 7.0\n'
fails "an unknown mark is refused" 1 'unknown mark "from 7.0"' $scripts/merge 7.3 1 "$work/mark.config"
plant off '# r\nA=y\n'
fails "a line that is no option is refused" 1 'not an option line: A=y' $scripts/merge 7.3 1 "$work/off.config"
plant value '# r\nCONFIG_A=yes\n'
fails "an unreadable value is refused" 1 'CONFIG_A has the unreadable value yes' $scripts/merge 7.3 1 "$work/value.config"

# check-lost, on a tree of four options.
mkdir -p "$work/tree/drivers"
printf 'VERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = 4\n' >"$work/tree/Makefile"
cat >"$work/tree/drivers/Kconfig" <<-'END'
	if BUS
	config LOST
	    tristate "lost"
	    depends on POWER && (BUS || OTHER)
	config RAISED
	    tristate "raised"
	config OWNER
	    bool "owner"
	    select RAISED
	config LATER
	    bool "later"
	endif
END
printf 'CONFIG_OWNER=y\nCONFIG_RAISED=y\n' >"$work/dotconfig"
# shellcheck disable=SC2317 # called by ok and fails
lost() {
	printf '%b' "$1" >"$work/wanted"
	"$scripts"/check-lost "$work/wanted" "$work/dotconfig" "$work/tree"
}
ok "nothing lost passes" lost 'OWNER\ty\tf:1\nLOST\tn\tf:2\n'
fails "a lost value is named with wanted, got, place" 1 'CONFIG_LOST: wanted m, got n \(f:2\)' lost 'LOST\tm\tf:2\n'
fails "… and with the dependency that is not met" 1 'unmet: depends on POWER .*drivers/Kconfig:4; POWER=n' lost 'LOST\tm\tf:2\n'
fails "… also one of an enclosing block" 1 'unmet: depends on BUS \(drivers/Kconfig:1' lost 'LOST\tm\tf:2\n'
fails "a raised value is named with what selects it" 1 'selected by: OWNER=y' lost 'RAISED\tm\tf:3\n'
fails "a name that does not exist is refused" 1 'CONFIG_NOWHERE is not an option of linux 7.3.4 \(f:4\)' lost 'NOWHERE\ty\tf:4\n'
fails "a wrong since mark is refused" 1 'CONFIG_LATER exists in linux 7.3.4' lost 'LATER\t-later\tf:5\n'
ok "an until mark may outlive the option's use" lost 'LATER\t-earlier\tf:5\n'

# check-required.
# shellcheck disable=SC2317 # called by ok and fails
required() {
	printf '%b' "$1" >"$work/list"
	"$scripts"/check-required "$work/dotconfig" "${2:-7.3.4}" "$work/list"
}
ok "a met requirement passes" required 'OWNER y # test: it\nLOST n # test: off\nRAISED ym # test: either\n'
fails "a missing option is named with who needs it" 1 'CONFIG_LOST must be y or m, is n: needed by test: it' required 'LOST ym # test: it\n'
ok "a requirement of later versions is left out" required 'LOST y since 7.4 # test: it\n'
ok "a requirement of earlier versions is left out" required 'LOST y until 6.12 # test: it\n'
fails "a line without its source is refused" 1 'not a line of a required list' required 'OWNER y\n'

# drift, with a copy of the scripts so that the committed results stay alone.
mkdir -p "$work/copy/configs/expected"
cp -r configs/scripts "$work/copy/configs/"
drift() {
	"$work/copy/configs/scripts/drift" "$@"
}
printf 'CONFIG_A=y\nCONFIG_LOCALVERSION="-1"\n' >"$work/defconfig"
fails "a series without a committed result is an error" 1 'config-update SERIES=stable' drift stable "$work/defconfig"
drift --update stable "$work/defconfig" >/dev/null
printf 'CONFIG_A=y\nCONFIG_LOCALVERSION="-2"\nCONFIG_GCC_VERSION=1\n' >"$work/defconfig"
ok "release and toolchain are no drift" drift stable "$work/defconfig"
printf 'CONFIG_A=m\n' >"$work/defconfig"
fails "drift is named with the command that accepts it" 1 'new: +CONFIG_A=m' drift stable "$work/defconfig"

# parity.
printf 'CONFIG_OWNER=y\nCONFIG_LOST=m\nCONFIG_AWAY=y\n' >"$work/reference"
printf '[a reason]\nLO.T\n' >"$work/reasons"
is "parity lists what is lacking with its reason" \
	"$($scripts/parity "$work/reference" "$work/dotconfig" "$work/tree" "$work/reasons" | sed -n '/^## a reason (1)$/,/^LOST$/p' | wc -l)" 3
is "parity tells what upstream no longer has" \
	"$($scripts/parity "$work/reference" "$work/dotconfig" "$work/tree" "$work/reasons" | tail -n 1)" AWAY
: >"$work/none"
fails "parity refuses an option without a reason" 1 'CONFIG_LOST is on in the reference, off here, and has no reason' \
	$scripts/parity "$work/reference" "$work/dotconfig" "$work/tree" "$work/none"
printf '[a reason]\nLO.T\nSTALE\n' >"$work/stale"
fails "parity refuses a reason that nothing needs" 1 'matches .*STALE' \
	$scripts/parity "$work/reference" "$work/dotconfig" "$work/tree" "$work/stale"

# toolchain, make's own messages.
fails "an unknown compiler is refused" 1 "unknown COMPILER 'icc'" $scripts/toolchain icc "$work/tree"
mkdir -p "$work/tree/scripts"
echo 'echo 99.0.0' >"$work/tree/scripts/min-tool-version.sh"
fails "a missing Clang is named with the packages" 1 'needs Clang 99.0.0 .*' $scripts/toolchain clang "$work/tree"
fails "make refuses an unknown COMPILER" 2 'COMPILER=icc is unknown: use gcc or clang' make --no-print-directory COMPILER=icc print-OUT
fails "make refuses an unknown SERIES" 2 'SERIES=newest' make --no-print-directory SERIES=newest print-OUT
done_testing
