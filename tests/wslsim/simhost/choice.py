# SPDX-License-Identifier: GPL-2.0-or-later
"""Which kernel WSL would boot from a drive, with the warnings and errors that it would show.

What the inbox version does with `.wslconfig` beyond its own kernel's place is not public: the same grammar is assumed.
It reads the drive only, and knows nothing about booting.
"""

import os

from . import drive as windows
from . import wslconfig

POLICY = "AllowKernelUserSetting"

# name -> (HRESULT, text)
ERRORS = {
    "WSL_E_CUSTOM_KERNEL_NOT_FOUND": (0x80040307, "the custom kernel of {config} was not found: {path}"),
    "WSL_E_CUSTOM_KERNEL_NOT_FOUND/modules":
        (0x80040307, "the custom kernel modules of {config} were not found: {path}"),
    "WSL_E_CUSTOM_KERNEL_NOT_FOUND/modules-alone":
        (0x80040307, "{config} names kernel modules but no kernel: {path}"),
    "ERROR_FILE_NOT_FOUND": (0x80070002, "the file of kernel= in {config} was not found: {path}"),
    "ERROR_KERNEL_COMPONENT_MISSING": (0x800701BC, "WSL 2 requires an update to its kernel component: {path} is missing"),
    "ERROR_DEFAULT_KERNEL_MISSING": (0x80070002, "the kernel of the WSL package is missing: {path}"),
}


class Choice:
    """What WSL decides for one user of one drive."""

    def __init__(self, drive, user=None):
        self.drive = drive
        self.profile = drive.profile(user)
        self.config_path = os.path.join(self.profile, ".wslconfig")
        self.warnings = []
        self.error = None
        self.kernel = self.windows_path = None
        self.origin = "default"
        self.values = {}

    def warn(self, code, line=None, subject=""):
        self.warnings.append({"code": code, "line": line, "subject": subject})

    def fail(self, name, path):
        code, text = ERRORS[name]
        config = windows.to_windows(self.drive.root, self.config_path)
        self.error = {"name": name.split("/")[0], "hresult": f"0x{code:08X}",
                      "message": text.format(config=config, path=path)}

    def read_config(self):
        """The settings, or an empty set with a warning when the file cannot be opened."""
        path = windows.find(self.drive.root, ["Users", os.path.basename(self.profile), ".wslconfig"])
        empty = wslconfig.Config({}, [])
        if path is None:
            return empty
        try:
            # No read permission at all stands for another program that holds the file without sharing it.
            if os.path.isdir(path) or not os.stat(path).st_mode & 0o444:
                raise wslconfig.CannotOpen("access denied")
            with open(path, "rb") as stream:
                return wslconfig.parse(stream.read())
        except wslconfig.CannotOpen as err:
            self.warn("MessageFailedToOpenConfigFile", None, str(err))
        except OSError as err:
            self.warn("MessageFailedToOpenConfigFile", None, err.strerror)
        return empty

    def settings(self):
        """kernel and kernelModules after policy and safe mode; both may be empty."""
        config = self.read_config()
        self.values = config.as_dict()
        kernel = config.text("wsl2.kernel") or ""
        modules = config.text("wsl2.kernelModules") or ""
        safe = config.boolean("wsl2.safeMode", False)
        self.warnings += [notice.as_dict() for notice in config.warnings]
        if self.drive.flavour == "inbox":
            return kernel, ""
        if not self.drive.policy(POLICY):
            for name, value in (("wsl2.kernel", kernel), ("wsl2.kernelModules", modules)):
                if value:
                    self.warn("MessageSettingOverriddenByPolicy", None, name)
                    self.origin = "policy"
            kernel = modules = ""
        if safe:
            self.warn("MessageSafeModeEnabled")
            kernel = modules = ""
            self.origin = "safe-mode"
        return kernel, modules

    def take(self, path):
        self.kernel = path
        self.windows_path = windows.to_windows(self.drive.root, path)

    def decide(self):
        kernel, modules = self.settings()
        if kernel:
            self.origin = "wslconfig"
            path = windows.from_windows(self.drive.root, kernel)
            if path is None:
                inbox = self.drive.flavour == "inbox"
                self.fail("ERROR_FILE_NOT_FOUND" if inbox else "WSL_E_CUSTOM_KERNEL_NOT_FOUND", kernel)
                return self
            self.take(path)
        else:
            self.decide_default()
        if modules and not self.error:
            self.check_modules(kernel, modules)
        return self

    def decide_default(self):
        """The kernel that came with WSL."""
        if self.drive.flavour == "inbox":
            place, missing = windows.LXSS_TOOLS, "ERROR_KERNEL_COMPONENT_MISSING"
        else:
            place, missing = windows.STORE_TOOLS, "ERROR_DEFAULT_KERNEL_MISSING"
        path = windows.find(self.drive.root, [*place.split("/"), "kernel"])
        if path is None:
            self.fail(missing, "C:\\" + place.replace("/", "\\") + "\\kernel")
        else:
            self.take(path)

    def check_modules(self, kernel, modules):
        if not kernel:
            self.fail("WSL_E_CUSTOM_KERNEL_NOT_FOUND/modules-alone", modules)
        elif windows.from_windows(self.drive.root, modules) is None:
            self.fail("WSL_E_CUSTOM_KERNEL_NOT_FOUND/modules", modules)
        if self.error:
            self.kernel = self.windows_path = None

    def as_dict(self):
        return {"schema": 1, "flavour": self.drive.flavour, "origin": self.origin, "kernel": self.kernel,
                "windows_path": self.windows_path, "profile": self.profile, "config": self.values,
                "warnings": self.warnings, "error": self.error}
