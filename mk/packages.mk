# SPDX-License-Identifier: GPL-2.0-or-later
# Stage and packages. The finished kernel is laid out once (mk/scripts/stage); .deb and .rpm only copy from there. The
# program has packages of its own. Nothing here knows a path inside a package or how the kernel is built.

small_name := immensity-wsl-kernel$(if $(filter longterm,$(SERIES)),-lts)
kernel_changelog := debian/changelog$(if $(filter longterm,$(SERIES)),-lts)
program_changelog := postinst-helper/debian/changelog
kernel_deb_version = $(VERSION)-$(PKGREV)
stage_dir := build/stage/$(SERIES)
stamp_dir := build/stamp

# The date of the newest entry of a Debian changelog, in seconds: every time stamp in our products is this one.
changelog_date = $(shell date -d "$$(sed -n 's/^ -- .*>  //p' $(1) | head -n 1)" +%s)
ifeq ($(origin SOURCE_DATE_EPOCH),undefined)
SOURCE_DATE_EPOCH := $(call changelog_date,$(kernel_changelog))
endif
export SOURCE_DATE_EPOCH
program_date := $(call changelog_date,$(program_changelog))

# The packages hold what the kernel was built to; these are the products whose change makes a new stage.
kernel_products = $(addprefix $(OUT)/,arch/x86/boot/compressed/vmlinux.bin arch/x86/boot/bzImage modules.order \
	Module.symvers include/config/kernel.release)
# debian/ as the package build sees it, and the program's source; results of builds and documents do not count.
kernel_deb_files := $(shell find debian -type f ! -name README.md)
program_files := $(shell find postinst-helper -name 'build*' -prune -o -name tests -prune -o -type f ! -name README.md -print)
pack_scripts := $(addprefix mk/scripts/,build-deb build-rpm rpm-spec debian-copy)

.PHONY: stage deb rpm packages
# Packing is one thread of xz for each package: two at a time, unless the caller has said how many.
packages: $(stamp_dir)/stage-$(SERIES) ## build the .deb and .rpm packages into dist/ (the default)
	@$(MAKE) -s --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j2) deb rpm
	@echo "   dist/ holds the packages of $(kernel_deb_version) ($(SERIES)) and of immensity-kernel $(PROGRAM_VERSION)"
stage: $(stamp_dir)/stage-$(SERIES) ## lay out what the packages hold in build/stage/<series>/
deb: $(stamp_dir)/deb-$(SERIES) $(stamp_dir)/deb-program ## only the .deb packages
rpm: $(stamp_dir)/rpm-$(SERIES) $(stamp_dir)/rpm-program ## only the .rpm packages

# What a stage depends on besides files: rewritten only when it changes.
$(stamp_dir)/stage-$(SERIES).settings: FORCE
	@mkdir -p $(@D)
	@echo '$(OUT) $(kernel_deb_version) debug=$(DEBUG_PACKAGES)' | cmp -s - $@ || \
		echo '$(OUT) $(kernel_deb_version) debug=$(DEBUG_PACKAGES)' > $@

$(kernel_products): kernel ;

$(stamp_dir)/stage-$(SERIES): $(kernel_products) mk/scripts/stage linux/patches/series $(stamp_dir)/stage-$(SERIES).settings
	@KMAKE='$(KMAKE)' mk/scripts/phase "Staging the $(SERIES) kernel" build/log/stage-$(SERIES).log \
		mk/scripts/stage $(if $(filter 1,$(DEBUG_PACKAGES)),--debug) $(OUT) $(SRC) $(SERIES) $(stage_dir)
	@touch $@

$(stamp_dir)/deb-$(SERIES): $(stamp_dir)/stage-$(SERIES) $(kernel_deb_files) $(pack_scripts)
	@mk/scripts/debian-copy $(SERIES) $(kernel_deb_version) build/deb/$(SERIES)/$(small_name)
	@IK_STAGE=$(abspath $(stage_dir)) mk/scripts/phase "Packing .deb ($(SERIES) kernel)" build/log/deb-$(SERIES).log \
		mk/scripts/build-deb build/deb/$(SERIES)/$(small_name) dist $(if $(filter 1,$(DEBUG_PACKAGES)),pkg.immensity.debug)
	@touch $@

$(stamp_dir)/rpm-$(SERIES): $(stamp_dir)/stage-$(SERIES) rpm/wsl-kernel.spec $(kernel_changelog) $(pack_scripts)
	@mk/scripts/debian-copy $(SERIES) $(kernel_deb_version) build/rpm/$(SERIES)/debian-copy
	@mk/scripts/phase "Packing .rpm ($(SERIES) kernel)" build/log/rpm-$(SERIES).log \
		mk/scripts/build-rpm rpm/wsl-kernel.spec build/rpm/$(SERIES)/debian-copy/debian/changelog build/rpm/$(SERIES) dist \
		stagedir=$(abspath $(stage_dir)) $(if $(filter 1,$(DEBUG_PACKAGES)),with_debug_packages=1)
	@touch $@

$(stamp_dir)/deb-program: $(program_files) $(pack_scripts) | deps-build
	@mk/scripts/program-copy build/deb/program/immensity-kernel $(PROGRAM_VERSION)
	@SOURCE_DATE_EPOCH=$(program_date) mk/scripts/phase "Packing .deb (immensity-kernel)" build/log/deb-program.log \
		mk/scripts/build-deb build/deb/program/immensity-kernel dist
	@mkdir -p $(@D) && touch $@

$(stamp_dir)/rpm-program: $(program_files) rpm/immensity-kernel.spec $(pack_scripts) | deps-build
	@mk/scripts/program-copy build/rpm/program/source $(PROGRAM_VERSION)
	@SOURCE_DATE_EPOCH=$(program_date) mk/scripts/phase "Packing .rpm (immensity-kernel)" build/log/rpm-program.log \
		mk/scripts/build-rpm rpm/immensity-kernel.spec build/rpm/program/source/debian/changelog build/rpm/program dist \
		sourcedir=$(abspath build/rpm/program/source) static_inih=1
	@mkdir -p $(@D) && touch $@
