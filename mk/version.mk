# SPDX-License-Identifier: GPL-2.0-or-later
# The only place with version numbers of our own (the upstream pins are in linux/UPSTREAM).
# PKGREV goes up with every published kernel build, PROGRAM_VERSION with every release of immensity-kernel.
PKGREV ?= 1
PROGRAM_VERSION := 0.1.0
SERIES ?= stable
