# SPDX-License-Identifier: GPL-2.0-or-later
# The upstream source: which one (linux/UPSTREAM), where its tree is and how it gets there. It defines the names that
# the other pieces build on (VERSION RELEASE BUILD SRC SRC_STAMP); it does not know how a kernel is configured.

BUILD := $(or $(IK_BUILD),build)
VERSION := $(shell linux/scripts/pin $(SERIES) version)
# A broken pin stops everything but what can mend it or does not need it.
ifeq ($(VERSION)$(filter update-upstream help clean distclean,$(MAKECMDGOALS)),)
$(error SERIES=$(SERIES) has no usable pin in linux/UPSTREAM, see above)
endif
RELEASE := $(VERSION)-$(PKGREV)-immensity-microsoft-standard-WSL2
SRC := $(BUILD)/linux-$(VERSION)
# Newer than what was built from the tree exactly when the tree was made again.
SRC_STAMP := $(SRC)/.immensity-source

# A git hook exports these, and Kbuild would then add our commit to the release, as it would a "+" for a repository
# inside the tree if LOCALVERSION were not set at all.
unexport GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
LOCALVERSION ?=
export LOCALVERSION

.PHONY: source update-upstream
source: $(SRC_STAMP) ## get, verify, unpack and patch the upstream source (REPLACE=1: also over edited files)

# A failure after the tree was made (its wsl2_defconfig) must not cost the tree its stamp.
.PRECIOUS: $(SRC_STAMP)
$(SRC_STAMP): FORCE | deps-build
	@$(if $(REPLACE),false,linux/scripts/prepare --series $(SERIES) --check) || mk/scripts/phase \
		"Source linux $(VERSION)" $(BUILD)/log/source-$(SERIES).log \
		linux/scripts/prepare --series $(SERIES) $(if $(REPLACE),--replace)

update-upstream: | deps-build ## move the pin of SERIES to the newest version there is (BRANCH=X.Y: to that branch)
	@mk/scripts/phase "Newest upstream of $(SERIES)" $(BUILD)/log/update-upstream-$(SERIES).log \
		linux/scripts/update-upstream --series $(SERIES) $(if $(BRANCH),--branch $(BRANCH)) \
		--report $(BUILD)/log/update-upstream-$(SERIES).report
	@cat $(BUILD)/log/update-upstream-$(SERIES).report
	@version=$$(linux/scripts/pin $(SERIES) version) && \
		debian/scripts/new-version --unless-there $(SERIES) "$$version-$(PKGREV)" "Linux $$version."

.PHONY: FORCE
FORCE:
