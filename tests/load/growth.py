#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a log of many events and a store of many people cost: figures and curves.

    tests/load/growth.py             10^5, 10^6, 10^7 events; 10^4, 10^6 people; about 10 minutes
    tests/load/growth.py --quick     a hundredth of it, no verdict
    tests/load/growth.py --write     and put figures and curves into deploy/guides

All sizes are measured in the same moments, one straight after the other (commit_times.c, and two
servers that are asked in turn), so the ratios hold on a machine that is not quite idle, too; times
do not. What a commit writes is a count, the same on any machine, and is judged in every run.
"""
import argparse
import contextlib
import json
import os
import pathlib
import random
import resource
import signal
import statistics
import subprocess
import sys
import tempfile

import bench_click
from bench_servers import Waymark
from guide import write_curve, write_figures
from svg_curve import draw

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from sizes import size  # noqa: E402

COMMITS, BATCH = 300, 16
P99_RATIO = 1.3     # DESIGN.md 12: at the most events against the fewest
WRITTEN_RATIO = 1.3
PATHS = 10000       # of people that are asked for, chosen from all of them
CONNECTIONS = 64
SECONDS = 2


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes, no verdict")
    parser.add_argument("--build", type=pathlib.Path, help="a build folder")
    parser.add_argument("--data", type=pathlib.Path, help="folder for the data")
    parser.add_argument("--json", type=pathlib.Path, help="write everything measured there")
    parser.add_argument("--write", action="store_true", help="put it into deploy/guides")
    parser.add_argument("--enforce", action="store_true", help="a missed promise is an error")
    arguments = parser.parse_args()
    in_suite = os.environ.get("WAYMARK_BUILD")
    if not os.environ.get("WAYMARK_TEST_SIZE"):
        small = arguments.quick or in_suite
        os.environ["WAYMARK_TEST_SIZE"] = "small" if small else "full"
    small = os.environ["WAYMARK_TEST_SIZE"] == "small"
    given = arguments.build or (small and in_suite and pathlib.Path(in_suite))
    arguments.build = given or bench_click.SOURCE / "build-release"
    if not given:
        bench_click.build_release(arguments.build, ["tests/load/fill_log",
                                                    "tests/load/commit_times"])
    arguments.rounds = size("growth_rounds")
    arguments.seconds = 1 if small else SECONDS
    return arguments


def quartiles(values):
    if len(values) < 2:
        return (values[0],) * 3
    return tuple(statistics.quantiles(values, n=4, method="inclusive"))


def run(*command):
    done = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} failed")
    return done.stdout


def measure_events(arguments, folder):
    """{events: {"p50": [...], "p99": [...], "cpu": [...], "written": [...]}}, a value a round."""
    most = size("growth_events")
    counts = [most // 100, most // 10, most]
    logs = []
    for count in counts:
        logs.append(folder / f"events-{count}")
        run(arguments.build / "tests/load/fill_log", logs[-1], count, "--days", 400)
    files = [(log / "events/data.mdb").stat().st_size for log in logs]
    lines = run(arguments.build / "tests/load/commit_times", arguments.rounds, COMMITS, BATCH,
                *logs)
    figures = {count: {"p50": [], "p99": [], "cpu": [], "written": []} for count in counts}
    for line in lines.splitlines():
        _, index, *values = map(int, line.split())
        for name, value in zip(("p50", "p99", "cpu", "written"), values):
            figures[counts[index]][name].append(value)
    for count, file in zip(counts, files):
        figures[count]["file"] = file
    return figures


class Crowd(Waymark):
    """A server with so many people, and requests of some of them."""

    def __init__(self, arguments, folder, core, people):
        folder = folder / f"people-{people}"
        folder.mkdir()
        super().__init__(arguments.build / "server/waymark", folder, core)
        self.people = people
        self.cpu = []

    def prepare(self, generator_core):
        addresses = [f"prospect{number}@example.com" for number in range(self.people)]
        keys = self.set_up(addresses)
        asked = random.Random(1).sample(addresses, min(PATHS, len(addresses)))
        paths = bench_click.click_paths(keys, asked)
        self.serve()
        self.requests = self.folder / "requests"
        bench_click.write_requests(self.requests, self.port, paths, self.cookies(paths[::2]),
                                   False)
        self.measure(generator_core, 1)
        self.cpu.clear()

    def measure(self, generator_core, seconds):
        before = self.cpu_seconds()
        _, count, _ = bench_click.run_wrk(generator_core, self.port, self.requests, CONNECTIONS,
                                          seconds)
        if count:
            self.cpu.append((self.cpu_seconds() - before) / count * 1e6)


def measure_people(arguments, folder, cores):
    """{people: CPU microseconds of each round}."""
    most = size("growth_people")
    with contextlib.ExitStack() as stack:
        crowds = [Crowd(arguments, folder, cores[0], count) for count in (most // 100, most)]
        for crowd in crowds:
            stack.callback(crowd.stop)
            crowd.prepare(cores[1])
        for number in range(arguments.rounds):
            for crowd in crowds[::1 if number % 2 == 0 else -1]:
                crowd.measure(cores[1], arguments.seconds)
    return {crowd.people: crowd.cpu for crowd in crowds}


def ratio_of(figures, name):
    """Quartiles of the rounds' ratios, the most to the fewest."""
    few, most = min(figures), max(figures)
    return quartiles([after / before for before, after in
                      zip(figures[few][name], figures[most][name])])


