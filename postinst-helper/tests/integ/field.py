#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks one JSON output of the program against the schema and prints one of its values.

usage: field.py SCHEMA PATH <OUTPUT     PATH is like data.target.state, data.backups.0.id, data.backups.#
It knows nothing about what the values mean.
"""
import json
import sys

import jsonschema


def look_up(value, path):
    for step in path.split("."):
        if step == "#":
            value = len(value)
        elif isinstance(value, list):
            value = value[int(step)]
        else:
            value = value[step]
    return value


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    text = sys.stdin.read()
    try:
        output = json.loads(text)
        jsonschema.validate(output, schema, cls=jsonschema.Draft202012Validator)
        value = look_up(output, sys.argv[2])
    except (ValueError, LookupError, jsonschema.ValidationError) as error:
        print("BAD OUTPUT:", str(error).splitlines()[0])
        sys.exit(1)
    print(value if isinstance(value, str) else json.dumps(value))


if __name__ == "__main__":
    main()
