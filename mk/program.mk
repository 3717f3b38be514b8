# SPDX-License-Identifier: GPL-2.0-or-later
# The program immensity-kernel: how the top of the tree builds and checks it. The rules themselves are in
# postinst-helper/Makefile; this file knows only the names of its targets.

.PHONY: program program-check
program: | deps-build ## build immensity-kernel (postinst-helper/build/immensity-kernel)
	@mk/scripts/phase "Building immensity-kernel" build/log/program.log $(MAKE) -C postinst-helper all

program-check: program | deps-test ## only the program's tests
	@tests/run program
