#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A long run at half of what the machine can do: nothing grows, and every click is accounted for.

    tests/load/soak.py              20 minutes on a release build
    tests/load/soak.py --quick      10 seconds of the same

While clicks come at a fixed rate (pace.c: an answer is timed from when its request was due), each
window brings a reload by SIGHUP and a look at /metrics; people and events are imported, backups
made, a key is rotated, and events grow old and are pruned all the time. At the end the server
stops, and its log must hold exactly the clicks that were answered: `events --account` proves every
run from the log, `events --count` counts what came meanwhile. Both read all of it once, side by
side, a million events in about a second.

Flat means: the line through all windows by Theil and Sen, the median of the slopes of all pairs,
which no single odd window moves, rises less over the whole run than the bound. Latency is judged
only in the long run; memory and descriptors in both.
"""
import argparse
import datetime
import itertools
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import bench_click
from bench_servers import Waymark
from guide import write_figures

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from sizes import size  # noqa: E402

WINDOWS = 20
CONNECTIONS = 256           # enough that a slow commit delays clicks without limiting their number
CAPACITY_SECONDS = 3
CAPACITY_ROUNDS = 3         # of which the median counts, in the long run
ALL_POSSIBLE = 1000000      # clicks a second: more than there can be
OLD_EVENTS_A_SECOND = 500   # that reach their age while it runs
SET_UP_SECONDS = 120        # at the most, until it runs
RETENTION_DAYS = 1
IMPORTED = 500              # people, and as many events, in each import
IMPORT_WINDOWS = (4, 9, 14)
BACKUP_WINDOWS = (2, 6, 10, 15, 19)
ROTATE_WINDOW = 7
# The most that may be gained from the first window to the last, by the line through them.
BOUNDS = {"memory_kib": 4096, "descriptors": 8, "p50_us": 300, "p99_us": 3000}
SMALL_MEMORY_KIB = 65536    # of seconds: a few commits of a slow disk, and what waits for each
RELOAD_S = 60               # at the most
STEADY_FROM = 2             # windows before it fill caches and pools
EVENT_DISK_BYTES = 800      # of an event in the log and in its backup, more than ever seen
CHECK_LIMIT_S = 600         # reading the whole log takes a tenth of it
OTHERS_SHARE = 0.05         # of the processors, with the host: latency of such a window, and of
                            # the one behind it, which has its backlog, says nothing
JUDGED_WINDOWS = 10         # at least; with fewer there is no verdict on latency
LATENCY_SHARE = 0.25        # of a latency's median may be gained, too: a host drifts as well


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the small size")
    parser.add_argument("--seconds", type=int, help="how long (default: tests/sizes.json)")
    parser.add_argument("--build", type=pathlib.Path, help="a build folder")
    parser.add_argument("--data", type=pathlib.Path, help="folder for the data")
    parser.add_argument("--json", type=pathlib.Path, help="write all samples there")
    parser.add_argument("--write", action="store_true",
                        help="put the table into deploy/guides/performance.md")
    arguments = parser.parse_args()
    in_suite = os.environ.get("WAYMARK_BUILD")
    if not os.environ.get("WAYMARK_TEST_SIZE"):
        small = arguments.quick or in_suite
        os.environ["WAYMARK_TEST_SIZE"] = "small" if small else "full"
    arguments.small = os.environ["WAYMARK_TEST_SIZE"] == "small"
    arguments.build = arguments.build or (in_suite and pathlib.Path(in_suite))
    if not arguments.build:
        arguments.build = bench_click.SOURCE / "build-release"
        bench_click.build_release(arguments.build, ["tests/load/fill_log", "tests/load/pace"])
    arguments.seconds = arguments.seconds or size("soak_seconds")
    return arguments


def processors():
    """Seconds that this machine's processors have worked, or were kept from it by the host, and all
    that there were."""
    first = pathlib.Path("/proc/stat").read_text().partition("\n")[0]
    ticks = [int(field) for field in first.split()[1:9]]
    second = os.sysconf("SC_CLK_TCK")
    return (sum(ticks) - ticks[3] - ticks[4]) / second, sum(ticks) / second


class Soak:
    def __init__(self, arguments, folder, cores):
        self.arguments, self.folder, self.cores = arguments, folder, cores
        self.server = Waymark(arguments.build / "server/waymark", folder, cores[0])
        self.samples = []
        self.imports = 0
        self.pace = None
        self.work = (0, 0)

    # before

    def set_up(self, people):
        self.server.init()
        self.change_config(retention_days=RETENTION_DAYS)
        # The oldest has just reached its age; the youngest does so after the run has ended. They
        # come before everything else: only the beginning of a log is pruned.
        span = self.arguments.seconds + SET_UP_SECONDS
        count = OLD_EVENTS_A_SECOND * span
        subprocess.run([self.arguments.build / "tests/load/fill_log", self.server.instance / "data",
                        str(count), "--days", str(RETENTION_DAYS),
                        "--span", str(span)], check=True)
        addresses = [f"prospect{number}@example.com" for number in range(people)]
        keys = self.server.set_up(addresses)
        self.server.serve()
        paths = bench_click.click_paths(keys, addresses)
        cookies = self.server.cookies(paths[::2])
        self.requests = self.folder / "requests"
        bench_click.write_requests(self.requests, self.server.port, paths, cookies, False)

    def change_config(self, **settings):
        config = json.loads(self.server.config.read_text())
        config.update(settings)
        self.server.config.write_text(json.dumps(config))

    def pace_command(self, rate, seconds, windows):
        return list(map(str, ["taskset", "-c", self.cores[1],
                              self.arguments.build / "tests/load/pace", self.server.port,
                              CONNECTIONS, f"{rate:.0f}", seconds, windows, self.requests]))

    def most_a_second(self):
        """With the same clicks as later: what makes them takes a good part of the processors."""
        done = subprocess.run(self.pace_command(ALL_POSSIBLE, CAPACITY_SECONDS, 1), check=True,
                              stdout=subprocess.PIPE, text=True)
        *windows, _ = done.stdout.splitlines()
        return max(int(line.split()[0]) for line in windows) / CAPACITY_SECONDS

    def half_of_capacity(self):
        rate = statistics.median(self.most_a_second()
                                 for _ in range(1 if self.arguments.small else CAPACITY_ROUNDS))
        self.server.stop()
        self.server.serve()
        needed = rate / 2 * self.arguments.seconds * EVENT_DISK_BYTES
        free = shutil.disk_usage(self.folder).free
        print(f"{rate:,.0f} clicks a second are possible; {rate / 2:,.0f} for "
              f"{self.arguments.seconds} s take at most {needed / 2**30:.1f} GiB of "
              f"{free / 2**30:.0f} GiB", flush=True)
        if needed > free:
            raise SystemExit(f"{self.folder} has too little room: use --data FOLDER")
        return rate / 2

    # meanwhile

    def reload(self):
        before = self.server.metrics()['waymark_reloads_total{result="done"}']
        self.server.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + RELOAD_S
        while self.server.metrics()['waymark_reloads_total{result="done"}'] == before:
            if time.monotonic() > deadline:
                raise SystemExit(f"a reload did not happen within {RELOAD_S} s")
            time.sleep(0.02)

    def command(self, *words):
        self.server.run(*words, "--config", self.server.config)

    def import_more(self):
        """People, and what another system knows of them."""
        numbers = range(self.imports * IMPORTED, (self.imports + 1) * IMPORTED)
        people, events = self.folder / "more.csv", self.folder / "more.ndjson"
        people.write_text("email\n" + "".join(f"more{number}@example.com\n" for number in numbers))
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        events.write_text("".join(json.dumps({
            "id": f"order-{number}", "time": now, "type": "purchase",
            "email": f"more{number}@example.com", "props": {"total": number}}) + "\n"
            for number in numbers))
        self.command("prospect", "import", people)
        self.command("events", "import", "--source=shop", events)
        self.imports += 1

    def disturb(self, window):
        self.reload()
        if window in IMPORT_WINDOWS:
            self.import_more()
        if window in BACKUP_WINDOWS:
            self.command("backup", self.folder / "copy")
        if window == ROTATE_WINDOW:
            self.command("key", "rotate")

    def others_and_all(self):
        """Processor seconds of what is neither the server nor the clicks nor of us, and of all."""
        busy, total = processors()
        schedule = pathlib.Path(f"/proc/{self.pace.pid}/schedstat")
        clicks = int(schedule.read_text().split()[0]) / 1e9 if schedule.exists() else 0
        return busy - self.server.cpu_seconds() - clicks - sum(os.times()[:4]), total

    def sample(self, window, line):
        answered, p50, p99, longest = map(int, line.split())
        process = pathlib.Path(f"/proc/{self.server.process.pid}")
        status = (process / "status").read_text()
        data = self.server.instance / "data"
        metrics = self.server.metrics()
        work, self.work = self.work, self.others_and_all()
        self.samples.append({
            "others": max(self.work[0] - work[0], 0) / max(self.work[1] - work[1], 0.01),
            "window": window, "answered": answered, "p50_us": p50, "p99_us": p99,
            "longest_us": longest,
            "memory_kib": int(re.search(r"RssAnon:\s+(\d+)", status)[1]),
            "mapped_kib": int(re.search(r"RssFile:\s+(\d+)", status)[1]),
            "descriptors": len(os.listdir(process / "fd")),
            **{f"{store}_bytes": (data / store / "data.mdb").stat().st_size
               for store in ("events", "state", "people")},
            "pruned": metrics["waymark_pruned_events_total"], "metrics": metrics})
        last = self.samples[-1]
        print(f"{window + 1:>3}/{WINDOWS}: {answered:>9,} clicks, p50 {p50 / 1000:.2f} ms, "
              f"p99 {p99 / 1000:.2f} ms, longest {longest / 1000:.0f} ms; "
              f"memory {last['memory_kib'] / 1024:.1f} MiB, {last['descriptors']} open files, "
              f"events/ {last['events_bytes'] / 2**20:,.0f} MiB, {last['pruned']:,.0f} pruned; "
              f"others took {last['others']:.0%}",
              flush=True)

    def run(self, rate):
        window_seconds = self.arguments.seconds / WINDOWS
        with subprocess.Popen(self.pace_command(rate, window_seconds, WINDOWS),
                              stdout=subprocess.PIPE, text=True) as pace:
            self.pace = pace
            self.work = self.others_and_all()
            try:
                for window in range(WINDOWS):
                    self.disturb(window)
                    self.sample(window, pace.stdout.readline())
                total = pace.stdout.readline().split()
            finally:
                pace.kill()
        if len(total) != 4 or total[0] != "total":
            raise SystemExit("the clicks ended before their time")
        return list(map(int, total[1:]))


def rise(samples, name):
    """How much @name grows over all @samples, by the median of the slopes of all pairs."""
    slopes = [(later[name] - earlier[name]) / (later["window"] - earlier["window"])
              for earlier, later in itertools.combinations(samples, 2)]
    return statistics.median(slopes) * (samples[-1]["window"] - samples[0]["window"])


def undisturbed(samples):
    """The windows that nobody else had a part in, nor in the one before."""
    return [sample for before, sample in zip([samples[0], *samples], samples)
            if max(before["others"], sample["others"]) <= OTHERS_SHARE]


def check_flat(samples, names):
    own = [sample for sample in undisturbed(samples) if sample["window"] >= STEADY_FROM]
    samples = samples[STEADY_FROM:]
    problems = []
    if len(own) < JUDGED_WINDOWS:
        print(f"no verdict on latency: others, or the host, left {len(own)} windows alone")
        names = [name for name in names if not name.endswith("_us")]
    for name in names:
        judged = own if name.endswith("_us") else samples
        value, median = rise(judged, name), statistics.median(sample[name] for sample in judged)
        bound = max(BOUNDS[name], LATENCY_SHARE * median if name.endswith("_us") else 0)
        print(f"{name}: {median:,.0f}, rises by {value:,.0f} (at most {bound:,.0f})")
        if value > bound:
            problems.append(f"{name} rises by {value:,.0f}, over {bound:,.0f}")
    return problems


def read_log(soak, before):
    """(the account of the last run, the totals, the count of events after @before)."""
    ways = (["--account"], ["--count", "--after", str(before)])
    commands = [subprocess.Popen(list(map(str, [soak.server.program, "events", "--config",
                                                soak.server.config, "--json", *way])),
                                 stdout=subprocess.PIPE, text=True) for way in ways]
    began = time.monotonic()
    try:
        proof, count = (command.communicate(timeout=CHECK_LIMIT_S)[0] for command in commands)
    finally:
        for command in commands:
            command.kill()
    *rows, totals = map(json.loads, proof.splitlines())
    count = json.loads(count)
    print(f"the log, {totals['found']:,} events, was read twice in "
          f"{time.monotonic() - began:.0f} s")
    return rows[-1], totals, count


def check_totals(soak, sent, redirected, others, before):
    """The log, when the server has stopped: each click that was answered, and nothing lost."""
    run, totals, count = read_log(soak, before)
    account, types = run["account"], count["types"]
    clicks, purchases = types.get("click", 0), types.get("purchase", 0)
    print(f"{sent:,} clicks sent, {redirected:,} redirected; the log: {account}, "
          f"{clicks:,} clicks, {purchases:,} imported; pruned {soak.samples[-1]['pruned']:,.0f}")
    problems = []
    if others or redirected != sent:
        problems.append(f"{others} of {sent} answers were no redirect")
    if purchases != soak.imports * IMPORTED:
        problems.append(f"{purchases} imported events are in the log")
    if clicks != redirected:
        problems.append(f"{redirected} clicks were redirected, {clicks} are in the log")
    if count["missing"] or count["from"] != before + 1 or count["to"] != run["to"]:
        problems.append(f"the log has gaps after event {before}: {count}, its end is {run['to']}")
    complete = account["received"] == account["stored"] and totals["adds_up"]
    if run["end"] != "shutdown" or not complete:
        problems.append(f"something is missing: {run}")
    return problems


def check_events(soak):
    """What was to happen did."""
    last = soak.samples[-1]["metrics"]
    problems = []
    if last['waymark_reloads_total{result="done"}'] < WINDOWS:
        problems.append("not every reload happened")
    if soak.samples[-1]["pruned"] == 0:
        problems.append("nothing was pruned")
    if last['waymark_account{kind="lost"}'] or last["waymark_commit_failures_total"]:
        problems.append("a commit failed, or an event was lost")
    return problems


def quartiles(samples, name, scale):
    low, middle, high = (value / scale for value in statistics.quantiles(
        [sample[name] for sample in samples], n=4, method="inclusive"))
    return f"{middle:,.2f} ({low:,.2f}–{high:,.2f})"


def table(soak, rate):
    rows = ["| median of windows (quartiles) | first third | last third |", "| --- | --- | --- |"]
    samples = soak.samples[STEADY_FROM:]
    third = len(samples) // 3
    for name, title, scale in (("p50_us", "click p50, ms", 1000), ("p99_us", "click p99, ms", 1000),
                               ("memory_kib", "memory, MiB", 1024),
                               ("descriptors", "open files", 1),
                               ("events_bytes", "events/ on disk, MiB", 1 << 20)):
        first, last = (quartiles(part, name, scale)
                       for part in (samples[:third], samples[-third:]))
        rows.append(f"| {title} | {first} | {last} |")
    rows.append(f"\n{soak.arguments.seconds} s at {rate:,.0f} clicks a second over "
                f"{CONNECTIONS} connections, in {WINDOWS} windows of "
                f"{soak.arguments.seconds / WINDOWS:.0f} s; meanwhile {WINDOWS} reloads, "
                f"{soak.imports} imports, {len(BACKUP_WINDOWS)} backups, "
                f"{soak.samples[-1]['pruned']:,.0f} events pruned.")
    return "\n".join(rows)


def soak_in(arguments, folder, cores):
    soak = Soak(arguments, folder, cores)
    try:
        soak.set_up(size("soak_people"))
        rate = soak.half_of_capacity()
        before = int(soak.server.metrics()["waymark_log_sequence"])
        sent, redirected, others = soak.run(rate)
    finally:
        soak.server.stop()
    figures = table(soak, rate)
    print(figures)
    if arguments.json:
        arguments.json.write_text(json.dumps(soak.samples, indent=1))
    if arguments.small:
        BOUNDS["memory_kib"] = SMALL_MEMORY_KIB
    names = ["memory_kib", "descriptors"] + ([] if arguments.small else ["p50_us", "p99_us"])
    problems = (check_totals(soak, sent, redirected, others, before) + check_events(soak) +
                check_flat(soak.samples, names))
    if arguments.write:
        exact = "; ".join(problems) or "All of them are in the log, and it adds up."
        write_figures("soak", f"{figures} {redirected:,} of {sent:,} clicks redirected. {exact}")
    return problems


def main():
    arguments = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    cores = sorted(os.sched_getaffinity(0))[:2]
    if len(cores) < 2:
        raise SystemExit("two cores are needed: one for the server, one for the clicks")
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    with tempfile.TemporaryDirectory(prefix="soak-", dir=arguments.data or arguments.build) as name:
        problems = soak_in(arguments, pathlib.Path(name).resolve(), cores)
    for problem in problems:
        print(f"FAILED: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
