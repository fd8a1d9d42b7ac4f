#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A durable click against nginx answering a fixed 302: the figures of the README.

    tests/load/bench_click.py            15 paired rounds on a release build, about 9 minutes
    tests/load/bench_click.py --quick    3 rounds, no verdict

How it measures, what the figures mean and what makes them worthless: tests/load/README.md.
In the test suite (WAYMARK_BUILD is set) the small size runs at 64 connections on the build at hand,
and each measurement takes one second instead of two.
"""
import argparse
import contextlib
import importlib.util
import json
import os
import pathlib
import re
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from bench_servers import BROWSER, LANDING, Waymark, start_fixed_302, start_nginx
from guide import write_figures

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
PROSPECTS = 10000
REFERENCE_ROUNDS = 3
VERDICT_ROUNDS = 15
FDATASYNC_MS = 0.5
OTHERS_SHARE = 0.1
# At least so much of what nginx does, by way and connections; None: measured, not promised.
PROMISES = {
    ("close", 64): 0.80, ("close", 256): 0.80, ("close", 1000): 0.85,
    ("keep-alive", 64): None, ("keep-alive", 256): 0.75, ("keep-alive", 1000): None,
}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few rounds, no verdict")
    parser.add_argument("--rounds", type=int, help="paired rounds (default: tests/sizes.json)")
    parser.add_argument("--seconds", type=int, help="length of one measurement (default: 2)")
    parser.add_argument("--build", type=pathlib.Path,
                        help="a build folder (default: build-release)")
    parser.add_argument("--data", type=pathlib.Path,
                        help="folder for the data, on the disk to measure (default: the build's)")
    parser.add_argument("--json", type=pathlib.Path, help="write everything measured there")
    parser.add_argument("--write", action="store_true",
                        help="put the table into deploy/guides/performance.md")
    parser.add_argument("--enforce", action="store_true", help="a missed promise is an error")
    arguments = parser.parse_args()
    size = os.environ.get("WAYMARK_TEST_SIZE")
    if not size:
        size = "small" if arguments.quick or os.environ.get("WAYMARK_BUILD") else "full"
    sizes = json.loads((SOURCE / "tests/sizes.json").read_text())["bench_click_rounds"]
    arguments.rounds = arguments.rounds or sizes[size]
    in_suite = os.environ.get("WAYMARK_BUILD")
    arguments.seconds = arguments.seconds or (1 if size == "small" or in_suite else 2)
    smoke = size == "small" and in_suite
    arguments.given = arguments.build or (smoke and pathlib.Path(smoke))
    arguments.build = arguments.given or SOURCE / "build-release"
    arguments.cases = [case for case in PROMISES if not smoke or case[1] == 64]
    return arguments


def build_release(folder, more=()):
    """Build as deploy/up does, and @more; the output only when it fails."""
    steps = [["ninja", "-C", folder, "server/waymark", "tests/load/fixed_302", *more]]
    if not (folder / "build.ninja").exists():
        steps.insert(0, ["meson", "setup", "--buildtype=release", "-Db_lto=true", "-Dwerror=false",
                         folder, SOURCE])
    for step in steps:
        done = subprocess.run(list(map(str, step)), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{step[0]} failed:\n{done.stdout[-4000:]}")


def is_release(build):
    done = subprocess.run(["meson", "introspect", "--buildoptions", str(build)],
                          stdout=subprocess.PIPE, text=True, check=True)
    options = {option["name"]: option["value"] for option in json.loads(done.stdout)}
    return options["buildtype"] == "release" and options["b_sanitize"] == "none"


def file_system(folder):
    """The type of the file system that holds @folder, by the longest mount point above it."""
    best = ("", "unknown")
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        left, _, right = line.partition(" - ")
        point = left.split()[4]
        if folder.is_relative_to(point) and len(point) >= len(best[0]):
            best = (point, right.split()[0])
    return best[1]


def fdatasync_ms(folder):
    """Median and 99th percentile of appending 4 KiB and fdatasync, over at most 3 seconds."""
    times, deadline = [], time.monotonic() + 3
    with tempfile.TemporaryFile(dir=folder) as file:
        while len(times) < 500 and time.monotonic() < deadline:
            file.write(os.urandom(4096))
            file.flush()
            start = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - start) * 1000)
    times.sort()
    return statistics.median(times), times[int(len(times) * 0.99)]


def others_share():
    """The share of the processors that other work takes, over a second."""
    def busy():
        first = pathlib.Path("/proc/stat").read_text().partition("\n")[0]
        fields = [int(field) for field in first.split()[1:]]
        return sum(fields) - fields[3] - fields[4], sum(fields)
    before = busy()
    time.sleep(1)
    after = busy()
    return (after[0] - before[0]) / max(1, after[1] - before[1])


def minting():
    """deploy/examples/mint.py: tokens from an exported key, as a mailer makes them."""
    spec = importlib.util.spec_from_file_location("mint", SOURCE / "deploy/examples/mint.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def click_paths(keys, addresses):
    mint = minting()
    link = mint.link_id(keys, "bench", "bench", "", LANDING)
    if isinstance(link, bytes):
        link = link.hex()
    return [f"/c/{mint.click(keys, link, address)}" for address in addresses]


def write_requests(path, port, paths, cookies, close):
    """Blocks for requests.lua; every second one comes from a browser that has been here before."""
    with open(path, "w", encoding="ascii") as file:
        for number, click in enumerate(paths):
            headers = {"Host": f"localhost:{port}", **BROWSER}
            headers["X-Forwarded-For"] = f"203.0.{number // 250 % 256}.{number % 250}"
            if number % 2 == 0:
                headers["Cookie"] = cookies[number // 2]
            if close:
                headers["Connection"] = "close"
            lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            file.write(f"GET {click} HTTP/1.1\r\n{lines}\r\n\1")


def run_wrk(core, port, requests, connections, seconds):
    """Requests a second; anything but redirects and a clean end is an error."""
    command = ["taskset", "-c", str(core), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s",
               "--timeout", "10s", "-s", SOURCE / "tests/load/requests.lua",
               f"http://127.0.0.1:{port}/", "--", requests]
    done = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=seconds + 60)
    count = re.search(r"(\d+) requests in", done.stdout)
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", done.stdout)
    if done.returncode != 0 or not count or "Non-2xx" in done.stdout:
        raise SystemExit(f"wrk: not every answer was a redirect:\n{done.stdout}")
    errors = re.search(r"Socket errors: (.*)", done.stdout)
    return float(rate[1]), int(count[1]), errors[1] if errors else ""


class Bench:
    def __init__(self, arguments, folder, cores):
        self.arguments, self.folder, self.cores = arguments, folder, cores
        self.samples = {}
        self.clicks = 0
        self.requests = {}

    def prepare(self, server, paths):
        if server.name == "fixed_302":
            cookies = ["uid=fwAAAWkAAAAAAAAAAAAAAg=="] * len(paths)
        else:
            cookies = server.cookies(paths[::2])
        for way in ("keep-alive", "close"):
            name = self.folder / f"{server.name}.{way}.requests"
            write_requests(name, server.port, paths, cookies, way == "close")
            self.requests[server.name, way] = name
        run_wrk(self.cores[1], server.port, self.requests[server.name, "keep-alive"], 64, 1)

    def measure(self, server, way, connections):
        # A starved generator can end before its first answer: give it longer, a few times.
        for seconds in (1, 3, 9):
            before = server.cpu_seconds()
            rate, count, errors = run_wrk(
                self.cores[1], server.port, self.requests[server.name, way], connections,
                self.arguments.seconds * seconds)
            if count:
                break
        else:
            server.fail(f"answered nothing at {connections} connections")
        cpu = (server.cpu_seconds() - before) / count * 1e6
        if server.name == "waymark":
            self.clicks += count
        if errors:
            print(f"{server.name}, {way}, {connections}: {errors}", file=sys.stderr)
        self.samples.setdefault((server.name, way, connections), []).append((rate, cpu))

    def run(self, nginx, waymark, fixed):
        for number in range(self.arguments.rounds):
            pair = (nginx, waymark) if number % 2 == 0 else (waymark, nginx)
            for way, connections in self.arguments.cases:
                for server in pair + ((fixed,) if number < REFERENCE_ROUNDS else ()):
                    self.measure(server, way, connections)

    def row(self, way, connections):
        nginx = self.samples["nginx", way, connections]
        waymark = self.samples["waymark", way, connections]
        fixed = self.samples["fixed_302", way, connections]
        ratios = sorted(ours[0] / theirs[0] for ours, theirs in zip(waymark, nginx))
        low, middle, high = (statistics.quantiles(ratios, n=4, method="inclusive")
                             if len(ratios) > 1 else ratios * 3)
        return {
            "way": way, "connections": connections, "ratio": middle, "low": low, "high": high,
            "waymark_rate": statistics.median(rate for rate, _ in waymark),
            "nginx_rate": statistics.median(rate for rate, _ in nginx),
            "fixed_rate": statistics.median(rate for rate, _ in fixed),
            "waymark_cpu_us": statistics.median(cpu for _, cpu in waymark),
            "nginx_cpu_us": statistics.median(cpu for _, cpu in nginx),
            "promise": PROMISES[way, connections], "ratios": ratios,
        }


def format_table(rows, no_verdict):
    lines = ["| connections | ratio to nginx (quartiles) | promised | clicks/s | nginx/s |"
             " bare 302/s | CPU µs per click | nginx |",
             "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    for row in rows:
        promise = f"{row['promise']:.2f}" if row["promise"] else "–"
        if row["promise"] and not no_verdict:
            promise += " holds" if row["ratio"] >= row["promise"] else " MISSED"
        way = "one per request" if row["way"] == "close" else "keep-alive"
        lines.append(f"| {way}, {row['connections']}"
                     f" | {row['ratio']:.2f} ({row['low']:.2f}–{row['high']:.2f})"
                     f" | {promise} | {row['waymark_rate']:,.0f} | {row['nginx_rate']:,.0f}"
                     f" | {row['fixed_rate']:,.0f} | {row['waymark_cpu_us']:.1f}"
                     f" | {row['nginx_cpu_us']:.1f} |")
    return "\n".join(lines)


def check_account(before, after, clicks):
    """Each of @clicks answers has its event in the log; how many did not wait for it."""
    account = {kind: after[f'waymark_account{{kind="{kind}"}}'] -
               before[f'waymark_account{{kind="{kind}"}}']
               for kind in ("received", "stored", "dropped", "rejected", "lost", "pending")}
    account["late"] = after["waymark_late_total"] - before["waymark_late_total"]
    if account["stored"] + account["late"] < clicks or account["lost"] or account["rejected"]:
        raise SystemExit(f"{clicks} clicks were answered, but: {account}")
    return account


def reasons_against(arguments, system, median, others):
    reasons = []
    if others > OTHERS_SHARE:
        reasons.append(f"other work takes {others:.0%} of the processors")
    if median > FDATASYNC_MS:
        reasons.append(f"fdatasync takes {median:.2f} ms, over {FDATASYNC_MS} ms")
    if arguments.rounds < VERDICT_ROUNDS:
        reasons.append(f"{arguments.rounds} rounds, under {VERDICT_ROUNDS}")
    if not is_release(arguments.build):
        reasons.append("not a release build")
    if system == "overlay":
        reasons.append("the disk is an overlay")
    return reasons


def measure(arguments, folder, cores):
    addresses = [f"prospect{number}@example.com" for number in range(PROSPECTS)]
    with contextlib.ExitStack() as stack:
        waymark = Waymark(arguments.build / "server/waymark", folder, cores[0])
        stack.callback(waymark.stop)
        paths = click_paths(waymark.set_up(addresses), addresses)
        waymark.serve()
        nginx = start_nginx(folder, cores[0])
        stack.callback(nginx.stop)
        fixed = start_fixed_302(arguments.build / "tests/load/fixed_302", folder, cores[0])
        stack.callback(fixed.stop)
        bench = Bench(arguments, folder, cores)
        before = waymark.metrics()
        for server in (nginx, waymark, fixed):
            bench.prepare(server, paths)
        bench.run(nginx, waymark, fixed)
        rows = [bench.row(*key) for key in arguments.cases]
        return rows, check_account(before, waymark.metrics(), bench.clicks)


def main():
    arguments = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    if not arguments.given:
        build_release(arguments.build)
    cores = sorted(os.sched_getaffinity(0))[:2]
    if len(cores) < 2:
        raise SystemExit("two cores are needed: one for the servers, one for the generator")
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    parent = arguments.data or arguments.build
    with tempfile.TemporaryDirectory(prefix="bench-", dir=parent) as name:
        folder = pathlib.Path(name).resolve()
        system = file_system(folder)
        if system in ("tmpfs", "ramfs"):
            raise SystemExit(f"{parent} is on {system}, which flushes nothing: use --data FOLDER")
        median, high = fdatasync_ms(folder)
        others = others_share()
        print(f"data on {system}, fdatasync p50 {median:.3f} ms, p99 {high:.3f} ms; other "
              f"work takes {others:.0%} of the processors; "
              f"{arguments.rounds} rounds of {arguments.seconds} s", flush=True)
        no_verdict = reasons_against(arguments, system, median, others)
        rows, account = measure(arguments, folder, cores)
    table = format_table(rows, no_verdict)
    print("\n" + table)
    print(f"\nevents: {account['received']:.0f} received, {account['stored']:.0f} stored, "
          f"{account['lost']:.0f} lost; {account['late']:.0f} answers left before their event was "
          "durable")
    print("no verdict: " + "; ".join(no_verdict) if no_verdict else "verdict as in the table")
    if arguments.json:
        arguments.json.write_text(json.dumps(
            {"fdatasync_p50_ms": median, "fdatasync_p99_ms": high, "file_system": system,
             "others_share": others,
             "rounds": arguments.rounds, "seconds": arguments.seconds, "rows": rows,
             "account": account, "no_verdict": no_verdict}, indent=2) + "\n")
    if arguments.write:
        write_figures("clicks", table)
    missed = [row for row in rows if row["promise"] and row["ratio"] < row["promise"]]
    return 1 if arguments.enforce and missed and not no_verdict else 0


if __name__ == "__main__":
    sys.exit(main())
