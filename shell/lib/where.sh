# SPDX-License-Identifier: GPL-2.0-or-later
# Which tree the helpers work on, and where it is built. It knows folders and pins, not compilers and not images.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154  # shared with the other parts

is_kernel_tree() {
	[ -f "$1/Kbuild" ] && [ -f "$1/Kconfig" ] && [ -f "$1/MAINTAINERS" ] && [ -f "$1/Makefile" ]
}

is_project() {
	[ -f "$1/linux/UPSTREAM" ] && [ -f "$1/setup.sh" ] && [ -d "$1/configs" ]
}

# take_root DIR: if DIR is a root, sets kind (project or tree), root and, for a project's own source tree, src.
take_root() {
	src=
	if is_kernel_tree "$1"; then
		kind=tree root=$1 src=$1
		case $1 in
		*/build/linux-*) ! is_project "${1%/build/linux-*}" || { kind=project && root=${1%/build/linux-*}; } ;;
		esac
	elif is_project "$1"; then
		kind=project root=$1
	else
		return 1
	fi
}

# root_above DIR: takes the nearest root at or above DIR.
root_above() {
	find_dir=$1
	while [ -n "$find_dir" ]; do
		! take_root "$find_dir" || return 0
		find_dir=${find_dir%/*}
	done
	return 1
}

# find_root: IK_ROOT if set; else the nearest root above the current directory; else the tree setup.sh came from.
find_root() {
	if [ -n "$IK_ROOT" ]; then
		find_dir=$(cd -- "$IK_ROOT" 2>/dev/null && pwd -P) || die "$FAILED" "setting root: $IK_ROOT is no folder"
		take_root "$find_dir" || die "$FAILED" "setting root: $IK_ROOT is not the top of a kernel tree" \
			"such a folder holds Kbuild, Kconfig, MAINTAINERS and Makefile; an empty setting looks above the current directory"
		return 0
	fi
	case $(pwd -P 2>/dev/null) in
	/*) ;;
	*) die "$FAILED" "the current directory is gone" "change to one that exists" ;;
	esac
	! root_above "$PWD" || return 0
	# The path that the user came by counts first: a tree may be made of links to another one.
	cd -P . || die "$FAILED" "$PWD: cannot be entered" "change to a directory that can"
	! root_above "$PWD" || return 0
	take_root "$home" || die "$FAILED" "no kernel tree above $PWD, and $home is none either" \
		"change into one (it holds Kbuild, Kconfig, MAINTAINERS and Makefile) or set root in setup.conf"
}

# pin SERIES: the version that linux/UPSTREAM pins for the series.
pin() {
	awk -v section="[$1]" '/^\[/ { inside = ($0 == section) } inside && $1 == "version" && $2 == "=" { print $3; exit }' \
		"$root/linux/UPSTREAM"
}

# find_series: the series that the user stands in, names, or that the project builds by default.
find_series() {
	series=${IK_SERIES:-$(sed -n 's/^SERIES *[?:]*= *//p' "$root/mk/version.mk" 2>/dev/null)}
	series=${series:-stable}
	if [ -n "$src" ] && [ "${src##*/linux-}" = "$(pin longterm)" ] && [ -z "$IK_SERIES" ]; then
		series=longterm
	fi
}

# find_source: sets src of a project from the pin, unless the user stands in a source tree.
find_source() {
	find_series
	[ -z "$src" ] || return 0
	find_version=$(pin "$series")
	[ -n "$find_version" ] || die "$USAGE" "setting series: $root/linux/UPSTREAM pins no '$series'"
	src=$root/build/linux-$find_version
	is_kernel_tree "$src" || die "$FAILED" "$src is not there yet" "get it: make -C $root source SERIES=$series"
}

# find_out: sets out, the absolute folder of build results. A plain tree that was configured in place stays in place.
find_out() {
	find_suffix=
	[ "$IK_COMPILER" != clang ] || find_suffix=-clang
	if [ "$kind" = project ]; then
		[ "$series" = stable ] || find_suffix=-$series$find_suffix
		out=out$find_suffix
	elif [ -f "$root/.config" ] && [ ! -d "$root/out$find_suffix" ]; then
		out=$root
	else
		out=out$find_suffix
	fi
	out=${IK_OUT:-${KBUILD_OUTPUT:-$out}}
	absolute_out
}

# absolute_out: a relative name of the build folder counts from the root, wherever the user stands.
absolute_out() {
	case $out in
	/*) ;;
	.) out=$root ;;
	*) out=$root/$out ;;
	esac
}

# normal_arch NAME: what Kbuild calls the architecture, and in srcarch the folder of arch/ it lives in.
normal_arch() {
	case $1 in
	x86_64 | amd64) arch=x86_64 ;;
	i?86) arch=i386 ;;
	aarch64) arch=arm64 ;;
	armv*) arch=arm ;;
	*) arch=$1 ;;
	esac
	case $arch in
	x86_64 | i386 | x86) srcarch=x86 ;;
	*) srcarch=$arch ;;
	esac
}

# find_all [MAKE-ARGUMENT...]: root, source, build folder and architecture; O= and ARCH= among the arguments win.
find_all() {
	find_root
	case $IK_COMPILER in
	gcc | clang) ;;
	*) die "$USAGE" "setting compiler: '$IK_COMPILER' is neither gcc nor clang" "a version goes into the setting gcc or llvm" ;;
	esac
	[ "$kind" = tree ] || find_source
	find_out
	normal_arch "${IK_ARCH:-${ARCH:-$(uname -m)}}"
	# x86 is what the project has always passed; it chooses 64 bit by the configuration.
	[ "$arch" != x86_64 ] || arch=x86
	for find_arg; do
		case $find_arg in
		O=*) out=${find_arg#O=} && absolute_out ;;
		ARCH=*) normal_arch "${find_arg#ARCH=}" ;;
		esac
	done
	config=$out/.config
}

# need_config: most helpers are about a configured build.
need_config() {
	[ -f "$config" ] || die "$FAILED" "$config does not exist" "make one: mc (from $IK_DEFCONFIG), or: kmake menuconfig"
}

cmd_croot() {
	find_root
	root_sub=
	if [ "${1-}" = -s ]; then
		shift
		[ "$kind" = tree ] || find_source
		root=$src
	fi
	case ${1-} in
	-*) usage_error "unknown option '$1'" ;;
	?*) root_sub=/$1 && shift ;;
	esac
	no_more "$@"
	[ -d "$root$root_sub" ] || die "$FAILED" "$root$root_sub is no folder"
	# No newline: the function that asked keeps every byte of the name.
	printf '%s/' "$root$root_sub"
}
