#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The real configurations of both series on the real kernel trees, without compiling: nothing lost, everything required
# present, wsl2_defconfig leads back to them, the release is what WSL accepts. Planted faults must stop them.
# It must not change the trees beyond wsl2_defconfig.
# shellcheck disable=SC2317 # functions are called by fails
set -eu
. tests/lib/tap.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for series in stable longterm; do
	tree=build/linux-$(linux/scripts/pin $series version)
	ok "$series: the source tree is there" make --no-print-directory SERIES=$series SETUP=no source
	ok "$series: nothing lost, lists met, round trip, no drift" configs/scripts/defconfig $series "$tree"
	ok "$series: the same from wsl2_defconfig" env LOCALVERSION= make -s -C "$tree" O="$work/$series" wsl2_defconfig
	ok "$series: prepare the release" env LOCALVERSION= make -s -C "$tree" O="$work/$series" include/config/kernel.release
	release=$(cat "$work/$series/include/config/kernel.release")
	# shellcheck disable=SC2016 # for the inner shell
	ok "$series: the release $release is one that WSL accepts" sh -c \
		'echo "$1" | grep -Eqx "[0-9]+\.[0-9]+\.[0-9]+-[0-9]+-immensity-microsoft-standard-WSL2"' sh "$release"
done

# A copy of configs/ with faults; the trees are only read.
mkdir -p "$work/copy/mk"
cp -r configs "$work/copy/"
cp mk/version.mk "$work/copy/mk/"
tree=$PWD/build/linux-$(linux/scripts/pin stable version)
generate() {
	"$work/copy/configs/scripts/generate" "$tree" "$work/planted"
}
printf '\n# a value that Kconfig cannot keep\nCONFIG_SND_SOC=y\n' >>"$work/copy/configs/fragments/60-devices.config"
line=$(wc -l <"$work/copy/configs/fragments/60-devices.config")
fails "a planted lost value stops the configuration" 1 "CONFIG_SND_SOC: wanted y, got m \(configs/fragments/60-devices.config:$line\)" generate
cp configs/fragments/60-devices.config "$work/copy/configs/fragments/"
sed -i '/^CONFIG_ISO9660_FS=y/d; /^CONFIG_JOLIET=y/d; /^CONFIG_ZISOFS=y/d' "$work/copy/configs/fragments/10-wsl.config"
fails "a planted missing requirement stops it" 1 'CONFIG_ISO9660_FS must be y, is n: needed by Docker Desktop' generate
done_testing
