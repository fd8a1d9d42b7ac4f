# SPDX-License-Identifier: Apache-2.0
"""kill -9 of `summarize` at any moment, while it follows a log that grows, while it makes
everything anew, and while it folds all again by other rules: in the end its totals are those of a
run that nobody killed."""
import os
import random
import signal
import subprocess
import sys
import time

import month
import summaries
from clicks import seed_of_run, size_of
from daemon import WAYMARK, Daemon

ZONES = ["UTC", "Asia/Tokyo"]
PIECE_EVENTS = 400
SLOWEST_S = 0.4


def spawn(daemon, *arguments):
    return subprocess.Popen([WAYMARK, "summarize", "--config", daemon.config_path, *arguments],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def write_piece(daemon, lines, number):
    path = os.path.join(daemon.directory, "piece")
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(lines[number::size_of("summarize_kills")])
    return path


def kill_round(daemon, lines, number, chance):
    """Whether it was killed before it was done."""
    way = number % 8
    if way == 3:
        daemon.configure(summary__time_zone=ZONES[number // 8 % 2])
    process = spawn(daemon, *(["--rebuild"] if way == 5 else ["--follow"]))
    if way not in (3, 5):
        daemon.waymark("events", "import", "--source", "month", write_piece(daemon, lines, number))
    time.sleep(chance.uniform(0, SLOWEST_S))
    process.send_signal(signal.SIGKILL)
    process.wait()
    return process.returncode == -signal.SIGKILL


def main():
    chance = random.Random(seed_of_run())
    rounds = size_of("summarize_kills")
    with Daemon() as daemon:
        path = os.path.join(daemon.directory, "month")
        month.write(path, events=rounds * PIECE_EVENTS, seed=11)
        with open(path, encoding="utf-8") as file:
            lines = file.readlines()
        chance.shuffle(lines)
        killed = sum(kill_round(daemon, lines, number, chance) for number in range(rounds))
        daemon.waymark("summarize")
        pieced, facts = (summaries.totals(daemon.instance),
                         summaries.meta(daemon.instance, "facts"))
        daemon.waymark("summarize", "--rebuild")
        different = summaries.differences(pieced, summaries.totals(daemon.instance))
        assert not different, different
        assert facts == summaries.meta(daemon.instance, "facts")
        assert len(pieced) > 500, len(pieced)
        assert killed > rounds // 2, f"{killed} of {rounds} were killed"
    print(f"{rounds} rounds, {killed} killed, {facts} facts, {len(pieced)} rows of totals")


if __name__ == "__main__":
    sys.exit(main())
