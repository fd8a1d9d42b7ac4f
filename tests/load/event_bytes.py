#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How many bytes an event takes on disk, by field, and what it saves that the log keeps the texts
which many events share only once.

    tests/load/event_bytes.py [--events N] [--write]

The log is made by fill_log, with the agents and the mails' links of the corpora where they are.
What an event would take with all texts in its record follows from the pages: records do not cross
pages of 4,096 bytes.
"""
import argparse
import os
import pathlib
import re
import subprocess
import tempfile

import bench_click
from guide import write_figures

PAGE_BYTES, PAGE_HEADER_BYTES, NODE_BYTES = 4096, 16, 8 + 8 + 2  # node header, key, its place
REFERENCE_BYTES = 5  # field id, and the id of the text in place of it
STRINGS = ("agent", "language", "sec_fetch", "url", "tracker", "referrer")
URL = re.compile(r"href\s*=\s*(?:3D)?[\"'](https?://[^\"'\s<>]{8,400})[\"']")


def corpora_options(folder):
    corpora = pathlib.Path(os.environ.get("WAYMARK_CORPORA") or
                           bench_click.SOURCE / "../shared/corpora")
    options = []
    if (corpora / "ua_humans.txt").exists():
        options += ["--agents", corpora / "ua_humans.txt"]
    urls = {url.split("?")[0] for path in sorted(corpora.glob("html/*"))
            for url in URL.findall(path.read_text(encoding="latin-1"))}
    if urls:
        (folder / "urls").write_text("\n".join(sorted(urls)) + "\n", encoding="latin-1")
        options += ["--urls", folder / "urls"]
    return options


def run(*command):
    return subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, text=True,
                          check=True).stdout


def on_disk(record_bytes):
    """Of a page's bytes, the share of one record of this mean length."""
    return PAGE_BYTES / ((PAGE_BYTES - PAGE_HEADER_BYTES) // (record_bytes + NODE_BYTES))


def table(lines, file_bytes):
    name, events, record = lines[0].split()
    events, record = int(events), int(record) / int(events)
    fields = {name: tuple(map(int, values)) for name, *values in map(str.split, lines[1:])}
    rows = ["| field | bytes per event | different values | bytes per event, kept once |",
            "| --- | --- | --- | --- |"]
    for name in sorted(fields, key=lambda name: -fields[name][1]):
        count, size, distinct, distinct_bytes = fields[name]
        if count < events // 100:
            continue
        once = ""
        if name in STRINGS:
            kept = (REFERENCE_BYTES * count + distinct_bytes) / events
            once = f"{kept:.1f}"
        rows.append(f"| {name} | {size / events:.1f} | {distinct:,} | {once} |")
    rows.append(f"\n{events:,} clicks: {record:.0f} bytes in the mean, {file_bytes / events:.0f} "
                f"on disk; with all texts in the records it would be {on_disk(record):.0f}.")
    return "\n".join(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=1000000)
    parser.add_argument("--build", type=pathlib.Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    programs = ["tests/load/fill_log", "tests/load/field_bytes"]
    build = arguments.build or bench_click.SOURCE / "build-release"
    if not arguments.build:
        bench_click.build_release(build, programs)
    with tempfile.TemporaryDirectory(prefix="bytes-", dir=build) as name:
        folder = pathlib.Path(name)
        run(build / programs[0], folder / "data", arguments.events, *corpora_options(folder))
        size = (folder / "data/events/data.mdb").stat().st_size
        text = table(run(build / programs[1], folder / "data").splitlines(), size)
    print(text)
    if arguments.write:
        write_figures("bytes", text)


if __name__ == "__main__":
    main()
