#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Style of the whole tree that a machine can check: licence lines, a README in each folder, no file of others, no
# address of this machine, shellcheck. It reads what git tracks and changes nothing.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

# Formats that cannot hold a comment, and texts of others that we must carry unchanged.
no_spdx='\.(json|svg|png|lock|gitkeep)$|^COPYING$|/corpus/|/crashers/|/data/|/expected/|debian/(compat|changelog(-lts)?|copyright|source/format)$|/series$|\.toml$'

without_spdx() {
	git ls-files | grep -Ev "$no_spdx" | while read -r f; do
		{ [ -f "$f" ] && ! [ -L "$f" ]; } || continue
		head -n 8 "$f" | grep -q 'SPDX-License-Identifier' || echo "$f"
	done
}

folders_without_readme() {
	git ls-files | sed -n 's,^\([^/]*\)/.*,\1,p' | sort -u | grep -v '^\.' | while read -r d; do
		# debian/ has the name that Debian's policy fixes for it.
		[ -f "$d/README.md" ] || [ -f "$d/README.source" ] || echo "$d"
	done
}

shell_files() {
	git ls-files | while read -r f; do
		{ [ -f "$f" ] && ! [ -L "$f" ]; } || continue
		case $f in *.sh) echo "$f" && continue ;; esac
		head -n 1 "$f" 2>/dev/null | grep -qE '^#!.*[/ ](sh|bash|dash)( |$)' && echo "$f"
	done
}

# Hosts of this machine's package registries, from their own clients.
registry_hosts() {
	{
		# shellcheck disable=SC2016 # apt fills the placeholder in
		apt-get indextargets --format '$(SITE)' 2>/dev/null
		npm config get registry 2>/dev/null
	} | sed -n 's,^[a-z]*://\([^/:]*\).*,\1,p' | sort -u
}

named_registries() {
	registry_hosts | while read -r host; do git grep -lF -- "$host"; done
}

unlisted_todos() {
	git grep -nE '\b(TODO|FIXME|XXX|HACK)\b' -- '*.c' '*.h' '*.sh' '*.mk' '*.md' '*.py' ':!tests/lint' | grep -vE '#[0-9]+' || true
}

is "every file has a licence line" "$(without_spdx)" ""
is "every top folder says what lives in it" "$(folders_without_readme)" ""
is "no file names a package registry of this machine" "$(named_registries)" ""
is "no file over 1 MiB" "$(git ls-files -z | xargs -0 -r stat -c '%s %n' 2>/dev/null | awk '$1 > 1048576 { print $2 }')" ""
is "no note to self without an issue number" "$(unlisted_todos)" ""
is "no trailing blanks in our own text" "$(git grep -lIE '[[:blank:]]+$' -- '*.c' '*.h' '*.sh' '*.mk' Makefile '*.py' || true)" ""
shell_list=$(shell_files)
# shellcheck disable=SC2086 # a list of names without blanks
ok "shellcheck finds nothing" shellcheck -x $shell_list

done_testing
