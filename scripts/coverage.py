#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Which lines of the module have run, from what a guest with GCOV has left.

usage: coverage.py GCOV SRC GCDA OUT LEAST

GCOV is the gcov of the compiler, SRC the directory that the module was built in, GCDA a
directory with the counts of one guest or of several, in which the same paths end, and OUT
gets each source file with the count of each line before it, '#####' where it never ran, and
the list "missed" of those lines. A line that is compiled several times - in a header - has run if
it ran in one of these places. Prints a table by file; the last line is the total. Fails if that
is less than LEAST percent.
"""

import gzip
import json
import pathlib
import shutil
import subprocess
import sys


def counts_of(gcov, src, gcda, work):
    """{file: {line: count}} of all objects, and how many objects there were."""
    counts = {}
    objects = set()
    for data in sorted(gcda.rglob("*.gcda")):
        name = next((pathlib.Path(*data.parts[i:]) for i in range(len(data.parts))
                     if (src / pathlib.Path(*data.parts[i:])).with_suffix(".gcno").exists()), None)
        if name is None:
            continue
        objects.add(name)
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        shutil.copy(data, work / data.name)
        shutil.copy((src / name).with_suffix(".gcno"), work)
        subprocess.run([gcov, "--json-format", data.name], cwd=work, check=True,
                       stdout=subprocess.DEVNULL)
        for output in work.glob("*.gcov.json.gz"):
            with gzip.open(output) as stream:
                report = json.load(stream)
            for entry in report["files"]:
                lines = counts.setdefault(entry["file"], {})
                for line in entry["lines"]:
                    number = line["line_number"]
                    lines[number] = lines.get(number, 0) + line["count"]
    shutil.rmtree(work, ignore_errors=True)
    return counts, len(objects)


def annotate(source, lines, out, missed, name):
    """Write the source with counts, and add the lines that never ran to a list."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with open(out, "w", encoding="utf-8") as stream:
        for number, text in enumerate(source.read_text().splitlines(), 1):
            count = lines.get(number)
            mark = "-" if count is None else str(count) if count else "#####"
            stream.write(f"{mark:>10} {number:5} {text}\n")
            if count == 0:
                missed.write(f"{name}:{number}: {text.strip()}\n")


def main():
    gcov, src, gcda, out = sys.argv[1], *(pathlib.Path(arg).resolve() for arg in sys.argv[2:5])
    least = float(sys.argv[5])
    counts, objects = counts_of(gcov, src, gcda, out / "work")
    built = len(list(src.glob("module/**/*.gcno")))
    if not objects or objects != built:
        sys.exit(f"error: {built} objects were built to be counted, and {objects} have counts")

    all_lines = all_run = 0
    out.mkdir(parents=True, exist_ok=True)
    with open(out / "missed", "w", encoding="utf-8") as missed:
        for file in sorted(counts):
            # what is the kernel's, or a macro's expansion, is not ours to test
            path = (pathlib.Path(file) if file.startswith("/") else src / file)
            if not path.is_relative_to(src) or path.name == "trace.h":
                continue
            name = path.relative_to(src)
            lines = counts[file]
            run = sum(1 for count in lines.values() if count)
            all_lines += len(lines)
            all_run += run
            annotate(path, lines, out / name, missed, name)
            print(f"{str(name):40} {len(lines):6} lines {len(lines) - run:5} never run "
                  f"{100 * run / len(lines):6.1f} %")
    print(f"{'total':40} {all_lines:6} lines {all_lines - all_run:5} never run "
          f"{100 * all_run / all_lines:6.1f} %")
    if 100 * all_run < least * all_lines:
        sys.exit(f"error: the selftests must run {least:g} % of the lines at least")


if __name__ == "__main__":
    main()
