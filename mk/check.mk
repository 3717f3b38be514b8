# SPDX-License-Identifier: GPL-2.0-or-later
# Tests and style checks. What is tested is registered in tests/suites.d/; this file only starts the runner.

.PHONY: check check-full check-fast lint
check: packages program | deps-test ## pass the tests (ends with "N passed, N failed")
	@tests/run $(SUITE)

check-full: packages program | deps-test ## all tests, the long ones as well (hours)
	@tests/run --full $(SUITE)

lint: | deps-test ## style of every file: shell, C, man pages, licence lines, folders
	@tests/run lint
