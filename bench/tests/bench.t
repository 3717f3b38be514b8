#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The measuring scripts: plots come from the committed raw results byte for byte, documents quote the newest of them,
# damaged input gives a clear error, and the built kernel can be profiled. How good a figure is, is not known here.
# shellcheck disable=SC2317
set -u
. tests/lib/tap.sh

out=${IK_OUT:-out}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

# well_formed SVG: parses as XML, is a drawing, and takes nothing from elsewhere.
well_formed() {
	python3 - "$1" <<-'END'
		import sys, xml.etree.ElementTree as tree
		root = tree.parse(sys.argv[1]).getroot()
		space = "{http://www.w3.org/2000/svg}"
		assert root.tag == space + "svg", root.tag
		for element in root.iter():
		    assert element.tag in {space + name for name in ("svg", "title", "rect", "text")}, element.tag
		    assert not any("href" in name for name in element.attrib), element.attrib
		assert sum(element.tag == space + "rect" for element in root.iter()) > 5, "hardly anything is drawn"
	END
}

# same_plots RESULT: drawn again they are what is committed, and no other plot bears its name.
same_plots() {
	rm -rf "$work/plots"
	mkdir "$work/plots"
	bench/plot --directory "$work/plots" "$1" || return
	for plot in "${1%.json}"-*.svg "$work"/plots/*.svg; do
		cmp "$work/plots/${plot##*/}" "bench/results/${plot##*/}" || return
	done
}

# change PYTHON: the newest result, damaged by a statement about `result` (and its first image), in $work/bad.json.
change() {
	python3 -c '
import json, sys
result = json.load(open(sys.argv[1]))
image = result["images"][0]
exec(sys.argv[2])
json.dump(result, open(sys.argv[3], "w"))' "$newest" "$1" "$work/bad.json"
}

# refused WHAT PATTERN [CHANGE]: bench/plot names the file and says what is wrong.
refused() {
	[ $# -lt 3 ] || change "$3"
	fails "plot refuses $1" 1 "^error: $work/bad.json: .*$2" bench/plot --directory "$work" "$work/bad.json"
}

# quoted FILE PATTERN WHAT: a document says what the newest result says.
quoted() {
	ok "$1 quotes $3 of the newest result" grep -Eq -- "$2" "$1"
}

# figure IMAGE EXPRESSION: a number out of the newest result, computed in Python.
figure() {
	python3 -c '
import json, sys
image = next(i for i in json.load(open(sys.argv[1]))["images"] if i["file"] == sys.argv[2])
print(eval(sys.argv[3]))' "$newest" "$1" "$2"
}

# toy_bzimage: the fields of the boot protocol that tell the parts; two sectors of setup, 5000 bytes of payload.
toy_bzimage() {
	python3 -c '
import struct, sys
data = bytearray(9000)
data[0x1f1] = 1
data[0x1fe:0x200] = b"\x55\xaa"
data[0x202:0x206] = b"HdrS"
struct.pack_into("<II", data, 0x248, 100, 5000)
sys.stdout.buffer.write(data)'
}

# parts FILE: "name bytes" of each part, the format first.
parts() {
	bench/image-size "$1" | python3 -c '
import json, sys
image = json.load(sys.stdin)
print(image["format"], image["bytes"])
for part in image["parts"]: print(part["name"], part["bytes"])
print("sum", sum(part["bytes"] for part in image["parts"]))'
}

newest=$(find bench/results -name '*.json' | sort | tail -n 1)
for result in bench/results/*.json; do
	ok "${result##*/}: its plots are drawn from it, byte for byte" same_plots "$result"
done
for plot in bench/results/*.svg; do
	ok "${plot##*/} is well-formed" well_formed "$plot"
done
elf_mb=$(figure vmlinux.bin 'round(image["bytes"] / 1e6, 1)')
quoted README.md "vmlinux.bin.*\| $elf_mb MB" "the size of vmlinux.bin"
quoted configs/README.md "vmlinux.bin.*\| $elf_mb MB" "the size of vmlinux.bin"
quoted configs/README.md "bzImage.*\| $(figure bzImage 'round(image["bytes"] / 1e6, 1)') MB" "the size of bzImage"
quoted configs/README.md "to init, .vmlinux.bin.*\| $(figure vmlinux.bin 'image["boot"]["instructions_to_init"] // 10**6') million" \
	"the instructions of vmlinux.bin"
quoted configs/README.md "to init, .bzImage.*\| $(figure bzImage 'image["boot"]["instructions_to_init"] // 10**6') million" \
	"the instructions of bzImage"
for document in README.md configs/README.md; do
	grep -o 'bench/results/[^)" ]*\.svg' $document >"$work/shown"
	while IFS= read -r plot; do
		is "$document: $plot is one of the newest result" "$plot" "${newest%.json}-${plot##*-}"
		ok "$document: $plot is there" test -f "$plot"
	done <"$work/shown"
