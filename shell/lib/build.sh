# SPDX-License-Identifier: GPL-2.0-or-later
# Runs make with the kernel's arguments. It knows compilers and jobs; where the tree is comes from where.sh.
# shellcheck shell=sh
# shellcheck disable=SC2154  # src, out, arch and kind are set by where.sh

# wants_ccache: ccache is used when it is there; "no" leaves it out.
wants_ccache() {
	[ "$IK_CCACHE" != no ] && command -v ccache >/dev/null 2>&1
}

# has_wrapper: the project's own wrapper of make chooses among the tool chains that are installed.
has_wrapper() {
	project_make=$root/configs/scripts/kmake
	[ "$kind" = project ] && [ -x "$project_make" ]
}

# need_compiler PROGRAM SETTING
need_compiler() {
	command -v "$1" >/dev/null 2>&1 || die "$FAILED" "the compiler $1 is not installed" \
		"install it, or choose another with the setting $2 (setup.conf)"
}

# find_compiler: sets cc (the value for CC=, may be empty) and llvm (the value for LLVM=, may be empty).
find_compiler() {
	llvm='' cc=''
	if [ "$IK_COMPILER" = clang ]; then
		llvm=$IK_LLVM
		case $llvm in
		1) cc=clang ;;
		-*) cc=clang$llvm ;;
		*/) cc=${llvm}clang ;;
		*) die "$USAGE" "setting llvm: '$llvm' is neither 1 nor a version (-19) nor a folder that ends in /" ;;
		esac
		{ [ "$llvm" = 1 ] && has_wrapper; } || need_compiler "$cc" llvm
	else
		cc=${IK_GCC:-${IK_CROSS_COMPILE}gcc}
		need_compiler "$cc" gcc
	fi
	! wants_ccache || cc="ccache $cc"
}

# find_jobs: sets jobs, by default one for each processor.
find_jobs() {
	jobs=$IK_JOBS
	[ -n "$jobs" ] || jobs=$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
	case $jobs in
	*[!0-9]* | 0*) die "$USAGE" "setting jobs: '$jobs' is no positive number" ;;
	esac
}

# make_kernel [MAKE-ARGUMENT...]: the user's arguments come last, so they win. IK_SHOW=yes prints the command instead.
make_kernel() {
	find_all "$@"
	find_compiler
	find_jobs
	check_words make_args "$IK_MAKE_ARGS"
	# O= was taken into $out, relative to the root; make would count it from the source tree.
	for make_arg; do
		shift
		case $make_arg in
		O=*) ;;
		*) set -- "$@" "$make_arg" ;;
		esac
	done
	prepend_settings "$@"
}

# prepend_settings [MAKE-ARGUMENT...]: puts what the settings say in front and runs make.
prepend_settings() {
	set -f
	eval "set -- $IK_MAKE_ARGS \"\$@\""
	set +f
	[ -z "$IK_CROSS_COMPILE" ] || set -- "CROSS_COMPILE=$IK_CROSS_COMPILE" "$@"
	if has_wrapper; then
		use_project_make "$@"
		return 0
	fi
	[ -z "$llvm" ] || set -- "LLVM=$llvm" "$@"
	set -- -C "$src" "-j$jobs" "ARCH=$arch" "CC=$cc" "$@"
	[ "$out" = "$src" ] || set -- "$@" "O=$out"
	run_make make "$@"
}

# use_project_make [MAKE-ARGUMENT...]: the project's own build goes through the project's own wrapper, so that what was
# built by either of them is not built again by the other. Only the fixed time and number are taken back: two builds
# of one kernel must be told apart while it is being worked on.
use_project_make() {
	if [ -n "$llvm" ] && [ "$llvm" != 1 ]; then
		set -- "LLVM=$llvm" "CC=$cc" "$@"
	elif [ -n "$IK_GCC" ]; then
		set -- "CC=$cc" "$@"
	fi
	set -- "$project_make" -C "$src" "O=$out" "-j$jobs" "ARCH=$arch" KBUILD_BUILD_VERSION= KBUILD_BUILD_TIMESTAMP= "$@"
	COMPILER=$IK_COMPILER
	export COMPILER
	# The packages' build believes this stamp; they must not be made from what was built here.
	[ "${IK_SHOW:-no}" = yes ] || rm -f -- "$root/build/stamp/kernel-${out##*/}"
	run_make "$@"
}

# run_make COMMAND...: the project's release string must not depend on the repository around it.
run_make() {
	if [ "${IK_SHOW:-no}" = yes ]; then
		quoted "$@"
		return 0
	fi
	need make "drives the build" make
	if [ "$kind" = project ]; then
		unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
		LOCALVERSION=${LOCALVERSION-}
		export LOCALVERSION
	fi
	make_status=0
	"$@" || make_status=$?
	[ "$make_status" -eq 0 ] || die "$FAILED" "make ended with status $make_status in $src" "the last lines above say why"
}

# quiet_make WHAT [MAKE-ARGUMENT...]: as make_kernel, but the output is shown only when it fails.
quiet_make() {
	scratch
	quiet_what=$1
	shift
	(make_kernel "$@") >"$tmp/make.log" 2>&1 || {
		quiet_status=$?
		tail -n 20 "$tmp/make.log" >&2
		die "$quiet_status" "$quiet_what failed (status $quiet_status)"
	}
}

# only_variables WORD...: sets "variables" to the quoted words that may also be given to clean: VAR=value and -j.
only_variables() {
	variables=
	for only_word; do
		case $only_word in
		-j[0-9]* | --jobs=*) variables="$variables $(quoted "$only_word")" ;;
		-*) ;;
		?*=*) variables="$variables $(quoted "$only_word")" ;;
		esac
	done
}

# make_clean [MAKE-ARGUMENT...]: cleans the very build folder that the arguments name; targets are left for the build.
make_clean() {
	only_variables "$@"
	eval "make_kernel clean $variables"
}
