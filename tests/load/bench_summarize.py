# SPDX-License-Identifier: Apache-2.0
"""What folding costs (DESIGN.md 12): a log of views, leaves and clicks, folded from the first event
by `summarize`; and the same session and page counts made by sqlite3 and by awk from the same log as
tab-separated text, sorted by visitor and time, which is made for them beforehand and not counted.

    WAYMARK_BUILD=build WAYMARK_FILL_VIEWS=… bench_summarize.py [--write] [EVENTS]

Printed: events a second and core, the most memory of its own (RssAnon), the size of data/summary/,
and the ratio of the CPU times, of two million events at most, since sqlite3 holds them in memory;
--write puts these into the guide. In small size a smoke run whose figures say nothing.
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

import guide
import summaries
from daemon import WAYMARK, Daemon
from sizes import size

COMPARED_MAX = 2_000_000

AWK = """
BEGIN { FS = "\\t" }
$1 != who || $2 - last > 1800000000 { sessions[int($2 / 86400000000)]++ }
{ who = $1; last = $2 }
$3 == "view" { pages[$4 "\\t" int($2 / 86400000000)]++ }
END { for (i in sessions) s += sessions[i]; for (i in pages) p += pages[i]; print s, p }
"""
SQL = """
.mode tabs
CREATE TABLE e (who TEXT, time INTEGER, type TEXT, page TEXT);
.import {path} e
SELECT sum(n) FROM (SELECT count(*) AS n FROM (SELECT time, time - lag(time) OVER
  (PARTITION BY who ORDER BY time) AS pause FROM e) WHERE pause IS NULL OR pause > 1800000000
  GROUP BY time / 86400000000);
SELECT sum(n) FROM (SELECT count(*) AS n FROM e WHERE type = 'view'
  GROUP BY page, time / 86400000000);
"""


def cpu_of(run):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.monotonic()
    result = run()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
            time.monotonic() - begin, result)


def anonymous_kib(process):
    try:
        with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
            return next((int(line.split()[1]) for line in file if line.startswith("RssAnon")), 0)
    except OSError:
        return 0


def summarize(daemon):
    """The most memory while it ran, in KiB."""
    most = 0
    with subprocess.Popen([WAYMARK, "summarize", "--config", daemon.config_path, "--rebuild"],
                          stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            most = max(most, anonymous_kib(process))
            time.sleep(0.02)
    assert process.returncode == 0
    return most


def write_table(daemon, path):
    """Who, when, what, which page: in the order that the others need."""
    with open(path + ".log", "w", encoding="ascii") as file:
        for line in daemon.lines("events", "--type", "view,leave"):
            event = json.loads(line)
            when = time.strptime(event["time"][:19], "%Y-%m-%dT%H:%M:%S")
            stamp = int(time.mktime(when) - time.timezone) * 1000000 + int(event["time"][20:26])
            file.write(f"{event['visitor']}\t{stamp}\t{event['type']}\t{event['url']}\n")
    subprocess.run(["sort", "-t", "\t", "-k1,1", "-k2,2n", "-o", path, path + ".log"], check=True,
                   env={**os.environ, "LC_ALL": "C"})


def others(path):
    sqlite, _, told = cpu_of(lambda: subprocess.run(
        ["sqlite3", ":memory:"], input=SQL.format(path=path), text=True, check=True,
        stdout=subprocess.PIPE).stdout.split())
    awk, _, counted = cpu_of(lambda: subprocess.run(
        ["awk", AWK, path], text=True, check=True, stdout=subprocess.PIPE,
        env={**os.environ, "LC_ALL": "C"}).stdout.split())
    assert told == counted, (told, counted)
    return sqlite, awk, [int(number) for number in counted]


def fold(events):
    """A log of so many, folded; with as many compared where the others can. Return: sentences."""
    told = []
    with Daemon() as daemon, tempfile.TemporaryDirectory() as scratch:
        subprocess.run([os.environ["WAYMARK_FILL_VIEWS"], os.path.join(daemon.instance, "data"),
                        str(events), str(max(events // 5, 1)), str(max(events // 100, 1))],
                       check=True)
        cpu, wall, memory = cpu_of(lambda: summarize(daemon))
        totals = summaries.totals(daemon.instance)
        views = sum(sum(counts[14:16]) for (kind, _, _), counts in totals.items() if kind == 0)
        room = os.stat(os.path.join(daemon.instance, "data", "summary", "data.mdb")).st_blocks
        told.append(f"{events:,} events: {wall:.1f} s, {cpu:.1f} s of CPU, {events / cpu:,.0f} a "
                    f"second and core, {memory / 1024:.0f} MiB of its own, {room / 2048:.0f} MiB "
                    "on disk")
        if events <= COMPARED_MAX:
            path = os.path.join(scratch, "table")
            write_table(daemon, path)
            sqlite, awk, (sessions, pages) = others(path)
            assert pages == views, (pages, views)
            told.append(f"The {sessions:,} sessions and {views:,} views in these; CPU: sqlite3 "
                        f"{sqlite:.1f} s ({sqlite / cpu:.2f} times), awk {awk:.1f} s "
                        f"({awk / cpu:.2f} times)")
        print("\n".join(told), flush=True)
        assert memory < 300 * 1024, memory
    return told


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true", help="put the figures into the guide")
    parser.add_argument("events", nargs="?", type=int, default=size("summarize_bench_events"))
    arguments = parser.parse_args()
    told = fold(arguments.events)
    if arguments.events > COMPARED_MAX:
        told += fold(COMPARED_MAX)
    if arguments.write:
        guide.write_figures("summaries", "\n\n".join(line + "." for line in told))


if __name__ == "__main__":
    sys.exit(main())
