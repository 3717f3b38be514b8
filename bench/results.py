# SPDX-License-Identifier: GPL-2.0-or-later
"""The raw results of a measurement: how an image is measured, and what a result file must hold to be drawn.

It calls the measuring scripts beside it; it must not know what a figure means or how it is drawn.
"""
import hashlib
import json
import os
import subprocess
import sys
import tempfile

SCHEMA = 1
HERE = os.path.dirname(os.path.realpath(__file__))

# What a result must hold: a type, a list of one such thing, or a dictionary of them. "?" marks what may be missing.
COUNT = {"name": str, "instructions": int}
BOOT = {"memory_mib": int, "append": str, "instructions_to_init": int, "memory_total_kib": int, "memory_free_kib": int,
        "runs": [{"instructions": int, "memory_total_kib": int, "memory_free_kib": int}]}
PROFILE = {"instructions": int, "before_kernel": int, "groups": [COUNT], "functions": [COUNT], "other_functions": int}
IMAGE = {"role": str, "file": str, "format": str, "bytes": int, "sha256": str, "release": str, "compiler": str,
         "parts": [{"name": str, "bytes": int}], "boot": BOOT, "profile?": PROFILE}
RESULT = {"schema": int, "date": str, "qemu": str, "images": [IMAGE], "reference_config?": {"name": str, "sha256": str}}


class BadResult(Exception):
    """The file is no result; the text says where and why."""


def check(value, shape, where="the file"):
    """Refuses a value that has not the shape."""
    if isinstance(shape, list):
        check_type(value, list, where)
        for number, item in enumerate(value):
            check(item, shape[0], f"{where}[{number}]")
    elif isinstance(shape, dict):
        check_type(value, dict, where)
        names = {name.rstrip("?"): name for name in shape}
        for name, marked in names.items():
            if name in value:
                check(value[name], shape[marked], f"{where}.{name}")
            elif marked == name:
                raise BadResult(f"{where} has no '{name}'")
        for name in value:
            if name not in names:
                raise BadResult(f"{where} has the unknown key '{name}'")
    else:
        check_type(value, shape, where)


def check_type(value, kind, where):
    if not isinstance(value, kind) or isinstance(value, bool):
        raise BadResult(f"{where} is not of type {kind.__name__}")
    if kind is int and value < 0:
        raise BadResult(f"{where} is negative")


def check_sums(image, where):
    """Parts must add up, or a drawing would lie."""
    if sum(part["bytes"] for part in image["parts"]) != image["bytes"]:
        raise BadResult(f"{where}.parts do not add up to its {image['bytes']} bytes")
    profile = image.get("profile")
    if profile and sum(group["instructions"] for group in profile["groups"]) != profile["instructions"]:
        raise BadResult(f"{where}.profile.groups do not add up to its {profile['instructions']} instructions")


def load(path):
    """A result from its file, checked."""
    try:
        with open(path, encoding="utf-8") as file:
            result = json.load(file)
    except OSError as error:
        raise BadResult(error.strerror) from error
    except ValueError as error:
        raise BadResult(f"is not JSON: {error}") from error
    check(result, RESULT)
    if result["schema"] != SCHEMA:
        raise BadResult(f"has schema {result['schema']}, this program knows {SCHEMA}")
    if not result["images"]:
        raise BadResult("has no image")
    for number, image in enumerate(result["images"]):
        check_sums(image, f"images[{number}]")
    return result


def load_or_exit(path):
    try:
        return load(path)
    except BadResult as error:
        sys.exit(f"error: {path}: {error}\n       give a file that bench/measure or bench/compare wrote")


def save(result, path):
    check(result, RESULT)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(result, file, indent=1)
        file.write("\n")


def run(tool, *arguments):
    """Output of a script beside this one; its own message is all there is to say when it fails."""
    done = subprocess.run([os.path.join(HERE, tool), *arguments], stdout=subprocess.PIPE, check=False)
    if done.returncode:
        sys.exit(done.returncode)
    return done.stdout


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def measure_image(path, role, runs, symbols=None):
    """Everything about one image; the profile only of an ELF image whose System.map is given."""
    image = {"role": role, "sha256": "", **json.loads(run("image-size", path))}
    image["sha256"] = digest(path)
    with tempfile.TemporaryDirectory() as folder:
        name = os.path.join(folder, "json")
        run("boot-instructions", "--runs", str(runs), "--json", name, path)
        with open(name, encoding="utf-8") as file:
            boot = json.load(file)
        image["release"], image["compiler"] = boot["version"], boot["compiler"]
        image["boot"] = {key: boot[key] for key in BOOT}
        if symbols and image["format"] == "elf":
            run("boot-profile", "--json", name, path, symbols)
            with open(name, encoding="utf-8") as file:
                image["profile"] = json.load(file)
    return image, boot["qemu"]
