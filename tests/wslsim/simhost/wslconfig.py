# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads `.wslconfig` as WSL does: the reference that judges the program's own reader and editor.

The rules are those of WSL's parser as far as its source shows them, odd ones included: it is a state machine over
characters, and what looks like a mistake in it is kept, because that is what decides which kernel boots.
It knows nothing about files, kernels or what the values mean.
"""

END = -1
CTRL_Z = 0x1A

# The names that WSL knows. A tuple is one setting with two names: they share the rule that the first one wins.
_WSL2 = """kernel kernelCommandLine kernelModules memory processors debugConsole earlyBootLogging swap swapFile
localhostForwarding nestedVirtualization virtio9p virtiofs kernelDebugPort gpuSupport guiApplications systemDistro
telemetry vmIdleTimeout debugConsoleLogFile kernelBootTimeout distributionStartTimeout virtio hostFileSystemAccess
mountDeviceTimeout hardwarePerformanceCounters vmSwitch macAddress dhcp dhcpTimeout ipv6 dnsProxy safeMode
defaultVhdSize crashDumpFolder maxCrashDumpCount loadDefaultKernelModules loadKernelModules
isolateDistroCgroup""".split()
_EXPERIMENTAL = """autoMemoryReclaim sparseVhd bestEffortDnsParsing dnsTunnelingIpAddress initialAutoProxyTimeout
ignoredPorts hostAddressLoopback setVersionDebug""".split()
_PROMOTED = "networkingMode dnsTunneling firewall autoProxy".split()

SETTINGS = ([(f"wsl2.{name}",) for name in _WSL2]
            + [(f"experimental.{name}",) for name in _EXPERIMENTAL]
            + [(f"wsl2.{name}", f"experimental.{name}") for name in _PROMOTED]
            + [("general.distributionInstallPath",), ("general.instanceIdleTimeout",)])

_BY_NAME = {name.lower(): aliases[0] for aliases in SETTINGS for name in aliases}


class CannotOpen(Exception):
    """WSL's C runtime refuses to open a file of this encoding; WSL then goes on with defaults."""


class Notice:
    """One warning that WSL would show: its message's name, the line, and what it is about."""

    def __init__(self, code, line, subject=""):
        self.code, self.line, self.subject = code, line, subject

    def as_dict(self):
        return {"code": self.code, "line": self.line, "subject": self.subject}


def wide_characters(data):
    """The UTF-16 units that the C runtime delivers for a file opened as text with ccs=UTF-8."""
    if data[:2] == b"\xfe\xff":
        raise CannotOpen("UTF-16 big-endian")
    if data[:2] == b"\xff\xfe":
        body = data[2:]
        units = [body[i] | body[i + 1] << 8 for i in range(0, len(body) - 1, 2)]
    else:
        text = data[3:] if data[:3] == b"\xef\xbb\xbf" else data
        encoded = text.decode("utf-8", "replace").encode("utf-16-le")
        units = [encoded[i] | encoded[i + 1] << 8 for i in range(0, len(encoded), 2)]
    return _text_mode(units)


def _text_mode(units):
    """CR LF becomes LF and Ctrl-Z ends the file; a lone CR stays."""
    if CTRL_Z in units:
        units = units[:units.index(CTRL_Z)]
    out = []
    for here, unit in enumerate(units):
        if unit == 0x0D and here + 1 < len(units) and units[here + 1] == 0x0A:
            continue
        out.append(unit)
    return out


def _is_letter(ch):
    return 0x41 <= ch <= 0x5A or 0x61 <= ch <= 0x7A


def _is_word(ch):
    return _is_letter(ch) or 0x30 <= ch <= 0x39


def _is_blank(ch):
    return ch in (0x20, 0x09)


class _BadLine(Exception):
    """The rest of the line is skipped."""


