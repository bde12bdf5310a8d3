#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Check that what the documentation names exists.

usage: doc-names.py FILE...

Looks in each file for the names of tests (``program:test``), of functions of the
module and of libkipc (kipc_name()), and of files of the tree, and complains about those that
are not there.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def sources(*patterns):
    return [path for pattern in patterns for path in sorted(ROOT.glob(pattern))]


def known_tests():
    tests = set()
    for path in sources("selftests/*.c"):
        for name in re.findall(r"^TEST\w*\((?:\w+, )?(\w+)", path.read_text(), re.M):
            tests.add(f"{path.stem}:{name}")
    return tests


def known_functions():
    text = "\n".join(path.read_text() for path in sources("module/**/*.[ch]", "lib/include/*.h"))
    return set(re.findall(r"\b(kipc_\w+)\(", text))


def missing(path, tests, functions):
    text = path.read_text()
    for name in re.findall(r"``(\w+:\w+)``", text):
        if name not in tests:
            yield f"no such test: {name}"
    for name in re.findall(r"\b(kipc_\w+)\(\)", text):
        if name not in functions:
            yield f"no such function: {name}()"
    for name in re.findall(r"\b((?:core|obj|fs)/\w+\.[ch])\b", text):
        if not (ROOT / "module" / name).exists():
            yield f"no such file: module/{name}"
    for name in re.findall(r"\b((?:module|lib|tools|bench|scripts|uapi)/[\w/.-]+\.(?:[ch]|py|sh))\b", text):
        if not (ROOT / name).exists():
            yield f"no such file: {name}"


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__.strip())
    tests, functions = known_tests(), known_functions()
    if not tests or not functions:
        sys.exit("found no tests, or no functions, to compare with")
    wrong = [f"{path}: {what}" for path in sys.argv[1:]
             for what in missing(pathlib.Path(path), tests, functions)]
    print("\n".join(wrong) or f"{len(sys.argv) - 1} files name nothing that does not exist")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
