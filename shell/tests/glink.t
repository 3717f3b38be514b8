#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# glink: the page of a commit at the site that the remote's address names.
set -eu
. shell/tests/lib.sh

# at ADDRESS: what glink prints when the remote has that address.
at() {
	git -C "$tree" remote set-url origin "$1"
	use "$tree/kernel" glink 2>/dev/null
}

prepare() {
	toy_tree "$work/t"
	git_tree "$tree"
	git -C "$tree" remote add origin https://example.org/x
	commit=$(git -C "$tree" rev-parse HEAD)
}

forges() {
	prepare
	is "$sh: GitHub over https, HEAD by default (defect glink-3)" "$(at https://github.com/me/linux.git)" \
		"https://github.com/me/linux/commit/$commit"
	is "$sh: GitHub over ssh (defect glink-1)" "$(at git@github.com:me/linux.git)" "https://github.com/me/linux/commit/$commit"
	is "$sh: GitLab, with groups and a port of ssh" "$(at ssh://git@gitlab.example.org:2222/a/b/linux.git)" \
		"https://gitlab.example.org/a/b/linux/-/commit/$commit"
	is "$sh: Debian's GitLab" "$(at https://salsa.debian.org/kernel-team/linux)" \
		"https://salsa.debian.org/kernel-team/linux/-/commit/$commit"
	is "$sh: a Gitea" "$(at https://codeberg.org/me/linux/)" "https://codeberg.org/me/linux/commit/$commit"
	is "$sh: Bitbucket" "$(at git@bitbucket.org:me/linux.git)" "https://bitbucket.org/me/linux/commits/$commit"
	is "$sh: kernel.org" "$(at git://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git)" \
		"https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git/commit/?id=$commit"
	is "$sh: a token in the address is not shown" "$(at https://me:s3cret@github.com/me/linux)" \
		"https://github.com/me/linux/commit/$commit"
	setting forge gitlab
	is "$sh: a site of another name is a setting" "$(at https://git.example.org/me/linux)" \
		"https://git.example.org/me/linux/-/commit/$commit"
	no_settings
	setting forge svn
	fails "$sh: an unknown one is refused" 2 "forge: 'svn'" use "$tree" glink
	no_settings
}

commits() {
	prepare
	git -C "$tree" remote set-url origin https://github.com/me/linux
	is "$sh: a short hash becomes the whole one (defect glink-2)" \
		"$(use "$tree" "glink $(printf '%.7s' "$commit")" 2>/dev/null)" "https://github.com/me/linux/commit/$commit"
	is "$sh: a tag becomes its commit" "$(use "$tree" 'glink v1' 2>/dev/null)" "https://github.com/me/linux/commit/$commit"
	fails "$sh: a hash that does not exist is an error (defect glink-2)" 1 "no commit 'deadbeef'" use "$tree" 'glink deadbeef'
	fails "$sh: a commit that was not pushed gets a warning" any 'push it' use "$tree" 'glink; false'
	git -C "$tree" remote add fork git@gitlab.com:you/linux.git
	git -C "$tree" config branch.main.remote fork
	is "$sh: the remote is the one that the branch follows (defect glink-1)" "$(use "$tree" 'glink' 2>/dev/null)" \
		"https://gitlab.com/you/linux/-/commit/$commit"
	git -C "$tree" config --unset branch.main.remote
	git -C "$tree" remote remove origin
	is "$sh: a single remote of any name will do" "$(use "$tree" 'glink' 2>/dev/null)" "https://gitlab.com/you/linux/-/commit/$commit"
	git -C "$tree" remote set-url fork /srv/linux.git
	fails "$sh: a folder has no web page" 1 'no web page' use "$tree" glink
	git -C "$tree" remote set-url fork nonsense
	fails "$sh: so has what is no address at all" 1 'in no form that is known' use "$tree" glink
	git -C "$tree" remote remove fork
	fails "$sh: without a remote there is nothing to link to" 1 'has no remote' use "$tree" glink
	rm -rf "$tree/.git"
	fails "$sh: without git there is no commit" 1 'no git repository' use "$tree" glink
	fails "$sh: too many arguments" 2 'unexpected' use "$tree" 'glink a b'
	fails "$sh: an unknown option" 2 'unknown option' use "$tree" 'glink -x'
	ok "$sh: -h" use / 'glink -h | grep -q "usage: glink"'
}

in_each_shell forges
in_each_shell commits
done_testing