done

echo '{"schema": 1' >"$work/bad.json"
refused "what is no JSON" 'is not JSON'
refused "a result without an image" 'has no image' 'result["images"] = []'
refused "another schema" 'has schema 2' 'result["schema"] = 2'
refused "a missing key" "images\[0\] has no 'release'" 'del image["release"]'
refused "an unknown key" "images\[0\]\.boot has the unknown key 'speed'" 'image["boot"]["speed"] = 1'
refused "a wrong type" 'bytes is not of type int' 'image["bytes"] = "many"'
refused "a negative size" 'is negative' 'image["parts"][0]["bytes"] = -1'
refused "parts that do not add up" 'parts do not add up' 'image["parts"][0]["bytes"] += 1'
refused "a profile that does not add up" 'groups do not add up' 'image["profile"]["groups"].pop()'
rm "$work/bad.json"
refused "a missing file" 'No such file'
change 'image["release"] = "<b>&"; image["role"] = "reference"'
bench/plot --directory "$work" "$work/bad.json" >/dev/null
ok "a hostile name is still well-formed" well_formed "$work/bad-image.svg"

echo 'int main(void) { return 0; }' >"$work/toy.c"
cc -o "$work/toy" "$work/toy.c"
parts "$work/toy" >"$work/toy.parts"
is "image-size: an ELF file's parts add up to it" "$(sed -n 's/^sum //p' "$work/toy.parts")" "$(stat -c %s "$work/toy")"
is "image-size: .text is as size(1) has it" "$(sed -n 's/^\.text //p' "$work/toy.parts")" \
	"$(size -A "$work/toy" | awk '$1 == ".text" { print $2 }')"
toy_bzimage >"$work/bzimage"
is "image-size: the parts of a bzImage" "$(parts "$work/bzimage" | paste -sd' ')" \
	"bzimage 9000 setup code 1024 decompressor, before the kernel 100 compressed kernel 5000 decompressor, behind the kernel 2876 sum 9000"
head -c 3000 "$work/bzimage" >"$work/cut"
fails "image-size: a bzImage that is cut off" 1 "^error: $work/cut: .*outside the file" bench/image-size "$work/cut"
head -c 3000 "$work/toy" >"$work/cut"
fails "image-size: an ELF file that is cut off" 1 "^error: $work/cut: " bench/image-size "$work/cut"
fails "image-size: another file" 1 'neither a 64-bit ELF nor a bzImage' bench/image-size README.md

for tool in boot-instructions boot-profile compare image-size measure plot; do
	ok "$tool --help" sh -c "bench/$tool --help | grep -qi '^usage: $tool'"
done
mkdir "$work/alone"
cp -r bench "$work/alone/"
fails "compare: says that the reference is absent" 1 'absent.*config-wsl-msft' \
	env -u REFERENCE_CONFIG "$work/alone/bench/compare" --json "$work/x" "$work/toy"
fails "compare: without an image says how to build one" 1 'kmake .* olddefconfig' \
	env REFERENCE_CONFIG=configs/expected/stable.defconfig bench/compare --json "$work/x" "$work/toy"
fails "compare: a reference that cannot be read" 1 'REFERENCE_CONFIG=/nonexistent: cannot be read' \
	env REFERENCE_CONFIG=/nonexistent bench/compare --json "$work/x" "$work/toy"

printf '0000000000001000 7\nffffffff81000010 10\nffffffff81000020 5\nend\n' >"$work/counts"
printf 'ffffffff81000000 T btf_one\nffffffff81000018 T two\nffffffff81000020 D data\n' >"$work/map"
is "attribute: functions, groups, what was before the kernel" \
	"$(bench/attribute "$work/counts" "$work/map" bench/groups.list | tr -d ' \n')" \
	'{"instructions":15,"before_kernel":7,"groups":[{"name":"checkingtypeinformation(BTF)","instructions":10},{"name":"everythingelse","instructions":5}],"functions":[{"name":"btf_one","instructions":10},{"name":"two","instructions":5}],"other_functions":0}'

elf=$out/arch/x86/boot/compressed/vmlinux.bin
ok "the built kernel can be profiled" bench/boot-profile --json "$work/profile.json" "$elf" "$out/System.map"
ok "the functions that take most have names" grep -q '"name": "setup_boot_APIC_clock"' "$work/profile.json"
fails "nothing looks at type information before it is used" 1 '^$' grep '"name": "btf_' "$work/profile.json"
fails "boot-profile: symbols of another kernel" 1 'is no System.map' \
	bench/boot-profile --json "$work/x" "$elf" configs/expected/stable.defconfig
done_testing
