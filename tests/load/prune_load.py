#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Millions of old events are removed while clicks come in as fast as they are answered.

Prints commit p50 and p99 without and with pruning, from waymark_commit_seconds, and what became of
the file. Fails when the file goes on growing while pruning gives its pages back, or when a click is
lost or refused; never by a time, since others use the machine, too.
"""
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

import sizes
from daemon import SHIPPED_MS, Daemon, wait_for

CONNECTIONS = 64
ROUND_S = sizes.size("prune_load_seconds")
EVENTS = sizes.size("prune_load_events")
LIMIT_S = 1200
BUCKET = re.compile(r'waymark_commit_seconds_bucket\{le="([^"]+)"\}')
SPARE_BYTES = 16 << 20  # pages that are free, but not for the batch at hand


class Load:
    """wrk on one link until it is told to stop; what it saw."""

    def __init__(self, daemon, seconds):
        self.process = subprocess.Popen(
            ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "60s",
             "-H", "Host: localhost:8080", "-H",
             "User-Agent: Mozilla/5.0 (X11; Linux x86_64) Chrome/126.0.0.0",
             f"http://127.0.0.1:{daemon.port}/l/s"], stdout=subprocess.PIPE, text=True)

    def finish(self):
        out, _ = self.process.communicate(timeout=LIMIT_S)
        answers = int(re.search(r"(\d+) requests in", out).group(1))
        if "Non-2xx" in out or "Socket errors" in out:
            raise AssertionError(out)
        return answers


def buckets(metrics):
    return {float(found.group(1)): count for name, count in metrics.items()
            if (found := BUCKET.match(name))}


def quantile(before, after, share):
    """In milliseconds, between the bounds of its bucket."""
    counts = {bound: after[bound] - before[bound] for bound in after}
    wanted, low, below = share * counts[float("inf")], 0, 0
    for bound in sorted(counts):
        if counts[bound] >= wanted and bound != float("inf"):
            inside = counts[bound] - below
            return 1000 * (low + (bound - low) * (wanted - below) / inside) if inside else 0
        low, below = bound, counts[bound]
    return float("inf")


def measure(daemon, name, seconds, until=None):
    """Clicks for so long, then until @until; commit quantiles and what the file grew by."""
    data = os.path.join(daemon.instance, "data", "events", "data.mdb")
    before, size, begun = daemon.metrics(), os.stat(data).st_size, time.monotonic()
    answers = 0
    while True:
        load = Load(daemon, seconds)
        answers += load.finish()
        if not until or until() or time.monotonic() - begun > LIMIT_S:
            break
    after, grown = daemon.metrics(), os.stat(data).st_size - size
    took = time.monotonic() - begun
    p50, p99 = (quantile(buckets(before), buckets(after), share) for share in (0.5, 0.99))
    key = "waymark_pruned_events_total"
    print(f"{name:16} {answers / took:8.0f} clicks/s  commit p50 {p50:.3f} ms  p99 {p99:.3f} ms  "
          f"{(after[key] - before[key]) / took:8.0f} pruned/s  file {grown / 2**20:+.1f} MiB",
          flush=True)
    return answers, p99, grown


def main():
    with tempfile.TemporaryDirectory(prefix="waymark-prune-") as directory, \
            Daemon(directory=directory, retention_days=1000, limits__address_rate=0,
                   commit_wait_ms=SHIPPED_MS) as daemon:
        begun = time.monotonic()
        subprocess.run([os.environ["WAYMARK_FILL_LOG"], os.path.join(daemon.instance, "data"),
                        str(EVENTS), "--days=600", "--until=401"], check=True, timeout=LIMIT_S)
        print(f"{EVENTS} events filled in {time.monotonic() - begun:.0f} s", flush=True)
        daemon.link("http://localhost:8090/", "--slug", "s")
        daemon.start()
        measure(daemon, "warm-up", 1)
        clicks, without, _ = measure(daemon, "without pruning", ROUND_S)
        daemon.configure(retention_days=400)
        daemon.process.send_signal(signal.SIGHUP)
        wait_for(lambda: daemon.metric("waymark_pruned_through") > 0)
        more, p99, grown = measure(
            daemon, "with pruning", ROUND_S,
            lambda: daemon.metric("waymark_pruned_through") >= EVENTS)
        clicks += more
        print(f"p99 with pruning is {p99 / (without or p99 or 1):.2f} times that without",
              flush=True)
        if grown > SPARE_BYTES:
            print(f"the file grew by {grown} bytes while it was pruned")
            return 1
        if daemon.metric('waymark_account{kind="lost"}'):
            print("a click was lost")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
