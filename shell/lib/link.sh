# SPDX-License-Identifier: GPL-2.0-or-later
# glink: the web address of a commit, made from the address of the remote. It opens no connection.
# shellcheck shell=sh
# shellcheck disable=SC2154  # root is set by where.sh

# find_remote: sets remote_url: the remote that the branch follows, else origin, else the only one there is.
find_remote() {
	remote_name=$(git -C "$root" config "branch.$(git -C "$root" symbolic-ref --short -q HEAD).remote") || remote_name=
	[ "$remote_name" != . ] || remote_name=
	if [ -z "$remote_name" ]; then
		remote_name=$(git -C "$root" remote | awk '$0 == "origin" { found = 1 } { last = $0 }
			END { if (found) print "origin"; else if (NR == 1) print last }')
	fi
	[ -n "$remote_name" ] || die "$FAILED" "$root has no remote to link to" "add one: git remote add origin ADDRESS"
	remote_url=$(git -C "$root" remote get-url "$remote_name") || die "$FAILED" "the remote '$remote_name' has no address"
}

# split_url URL: sets url_host and url_path; user names, passwords, ports of ssh and a final .git are dropped.
split_url() {
	case $1 in
	ssh://* | git://* | git+ssh://* | http://* | https://*)
		url_rest=${1#*://}
		url_host=${url_rest%%/*}
		url_path=${url_rest#*/}
		url_host=${url_host##*@}
		case $1 in
		http*) ;;
		*) url_host=${url_host%%:*} ;;
		esac
		;;
	/* | ./* | ../* | file:*) die "$FAILED" "the remote's address is a folder ($1), which has no web page" ;;
	*:*)
		url_host=${1%%:*}
		url_host=${url_host##*@}
		url_path=${1#*:}
		;;
	*) die "$FAILED" "the remote's address '$1' is in no form that is known" ;;
	esac
	url_path=${url_path#/}
	url_path=${url_path%/}
	url_git=
	case $url_path in *.git) url_git=.git && url_path=${url_path%.git} ;; esac
}

# find_forge: sets forge, what kind of site the host is, by its name or by the setting.
find_forge() {
	forge=$IK_FORGE
	[ -z "$forge" ] || return 0
	case $url_host in
	*gitlab* | salsa.debian.org | invent.kde.org) forge=gitlab ;;
	*bitbucket*) forge=bitbucket ;;
	git.kernel.org | *cgit*) forge=cgit ;;
	*.googlesource.com) forge=gitiles ;;
	*) forge=github ;;
	esac
}

# print_link COMMIT
print_link() {
	case $forge in
	github | gitea | forgejo | sourcehut) link_part=/commit/ ;;
	gitlab) link_part=/-/commit/ ;;
	bitbucket) link_part=/commits/ ;;
	cgit) link_part="$url_git/commit/?id=" ;;
	gitiles) link_part=/+/ ;;
	*) die "$USAGE" "setting forge: '$forge' is unknown" "known: github gitlab gitea forgejo sourcehut bitbucket cgit gitiles" ;;
	esac
	printf 'https://%s/%s%s%s\n' "$url_host" "$url_path" "$link_part" "$1"
}

cmd_glink() {
	case ${1-} in -?*) usage_error "unknown option '$1'" ;; esac
	[ $# -le 1 ] || no_more "$2"
	need git "knows the commit and the remote" git
	find_root
	git -C "$root" rev-parse --git-dir >/dev/null 2>&1 || die "$FAILED" "$root is no git repository"
	link_commit=$(git -C "$root" rev-parse --verify --quiet "${1:-HEAD}^{commit}") ||
		die "$FAILED" "$root has no commit '${1:-HEAD}'" "git log --oneline shows what there is"
	find_remote
	split_url "$remote_url"
	find_forge
	[ -n "$(git -C "$root" branch -r --contains "$link_commit" 2>/dev/null)" ] ||
		warn "no branch of a remote is known to have this commit; push it, or the link leads nowhere"
	print_link "$link_commit"
}
