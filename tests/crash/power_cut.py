# SPDX-License-Identifier: Apache-2.0
"""A power cut at any instant loses nothing that was acknowledged.

power_cut.py PRELOAD [--without-sync]: clicks and beacons under a journal of the disk; no answer may
leave before its events are durable by that journal; then the power goes at many points, and each
disk that it can leave must open and hold what had been acknowledged. --without-sync takes the syncs
away, and succeeds only when both of these find that out: so the test is known to be able to fail.
"""
import json
import os
import random
import shutil
import sys

from clicks import Clicks, check_store, seed_of_run, size_of
from daemon import Daemon, wait_for
from disk_journal import Journal

PROBLEMS_MAX = 10   # enough to judge by, and what is asked for when the syncs are taken away


def record(daemon, preload, journal, without_sync):
    """The clicks and beacons that were sent, all of them answered."""
    environment = {"LD_PRELOAD": preload, "WAYMARK_DISK_JOURNAL": journal}
    switch = os.path.join(daemon.directory, "nosync")
    daemon.start(**environment, WAYMARK_DISK_NOSYNC=switch)
    if without_sync:
        with open(switch, "w", encoding="ascii"):
            pass
    total = size_of("power_cut_clicks")
    clicks = Clicks(daemon, threads=16, beacons=8)
    clicks.start(lambda number: number <= total)
    # State and people change beside the clicks, as they do beside a running server.
    for number in range(20):
        daemon.link(f"http://localhost:8090/page/{number}", "--slug", f"s{number}")
    clicks.join()
    left = set(range(1, total + 1)) - clicks.answered
    assert not left, f"no answer to {len(left)} of {total}, as {sorted(left)[:5]}"
    wait_for(lambda: daemon.metric('waymark_account{kind="pending"}') == 0)
    assert daemon.metric("waymark_late_total") == 0, "the disk is too slow for this test"
    assert daemon.stop() == 0
    return clicks


def points_of(journal, count, chance):
    """Some while the store is being made, some anywhere, most right behind an answer."""
    last = len(journal.entries)
    behind = [sent + 1 for sent, _ in journal.sends]
    ways = [lambda: chance.randrange(1, behind[0]), lambda: chance.randrange(1, last + 1),
            lambda: chance.choice(behind), lambda: chance.choice(behind)]
    return [ways[i % len(ways)]() for i in range(count)]


def configure(daemon, directory):
    """A configuration of the same instance on the rebuilt disk; its path."""
    with open(daemon.config_path, encoding="utf-8") as file:
        config = json.load(file)
    path = os.path.join(daemon.instance, "rebuilt.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({**config, "data_dir": directory}, file)
    return path


def cut(daemon, journal, point, chance, directory):
    """The problem with the disk that a cut at @point leaves; None when there is none."""
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    journal.rebuild(point, chance, directory)
    found, problem = check_store(directory, "owner")
    missing = journal.acknowledged_before(point) - found
    if missing:
        problem = f"{problem or 'it opens'}; no events for {len(missing)}, as {sorted(missing)[:5]}"
    if problem:
        return problem
    try:
        daemon.prove(configure(daemon, directory))
    except AssertionError as error:
        return str(error)
    return None


def judge(without_sync, premature, problems, points):
    for problem in problems:
        print(problem)
    print(f"{len(premature)} events answered too early, {len(problems)} disks bad of up to "
          f"{points}")
    if without_sync:
        assert premature, "syncs that do nothing were not noticed by the journal"
        assert problems, "syncs that do nothing were not noticed by any power cut"
    else:
        assert not premature, f"answers before their events were durable: {premature[:10]}"
        assert not problems


def main():
    preload, without_sync = sys.argv[1], "--without-sync" in sys.argv[2:]
    chance = random.Random(seed_of_run())
    points = size_of("power_cut_points")
    with Daemon() as daemon:
        path = os.path.join(daemon.directory, "journal")
        clicks = record(daemon, preload, path, without_sync)
        journal = Journal(path, clicks.visitors)
        assert {number for _, number in journal.sends} == clicks.answered
        directory = os.path.join(daemon.directory, "rebuilt")
        problems = []
        for point in points_of(journal, points, chance):
            problem = cut(daemon, journal, point, chance, directory)
            if problem:
                problems.append(f"cut at entry {point} of {len(journal.entries)}: {problem}")
            if len(problems) == PROBLEMS_MAX:
                break
        judge(without_sync, journal.premature(), problems, points)
    print(f"{len(journal.entries)} entries, {len(journal.sends)} events answered, {points} cuts")


if __name__ == "__main__":
    sys.exit(main())
