# SPDX-License-Identifier: GPL-2.0-or-later
# Reads linux/patches/series and applies a patch to a tree, without fuzz. It is sourced after lib.sh; it knows neither
# where a tree comes from nor what a patch's header must say (check-patches).
# Its variables come from lib.sh and the caller, or go there.
# shellcheck shell=sh disable=SC2034,SC2154

# series_entries: every line of the series file without comments: "PATH" or "PATH only=SERIES".
series_entries() {
	[ -r "$patches/series" ] || die "$STATUS_FAILED" "$patches/series: cannot be read" "restore it from git"
	sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^[[:space:]]*$/d' "$patches/series"
}

# check_entries: refuses what this file would otherwise misread in silence.
check_entries() {
	series_entries | while read -r entry condition rest; do
		[ -f "$patches/$entry" ] ||
			die "$STATUS_FAILED" "linux/patches/series: $entry: there is no such patch" \
				"add linux/patches/$entry or drop the line"
		case $condition:$rest in
		: ) ;;
		only=*: )
			series_names | grep -Fqx -- "${condition#only=}" ||
				die "$STATUS_FAILED" "linux/patches/series: $entry: $condition names no series of linux/UPSTREAM"
			;;
		*) die "$STATUS_FAILED" "linux/patches/series: $entry: '$condition${rest:+ $rest}' is not understood" \
			"a line is PATH or PATH only=SERIES" ;;
		esac
	done
}

# series_patches SERIES: the patches for that series, then the user's own, as paths below linux/patches.
series_patches() {
	check_entries || return
	series_entries | while read -r entry condition; do
		case $condition in '' | "only=$1") printf '%s\n' "$entry" ;; esac
	done
	for own in "$patches"/local/*.patch; do
		[ ! -f "$own" ] || printf 'local/%s\n' "${own##*/}"
	done
}

# patched_files PATCH: the files it names; a removed line that looks like a header only makes the list longer.
patched_files() {
	sed -nE -e 's,^(---|\+\+\+) [ab]/([^	]*).*,\2,p' -e 's,^rename (from|to) (.*),\2,p' "$1" | sort -u
}

# patch_reason LOG: file and hunk out of what patch(1) said.
patch_reason() {
	awk '
		/^(checking|patching) file / { file = $3 }
		/FAILED|previously applied|can.t find file|malformed|Only garbage|unexpectedly ends|No file to patch/ {
			print (file != "" ? file ": " : "") $0; bad = 1
		}
		END { if (!bad) print "patch(1) failed" }' "$1"
}

# run_patch TREE FILE LOG [OPTION...]: --forward, as --batch alone would take a patch back that is applied already.
run_patch() {
	run_tree=$1 run_file=$2 run_log=$3
	shift 3
	patch --batch --forward -p1 --fuzz=0 --no-backup-if-mismatch --reject-file=- --directory="$run_tree" "$@" \
		<"$run_file" >"$run_log" 2>&1
}

# apply_patch TREE NAME LOG: tries it first, so that a patch is applied whole or not at all.
apply_patch() {
	if run_patch "$1" "$patches/$2" "$3" --dry-run && run_patch "$1" "$patches/$2" "$3"; then
		return 0
	fi
	die "$STATUS_FAILED" \
		"linux/patches/$2 does not apply to linux $version ($series): $(patch_reason "$3" | head -n 1)" \
		"$(patch_reason "$3" | sed 1d | head -n 5)" "refresh the patch, or take it out of $(patch_home "$2")"
}

patch_home() {
	case $1 in local/*) echo linux/patches/local ;; *) echo linux/patches/series ;; esac
}
