# SPDX-License-Identifier: GPL-2.0-or-later
# At login: one line if a kernel update waits for something. Without a waiting update it costs one test and is silent.
# dpkg leaves this file behind when the package is removed: then there is no program that could say what to do.
# shellcheck shell=sh
if [ -e /var/lib/immensity-kernel/pending ] && [ -x /usr/bin/immensity-kernel ] && [ -t 2 ]; then
	echo "immensity-kernel: a kernel update is pending; \`immensity-kernel status\` says what to do" >&2
fi
