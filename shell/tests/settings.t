#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The settings: each has a default, is explained on the page for users, and named in the help of a helper; and no
# variable IK_ is used that is not documented.
# shellcheck disable=SC2013  # names have no blanks
set -eu
. shell/tests/lib.sh
page=$top/docs/kernel-development.md
settings=$(grep -v '^#' shell/settings)

# variables: every IK_ name in the code.
variables() {
	cat shell/run shell/load.sh shell/lib/*.sh helpers.sh setup.sh setup_clang.sh | grep -o 'IK_[A-Z0-9_]*[A-Z0-9]' | sort -u
}

ok "there are settings" test "$(echo "$settings" | wc -l)" -ge 20
for setting in $settings; do
	upper=$(echo "$setting" | tr '[:lower:]' '[:upper:]')
	ok "$setting is explained in docs/kernel-development.md" sh -c "sed -n '/^## Settings/,/^## /p; /^| name/,/^$/p' '$page' | grep '^|.*\`$setting\`'"
	[ "$setting" = short_names ] || ok "$setting is named in the help of a helper" grep -Ew "^Settings: .*$setting" shell/help
	ok "$setting is heeded" sh -c "cat shell/load.sh shell/lib/*.sh | grep -v '^: ' | grep -Eq 'IK_$upper|check_words $setting'"
done
for name in $(sed -n 's/^\([a-z][a-z_]*\) *=.*/\1/p' setup.sh setup_clang.sh | sort -u); do
	ok "$name in the setup scripts is a setting" grep -qx "$name" shell/settings
done
# IK_SHOW and IK_SYSROOT are for the helpers themselves and their tests.
is "no other variable is used without being explained" "$(variables | while read -r variable; do
	echo "$settings" | tr '[:lower:]' '[:upper:]' | grep -qx "${variable#IK_}" || grep -q "$variable" "$page" ||
		case $variable in IK_SHOW | IK_SYSROOT) ;; *) echo "$variable" ;; esac
done)" ''
ok "timg -h explains IK_ASK" sh -c 'shell/run timg -h | grep IK_ASK=always'
for helper in $(awk '!/^#/ { print $1 }' shell/commands); do
	case $helper in msg | err) continue ;; esac
	ok "$helper -h names its settings" sh -c "shell/run $helper -h | grep '^Settings: .'"
done
done_testing
