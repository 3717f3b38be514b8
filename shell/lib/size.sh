# SPDX-License-Identifier: GPL-2.0-or-later
# osize: which source files the bytes of the linked image come from. Symbols and sizes are read from vmlinux itself;
# vmlinux.a only tells which object a symbol came from, so modules, host tools and discarded objects never count.
# shellcheck shell=sh
# shellcheck disable=SC2154  # set by where.sh

# find_nm: sets nm; objects of an LTO build are bitcode, which only LLVM's nm reads.
find_nm() {
	nm=${IK_CROSS_COMPILE}nm
	if [ "$IK_COMPILER" = clang ] || grep -q '^CONFIG_CC_IS_CLANG=y' "$config" 2>/dev/null; then
		case $IK_LLVM in
		-*) nm=llvm-nm$IK_LLVM ;;
		*/) nm=${IK_LLVM}llvm-nm ;;
		*) nm=llvm-nm ;;
		esac
	fi
	need "$nm" "lists the symbols of the image" "binutils (llvm for Clang)"
}

# sum_objects: joins "symbol size" of the image with "object symbol" of the archive and adds up by object. A name that
# several objects have (static functions) is given to them in turn, those of the same size first.
sum_objects() {
	awk '
		FILENAME == ARGV[1] { owners[$2, ++count[$2]] = $1; sizes[$2, count[$2]] = $3; next }
		{
			name = $1
			sub(/\.llvm\.[0-9]+$/, "", name)
			best = 0
			for (i = 1; i <= count[name]; i++) {
				if ((name, i) in used)
					continue
				if (!best || sizes[name, i] == $2)
					best = i
				if (sizes[name, i] == $2)
					break
			}
			if (best)
				used[name, best]
			sum[best ? owners[name, best] : "(made by the linker)"] += $2
		}
		END { for (object in sum) print sum[object], object }' "$tmp/members" "$tmp/symbols" | sort -k1,1nr -k2
}

# list_symbols: $tmp/symbols: "name bytes" of the image; $tmp/members: "object name bytes" of the archive, in which
# bitcode has no sizes. GNU nm writes archive:object:, LLVM's writes archive[object]: or archive:object:.
list_symbols() {
	"$nm" -S -t d --defined-only "$out/vmlinux" | awk 'NF == 4 && $3 !~ /[aA]/ { print $4, $2 + 0 }' >"$tmp/symbols"
	# From inside the folder: the archive is a thin one, and its members' names must stay relative.
	(cd -- "$out" && "$nm" -A -S -t d --defined-only vmlinux.a) 2>/dev/null |
		sed -e 's/^[^:[]*vmlinux\.a[:[]//' -e 's/\]:/:/' -e 's/:/ /' |
		awk 'NF >= 4 { print $1, $NF, (NF == 5 ? $3 + 0 : "-") }' >"$tmp/members"
	if [ ! -s "$tmp/symbols" ] || [ ! -s "$tmp/members" ]; then
		die "$FAILED" "$nm finds no symbols in $out/vmlinux and $out/vmlinux.a"
	fi
}

# source_of OBJECT: the source file's real name.
source_of() {
	for source_ext in c S rs; do
		for source_dir in "$src" "$out"; do
			if [ -f "$source_dir/${1%.o}.$source_ext" ]; then
				printf '%s\n' "${1%.o}.$source_ext"
				return 0
			fi
		done
	done
	printf '%s\n' "$1"
}

cmd_osize() {
	osize_count=${1:-75}
	case $osize_count in
	-* | *[!0-9]* | 0*) usage_error "'$osize_count' is no positive number" ;;
	esac
	[ $# -le 1 ] || no_more "$2"
	find_all
	if [ ! -f "$out/vmlinux" ] || [ ! -f "$out/vmlinux.a" ]; then
		die "$FAILED" "$out holds no linked kernel" "build it: incbuild"
	fi
	find_nm
	scratch
	list_symbols
	sum_objects >"$tmp/sums"
	head -n "$osize_count" "$tmp/sums" | while read -r osize_bytes osize_object; do
		printf '%9d  %s\n' "$osize_bytes" "$(source_of "$osize_object")"
	done
	say "$(awk '{ sum += $1 } END { print sum " bytes of symbols from " NR " objects" }' "$tmp/sums") are in $out/vmlinux"
}
