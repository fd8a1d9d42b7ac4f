# SPDX-License-Identifier: Apache-2.0
"""kill -9 under load, again and again on the same data: each redirect and each 204 to a beacon that
came back has its events, no sequence is missing, the log opens, for a reader and for the next
server."""
import os
import random
import shutil
import sys
import time

from clicks import Clicks, check_store, seed_of_run, size_of
from daemon import Daemon, wait_for


def kill_while_starting(daemon, chance):
    daemon.spawn()
    time.sleep(chance.uniform(0, 0.06))
    daemon.kill()


def kill_under_load(daemon, clicks, chance, beacons):
    """Once so many more beacons were answered, which a slow disk takes its time for."""
    daemon.start()
    least = len(clicks.visitors) + beacons
    clicks.start(lambda number: True)
    wait_for(lambda: len(clicks.visitors) >= least)
    time.sleep(chance.uniform(0.02, 0.5))
    daemon.kill()
    clicks.join()


def main():
    chance = random.Random(seed_of_run())
    rounds = size_of("crash_kill_rounds")
    with Daemon() as daemon:
        data = os.path.join(daemon.instance, "data")
        clicks = Clicks(daemon, threads=16, beacons=8)
        for number in range(rounds):
            if number % 4 == 0:
                kill_while_starting(daemon, chance)
            kill_under_load(daemon, clicks, chance, 0 if number % 4 == 1 else 3)
            # As the next server will find it: a copy, opened and recovered by its owner.
            copy = os.path.join(daemon.directory, "copy")
            shutil.copytree(data, copy, ignore=shutil.ignore_patterns("lock*", "*.sock"))
            for directory, role in ((data, "reader"), (copy, "owner")):
                found, problem = check_store(directory, role)
                assert not problem, f"round {number}, {role}: {problem}"
                missing = clicks.answered - found
                assert not missing, f"round {number}, {role}: no events for {sorted(missing)[:10]}"
            shutil.rmtree(copy)
        assert len(clicks.visitors) > rounds, "hardly a beacon was answered"
        assert len(clicks.answered) > 3 * rounds, "hardly anything was answered"
        daemon.start()
        assert daemon.stop() == 0
        totals = daemon.prove()
        assert totals["unclean"] >= rounds, f"{totals['unclean']} of {rounds} kills are told"
    print(f"{rounds} kills, {len(clicks.answered)} events answered, {totals['found']} in the log")


if __name__ == "__main__":
    sys.exit(main())
