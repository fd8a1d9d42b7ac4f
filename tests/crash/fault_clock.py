# SPDX-License-Identifier: Apache-2.0
"""The wall clock jumps by an hour, a day, years and back to 1970 while the server runs: it answers
as fast as before, tokens hold, sequences have no gap, the account adds up, and retention removes
nothing by a clock that has just jumped.

fault_clock.py PRELOAD
"""
import os
import sys
import time

import mint
from daemon import SITE, Daemon, wait_for

PAGE = f"{SITE}/p"
DAY = 86400
JUMPS = (3600, -3600, DAY, -DAY, 800 * DAY, -800 * DAY, -60 * 366 * DAY, 0)
ANSWER_S = 20.0  # on a machine that is busy; the least jump is an hour
CLICKS = 5


class Clock:
    def __init__(self, path):
        self.path = path
        self.set(0)

    def set(self, seconds):
        with open(self.path + ".new", "w", encoding="ascii") as file:
            file.write(str(seconds))
        os.rename(self.path + ".new", self.path)


def timed(call):
    begun = time.monotonic()
    answer = call()
    assert time.monotonic() - begun < ANSWER_S, "it waited for a clock"
    return answer


def main():
    with Daemon(retention_days=400) as daemon:
        clock = Clock(os.path.join(daemon.directory, "clock"))
        daemon.start(LD_PRELOAD=sys.argv[1], WAYMARK_FAULT_CLOCK=clock.path)
        link = daemon.link(PAGE, "--to", "a@example.com")
        keys = mint.Keys(daemon.instance)
        token = keys.mint(mint.SELF_CONTAINED,
                          bytes(4) + keys.prospect_id("b@example.com") + PAGE.encode())
        sent, cookie = 0, None
        for jump in JUMPS:
            clock.set(jump)
            for _ in range(CLICKS):
                for url in (link, f"http://localhost:8080/u/{token}"):
                    answer = timed(lambda url=url: daemon.click(url, {"Cookie": cookie}))
                    assert (answer.status, answer.location) == (302, PAGE), (jump, answer)
                    cookie = answer.cookie or cookie
                    sent += 1
            assert timed(lambda: daemon.admin("/readyz")).status == 200
            wait_for(lambda: daemon.metric('waymark_account{kind="pending"}') == 0)
        assert daemon.metric("waymark_late_total") <= sent // 10, "answers do not come in time"
        assert daemon.stop() == 0
        events = daemon.events()
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        clicks = [event for event in events if event["type"] == "click"]
        assert len(clicks) == sent, f"{sent} redirects, {len(clicks)} events"
        daemon.prove()
        years = sorted({event["time"][:4] for event in clicks})
        assert years[0] == "1970" and len(years) > 2, years
    print(f"{len(JUMPS)} jumps, {sent} clicks, years {years}")


if __name__ == "__main__":
    sys.exit(main())
