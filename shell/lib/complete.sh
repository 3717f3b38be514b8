# SPDX-License-Identifier: GPL-2.0-or-later
# Prints the words that could stand where the user pressed TAB, one a line, for both shells. A line that is only "/"
# asks the shell to complete file names as well; after "=" and "/" goes no blank. It must be quick and never print an error.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154  # shared with the other parts

# The targets and variables of Kbuild that are typed by hand.
MAKE_TARGETS='all clean mrproper distclean bzImage Image vmlinux modules modules_install modules_prepare headers_install
	oldconfig olddefconfig syncconfig menuconfig nconfig xconfig defconfig savedefconfig tinyconfig allnoconfig
	localmodconfig listnewconfig kernelrelease kernelversion image_name compile_commands.json tags cscope help'
MAKE_VARIABLES='V= W= C= O= M= ARCH= CC= LLVM= CROSS_COMPILE= KCFLAGS= LOCALVERSION= KBUILD_BUILD_VERSION= INSTALL_MOD_PATH='

# options_of HELPER: the options that its help names, so that there is one list.
options_of() {
	self=$1
	{ show_help && echo " --help"; } | grep -oE '(^|[[ ,|])--?[a-z][a-z-]*' | grep -oE -- '--?[a-z][a-z-]*' | LC_ALL=C sort -u
}

defconfig_targets() {
	for defconfig_file in "$src/arch/$srcarch/configs"/*; do
		[ ! -f "$defconfig_file" ] || printf '%s\n' "${defconfig_file##*/}"
	done
}

# words_of_kind KIND WORD
words_of_kind() {
	case $1 in
	make) printf '%s\n' "$MAKE_TARGETS $MAKE_VARIABLES" | tr -s '[:blank:]' '\n' && (find_all && defconfig_targets) ;;
	variable) printf '%s\n' ARCH= CC= LLVM= O= ;;
	commit) (find_root && git -C "$root" for-each-ref --format='%(refname:short)' refs/heads refs/tags) && echo HEAD ;;
	subdir) (find_root && cd "$root/${2%"${2##*/}"}" && for subdir in */; do printf '%s\n' "${2%"${2##*/}"}$subdir"; done) ;;
	image) (find_all && builds_path && for image in "$root/$IK_IMAGE_NAME" "$builds"/*; do
		case $image in
		*.sha256 | *'/*') ;;
		*) [ ! -f "$image" ] || printf '%s\n' "$image" ;;
		esac
	done) && echo / ;;
	file) echo / ;;
	esac
}

# complete_words HELPER WORD
complete_words() {
	[ $# -eq 2 ] || exit 0
	complete_kind=$(awk -v name="$1" '$1 == name { print $3 }' "$home/shell/commands")
	{
		case $2 in
		-*) options_of "$1" ;;
		*) words_of_kind "$complete_kind" "$2" ;;
		esac
	} 2>/dev/null | while IFS= read -r complete_word; do
		case $complete_word in
		/ | "$2"*) printf '%s\n' "$complete_word" ;;
		esac
	done
	return 0
}
