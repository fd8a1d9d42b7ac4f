#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A durable beacon (POST /e) against nginx answering 204.

    tests/load/bench_beacon.py            15 paired rounds on a release build, about 3 minutes
    tests/load/bench_beacon.py --quick    3 rounds of a second, no verdict

Views and leaves as the snippet sends them, every second one from a browser that has a cookie. How
it measures, what the figures mean and what makes them worthless: tests/load/README.md. In the test
suite (WAYMARK_BUILD is set) the small size runs at 64 connections on the build at hand.
"""
import argparse
import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import resource
import signal
import statistics
import sys
import tempfile
import urllib.parse

import bench_click
from bench_servers import BROWSER, Waymark, start_nginx
from guide import write_figures

BROWSERS = 10000
# At least so much of what nginx does, by connections, all kept alive; None: measured, not promised.
PROMISES = {64: None, 256: 0.70, 1000: None}
WAY = "keep-alive"

# What a page of a site sends, but for the page's own navigation.
PAGE_HEADERS = {
    **{name: value for name, value in BROWSER.items()
       if name not in ("Sec-Fetch-User", "Upgrade-Insecure-Requests")},
    "Accept": "*/*",
    "Content-Type": "text/plain;charset=UTF-8",
    "Sec-Fetch-Dest": "empty",
    "Sec-Fetch-Mode": "no-cors",
    "Sec-Fetch-Site": "same-site",
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
    parser.add_argument("--write", action="store_true",
                        help="put the table into deploy/guides/performance.md")
    parser.add_argument("--enforce", action="store_true", help="a missed promise is an error")
    arguments = parser.parse_args()
    in_suite = os.environ.get("WAYMARK_BUILD")
    small = os.environ.get("WAYMARK_TEST_SIZE",
                           "small" if arguments.quick or in_suite else "full") == "small"
    sizes = json.loads((bench_click.SOURCE / "tests/sizes.json").read_text())
    rounds = sizes["bench_beacon_rounds"]["small" if small else "full"]
    arguments.rounds = arguments.rounds or rounds
    arguments.seconds = arguments.seconds or (1 if small or in_suite else 2)
    smoke = small and in_suite
    arguments.given = arguments.build or (smoke and pathlib.Path(smoke))
    arguments.build = arguments.given or bench_click.SOURCE / "build-release"
    arguments.cases = [case for case in PROMISES if not smoke or case == 64]
    return arguments


def body(site, number):
    """A view, or what is said when the page is left."""
    keys = {"u": f"{site}/products/{number % 50}?utm_source=mail", "v": f"{number:016x}"}
    if number % 4 < 2:
        keys |= {"t": "view", "k": "load", "s": "0", "r": "https://search.example/"}
    else:
        keys |= {"t": "leave", "w": "15300", "d": "80", "i": "1", "s": "1"}
    return urllib.parse.urlencode(keys)


def headers_of(server, site, number):
    return {"Host": f"localhost:{server.port}", **PAGE_HEADERS, "Origin": site,
            "Referer": site + "/",
            "X-Forwarded-For": f"203.0.{number // 250 % 256}.{number % 250}"}


def write_requests(path, server, site, cookies):
    with open(path, "w", encoding="ascii") as file:
        for number in range(BROWSERS):
            text = body(site, number)
            headers = {**headers_of(server, site, number), "Content-Length": len(text)}
            if number % 2 == 0:
                headers["Cookie"] = cookies[number // 2]
            lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            file.write(f"POST /e HTTP/1.1\r\n{lines}\r\n{text}\1")


def cookies_of(server, numbers):
    """The cookies that the server gives to browsers without one, with their first view."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    found = []
    for number in numbers:
        connection.request("POST", "/e", body(server.site, number // 4 * 4),
                           headers_of(server, server.site, number))
        answer = connection.getresponse()
        answer.read()
        cookie = answer.getheader("Set-Cookie")
        if answer.status != 204 or not cookie:
            server.fail(f"answers {answer.status}, cookie {cookie}, to a beacon")
        found.append(cookie.split(";")[0])
    connection.close()
    return found


class Bench(bench_click.Bench):
    def prepare(self, server, site):
        if server.name == "waymark":
            slices = [range(at, at + 250) for at in range(0, BROWSERS // 2, 250)]
            with concurrent.futures.ThreadPoolExecutor(16) as threads:
                parts = threads.map(lambda numbers: cookies_of(server, numbers), slices)
                cookies = [cookie for part in parts for cookie in part]
            self.clicks += len(cookies)
        else:
            cookies = ["uid=fwAAAWkAAAAAAAAAAAAAAg=="] * (BROWSERS // 2)
        name = self.folder / f"{server.name}.requests"
        write_requests(name, server, site, cookies)
        self.requests[server.name, WAY] = name
        self.measure(server, WAY, 64)

    def run(self, nginx, waymark):
        self.samples.clear()
        for number in range(self.arguments.rounds):
            pair = (nginx, waymark) if number % 2 == 0 else (waymark, nginx)
            for connections in self.arguments.cases:
                for server in pair:
                    self.measure(server, WAY, connections)

    def row(self, connections):
        nginx = self.samples["nginx", WAY, connections]
        waymark = self.samples["waymark", WAY, connections]
        ratios = [ours[0] / theirs[0] for ours, theirs in zip(waymark, nginx)]
        quartiles = (statistics.quantiles(ratios, n=4, method="inclusive")
                     if len(ratios) > 1 else ratios * 3)
        return {"connections": connections, "quartiles": quartiles,
                "promise": PROMISES[connections],
                "rates": [statistics.median(rate for rate, _ in server)
                          for server in (waymark, nginx)],
                "cpu_us": [statistics.median(cpu for _, cpu in server)
                           for server in (waymark, nginx)]}


def format_table(rows, no_verdict):
    lines = ["| connections | ratio to nginx (quartiles) | promised | beacons/s | nginx/s |"
             " CPU µs per beacon | nginx |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    for row in rows:
        low, middle, high = row["quartiles"]
        promise = f"{row['promise']:.2f}" if row["promise"] else "–"
        if row["promise"] and not no_verdict:
            promise += " holds" if middle >= row["promise"] else " MISSED"
        lines.append(f"| keep-alive, {row['connections']} | {middle:.2f} ({low:.2f}–{high:.2f})"
                     f" | {promise} | {row['rates'][0]:,.0f} | {row['rates'][1]:,.0f}"
                     f" | {row['cpu_us'][0]:.1f} | {row['cpu_us'][1]:.1f} |")
    return "\n".join(lines)


def measure(arguments, folder, cores):
    with contextlib.ExitStack() as stack:
        waymark = Waymark(arguments.build / "server/waymark", folder, cores[0])
        stack.callback(waymark.stop)
        waymark.init()
        waymark.serve()
        nginx = start_nginx(folder, cores[0], "204")
        stack.callback(nginx.stop)
        bench = Bench(arguments, folder, cores)
        before = waymark.metrics()
        for server in (nginx, waymark):
            bench.prepare(server, waymark.site)
        bench.run(nginx, waymark)
        rows = [bench.row(connections) for connections in arguments.cases]
        return rows, bench_click.check_account(before, waymark.metrics(), bench.clicks)


def look_around(arguments, folder):
    """Why the figures would not be a verdict; prints what they rest on."""
    system = bench_click.file_system(folder)
    if system in ("tmpfs", "ramfs"):
        raise SystemExit(f"{folder} is on {system}, which flushes nothing: use --data FOLDER")
    median, high = bench_click.fdatasync_ms(folder)
    others = bench_click.others_share()
    print(f"data on {system}, fdatasync p50 {median:.3f} ms, p99 {high:.3f} ms; other "
          f"work takes {others:.0%} of the processors; "
          f"{arguments.rounds} rounds of {arguments.seconds} s", flush=True)
    return bench_click.reasons_against(arguments, system, median, others)


def main():
    arguments = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    if not arguments.given:
        bench_click.build_release(arguments.build)
    cores = sorted(os.sched_getaffinity(0))[:2]
    if len(cores) < 2:
        raise SystemExit("two cores are needed: one for the servers, one for the generator")
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    parent = arguments.data or arguments.build
    with tempfile.TemporaryDirectory(prefix="bench-", dir=parent) as name:
        folder = pathlib.Path(name).resolve()
        no_verdict = look_around(arguments, folder)
        rows, account = measure(arguments, folder, cores)
    table = format_table(rows, no_verdict)
    print("\n" + table)
    print(f"\nevents: {account['received']:.0f} received, {account['stored']:.0f} stored; "
          f"{account['late']:.0f} answers left before their event was durable")
    print("no verdict: " + "; ".join(no_verdict) if no_verdict else "verdict as in the table")
    if arguments.write:
        write_figures("beacons", table)
    missed = [row for row in rows if row["promise"] and row["quartiles"][1] < row["promise"]]
    return 1 if arguments.enforce and missed and not no_verdict else 0


if __name__ == "__main__":
    sys.exit(main())
