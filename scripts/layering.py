#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Check that the module's layers include only what they may (CONTRIBUTING.md).

core includes neither obj nor fs, fs includes no obj, an object includes no other
object (except fifo, which is a pipe), and only compat.h knows kernel versions.

usage: layering.py MODULE_DIRECTORY
"""
import re
import sys
from pathlib import Path

root = Path(sys.argv[1])
files = [p for p in sorted(root.rglob("*")) if p.suffix in (".c", ".h")]
known = {p.relative_to(root).as_posix() for p in files}
problems = []


def included(path, name):
    """The module file that #include "name" in path means, if it is one."""
    for base in (path.parent, root):
        try:
            found = (base / name).resolve().relative_to(root.resolve()).as_posix()
        except ValueError:
            continue
        if found in known:
            return found
    return None


def may_include(source, target):
    layer, wanted = source.split("/")[0], target.split("/")[0]
    if layer == "core":
        return wanted not in ("obj", "fs")
    if layer == "fs":
        return wanted != "obj"
    if layer == "obj":
        own, other = (Path(p).stem.split("_")[0] for p in (source, target))
        return wanted != "fs" and (wanted != "obj" or own == other or
                                   (own == "fifo" and other == "pipe"))
    return True


for path in files:
    source = path.relative_to(root).as_posix()
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if source != "compat.h" and re.search(r"\b(LINUX_VERSION_CODE|KERNEL_VERSION)\b", line):
            problems.append(f"{path}:{number}: only compat.h may ask for the kernel's version")
        match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        target = match and included(path, match.group(1))
        if target and not may_include(source, target):
            problems.append(f"{path}:{number}: {source} must not include {target}")

print("\n".join(problems) if problems else f"{len(files)} files")
sys.exit(1 if problems or not files else 0)
