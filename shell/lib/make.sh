# SPDX-License-Identifier: GPL-2.0-or-later
# kmake and the helpers that build and then keep a copy: cleanbuild, incbuild, dbuild, tbuild.
# Each passes its arguments to make; how copies are made and named is in image.sh.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154  # shared with the other parts

cmd_kmake() {
	if [ "${1-}" = --show ]; then
		shift
		IK_SHOW=yes
	fi
	make_kernel "$@"
}

cmd_cleanbuild() {
	make_clean "$@"
	cmd_incbuild "$@"
}

cmd_incbuild() {
	make_kernel "$@"
	keep_image "$root/$IK_IMAGE_NAME"
}

cmd_dbuild() {
	make_kernel "$@"
	keep_test_image
}

cmd_tbuild() {
	yes=no
	if [ "${1-}" = --yes ]; then
		shift
		yes=yes
	fi
	need_upload
	make_kernel "$@"
	keep_test_image
	upload "$kept"
}
