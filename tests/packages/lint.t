#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What tools and the tree's own rules say about the packages: lintian, rpmlint, generated files that agree with their
# sources, maintainer scripts that stay small. Usage: lint.t
set -u
# shellcheck source=tests/packages/lib.sh
. tests/packages/lib.sh

# Runs a tool and prints what it found; empty when there is nothing, a note when it could not run.
lintian_findings() {
	lintian --no-cfg --color never --fail-on none --display-info "$dist"/*.deb 2>&1 | grep -E '^(E|W|error|warning)'
}

rpmlint_findings() {
	rpmlint -c rpm/rpmlint.toml rpm/*.spec "$dist"/*.rpm >"$work/rpmlint" 2>&1
	status=$?
	grep -E ': [EW]: ' "$work/rpmlint"
	[ "$status" -eq 0 ] || tail -n 3 "$work/rpmlint"
	grep -q 'specfiles checked' "$work/rpmlint" || echo "rpmlint did not finish"
}

# Unknown macros are copied into scriptlets as they are; rpmbuild says nothing.
literal_macros() {
	for package in "$dist"/*.rpm; do
		rpm -qp --scripts "$package" | grep -n '%' | sed "s,^,${package##*/}: ,"
	done
}

# Every maintainer script: at most 30 lines of our own, no token left, no bashism, nothing shellcheck finds.
script_findings() {
	for package in "$dist"/*.deb; do
		control=$work/control/${package##*/}
		mkdir -p "$control"
		dpkg-deb -e "$package" "$control"
		for script in "$control"/preinst "$control"/postinst "$control"/prerm "$control"/postrm; do
			[ -f "$script" ] || continue
			lines=$(sed '/^# Automatically added by/,/^# End automatically added/d' "$script" | wc -l)
			[ "$lines" -le 30 ] || echo "$script: $lines lines"
			! grep -n '@[A-Z_]*@\|#DEBHELPER#' "$script" || echo "$script: a token is left"
			shellcheck -s sh -e SC2154 "$script"
		done
	done
}

mkdir "$work/copy"
cp -a debian "$work/copy/debian"
(cd "$work/copy" && debian/scripts/generate control)
ok "debian/control agrees with control.in and the changelog" cmp debian/control "$work/copy/debian/control"
mk/scripts/rpm-spec rpm/wsl-kernel.spec debian/changelog >"$work/wsl-kernel.spec"
ok "rpm/wsl-kernel.spec agrees with debian/changelog" cmp rpm/wsl-kernel.spec "$work/wsl-kernel.spec"
mk/scripts/rpm-spec rpm/immensity-kernel.spec postinst-helper/debian/changelog >"$work/immensity-kernel.spec"
ok "rpm/immensity-kernel.spec agrees with the program's changelog" cmp rpm/immensity-kernel.spec "$work/immensity-kernel.spec"
for changelog in debian/changelog debian/changelog-lts postinst-helper/debian/changelog; do
	is "dpkg reads $changelog without a warning" "$(dpkg-parsechangelog -l "$changelog" --all 2>&1 >/dev/null)" ""
done

find_version
is "lintian: no error, no warning" "$(lintian_findings)" ""
is "rpmlint: no error, no warning" "$(rpmlint_findings)" ""
is "rpm: no macro is left in a scriptlet" "$(literal_macros)" ""
is "maintainer scripts are small and clean" "$(script_findings)" ""
done_testing
