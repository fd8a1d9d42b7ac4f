# SPDX-License-Identifier: Apache-2.0
"""A disk that stalls under beacons: they are answered at commit_wait_ms, from half the queue on
they are dropped by rule, and clicks have the rest of it for themselves. Nothing of this is lost.
When it is full, clicks redirect all the same, and who asks to be forgotten is told that it did not
work.

beacons_give_way.py PRELOAD
"""
import os
import sys
import time

from daemon import BEACON, Daemon, wait_for

WAIT_MS = 100
QUEUE = 64         # the least that may be configured
FIRST, SECOND, CLICKS = 40, 3, 8
DESTINATION = "https://www.example.com/p"


def lines(count):
    return "\n".join(f"t=event&n=e{number}" for number in range(count))


def beacon(daemon, count):
    begun = time.monotonic()
    answer = daemon.beacon(lines(count))
    assert answer.status == 204, answer
    return (time.monotonic() - begun) * 1000


def fill(daemon, url):
    """How many clicks found a place until one did not."""
    lost = daemon.metric('waymark_account{kind="lost"}')
    for count in range(QUEUE):
        assert daemon.click(url).location == DESTINATION
        if daemon.metric('waymark_account{kind="lost"}') > lost:
            return count
    raise AssertionError("the queue never was full")


def refuse_to_forget(daemon, cookie):
    answer = daemon.request("POST", "/privacy/forget", {**BEACON, "Cookie": cookie}, body=b"")
    assert (answer.status, answer.cookie) == (503, None), answer
    assert b"nothing was changed" in answer.body, answer


def written(daemon):
    wait_for(lambda: daemon.metric('waymark_account{kind="pending"}') == 0)


def main():
    with Daemon(commit_wait_ms=WAIT_MS, limits__queue_clicks=QUEUE) as daemon:
        stall = os.path.join(daemon.directory, "stall")
        daemon.start(LD_PRELOAD=sys.argv[1], WAYMARK_DISK_STALL=stall)
        url = daemon.link(DESTINATION, "--to", "a@example.com")
        cookie = daemon.beacon(lines(1)).cookie
        written(daemon)
        late = daemon.metric("waymark_late_total")
        with open(stall, "w", encoding="ascii"):
            pass
        took_ms = beacon(daemon, FIRST)
        assert took_ms > WAIT_MS * 0.9, f"{took_ms:.0f} ms"
        # That it did not wait for the disk either is seen by what is pending, on any machine.
        metrics = daemon.metrics()
        assert metrics['waymark_account{kind="pending"}'] == FIRST, metrics
        assert metrics["waymark_late_total"] - late == FIRST, metrics
        beacon(daemon, SECOND)
        for _ in range(CLICKS):
            assert daemon.click(url).location == DESTINATION
        metrics = daemon.metrics()
        assert metrics['waymark_events_dropped_total{reason="queue"}'] == SECOND, metrics
        assert metrics['waymark_account{kind="pending"}'] == \
            FIRST + CLICKS + daemon.bound(metrics), metrics
        filled = fill(daemon, url)
        refuse_to_forget(daemon, cookie)
        lost = daemon.metric('waymark_account{kind="lost"}')
        os.unlink(stall)
        written(daemon)
        beacon(daemon, 1)
        assert daemon.stop() == 0
        account = daemon.prove()["account"]
        assert (account["dropped"], account["lost"]) == (SECOND, lost), account
        found = [len(daemon.events(type=kind)) for kind in ("event", "click")]
        assert found == [FIRST + 2, CLICKS + filled], found
        assert daemon.events(type="consent") == []
    print(f"{FIRST} events answered in {took_ms:.0f} ms, {SECOND} dropped, {CLICKS} clicks kept")


if __name__ == "__main__":
    sys.exit(main())
