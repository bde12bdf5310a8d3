#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Make a table (text and JSON) and pictures (SVG) of what the bench programs printed.

usage: report.py DIRECTORY

Every DIRECTORY/*-icount.txt and *-clock.txt is read; bench.h describes their lines.
report.txt and report.json hold all of them, and each gets a picture of its own name.
Every case is shown, those that miss their bar first of all in the summary.
"""

import json
import pathlib
import sys
from xml.sax.saxutils import escape

NUMBERS = ("native", "kipc", "ratio", "bar", "n", "native_min", "kipc_min")


def read_cases(path):
    """Return the remarks and the cases of one result file."""
    remarks, cases = [], []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        words = line.split()
        if line.startswith("#"):
            remarks.append(line.lstrip("# "))
        elif words:
            if len(words) % 2 == 0:
                sys.exit(f"{path}:{number}: not a case's name and pairs of key and value: {line}")
            case = {"name": words[0], **dict(zip(words[1::2], words[2::2]))}
            for key in NUMBERS:
                value = case.get(key, "-")
                case[key] = None if value == "-" else float(value)
            case["verdict"] = verdict(case)
            cases.append(case)
    return remarks, cases


def promised(case):
    """The bar, where it is a promise: about instructions."""
    return case["bar"] if case["unit"] == "insn" else None


def verdict(case):
    """What the ratio means."""
    ratio, bar = case["ratio"], promised(case)
    if ratio is None:
        return "not measured"
    if bar is not None:
        return "kept" if ratio <= bar else "MISSED"
    if case["unit"] == "bytes":
        return "less" if ratio <= 1 else "MORE"
    return "faster" if ratio <= 1 else "SLOWER"


def is_loss(case):
    return case["verdict"].isupper()


def number(value, digits=0):
    return "-" if value is None else f"{value:,.{digits}f}"


def table(title, remarks, cases):
    width = max(len(case["name"]) for case in cases)
    lines = [title, "=" * len(title), "", *remarks, "",
             f"{'case':{width}} {'native':>10} {'kipc':>10} {'unit':5} {'ratio':>6} {'bar':>5}"]
    for case in cases:
        lines.append(f"{case['name']:{width}} {number(case['native']):>10} "
                     f"{number(case['kipc']):>10} {case['unit']:5} "
                     f"{number(case['ratio'], 2):>6} {number(promised(case), 2):>5}  "
                     f"{case['verdict']}")
    losses = [case["name"] for case in cases if is_loss(case)]
    measured = sum(case["ratio"] is not None for case in cases)
    lines += ["", f"{measured} of {len(cases)} cases compared, {len(losses)} lost"
              + (": " + ", ".join(losses) if losses else "")]
    return "\n".join(lines) + "\n"


# --- the picture

LEFT, PLOT, RIGHT, ROW, TOP, BOTTOM = 250, 480, 260, 22, 74, 54
COLOURS = {"good": "#2b6cb0", "missed": "#dd8b1f", "slower": "#c0392b"}


def colour(case):
    if not is_loss(case):
        return COLOURS["good"]
    return COLOURS["slower"] if case["ratio"] > 1 else COLOURS["missed"]


class Picture:
    """An SVG that is built line by line."""

    def __init__(self, width, height):
        self.lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>']

    def text(self, x, y, text, anchor="start", fill="#222222", **more):
        extra = "".join(f' {key.replace("_", "-")}="{value}"' for key, value in more.items())
        self.lines.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" '
                          f'fill="{fill}"{extra}>{escape(text)}</text>')

    def rect(self, x, y, width, height, fill):
        self.lines.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" '
                          f'height="{height:.1f}" fill="{fill}"/>')

    def line(self, x1, y1, x2, y2, stroke, width=1):
        self.lines.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
                          f'stroke="{stroke}" stroke-width="{width}"/>')

    def finish(self):
        return "\n".join(self.lines + ["</svg>"]) + "\n"


def draw(title, cases):
    cases = [case for case in cases if case["ratio"] is not None]
    top = max([1.25] + [case["ratio"] * 1.05 for case in cases] +
              [promised(case) * 1.05 for case in cases if promised(case)])
    top = min(top, 4)
    height = TOP + ROW * len(cases) + BOTTOM
    picture = Picture(LEFT + PLOT + RIGHT, height)
    end = TOP + ROW * len(cases)

    def x(ratio):
        return LEFT + PLOT * min(ratio, top) / top

    picture.text(16, 26, title, font_size=16, font_weight="bold")
    picture.text(16, 46, "cost with kipc / cost with the kernel's own: shorter is better",
                 fill="#555555")
    step = 0.25 if top <= 2 else 0.5
    for i in range(int(top / step) + 1):
        native = i * step == 1
        picture.line(x(i * step), TOP - 6, x(i * step), end,
                     "#444444" if native else "#dddddd", 1.5 if native else 1)
        picture.text(x(i * step), TOP - 10, f"{i * step:.2f}", "middle", "#555555", font_size=10)

    for i, case in enumerate(cases):
        y = TOP + i * ROW
        picture.text(LEFT - 8, y + 15, case["name"], "end")
        picture.rect(LEFT, y + 4, x(case["ratio"]) - LEFT, ROW - 8, colour(case))
        bar = promised(case)
        if bar is not None:
            picture.line(x(bar), y + 1, x(bar), y + ROW - 1, "#000000", 2)
        weight = "bold" if is_loss(case) else "normal"
        picture.text(LEFT + PLOT + 44, y + 15, f"{case['ratio']:.2f}", "end", font_weight=weight)
        picture.text(LEFT + PLOT + 58, y + 15,
                     f"{number(case['kipc'])} / {number(case['native'])} {case['unit']}",
                     font_weight=weight)

    y = end + 28
    at = 16
    bars = any(promised(case) is not None for case in cases)
    legend = [("good", "as promised, or better than the kernel's"),
              ("missed", "misses its bar"), ("slower", "worse than the kernel's")]
    for key, text in legend if bars else (legend[0], legend[2]):
        picture.rect(at, y - 10, 12, 12, COLOURS[key])
        picture.text(at + 18, y, text)
        at += 40 + 6.6 * len(text)
    if bars:
        picture.line(at, y - 12, at, y + 4, "#000000", 2)
        picture.text(at + 8, y, "bar: the ratio promised")
    return picture.finish()


TITLES = {"icount": "instructions", "clock": "wall clock; read trends only"}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    directory = pathlib.Path(sys.argv[1])
    paths = sorted(path for kind in ("icount", "clock") for path in directory.glob(f"*-{kind}.txt"))
    if not paths:
        sys.exit(f"{directory}: no *-icount.txt or *-clock.txt there; run a bench first")

    texts, data = [], {}
    for path in paths:
        kernel, kind = path.stem.rsplit("-", 1)
        remarks, cases = read_cases(path)
        if not cases:
            sys.exit(f"{path}: it has no case")
        title = f"kipc against the kernel's own IPC: {kernel}, {TITLES[kind]}"
        texts.append(table(title, remarks, cases))
        data[path.stem] = {"remarks": remarks, "cases": cases}
        path.with_suffix(".svg").write_text(draw(title, cases))
    (directory / "report.txt").write_text("\n\n".join(texts))
    (directory / "report.json").write_text(json.dumps(data, indent=1) + "\n")
    print("\n\n".join(texts), end="")


if __name__ == "__main__":
    main()