def events_table(figures):
    rows = ["| events in the log | commit p50 | commit p99 | CPU per event | written per commit |"
            " bytes on disk per event |", "| --- | --- | --- | --- | --- | --- |"]
    for count, values in figures.items():
        middle = {name: statistics.median(values[name]) for name in ("p50", "p99", "cpu",
                                                                     "written")}
        rows.append(f"| {count:,} | {middle['p50'] / 1000:.2f} ms | {middle['p99'] / 1000:.2f} ms"
                    f" | {middle['cpu'] / 1000:.1f} µs | {middle['written'] / 1024:.1f} KiB"
                    f" | {values['file'] / count:.0f} |")
    low, middle, high = ratio_of(figures, "p99")
    few, most = min(figures), max(figures)
    rows.append(f"\nCommit p99 at {most:,} events against {few:,}: {middle:.2f} "
                f"({low:.2f}–{high:.2f}) ×; promised: at most {P99_RATIO} ×. Batches of {BATCH} "
                f"clicks, {len(figures[few]['p99'])} rounds of {COMMITS} commits each.")
    return "\n".join(rows)


def people_table(figures):
    rows = ["| people | CPU per click (quartiles) |", "| --- | --- |"]
    for count, values in figures.items():
        low, middle, high = quartiles(values)
        rows.append(f"| {count:,} | {middle:.1f} µs ({low:.1f}–{high:.1f}) |")
    few, most = figures.values()
    low, middle, high = quartiles([b / a for a, b in zip(few, most)])
    rows.append(f"\nRatio of the rounds: {middle:.2f} ({low:.2f}–{high:.2f}) ×. Keep-alive, "
                f"{CONNECTIONS} connections.")
    return "\n".join(rows)


def curves(events, people):
    def of(name, scale):
        return {count: tuple(value / scale for value in quartiles(values[name]))
                for count, values in events.items()}
    yield "growth-commit.svg", draw("Commit of 16 clicks, ms", "events in the log",
                                    {"p99": of("p99", 1000), "p50": of("p50", 1000)})
    yield "growth-cpu.svg", draw("Processor time of the writer per event, µs",
                                 "events in the log", {"CPU": of("cpu", 1000)})
    yield "growth-people.svg", draw("Processor time per click, µs", "people",
                                    {"click": {count: quartiles(values)
                                               for count, values in people.items()}})


def judge(arguments, events, folder):
    """What speaks against a verdict on times."""
    median, _ = bench_click.fdatasync_ms(folder)
    others = bench_click.others_share()
    reasons = []
    if os.environ["WAYMARK_TEST_SIZE"] != "full":
        reasons.append("small sizes")
    if others > bench_click.OTHERS_SHARE:
        reasons.append(f"other work takes {others:.0%} of the processors")
    if median > bench_click.FDATASYNC_MS:
        reasons.append(f"fdatasync takes {median:.2f} ms, over {bench_click.FDATASYNC_MS} ms")
    if not bench_click.is_release(arguments.build):
        reasons.append("not a release build")
    print("no verdict on times: " + "; ".join(reasons) if reasons else "verdict on times")
    _, written, _ = ratio_of(events, "written")
    print(f"written per commit at the most events against the fewest: {written:.2f} ×")
    if written > WRITTEN_RATIO:
        raise SystemExit(f"a commit writes {written:.2f} times as much, over {WRITTEN_RATIO}")
    missed = not reasons and ratio_of(events, "p99")[1] > P99_RATIO
    print("MISSED" if missed else "", end="\n" if missed else "")
    return 1 if missed and arguments.enforce else 0


def main():
    arguments = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    cores = sorted(os.sched_getaffinity(0))[:2]
    if len(cores) < 2:
        raise SystemExit("two cores are needed: one for the servers, one for the generator")
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    with tempfile.TemporaryDirectory(prefix="growth-", dir=arguments.data or
                                     arguments.build) as name:
        folder = pathlib.Path(name).resolve()
        events = measure_events(arguments, folder)
        print(events_table(events), flush=True)
        status = judge(arguments, events, folder)
        people = measure_people(arguments, folder, cores)
        print(people_table(people))
    if arguments.json:
        arguments.json.write_text(json.dumps({"events": events, "people": people}, indent=2))
    drawn = list(curves(events, people))
    if arguments.write:
        write_figures("events", events_table(events))
        write_figures("people", people_table(people))
        for name, svg in drawn:
            write_curve(name, svg)
    return status


if __name__ == "__main__":
    sys.exit(main())
