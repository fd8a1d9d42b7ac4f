# SPDX-License-Identifier: Apache-2.0
"""People imported while clicks run: how late the clicks are with and without, and that nothing is
doubled when the import is killed and started again.

The clicks are paced (h2load --rps), 5,000 a second or half of what this machine answers, whichever
is less, and begin anew every few seconds until the import is done. Half of the clicks are of people
whom the import adds meanwhile. Afterwards every person of the file has one row and one event, a
third import finds nothing to do, and the log adds up.
"""
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import mint
from daemon import BROWSER, WAYMARK, Daemon, wait_for
from sizes import size

RATE, CONNECTIONS, SLICE_S, CLICKERS = 5000, 50, 4, 2000
PROBE_S = 2
LINK = "https://www.example.com/landing"


def address(number):
    return f"person{number}@example.com"


class Clicks:
    """h2load, each run a process of its own; durations in µs of every answer."""

    def __init__(self, daemon, folder):
        self.folder = pathlib.Path(folder)
        url = daemon.link(LINK, "--campaign", "load", "--field", "*|WAYMARK|*")
        link = url.split("/c/")[1].split("/")[0]
        keys = mint.Keys(daemon.instance)
        parts = (keys.mint(mint.PROSPECT_PART, keys.prospect_id(address(number)) + bytes(8))
                 for number in range(CLICKERS))
        self.paths = self.folder / "urls"
        self.paths.write_text("".join(f"http://localhost:{daemon.port}/c/{link}/{part}\n"
                                      for part in parts))
        self.headers = [word for name, value in BROWSER.items()
                        for word in ("-H", f"{name}: {value}")]

    def command(self, seconds, log, rate):
        paced = ["--rps", str(max(rate // CONNECTIONS, 1))] if rate else []
        return ["h2load", "--h1", "-t", "1", "-c", str(CONNECTIONS), "-D", str(seconds), *paced,
                "-i", str(self.paths), "--log-file", str(log), *self.headers]

    def run(self, seconds, rate):
        log = self.folder / "clicks"
        log.unlink(missing_ok=True)
        subprocess.run(self.command(seconds, log, rate), check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        rows = [line.split("\t") for line in log.read_text().splitlines()]
        other = [row[1] for row in rows if row[1] != "302"]
        assert rows and not other, f"{len(rows)} answers, of which {other[:5]} are no redirects"
        return [int(row[2]) for row in rows]


class Import:
    def __init__(self, daemon, path):
        self.daemon, self.path = daemon, path
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [WAYMARK, "prospect", "import", "--config", self.daemon.config_path, self.path],
            stdout=subprocess.PIPE, text=True)

    def running(self):
        return self.process.poll() is None

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()

    def finish(self):
        output, _ = self.process.communicate()
        assert self.process.returncode == 0, output
        return output.strip()


def write_file(path, people):
    with open(path, "w", encoding="ascii") as file:
        file.write("E-Mail,company,first name,country\n")
        for number in range(people):
            file.write(f"{address(number)},Company {number % 5000},Name{number % 777},DE\n")


def added(daemon):
    return daemon.metric('waymark_events_total{type="prospect"}')


def percentile(times, share):
    return sorted(times)[min(int(len(times) * share), len(times) - 1)] / 1000


def clicks_while(importer, clicks, rate):
    times = []
    while importer.running():
        times += clicks.run(SLICE_S, rate)
    return times


def killed_and_resumed(daemon, importer, clicks, rate, people):
    """The durations of clicks meanwhile; how often it was killed, how long it ran."""
    times, began = [], time.monotonic()
    for part in (0.2, 0.6):
        importer.start()
        while importer.running() and added(daemon) < people * part:
            times += clicks.run(1, rate)
        if importer.running():
            importer.kill()
    importer.start()
    times += clicks_while(importer, clicks, rate)
    return times, time.monotonic() - began, importer.finish()


def check_people(daemon, importer, people):
    importer.start()
    again = importer.finish()
    assert again.startswith(f"0 added, 0 changed, {people} the same, 0 refused"), again
    handles = set()
    events = 0
    with subprocess.Popen([WAYMARK, "events", "--config", daemon.config_path, "--type",
                           "prospect"], stdout=subprocess.PIPE, text=True) as log:
        for line in log.stdout:
            events += 1
            handles.add(json.loads(line)["prospect"])
    assert events == people, f"{events} prospect events for {people} people"
    assert len(handles) == people, f"{len(handles)} handles for {people} people"


def check_account(daemon):
    figures = daemon.metrics()
    account = {kind: figures[f'waymark_account{{kind="{kind}"}}'] for kind in
               ("received", "stored", "dropped", "rejected", "lost", "pending")}
    assert account["received"] == sum(account.values()) - account["received"], account
    assert account["lost"] == account["rejected"] == account["dropped"] == 0, account
    assert daemon.stop() == 0
    daemon.prove()
    return account


def main():
    people = size("import_people")
    with Daemon(limits__address_rate=0, limits__connections_per_address=0) as daemon:
        path = os.path.join(daemon.directory, "people.csv")
        write_file(path, people)
        daemon.start()
        clicks = Clicks(daemon, daemon.directory)
        possible = len(clicks.run(PROBE_S, 0)) // PROBE_S
        rate = min(RATE, possible // 2)
        alone = clicks.run(size("import_seconds_alone"), rate)
        importer = Import(daemon, path)
        beside, seconds, summary = killed_and_resumed(daemon, importer, clicks, rate, people)
        wait_for(lambda: daemon.metric('waymark_account{kind="pending"}') == 0)
        check_people(daemon, importer, people)
        account = check_account(daemon)
    print(f"{possible} clicks/s were possible; {rate} clicks/s beside the import of {people} "
          "people")
    for name, times in (("without", alone), ("with import", beside)):
        print(f"{name:>12}: {len(times)} clicks, p50 {percentile(times, 0.5):.2f} ms, "
              f"p99 {percentile(times, 0.99):.2f} ms, p99.9 {percentile(times, 0.999):.2f} ms")
    print(f"import: killed twice, {seconds:.0f} s in all, {people / seconds:.0f} people/s; the "
          f"last run said: {summary}")
    print(f"account: {account}")


if __name__ == "__main__":
    sys.exit(main())
