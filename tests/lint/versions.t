#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# One version everywhere: mk/version.mk and linux/UPSTREAM against the changelogs, the spec files and the program.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

# value NAME: of a make variable as our own Makefile sees it.
value() {
	make --no-print-directory -s SETUP=no print-"$1"
}

changelog_version() {
	sed -n '1s/.*(\([^)]*\)).*/\1/p' "$1"
}

kernel=$(value VERSION)-$(value PKGREV)
program=$(value PROGRAM_VERSION)
is "debian/changelog has the kernel's version" "$(changelog_version debian/changelog)" "$kernel"
is "the program's changelog has its version" "$(changelog_version postinst-helper/debian/changelog)" "$program-1"
is "immensity-kernel --version" "$(postinst-helper/build/immensity-kernel --version | sed -n '1s/.* //p')" "$program"
is "the release is as WSL needs it" "$(value RELEASE)" "$kernel-immensity-microsoft-standard-WSL2"

done_testing
