# SPDX-License-Identifier: GPL-2.0-or-later
"""Random `.wslconfig` files: mostly plausible, rich in what WSL's grammar trips over; the same for the same seed.

It knows how such files are written, not how they are read.
"""

import random

SECTIONS = ["[wsl2]", "[wsl2]", "[wsl2]", "[WSL2]", "[experimental]", "[general]", "  [wsl2]\t", "[wsl2] # ours",
            "[wsl2 ]", "[ wsl2]", "[wsl2", "[wsl2]x", "[]", "[-]", "[wsl2x y]", "[ab c]", "[longname]", "[wls2]"]
KEYS = (["kernel"] * 8 + ["memory", "processors", "swap", "safeMode", "kernelCommandLine", "networkingMode"] * 2
        + ["Kernel", "KERNEL", "my_key", "my-key", "nope", "9", "=", "\u00fc", "kernel2", "k"])
EQUALS = ["="] * 8 + [" = ", "\t=\t", " ", ""]
PIECES = ["C:\\\\", "C:\\", "C:/", "Users", "Ann", "\\\\", "\\", "\\t", "\\n", "\\b", '\\"', '"', '"', " ", "  ", "\t",
          "#", ";", "=", "k", "bzImage", "temp", "new", "\u00fc", "\u0141", "\u0100", "\U0001f600", "true", "false", "1",
          "4GB", "[", "]", "%userprofile%", "\x7f", "\x01"]
WHOLE = ["C:\\\\Users\\\\Ann\\\\kernel", '"C:\\\\Program Files\\\\k"', "C:/k", "true", "8GB", "C:\\\\a # text", ""]
OTHER = ["", "", "# a comment", "  # a comment = \"", "; no comment", "text", "\t", "#"]
ENDS = ["\n", "\n", "\n", "\r\n", "\r\n", "\\\n", "\\\r\n", "\r", "\n\n", "\r\r\n"]


def _value(source):
    if source.random() < 0.6:
        return source.choice(WHOLE)
    return "".join(source.choice(PIECES) for _ in range(source.randint(0, 6)))


def _line(source):
    kind = source.random()
    if kind < 0.15:
        return source.choice(SECTIONS)
    if kind < 0.8:
        blanks = source.choice(["", "", "", " ", "\t"])
        tail = source.choice(["", "", "", " ", " # text", "#text"])
        return blanks + source.choice(KEYS) + source.choice(EQUALS) + _value(source) + tail
    return source.choice(OTHER)


def make(seed):
    """The bytes of one file."""
    source = random.Random(f"wslconfig {seed}")
    regular_end = source.choice(["\n", "\r\n", None])
    text = "[wsl2]" + (regular_end or source.choice(ENDS)) if source.random() < 0.7 else ""
    for _ in range(source.randint(0, 14)):
        text += _line(source)
        odd = regular_end is None or source.random() < 0.1
        text += source.choice(ENDS) if odd else regular_end
    if source.random() < 0.3:
        text += _line(source)
    if source.random() < 0.03:
        text += "\x1a" + _line(source)
    kind = source.random()
    if kind < 0.2:
        return b"\xff\xfe" + text.encode("utf-16-le")
    if kind < 0.4:
        return b"\xef\xbb\xbf" + text.encode()
    if kind < 0.45:
        return text.encode("latin-1", "replace")
    return text.encode()
