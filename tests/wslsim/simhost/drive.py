# SPDX-License-Identifier: GPL-2.0-or-later
"""The directory that plays the Windows system drive: how it is laid out and how a Windows path finds a file in it.

It knows nothing about `.wslconfig` grammar or about which kernel is chosen.
"""

import json
import os
import shutil

from . import images

REGISTRY = "Windows/System32/config/wslsim.json"
LXSS_TOOLS = "Windows/System32/lxss/tools"
STORE_TOOLS = "Program Files/WSL/tools"
WINSXS_FOLDER = "Windows/WinSxS/amd64_microsoft-windows-lxss-kernel_31bf3856ad364e35_10.0.19041.1_none_0123456789abcdef"
SERVICE_DIRECTORY = ["Windows", "System32"]  # what a relative path starts from: the service's current directory

FORBIDDEN = set('<>"|?*:') | {chr(code) for code in range(32)}


class DriveError(Exception):
    """The directory cannot play the drive, or not as asked."""


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as out:
        out.write(data)


def find(root, parts):
    """The Linux path for the parts of a path below the root, without regard to case; None when there is none."""
    here = root
    for part in parts:
        exact = os.path.join(here, part)
        if not os.path.lexists(exact):
            try:
                names = [name for name in os.listdir(here) if name.lower() == part.lower()]
            except OSError:
                return None
            if not names:
                return None
            exact = os.path.join(here, sorted(names)[0])
        here = exact
    inside = os.path.realpath(here)
    base = os.path.realpath(root)
    if inside != base and not inside.startswith(base + os.sep):
        return None
    return here if os.path.exists(here) else None


def _split(text, letter):
    """(parts, verbatim) of a Windows path on the drive of this letter; None when it names something else."""
    for prefix in ("\\\\?\\", "\\??\\", "\\\\.\\"):
        if text.startswith(prefix):
            rest = text[len(prefix):]
            return (rest[3:].split("\\"), True) if rest[1:3] == ":\\" and rest[0].upper() == letter else None
    text = text.replace("/", "\\")
    if text.startswith("\\\\"):
        return None
    if text[1:2] == ":":
        if text[0].upper() != letter:
            return None
        rest = text[2:]
        return (rest.split("\\") if rest.startswith("\\") else SERVICE_DIRECTORY + rest.split("\\")), False
    return (text.split("\\") if text.startswith("\\") else SERVICE_DIRECTORY + text.split("\\")), False


def from_windows(root, text, letter="C"):
    """The Linux path of what GetFileAttributesW would find for a Windows path, or None."""
    split = _split(text, letter)
    if split is None:
        return None
    parts, verbatim = split
    clean = []
    for part in parts:
        if part == "" or (part == "." and not verbatim):
            continue
        if part == ".." and not verbatim:
            clean = clean[:-1]
            continue
        if not verbatim:
            part = part.rstrip(". ")
        if not part or FORBIDDEN & set(part):
            return None
        clean.append(part)
    return find(root, clean)


def to_windows(root, path, letter="C"):
    """The Windows form of a Linux path below the root."""
    return f"{letter}:\\" + os.path.relpath(path, root).replace("/", "\\")


class Drive:
    """A directory that was made by `create`."""

    def __init__(self, root):
        self.root = os.path.abspath(root)
        try:
            with open(os.path.join(self.root, REGISTRY), encoding="utf-8") as stream:
                self.registry = json.load(stream)
        except OSError as err:
            raise DriveError(f"{root} is no simulated drive ({err.strerror}: {REGISTRY}); make one with `wslsim init`")
        except ValueError as err:
            raise DriveError(f"{os.path.join(self.root, REGISTRY)} is damaged: {err}")

    @property
    def flavour(self):
        return self.registry["flavour"]

    @property
    def users(self):
        return self.registry["users"]

    def policy(self, name):
        """A policy's value; all are allowed unless set."""
        return self.registry["policy"].get(name, 1)

    def profile(self, user=None):
        """The profile directory of the Windows user who starts WSL."""
        user = user or self.users[0]
        path = find(self.root, ["Users", user])
        if path is None:
            raise DriveError(f"there is no profile of {user!r} below {self.root}/Users")
        return path


def _make_users(root, users, wslconfig):
    """Profiles as Windows lays them out: real ones have NTUSER.DAT, some names are links or not users at all."""
    for name in [*users, "Default", "Public"]:
        write(f"{root}/Users/{name}/NTUSER.DAT" if name != "Public" else f"{root}/Users/{name}/desktop.ini",
              b"regf" + bytes(4092))
    for name in users:
        os.makedirs(f"{root}/Users/{name}/AppData/Local/Temp", exist_ok=True)
    for link, target in (("All Users", "../ProgramData"), ("Default User", "Default")):
        try:
            os.symlink(target, f"{root}/Users/{link}")
        except OSError as err:
            raise DriveError(f"{root} cannot hold symbolic links ({err.strerror}): choose another file system")
    if wslconfig is not None:
        write(f"{root}/Users/{users[0]}/.wslconfig", wslconfig)


def _make_lxss(root, official, winsxs):
    """The inbox kernel, with its hard link in the component store where the image of Windows carries it."""
    kernel = f"{root}/{LXSS_TOOLS}/kernel"
    write(f"{root}/{LXSS_TOOLS}/init", b"\x7fELF inbox init, a stand-in\n")
    write(f"{root}/{LXSS_TOOLS}/license", b"a stand-in for the licence\n")
    if official is None:
        return
    write(kernel, official)
    if winsxs:
        os.makedirs(f"{root}/{WINSXS_FOLDER}")
        try:
            os.link(kernel, f"{root}/{WINSXS_FOLDER}/kernel")
        except OSError as err:
            raise DriveError(f"{root} cannot hold hard links ({err.strerror}): choose another file system")


def _make_store(root, official):
    """What the Store or MSI package installs."""
    for name, text in (("wsl.exe", b"MZ"), ("system.vhd", b"conectix"), ("tools/init", b"\x7fELF"),
                       ("tools/modules.vhd", b"conectix"), ("tools/initrd.img", b"070701")):
        write(f"{root}/Program Files/WSL/{name}", text + b" a stand-in\n")
    if official is not None:
        write(f"{root}/{STORE_TOOLS}/kernel", official)


def create(root, flavour, users, official, winsxs=True, leftover_lxss=False, wslconfig=None, policy=None):
    """Lays out a drive in an empty or new directory; DriveError when that is not possible."""
    if os.path.isdir(root) and set(os.listdir(root)) - {"lost+found"}:
        raise DriveError(f"{root} is not empty")
    existed = os.path.isdir(root)
    try:
        for folder in ("Windows/System32/config", "Windows/Temp", "Program Files", "ProgramData"):
            os.makedirs(f"{root}/{folder}")
        _make_users(root, users, wslconfig)
        if flavour == "inbox" or leftover_lxss:
            old = official if flavour == "inbox" else images.make("bzimage", "4.19.104-microsoft-standard", 1 << 20, "old")
            _make_lxss(root, old, winsxs)
        if flavour == "store":
            _make_store(root, official)
        registry = {"schema": 1, "flavour": flavour, "users": users, "policy": policy or {}}
        write(f"{root}/{REGISTRY}", json.dumps(registry, indent=2, sort_keys=True).encode() + b"\n")
    except OSError as err:
        if not existed:
            shutil.rmtree(root, ignore_errors=True)
        raise DriveError(f"cannot make {err.filename or root}: {err.strerror}")
    return Drive(root)
