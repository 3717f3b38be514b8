# SPDX-License-Identifier: GPL-2.0-or-later
# Configuration and build of the kernel: $(OUT)/.config from the fragments in configs/, then both images and the
# modules. It defines OUT and KMAKE for the other pieces; it knows no option and nothing about packages.

COMPILER ?= gcc
ifeq ($(filter $(COMPILER),gcc clang),)
$(error COMPILER=$(COMPILER) is unknown: use gcc or clang)
endif
ifeq ($(filter $(SERIES),stable longterm),)
$(error SERIES=$(SERIES) is unknown: use stable or longterm)
endif
export COMPILER PKGREV DEBUG_PACKAGES

OUT := out$(if $(filter longterm,$(SERIES)),-longterm)$(if $(filter clang,$(COMPILER)),-clang)
# The kernel's make with our compiler, cache and reproducible settings; called as $(KMAKE) -C $(SRC) O=$(OUT) TARGET.
KMAKE := $(abspath configs/scripts/kmake)

config_stamp := build/stamp/config-$(OUT)
kernel_stamp := build/stamp/kernel-$(OUT)
config_inputs := $(wildcard configs/fragments/*.config configs/required/*.list configs/scripts/*) mk/version.mk
# What makes a finished kernel stale besides its source and configuration.
kernel_settings = $(RELEASE) epoch=$(SOURCE_DATE_EPOCH) $(shell $(if $(filter clang,$(COMPILER)), \
	configs/scripts/toolchain clang $(SRC) 2>/dev/null,gcc -dumpfullversion)) $(shell pahole --version) \
	$(shell cksum < configs/scripts/kmake) $(if $(filter 1,$(DEBUG_PACKAGES)),debug)

.PHONY: config config-check config-update kernel parity
config: $(config_stamp) ## make and check the kernel's configuration (SERIES=, COMPILER=)

build/stamp/config-$(OUT).settings: FORCE
	@mkdir -p $(@D)
	@echo '$(RELEASE)' | cmp -s - $@ || echo '$(RELEASE)' > $@

$(config_stamp): $(SRC_STAMP) $(config_inputs) build/stamp/config-$(OUT).settings
	@toolchain=$$(configs/scripts/toolchain $(COMPILER) $(SRC)) && \
		mk/scripts/phase "Configuration ($(SERIES), $(COMPILER))" build/log/config-$(OUT).log \
		configs/scripts/generate $(SRC) $(OUT) $(COMPILER) $$toolchain
	@touch $@

kernel: $(config_stamp) ## build vmlinux.bin, bzImage and the modules in $(OUT)
	@configs/scripts/up-to-date $(kernel_stamp) '$(kernel_settings)' $(SRC) $(OUT) || { \
		echo '$(kernel_settings)' > $(kernel_stamp).new && \
		mk/scripts/phase "Kernel $(RELEASE) ($(COMPILER))" build/log/kernel-$(OUT).log \
			$(KMAKE) -C $(SRC) O=$(abspath $(OUT)) bzImage modules && \
		mv $(kernel_stamp).new $(kernel_stamp); }

config-check: | deps-build ## check the configuration of both series: lost values, requirements, drift, wsl2_defconfig
	@for series in stable longterm; do \
		$(MAKE) --no-print-directory SERIES=$$series COMPILER=gcc source && \
		mk/scripts/phase "Configuration check ($$series)" build/log/config-check-$$series.log \
			configs/scripts/defconfig $$series $(BUILD)/linux-$$(linux/scripts/pin $$series version) || exit 1; \
	done

config-update: | deps-build ## accept the present configuration of SERIES as the expected one
	@mk/scripts/phase "Expected configuration ($(SERIES))" build/log/config-update-$(SERIES).log \
		configs/scripts/defconfig --update $(SERIES) $(SRC)

parity: $(config_stamp) ## rewrite configs/parity/stable.md from REFERENCE_CONFIG=, Microsoft's configuration
	@[ $(SERIES) = stable ] || { echo "error: make parity compares the stable series only" >&2; exit 2; }
	@configs/scripts/parity '$(REFERENCE_CONFIG)' $(OUT)/.config $(SRC) configs/parity/reasons > build/parity.md
	@mv build/parity.md configs/parity/stable.md
	@echo "written: configs/parity/stable.md"
