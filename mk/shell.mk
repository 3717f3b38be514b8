# SPDX-License-Identifier: GPL-2.0-or-later
# The shell helpers need no build; this file only gives their tests a name.

.PHONY: shell-check
shell-check: | deps-test ## only the tests of the shell helpers
	@tests/run shell/tests