class Reader:
    """One pass over the characters of a file."""

    def __init__(self, units):
        self.units = units
        self.at = 0
        self.ch = 0
        self.line = 1
        # One buffer holds "section.key"; a broken section line leaves its letters in it, and WSL does not notice.
        self.name = bytearray()
        self.section_length = 0
        self.values = {}      # canonical name -> (text as bytes, line)
        self.warnings = []

    def next(self):
        self.ch = self.units[self.at] if self.at < len(self.units) else END
        self.at += 1
        return self.ch

    def bad_line(self, code, subject=""):
        self.warnings.append(Notice(code, self.line, subject))
        raise _BadLine

    def skip_blanks(self):
        while _is_blank(self.ch):
            self.next()

    def skip_line(self):
        """To the end of the line; a lone CR does not end it."""
        while self.ch not in (0x0A, END):
            self.next()

    def run(self):
        """Reads the whole file."""
        self.next()
        while self.ch != END:
            try:
                self.statement()
            except _BadLine:
                self.skip_line()
            if self.ch == ord("#"):
                self.skip_line()
            # What ended the statement is a line end of either kind, or the end of the file.
            if self.ch != END:
                self.line += 1
                self.next()
        return self

    def statement(self):
        """One line: empty, comment, section or key. Leaves ch on what ends it."""
        self.skip_blanks()
        if self.ch in (0x0A, END, ord("#")):
            return
        if self.ch == 0x0D:
            self.line -= 1  # a lone CR between lines is passed over without counting
            return
        if self.ch == ord("["):
            self.section()
        elif _is_letter(self.ch):
            self.key()
        else:
            self.bad_line("MessageConfigInvalidKey")

    def word(self):
        """Letters and digits go to the name, cut to 8 bits like everything."""
        while True:
            self.name.append(self.ch & 0xFF)
            if not _is_word(self.next()):
                return

    def section(self):
        """[name], then only blanks and a comment."""
        if not _is_letter(self.next()):
            self.bad_line("MessageConfigInvalidSection")
        self.name.clear()
        self.word()
        if self.ch != ord("]"):
            self.bad_line("MessageConfigExpected", "]")
        self.next()
        self.skip_blanks()
        if self.ch not in (0x0A, 0x0D, END, ord("#")):
            self.bad_line("MessageConfigExpected", "end of line")
        self.section_length = len(self.name)

    def key(self):
        """key = value."""
        # The first letters of whatever is in the buffer count as the section, padded with NUL.
        section = bytes(self.name[:self.section_length]).ljust(self.section_length, b"\0")
        self.name = bytearray(section)
        if self.name:
            self.name += b"."
        self.word()
        self.skip_blanks()
        if self.ch != ord("="):
            self.bad_line("MessageConfigExpected", "=")
        self.next()
        self.skip_blanks()
        self.store(self.value())

    def value(self):
        """Quotes toggle and vanish, escapes are replaced, blanks at the end are dropped."""
        text = bytearray()
        kept = 0
        quoted = False
        while self.ch not in (0x0A, 0x0D, END):
            if self.ch == ord("#") and not quoted:
                break
            blank = _is_blank(self.ch)
            if self.ch == ord('"'):
                quoted = not quoted
            elif self.ch == ord("\\"):
                self.escape(text)
            else:
                text.append(self.ch & 0xFF)
            if not blank:
                kept = len(text)
            self.next()
        if quoted:
            self.bad_line("MessageConfigExpected", '"')
        return bytes(text[:kept])

    def escape(self, text):
        """The character after a backslash; anything unknown spoils the whole line."""
        replaced = {ord("\\"): 0x5C, ord('"'): 0x22, ord("b"): 0x08, ord("n"): 0x0A, ord("t"): 0x09}
        follower = self.next()
        if follower in replaced:
            text.append(replaced[follower])
        elif follower == 0x0A:
            self.line += 1
        else:
            subject = "" if follower == END else chr(follower)
            self.bad_line("MessageConfigInvalidEscape", subject)

    def store(self, text):
        """The first value of a setting wins; both strings end at a NUL, because C strings do."""
        name = bytes(self.name).split(b"\0")[0].decode("ascii")
        setting = _BY_NAME.get(name.lower())
        if setting is None:
            self.warnings.append(Notice("MessageConfigUnknownKey", self.line, name))
        elif setting in self.values:
            self.warnings.append(Notice("MessageConfigKeyDuplicated", self.line, name))
        else:
            self.values[setting] = (text.split(b"\0")[0], self.line)


class Config:
    """The settings of one file, by their canonical names such as "wsl2.kernel"."""

    def __init__(self, values, warnings):
        self._values = values
        self.warnings = warnings

    def raw(self, name):
        """The value's bytes before they become UTF-16 again, or None."""
        return self._values[name][0] if name in self._values else None

    def text(self, name):
        """The value as WSL's service sees it, or None."""
        raw = self.raw(name)
        return None if raw is None else raw.decode("utf-8", "replace")

    def line(self, name):
        return self._values[name][1] if name in self._values else None

    def boolean(self, name, default):
        """True and false, or 1 and 0; anything else is a warning and the default."""
        text = self.text(name)
        if text is None:
            return default
        if text.lower() in ("true", "1"):
            return True
        if text.lower() in ("false", "0"):
            return False
        self.warnings.append(Notice("MessageConfigInvalidBoolean", self.line(name), name))
        return default

    def as_dict(self):
        return {name: self.text(name) for name in self._values}


def parse(data):
    """The settings in the bytes of a `.wslconfig`; CannotOpen when WSL could not even open it."""
    reader = Reader(wide_characters(data)).run()
    return Config(reader.values, reader.warnings)
