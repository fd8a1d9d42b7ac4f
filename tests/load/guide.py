# SPDX-License-Identifier: Apache-2.0
"""The figures of deploy/guides/performance.md, which the benchmarks replace with --write.

A table stands between the lines "<!-- figures: NAME -->" and "<!-- end -->".
"""
import pathlib
import re

GUIDES = pathlib.Path(__file__).resolve().parents[2] / "deploy/guides"
GUIDE = GUIDES / "performance.md"


def write_figures(name, text):
    content = GUIDE.read_text(encoding="utf-8")
    pattern = re.compile(rf"(<!-- figures: {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not pattern.search(content):
        raise SystemExit(f"{GUIDE} has no place for the figures '{name}'")
    block = text.strip("\n") + "\n"
    GUIDE.write_text(pattern.sub(lambda match: match[1] + block + match[2], content, count=1),
                     encoding="utf-8")
    print(f"{GUIDE}: '{name}' written")


def write_curve(name, svg):
    path = GUIDES / name
    path.write_text(svg, encoding="utf-8")
    print(f"{path}: {len(svg)} bytes")
