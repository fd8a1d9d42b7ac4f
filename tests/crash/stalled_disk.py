# SPDX-License-Identifier: Apache-2.0
"""A disk whose syncs do not end: each redirect leaves when commit_wait_ms has passed, late
and counted so; memory stays bounded; and when the disk is back everything is stored.

stalled_disk.py PRELOAD
"""
import os
import re
import statistics
import sys
import time

from clicks import Clicks, seed_of_run, size_of
from daemon import Daemon, wait_for
from sizes import is_full

WAIT_MS = 100
# Threads of this test and the server share a machine, which at small size may be busy.
MEDIAN_SLACK_MS = 100 if is_full() else 2000
LONGEST_SLACK_MS = 1500
GROWTH_BYTES = 64 << 20
LONG_S, SHORT_S = 6.0, 0.5


class TimedClicks(Clicks):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.times_ms = []

    def click(self, connection, number):
        begun = time.monotonic()
        answered = super().click(connection, number)
        if answered:
            self.times_ms.append((time.monotonic() - begun) * 1000)
        return answered


def resident_bytes(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read()).group(1)) * 1024


def one_round(daemon, stall, seconds):
    """Clicks for @seconds while the disk stalls. Returns their number."""
    clicks = TimedClicks(daemon, threads=32)
    late = daemon.metric("waymark_late_total")
    before = resident_bytes(daemon.process)
    with open(stall, "w", encoding="ascii"):
        pass
    end = time.monotonic() + seconds
    clicks.start(lambda number: time.monotonic() < end)
    clicks.join()
    growth = resident_bytes(daemon.process) - before
    late = daemon.metric("waymark_late_total") - late
    os.unlink(stall)
    count = len(clicks.answered)
    median, longest = statistics.median(clicks.times_ms), max(clicks.times_ms)
    print(f"{count} clicks, {late} late, median {median:.0f} ms, longest {longest:.0f} ms, "
          f"{growth >> 10} KiB more")
    # Each is of a browser that nobody knew, so a bind event came with it.
    assert late == 2 * count, f"{count} redirects left before they were durable, {late} are counted"
    # The wait counts from the turn of the loop that took the click, which may be older, much so
    # where others had the processor meanwhile.
    assert WAIT_MS / 2 < median < WAIT_MS + MEDIAN_SLACK_MS, "answers did not wait, or too long"
    assert longest < WAIT_MS + LONGEST_SLACK_MS or not is_full(), "an answer waited too long"
    assert growth < GROWTH_BYTES
    wait_for(lambda: daemon.metric('waymark_account{kind="pending"}') == 0)
    return count


def main():
    seed_of_run()
    total = 0
    with Daemon(commit_wait_ms=WAIT_MS) as daemon:
        stall = os.path.join(daemon.directory, "stall")
        daemon.start(LD_PRELOAD=sys.argv[1], WAYMARK_DISK_STALL=stall)
        for number in range(size_of("commit_wait_rounds")):
            total += one_round(daemon, stall, SHORT_S if number else LONG_S)
        assert daemon.stop() == 0
        account = daemon.prove()["account"]
        assert account["stored"] == account["late"] == 2 * total, account
        events = daemon.events(type="click")
        assert len(events) == total
        # Whoever was queued behind the stalled commit was written after its answer had left.
        assert sum(event["signals"]["late"] for event in events) > total // 2


if __name__ == "__main__":
    sys.exit(main())
