# SPDX-License-Identifier: GPL-2.0-or-later
# iMMENSITY Kernel for WSL 2. `make` builds the packages into dist/, `make check` passes the tests, `make help` lists
# the rest. This file only joins the pieces in mk/; each of them says what it is for.

SHELL := /bin/sh
.DEFAULT_GOAL := packages
.DELETE_ON_ERROR:

include mk/version.mk
include mk/kernel.mk
include mk/config.mk
include mk/program.mk
include mk/packages.mk
include mk/source.mk
include mk/bench.mk
include mk/shell.mk
include mk/check.mk

.PHONY: deps-build deps-test clean distclean help
# SETUP=no leaves the installed packages alone (build farms, other distributions).
ifneq ($(SETUP),no)
deps-build:
	@mk/scripts/setup-deps mk/build-packages.list
deps-test: | deps-build
	@mk/scripts/setup-deps mk/build-packages.list mk/test-packages.list
else
deps-build deps-test:
	@:
endif

clean: ## remove build results (out/, dist/, what is under build/ but the source trees)
	rm -rf out out-* dist build/stage build/deb build/rpm build/log build/stamp
	$(MAKE) -C postinst-helper clean

distclean: clean ## also the source trees; downloads stay in the cache
	rm -rf build

help: ## this list
	@echo "Targets (SERIES=stable|longterm, COMPILER=gcc|clang, DEBUG_PACKAGES=1, V=1):"
	@cat $(MAKEFILE_LIST) | sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  \1|\2/p' | sort -u | awk -F'|' '{ printf "%-20s %s\n", $$1, $$2 }'

print-%:
	@echo '$($*)'
