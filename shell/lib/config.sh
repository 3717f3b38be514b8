# SPDX-License-Identifier: GPL-2.0-or-later
# The configuration: dc (compare with the defconfig), cpc (save as defconfig), mc (reset), cf (menu), ec (editor).
# Kconfig does the work through make; defconfigs are compared and written in their minimised form only.
# shellcheck shell=sh
# shellcheck disable=SC2016,SC2034,SC2154  # text for a trap; shared with where.sh and common.sh

# only_settings ARGUMENT...: these helpers take variable assignments for make, nothing else.
only_settings() {
	for only_arg; do
		case $only_arg in
		-* | =*) usage_error "'$only_arg' is no VARIABLE=value" ;;
		*=*) ;;
		*) usage_error "'$only_arg' is no VARIABLE=value" ;;
		esac
	done
}

find_defconfig() {
	defconfig=$src/arch/$srcarch/configs/$IK_DEFCONFIG
}

need_defconfig() {
	find_defconfig
	[ -f "$defconfig" ] || die "$FAILED" "$defconfig does not exist" "save the current configuration there with: cpc"
}

# choose_lto CONFIG: Clang builds get ThinLTO unless the setting lto is none. Kconfig has to be run on CONFIG afterwards.
choose_lto() {
	[ "$IK_COMPILER" = clang ] || return 0
	case $IK_LTO in
	thin) "$src/scripts/config" --file "$1" --disable LTO_NONE --enable LTO_CLANG_THIN ;;
	none) ;;
	*) die "$USAGE" "setting lto: '$IK_LTO' is neither thin nor none" ;;
	esac
}

# minimise CONFIG TO [VARIABLE=value...]: TO gets the options of CONFIG that differ from their defaults.
minimise() {
	min_from=$1 min_to=$2
	shift 2
	# Kbuild always writes to $out/defconfig; a file of that name may be the user's.
	[ ! -e "$out/defconfig" ] || mv -- "$out/defconfig" "$tmp/users-defconfig"
	at_exit "[ ! -e $(quoted "$tmp/users-defconfig") ] || mv -- $(quoted "$tmp/users-defconfig" "$out/defconfig")"
	quiet_make "savedefconfig" "KCONFIG_CONFIG=$min_from" "$@" savedefconfig
	mv -- "$out/defconfig" "$min_to"
	[ ! -e "$tmp/users-defconfig" ] || mv -- "$tmp/users-defconfig" "$out/defconfig"
}

# changed_options BEFORE AFTER: what differs between two full configurations, one option a line.
changed_options() {
	awk '
		/^CONFIG_/ { name = $0; sub(/=.*/, "", name); value = substr($0, length(name) + 2) }
		/^# CONFIG_.* is not set$/ { name = $2; value = "n" }
		!name { next }
		name ~ /_(VERSION|VERSION_TEXT)$/ && name ~ /^CONFIG_(CC|GCC|CLANG|AS|LD|LLD|RUSTC|PAHOLE)/ { name = ""; next }
		FILENAME == ARGV[1] { before[name] = value; seen[name]; name = ""; next }
		{ after[name] = value; seen[name]; name = "" }
		END {
			for (name in seen) {
				old = (name in before) ? before[name] : "n"
				new = (name in after) ? after[name] : "n"
				if (old != new)
					print "  " name ": " old " -> " new
			}
		}' "$1" "$2" | LC_ALL=C sort
}

show_changes() {
	changes=$(changed_options "$1" "$2")
	if [ -n "$changes" ]; then
		say "changed in $config:"
		say "$changes"
	else
		say "$config: nothing changed"
	fi
}

cmd_dc() {
	# As with diff, 1 means that they differ.
	die_as=2
	only_settings "$@"
	find_all "$@"
	scratch
	need_config
	need_defconfig
	cp -- "$config" "$tmp/now" || die "$FAILED" "$config cannot be read"
	minimise "$tmp/now" "$tmp/now.min" "$@"
	# Kconfig completes a minimised configuration while it reads it, so it need not be made a full one first.
	cp -- "$defconfig" "$tmp/wanted" || die "$FAILED" "$defconfig cannot be read"
	choose_lto "$tmp/wanted"
	minimise "$tmp/wanted" "$tmp/wanted.min" "$@"
	dc_status=0
	diff -u --label "$IK_DEFCONFIG" --label "$config" "$tmp/wanted.min" "$tmp/now.min" || dc_status=$?
	exit "$dc_status"
}

