# SPDX-License-Identifier: Apache-2.0
"""People imported while clicks run: how late the clicks are with and without, and that nothing is
doubled when the import is killed and started again.

5,000 clicks a second are asked for (in small size half of what this machine answers, if that is
less), each timed from when it was due (pace.c), in slices of some seconds until the import is done;
how many were answered is printed beside. All clicks are of people whom the import adds meanwhile.
Afterwards every person of the file has one row and one event, a third import finds nothing to do,
and the log adds up.
"""
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import time

import mint
from daemon import BROWSER, SHIPPED_MS, WAYMARK, Daemon, wait_for
from sizes import size

RATE, CONNECTIONS, SLICE_S, CLICKERS = 5000, 256, 4, 2000
PROBE_S, ALL_POSSIBLE = 2, 1000000
PACE = pathlib.Path(os.environ["WAYMARK_BUILD"]) / "tests/load/pace"
LIMIT_S = 1800
SHORT = 100000  # people: they are imported in so few seconds that slices must be shorter
LINK = "https://www.example.com/landing"


def address(number):
    return f"person{number}@example.com"


class Clicks:
    """Slices of clicks, each a process of its own: (answered, seconds, p50, p99, longest), µs."""

    def __init__(self, daemon, folder):
        self.port = daemon.port
        url = daemon.link(LINK, "--campaign", "load", "--field", "*|WAYMARK|*")
        link = url.split("/c/")[1].split("/")[0]
        keys = mint.Keys(daemon.instance)
        headers = "".join(f"{name}: {value}\r\n" for name, value in BROWSER.items())
        self.requests = pathlib.Path(folder) / "requests"
        with open(self.requests, "w", encoding="ascii") as file:
            for number in range(CLICKERS):
                part = keys.mint(mint.PROSPECT_PART, keys.prospect_id(address(number)) + bytes(8))
                file.write(f"GET /c/{link}/{part} HTTP/1.1\r\nHost: localhost:{self.port}\r\n"
                           f"{headers}\r\n\1")

    def run(self, seconds, rate):
        command = [PACE, self.port, CONNECTIONS, rate, seconds, 1, self.requests]
        done = subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE,
                              text=True)
        *windows, total = map(str.split, done.stdout.splitlines())
        sent, redirected, others = map(int, total[1:])
        assert sent == redirected and not others, f"{others} of {sent} answers are no redirects"
        fullest = max(windows, key=lambda window: int(window[0]))
        return sent, seconds, int(fullest[1]), int(fullest[2]), max(int(row[3]) for row in windows)


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


def quartiles(values):
    if len(values) < 2:
        return f"{values[0] / 1000:.2f} ms"
    low, middle, high = (value / 1000 for value in
                         statistics.quantiles(values, n=4, method="inclusive"))
    return f"{middle:.2f} ms ({low:.2f}–{high:.2f})"


def clicks_for(clicks, seconds, rate, slice_s):
    return [clicks.run(slice_s, rate) for _ in range(max(seconds // slice_s, 1))]


def clicks_while(importer, clicks, rate, slice_s):
    slices, limit = [], time.monotonic() + LIMIT_S
    while importer.running():
        assert time.monotonic() < limit, f"the import was not done within {LIMIT_S} s"
        slices.append(clicks.run(slice_s, rate))
    return slices


def slice_of(people):
    return SLICE_S if people > SHORT else 1


def killed_and_resumed(daemon, importer, clicks, rate, people):
    """The slices of clicks meanwhile, how long it ran, and what it said in the end."""
    slices, began, slice_s = [], time.monotonic(), slice_of(people)
    for part in (0.2, 0.6):
        importer.start()
        while importer.running() and added(daemon) < people * part:
            slices.append(clicks.run(slice_s, rate))
        if importer.running():
            importer.kill()
    importer.start()
    slices += clicks_while(importer, clicks, rate, slice_s)
    return slices, time.monotonic() - began, importer.finish()


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
    with Daemon(limits__address_rate=0, limits__connections_per_address=0,
                commit_wait_ms=SHIPPED_MS) as daemon:
        path = os.path.join(daemon.directory, "people.csv")
        write_file(path, people)
        daemon.start()
        clicks = Clicks(daemon, daemon.directory)
        answered, took, *_ = clicks.run(PROBE_S, ALL_POSSIBLE)
        possible = int(answered / took)
        rate = RATE if people > SHORT else min(RATE, possible // 2)
        alone = clicks_for(clicks, size("import_seconds_alone"), rate, slice_of(people))
        importer = Import(daemon, path)
        beside, seconds, summary = killed_and_resumed(daemon, importer, clicks, rate, people)
        wait_for(lambda: daemon.metric('waymark_account{kind="pending"}') == 0)
        check_people(daemon, importer, people)
        account = check_account(daemon)
    print(f"{possible} clicks/s were possible alone; {rate} clicks/s were asked for beside the "
          f"import of {people} people; medians and quartiles of {slice_of(people)} s")
    for name, slices in (("without", alone), ("with import", beside)):
        answered, took, p50, p99, longest = zip(*slices)
        print(f"{name:>12}: {sum(answered)} clicks, {sum(answered) / sum(took):.0f} a second, "
              f"p50 {quartiles(p50)}, p99 {quartiles(p99)}, longest {max(longest) / 1000:.0f} ms")
    if sum(answered) < 0.98 * rate * sum(took):
        print(f"this machine did not answer {rate} clicks/s beside the import")
    print(f"import: killed twice, {seconds:.0f} s in all, {people / seconds:.0f} people/s; the "
          f"last run said: {summary}")
    print(f"account: {account}")


if __name__ == "__main__":
    sys.exit(main())
