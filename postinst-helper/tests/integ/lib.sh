# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by the suites of this folder, from the top of the tree: a drive, a profile, images, and short names for
# what each test does again and again. It knows no test.
# shellcheck shell=bash disable=SC2034 # the suites use these
set -u

# shellcheck source=tests/lib/tap.sh
. tests/lib/tap.sh

HERE=postinst-helper/tests/integ
PROGRAM=${IK_PROGRAM:-$PWD/postinst-helper/build/immensity-kernel}
SIM=$PWD/tests/wslsim
W=$(mktemp -d)
trap 'chattr -R -i "$W" 2>/dev/null; rm -rf "$W"' EXIT
[ -x "$PROGRAM" ] || make -s --no-print-directory -C postinst-helper all >&2

OFFICIAL=5.15.90.1-microsoft-standard-WSL2
NEWER_OFFICIAL=5.15.146.1-microsoft-standard-WSL2
OURS1=7.3.4-1-immensity-microsoft-standard-WSL2
OURS2=7.3.4-2-immensity-microsoft-standard-WSL2
OURS3=7.3.5-1-immensity-microsoft-standard-WSL2
FOREIGN=6.6.87.2-locietta-WSL2

# image NAME RELEASE SIZE [make-image option...]: makes $W/NAME once.
image() {
	local name=$1 release=$2 size=$3
	shift 3
	"$SIM/make-image" --release "$release" --size "$size" --seed "$name" "$@" "$W/$name"
}

# new_drive: a fresh $D with an official kernel, hard-linked, and one profile; a fresh state directory $S.
new_drive() {
	chattr -R -i "$W/drive" 2>/dev/null
	rm -rf "$W/drive" "$W/state"
	D=$W/drive
	S=$W/state
	TOOLS=$D/Windows/System32/lxss/tools
	T=$TOOLS/kernel
	P=$D/Users/Ann
	OWN=$P/AppData/Local/immensity-kernel
	mkdir -p "$TOOLS" "$D/Windows/WinSxS/amd64_lxss" "$P/AppData/Local"
	: >"$P/NTUSER.DAT"
	cp "$W/official.img" "$T"
	touch -d '2022-03-04 05:06:07.123456700 UTC' "$T"
	ln "$T" "$D/Windows/WinSxS/amd64_lxss/kernel"
}

# ik ARG...: the program on the drive, mode as in $MODE.
MODE=auto
ik() {
	"$PROGRAM" --drive "$D" --state-dir "$S" --target "$MODE" "$@"
}

# field PATH ARG...: one value of the JSON that `ik --json ARG...` prints; the output must fit the schema.
field() {
	local path=$1
	shift
	ik --json "$@" 2>/dev/null | python3 "$HERE/field.py" docs/output.schema.json "$path"
}

# status_of COMMAND...: its exit status.
status_of() {
	"$@" >/dev/null 2>&1
	echo $?
}

# key: kernel= as WSL reads it from $P/.wslconfig.
key() {
	"$SIM/wslsim" --json read-config "$P/.wslconfig" | python3 -c '
import json, sys
found = json.load(sys.stdin)
print((found.get("values") or found.get("settings") or found).get("wsl2.kernel", ""))'
}

# key_file: Linux path of the file that the key names.
key_file() {
	local path
	path=$(key)
	path=${path#C:\\}
	echo "$D/${path//\\//}"
}

# tear FIRST SECOND: leaves a target that holds FIRST torn by an update to SECOND, as a power cut in the middle of the
# write does: the journal is armed.
tear() {
	new_drive
	ik install --image "$1" >/dev/null
	ik install --image "$2" >/dev/null
	python3 - "$TOOLS/immensity-journal.bin" <<-'EOM'
	import struct
	import sys
	# The slot before the last one is the ARMED one of the last transaction: without the other it counts.
	data = bytearray(open(sys.argv[1], "rb").read())
	gens = [struct.unpack_from("<Q", data, 16)[0], struct.unpack_from("<Q", data, 4096 + 16)[0]]
	last = 0 if gens[0] > gens[1] else 1
	data[last * 4096:(last + 1) * 4096] = bytes(4096)
	open(sys.argv[1], "r+b").write(data)
	EOM
	dd if=/dev/zero of="$T" bs=4096 count=1 conv=notrunc status=none
}

sum() {
	sha256sum <"$1" | cut -d' ' -f1
}

# identity FILE: inode, links and time of change, which an update in place must keep.
identity() {
	stat -c '%i %h %y' "$1"
}

# same DESCRIPTION FILE1 FILE2
same() {
	ok "$1" cmp "$2" "$3"
}

# tree DIR: every name and content below, to show that nothing at all was changed.
tree() {
	(cd "$1" && find . -printf '%p %y %i %n %s %m\n' | sort && find . -type f -print0 | sort -z | xargs -0 -r sha256sum)
}
