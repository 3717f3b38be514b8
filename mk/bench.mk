# SPDX-License-Identifier: GPL-2.0-or-later
# Measuring the built kernel. What is measured and how is in bench/; this file only names the images of this build.

bench_dir := build/bench

.PHONY: bench
bench: kernel | deps-test ## measure the built kernel: raw figures and plots in build/bench/
	@mkdir -p $(bench_dir)
	@mk/scripts/phase "Measuring $(RELEASE) ($(COMPILER))" build/log/bench-$(OUT).log \
		bench/measure --json $(bench_dir)/$(RELEASE)-$(COMPILER).json --system-map $(OUT)/System.map \
		$(OUT)/arch/x86/boot/compressed/vmlinux.bin $(OUT)/arch/x86/boot/bzImage
	@bench/plot $(bench_dir)/$(RELEASE)-$(COMPILER).json
