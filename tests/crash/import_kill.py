# SPDX-License-Identifier: Apache-2.0
"""kill -9 of an import, or of the server that it goes through, at any moment: started again with
the same file it ends as if nothing had happened. Every person has one row and one event, every
event of the other system is there once, whatever was killed how often."""
import collections
import json
import os
import random
import signal
import subprocess
import sys
import time

from clicks import seed_of_run, size_of
from daemon import WAYMARK, Daemon

PEOPLE, EVENTS = 3000, 3000
SLOWEST_S = 0.5


def write_files(daemon, number):
    people = os.path.join(daemon.directory, "people.csv")
    events = os.path.join(daemon.directory, "events.ndjson")
    with open(people, "w", encoding="ascii") as file:
        file.write("email,n\n")
        for row in range(PEOPLE):
            file.write(f"p{row}.{number}@example.com,{row}\n")
    with open(events, "w", encoding="ascii") as file:
        for row in range(EVENTS):
            file.write(json.dumps({
                "id": f"{number}-{row}", "time": "2026-01-01T00:00:00Z", "type": "sent",
                "email": f"e{row % 1000}.{number}@example.com", "mailing": f"m{number}"}) + "\n")
    return (["prospect", "import", "--config", daemon.config_path, people],
            ["events", "import", "--config", daemon.config_path, "--source", "old", events])


def spawn(command):
    return subprocess.Popen([WAYMARK, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True)


def kill_command(command, chance):
    """Whether it was killed before it was done."""
    process = spawn(command)
    time.sleep(chance.uniform(0, SLOWEST_S))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return process.returncode == -signal.SIGKILL


def kill_server(daemon, command, chance):
    """The command waits for the next server, and goes on."""
    process = spawn(command)
    time.sleep(chance.uniform(0, SLOWEST_S))
    daemon.kill()
    daemon.start()
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, (output, errors)


def run_round(daemon, number, chance):
    killed = 0
    for command in write_files(daemon, number):
        way = number % 3
        if way > 0:
            daemon.start()
        if way == 2:
            kill_server(daemon, command, chance)
        else:
            killed += kill_command(command, chance)
            killed += kill_command(command, chance)
        done = daemon.run(*command)
        assert done.stdout.rstrip().endswith(" 0 refused"), done.stdout
        if daemon.process:
            assert daemon.stop() == 0
    return killed


def check(daemon, rounds):
    people = collections.Counter()
    imported = collections.Counter()
    with subprocess.Popen([WAYMARK, "events", "--config", daemon.config_path, "--type",
                           "prospect,sent"], stdout=subprocess.PIPE, text=True) as log:
        for event in map(json.loads, log.stdout):
            if event["type"] == "prospect":
                people[event["prospect"]] += 1
            else:
                imported[event["source_id"]] += 1
    assert len(people) == rounds * (PEOPLE + 1000), f"{len(people)} people"
    assert max(people.values()) == 1, f"{people.most_common(1)}: people with several events"
    assert len(imported) == rounds * EVENTS, f"{len(imported)} events"
    assert max(imported.values()) == 1, f"{imported.most_common(1)}: more than once"
    daemon.prove()


def main():
    chance = random.Random(seed_of_run())
    rounds = max(size_of("import_kills") // 4, 3)
    with Daemon() as daemon:
        killed = sum(run_round(daemon, number, chance) for number in range(rounds))
        assert killed > 0, "nothing was killed before it was done"
        check(daemon, rounds)
    print(f"{rounds} rounds, {killed} commands killed, {2 * (rounds // 3)} servers")


if __name__ == "__main__":
    sys.exit(main())
