#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# mk/kernel.mk: the two targets, what they cost when nothing changed, and a failure's traces.
set -eu
. linux/tests/lib.sh

fake_tarball good.tar.xz linux-source-7.3 7.3.4
good_sum=$(sum "$tmp/made/good.tar.xz")
pin stable 7.3.4 debian_version=7.3.4-1 debian_suites= "debian_sha256=$good_sum" kernel_org_sha256= kernel_org_key=
mkdir -p "$IK_CACHE/tarballs" "$tree/mk/scripts"
cp "$tmp/made/good.tar.xz" "$IK_CACHE/tarballs/linux-source-7.3_7.3.4-1.tar.xz"
cp mk/kernel.mk "$tree/mk/"
cp mk/scripts/phase "$tree/mk/scripts/"
cat >"$tree/Makefile" <<'END'
.DELETE_ON_ERROR:
SERIES ?= stable
include mk/version.mk
include mk/kernel.mk
deps-build:
	@:
show:
	@echo '$(VERSION) $(RELEASE) $(SRC)'; echo "GIT_DIR=$${GIT_DIR-none} LOCALVERSION=$${LOCALVERSION-none}"
built: $(SRC_STAMP)
	@echo built >>$@
END
cd "$tree"
export LINUX_SOURCES=cache MAKEFLAGS=

is "the version, the release and the place of the tree" "$(make -s show | head -n 1)" \
	"7.3.4 7.3.4-1-immensity-microsoft-standard-WSL2 build/linux-7.3.4"
is "nothing that makes Kbuild add to the release reaches a recipe" "$(GIT_DIR=x make -s show | tail -n 1)" \
	"GIT_DIR=none LOCALVERSION="
ok "make source makes the tree" sh -c 'make source | grep -q "Source linux 7.3.4: done"'
before=$(date +%s%N)
is "make source says nothing when there is nothing to do" "$(make source)" ""
diag "make source with nothing to do: $((($(date +%s%N) - before) / 1000000)) ms"
make -s built built
is "what depends on the tree is not made again either" "$(make -s built && cat built)" built
ok "REPLACE=1 makes it again" sh -c 'make source REPLACE=1 | grep -q "done in"'
fails "an unknown series stops make" 2 'no such series' make SERIES=daily source

mkdir -p configs/scripts
printf '#!/bin/sh\nexit 1\n' >configs/scripts/defconfig
chmod +x configs/scripts/defconfig
rm -rf build
fails "a configuration that cannot be made fails" 2 'configs/scripts/defconfig stable failed' make source
ok "but leaves the tree its stamp" test -f build/linux-7.3.4/.immensity-source
rm configs/scripts/defconfig
is "so that the next run need not make it again" "$(make source)" ""

fails "update-upstream says why it cannot" 2 'no source has a release of branch 7.3' \
	make update-upstream LINUX_SOURCES=debian OS_RELEASE=/none
set_key stable version ''
fails "a broken pin stops make source" 2 'no usable pin' make source
fails "but not the target that can mend it" 2 'Newest upstream of stable failed' make update-upstream \
	LINUX_SOURCES=cache
done_testing
