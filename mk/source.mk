# SPDX-License-Identifier: GPL-2.0-or-later
# Source packages: what everybody who gets our binary packages may ask for. The work is in mk/scripts/source-packages;
# this file only says which version and which upstream tarball.

.PHONY: source-packages
source-packages: | deps-build ## source packages (.dsc, .src.rpm) with the whole source, into dist/source/
	@tarball=$$(linux/scripts/fetch --series $(SERIES)) && \
		mk/scripts/phase "Source packages ($(small_name))" build/log/source-packages-$(SERIES).log \
		mk/scripts/source-packages kernel $(SERIES) $(kernel_deb_version) "$$tarball" build/source/$(SERIES) dist/source
	@SOURCE_DATE_EPOCH=$(program_date) mk/scripts/phase "Source packages (immensity-kernel)" \
		build/log/source-packages-program.log \
		mk/scripts/source-packages program $(PROGRAM_VERSION) build/source/program dist/source
