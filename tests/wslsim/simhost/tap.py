# SPDX-License-Identifier: GPL-2.0-or-later
"""TAP for the suites of this folder: `check` prints one result line, `finish` the plan and the status."""

import sys

_state = {"count": 0, "failed": 0}


def check(description, got, wanted):
    """Passes when both values are equal; shows them when they are not."""
    _state["count"] += 1
    if got == wanted:
        print(f"ok {_state['count']} - {description}")
        return
    _state["failed"] += 1
    print(f"not ok {_state['count']} - {description}")
    print(f"#      got: {got!r}")
    print(f"#   wanted: {wanted!r}")


def finish():
    print(f"1..{_state['count']}")
    sys.exit(1 if _state["failed"] else 0)
