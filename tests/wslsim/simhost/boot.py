# SPDX-License-Identifier: GPL-2.0-or-later
"""Boots the kernel that WSL would choose, from where Windows would read it, with the drive as C: in the guest.

The machine, the guest and its checks are those of tests/boot; here is only what WSL's service adds to them.
"""

import json
import os
import shutil
import subprocess
import tempfile

from . import choice, drive

BOOT_TESTS = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "boot")

# The service's words on the command line; panic= and console= come from the runner.
SERVICE_WORDS = ("initrd=\\initrd.img WSL_ROOT_INIT=1 nr_cpus=1 hv_utils.timesync_implicit=1 printk.devkmsg=on "
                 "page_reporting.page_reporting_order=9 pty.legacy_count=0")

REFUSED, NOT_BOOTED = 2, 3  # beside the runner's own statuses

# How a run that failed would look to the user of WSL, by the runner's exit status.
SYMPTOMS = {
    3: "HCS_E_CONNECTION_TIMEOUT after 30 s, or E_INVALIDARG when the loader refuses the file",
    4: "WSL_E_VM_CRASHED or WSAECONNRESET",
    5: "HCS_E_CONNECTION_TIMEOUT",
}


def add_arguments(parser):
    parser.add_argument("directory", metavar="DIR")
    parser.add_argument("--user", metavar="NAME", help="the Windows user who starts WSL")
    parser.add_argument("--script", metavar="FILE", help="run this shell script in the guest, with C: on /mnt/c")
    parser.add_argument("--add", action="append", default=[], metavar="FILE=PATH",
                        help="a file to put into the guest; without =PATH a program, with its libraries (repeatable)")
    parser.add_argument("--initrd", metavar="FILE", help="use this initramfs of tests/boot/mkinitramfs")
    parser.add_argument("--timeout", type=float, default=180, metavar="SECONDS")
    parser.add_argument("--console", metavar="FILE", help="keep the whole console output there")
    parser.add_argument("--cut-at", metavar="TEXT", help="cut the power when the console shows TEXT")
    parser.add_argument("--cut-delay", type=float, default=0, metavar="SECONDS", help="wait so long before the cut")
    parser.set_defaults(run=run)


def make_initrd(args, work):
    """The initramfs: the caller's, or a new one with the caller's script and files in it."""
    if args.initrd:
        return args.initrd
    path = os.path.join(work, "initrd")
    extra = list(args.add)
    if args.script:
        extra.append(f"{args.script}=/ik/script")
    subprocess.run([os.path.join(BOOT_TESTS, "mkinitramfs"), path, *extra], check=True)
    return path


def machine(args, kernel, initrd):
    """The command that runs the machine."""
    mode = "script" if args.script else "host"
    words = [os.path.join(BOOT_TESTS, "runvm"), "--kernel", kernel, "--initrd", initrd,
             "--append", f"{SERVICE_WORDS} IK_MODE={mode}", "--share", f"drvfs={os.path.abspath(args.directory)}",
             "--timeout", str(args.timeout), "--cut-delay", str(args.cut_delay)]
    for option in ("console", "cut_at"):
        value = getattr(args, option)
        if value:
            words += ["--" + option.replace("_", "-"), value]
    return words


def start(args, kernel):
    """(runner's status, its lines): the lines are passed on at once unless one JSON object is wanted."""
    work = tempfile.mkdtemp(prefix="wslsim-")
    lines = []
    try:
        initrd = make_initrd(args, work)
        with subprocess.Popen(machine(args, kernel, initrd), stdout=subprocess.PIPE, text=True,
                              errors="replace") as runner:
            try:
                for line in runner.stdout:
                    lines.append(line.rstrip("\n"))
                    if not args.json:
                        print(lines[-1], flush=True)
            except BaseException:
                runner.terminate()
                raise
        return runner.returncode, lines
    finally:
        shutil.rmtree(work)


def result(chosen, status, lines):
    """What `--json` prints."""
    releases = [line[11:] for line in lines if line.startswith("# release: ")]
    return {"schema": 1, "choice": chosen.as_dict(), "status": status, "booted": status in (0, 1),
            "release": releases[0] if releases else None, "symptom": SYMPTOMS.get(status), "tap": lines}


def told(args, line):
    """The one line of a boot that needed no machine."""
    if not args.json:
        print(line)
    return [line]


def attempt(args, chosen):
    """(status, lines) of the boot, without a machine where WSL or its loader would not start one either."""
    if chosen.error:
        error = chosen.error
        return REFUSED, told(args, f"# WSL refuses: {error['name']} {error['hresult']}: {error['message']}")
    if not os.path.isfile(chosen.kernel):
        return NOT_BOOTED, told(args, f"# {chosen.windows_path} is no file")
    if not args.json:
        print(f"# kernel: {chosen.windows_path} ({chosen.origin})", flush=True)
    return start(args, chosen.kernel)


def run(args):
    chosen = choice.Choice(drive.Drive(args.directory), args.user).decide()
    status, lines = attempt(args, chosen)
    data = result(chosen, status, lines)
    if args.json:
        print(json.dumps(data, indent=2, sort_keys=True))
        return 0 if status == 0 else 1
    if data["symptom"]:
        print(f"# a user of WSL would see: {data['symptom']}")
    if not args.cut_at:
        print(f"1..{sum(line.startswith(('ok ', 'not ok ')) for line in lines)}")
    return 0 if status == 0 else 1