cmd_cpc() {
	only_settings "$@"
	find_all "$@"
	need_config
	find_defconfig
	scratch
	cp -- "$config" "$tmp/now"
	minimise "$tmp/now" "$tmp/now.min" "$@"
	if [ -f "$defconfig" ]; then
		if diff -u --label "old $IK_DEFCONFIG" --label "new $IK_DEFCONFIG" "$defconfig" "$tmp/now.min"; then
			say "$defconfig: nothing to change"
			return 0
		fi
	fi
	copy_atomically "$tmp/now.min" "$defconfig"
	say "$defconfig: updated"
	[ "$kind" = tree ] || say "$src is made again by 'make source': carry the change into $root/configs/fragments to keep it"
}

cmd_mc() {
	only_settings "$@"
	find_all "$@"
	need_defconfig
	scratch
	mkdir -p -- "$out"
	quiet_make "$IK_DEFCONFIG" "KCONFIG_CONFIG=$tmp/new" "$@" "$IK_DEFCONFIG"
	cp -- "$tmp/new" "$tmp/without-lto"
	choose_lto "$tmp/new"
	cmp -s "$tmp/without-lto" "$tmp/new" || quiet_make "olddefconfig" "KCONFIG_CONFIG=$tmp/new" "$@" olddefconfig
	if [ -f "$config" ]; then
		copy_atomically "$config" "$config.old"
		say "the old configuration is kept: $config.old"
	else
		: >"$tmp/none"
	fi
	copy_atomically "$tmp/new" "$config"
	say "$config: made from $IK_DEFCONFIG"
	[ -f "$tmp/none" ] || show_changes "$config.old" "$config"
}

# can_build_menu SCRIPT: Kconfig's own test for the library that one of its menus needs.
can_build_menu() {
	(cd -- "$src" && sh "scripts/kconfig/$1-cfg.sh" "$tmp/cflags" "$tmp/libs") >/dev/null 2>&1
}

cmd_cf() {
	only_settings "$@"
	find_all "$@"
	scratch
	if can_build_menu nconf; then
		cf_menu=nconfig
	elif can_build_menu mconf; then
		cf_menu=menuconfig
		say "nconfig cannot be built here (its menu libraries are missing): taking menuconfig"
	else
		die "$FAILED" "neither nconfig nor menuconfig can be built: the ncurses library is missing" \
			"install libncurses-dev (ncurses-devel on Fedora); ec edits the plain text"
	fi
	: >"$tmp/before"
	[ ! -f "$config" ] || cp -- "$config" "$tmp/before"
	make_kernel "$@" "$cf_menu"
	need_config
	show_changes "$tmp/before" "$config"
}

# find_editor: the setting, VISUAL or EDITOR (the function passes those on), else the first that is installed.
find_editor() {
	edit_with=$IK_EDITOR
	for edit_one in vim vi nano; do
		[ -z "$edit_with" ] || return 0
		! command -v "$edit_one" >/dev/null 2>&1 || edit_with=$edit_one
	done
	[ -n "$edit_with" ] || die "$FAILED" "no editor is set or installed" "set EDITOR, or editor in setup.conf"
}

# lost_edits BEFORE EDITED AFTER: options the user changed that do not have the wanted value in the end.
lost_edits() {
	changed_options "$1" "$2" | sed -e 's/:.* -> /=/' -e 's/^ *//' | while IFS='=' read -r lost_name lost_wanted; do
		lost_got=$(sed -n "s/^$lost_name=//p" "$3")
		[ "${lost_got:-n}" = "$lost_wanted" ] ||
			printf '  %s: you wrote %s, Kconfig made it %s\n' "$lost_name" "$lost_wanted" "${lost_got:-n}"
	done
}

cmd_ec() {
	only_settings "$@"
	find_all "$@"
	need_config
	find_editor
	scratch
	cp -- "$config" "$tmp/before"
	# However this ends before Kconfig has agreed, the configuration is the old one.
	ec_agreed=no
	at_exit '[ "$ec_agreed" = yes ] || cp -- "$tmp/before" "$config"'
	# As git does: the editor's text is a command line for sh, so that "code --wait" works in every shell.
	sh -c "$edit_with \"\$@\"" "$edit_with" "$config" ||
		die "$FAILED" "the editor '$edit_with' failed; $config is as it was"
	cp -- "$config" "$tmp/edited"
	(quiet_make "olddefconfig" "$@" olddefconfig) || {
		cp -- "$tmp/edited" "$out/.config.rejected"
		die "$FAILED" "Kconfig cannot read what you wrote; $config is as it was" "your text is kept: $out/.config.rejected"
	}
	ec_agreed=yes
	show_changes "$tmp/before" "$config"
	ec_lost=$(lost_edits "$tmp/before" "$tmp/edited" "$config")
	[ -z "$ec_lost" ] || die "$FAILED" "Kconfig did not keep everything:" "$ec_lost" "a dependency may be missing; cf shows it"
}
