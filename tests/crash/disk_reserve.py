# SPDX-License-Identifier: Apache-2.0
"""A disk that runs short of its reserve: probes and beacons are left out first, then clicks; links
redirect all the while, what changes state is stored, all of it is counted, and with room it is as
before.

disk_reserve.py PRELOAD
"""
import os
import sys

from daemon import Daemon, wait_for

DESTINATION = "https://www.example.com/p"
RESERVE_PERCENT = 10
# Thousandths free, the level that follows, what /readyz says, whether probes and beacons stay, and
# whether clicks do. A level is left only with a tenth more room than brought it about.
STEPS = (
    (500, 0, "ready", True, True),
    (101, 0, "ready", True, True),
    (99, 1, "degraded: the disk is nearly full, beacons are not stored", False, True),
    (51, 1, "degraded: the disk is nearly full, beacons are not stored", False, True),
    (49, 2, "degraded: the disk is nearly full, clicks are not stored", False, False),
    (0, 2, "degraded: the disk is nearly full, clicks are not stored", False, False),
    (54, 2, "degraded: the disk is nearly full, clicks are not stored", False, False),
    ("error", 2, "degraded: the disk is nearly full, clicks are not stored", False, False),
    (56, 1, "degraded: the disk is nearly full, beacons are not stored", False, True),
    (109, 1, "degraded: the disk is nearly full, beacons are not stored", False, True),
    (111, 0, "ready", True, True),
    (20, 2, "degraded: the disk is nearly full, clicks are not stored", False, False),
    (900, 0, "ready", True, True),
)
CLICKS = 7


class Run:
    def __init__(self, daemon, free):
        self.daemon, self.free = daemon, free
        self.url = daemon.link(DESTINATION, "--campaign", "autumn", "--to", "a@example.com")
        self.stored = self.dropped = self.state = 0
        self.cookie = None

    def say(self, free):
        """Written whole: the server never reads half a number."""
        with open(self.free + ".new", "w", encoding="ascii") as file:
            file.write(str(free))
        os.rename(self.free + ".new", self.free)

    def wait_for_look(self, free, level):
        """Until the server has looked at the disk, which it does once a second."""
        disk = os.statvfs(self.daemon.instance)
        expected = {"waymark_disk_level": level}
        if free != "error":
            expected["waymark_disk_free_bytes"] = disk.f_blocks * free // 1000 * disk.f_frsize
        wait_for(lambda: expected.items() <= self.daemon.metrics().items())

    def click(self, method="GET"):
        """Of one browser, whose first click binds it."""
        answer = self.daemon.click(self.url, {"Cookie": self.cookie}, method=method)
        assert (answer.status, answer.location) == (302, DESTINATION), answer
        if answer.cookie and not self.cookie:
            self.cookie = answer.cookie
            self.state += self.daemon.bound()

    def probe(self):
        self.click("HEAD")

    def beacon(self):
        answer = self.daemon.beacon("t=event&n=step")
        assert answer.status == 204, answer

    def check(self, number, free, level, ready, probes, clicks):
        self.say(free)
        self.wait_for_look(free, level)
        assert self.daemon.admin("/readyz").body.decode().strip() == ready
        for send, stored in ((self.click, clicks), (self.probe, probes), (self.beacon, probes)):
            for _ in range(CLICKS):
                send()
            if stored:
                self.stored += CLICKS
            else:
                self.dropped += CLICKS
        events = len(self.daemon.events())
        self.daemon.link(f"{DESTINATION}/{number}", "--campaign", "autumn", "--to",
                         "a@example.com")
        assert len(self.daemon.events()) == events + 1, "a link is registered on any disk"
        self.state += 1
        metrics = self.daemon.metrics()
        assert metrics['waymark_events_dropped_total{reason="disk_reserve"}'] == self.dropped
        assert metrics['waymark_account{kind="dropped"}'] == self.dropped
        assert metrics['waymark_account{kind="stored"}'] == self.stored + self.state
        assert metrics['waymark_account{kind="received"}'] == (
            self.dropped + self.stored + self.state)


def main():
    with Daemon(disk_reserve_percent=RESERVE_PERCENT) as daemon:
        free = os.path.join(daemon.directory, "free")
        run = Run(daemon, free)
        run.say(STEPS[0][0])
        daemon.start(LD_PRELOAD=sys.argv[1], WAYMARK_DISK_FREE=free)
        changes, before = 0, 0
        for number, step in enumerate(STEPS):
            run.check(number, *step)
            changes += step[1] != before
            before = step[1]
        log = daemon.log()
        said = log.count("disk_reserve_percent") + log.count("room on the disk again")
        assert said == changes, log
        assert daemon.stop() == 0
        found = sum(len(daemon.events(type=kind)) for kind in ("click", "probe", "event"))
        assert found == run.stored
        account = daemon.events(type="account")[-1]["account"]
        assert (account["dropped"], account["lost"]) == (run.dropped, 0), account
        print(f"{run.stored} events stored, {run.dropped} dropped, {changes} changes of level")


if __name__ == "__main__":
    sys.exit(main())
