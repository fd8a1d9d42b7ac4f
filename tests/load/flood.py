# SPDX-License-Identifier: Apache-2.0
"""Some addresses flood (tracked clicks, forged tokens, pages that are not there, posts that never
end) while others click at a human pace: every click of theirs is stored in time, on a disk that
works and on one that stalls, and the flood is counted to the event.

flood.py PRELOAD
"""
import collections
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse

from daemon import BROWSER, LIMIT_S, Daemon, wait_for
from sizes import is_full, size

DESTINATION = "https://www.example.com/"
HUMANS = 20
PAUSE_S = 0.2        # of a human between two clicks
FLOOD_ADDRESSES = 4
PIPELINED = 32       # requests in flight on a connection of the flood
SLOW_POSTS = 50
LEAST = 10000        # requests of a flood: a busy machine takes longer for them
MEDIAN_MS, LONGEST_MS = 100, 2000  # of a human's click, at full size
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")


def request(target, address):
    head = "".join(f"{name}: {value}\r\n" for name, value in BROWSER.items())
    return (f"GET {target} HTTP/1.1\r\nHost: localhost:8080\r\nX-Forwarded-For: {address}\r\n"
            f"{head}\r\n").encode()


class Flood:
    """One connection that keeps PIPELINED requests in flight until told to stop, then reads what
    is still due: every request that was sent has been answered."""

    def __init__(self, port, requests, least):
        self.least = least
        self.connection = socket.create_connection(("127.0.0.1", port), LIMIT_S)
        self.requests, self.at = requests, 0
        self.statuses = collections.Counter()
        self.sent = self.seen = 0
        self.rest = b""

    def send(self, count):
        data = b"".join(self.requests[(self.at + i) % len(self.requests)] for i in range(count))
        self.at += count
        self.sent += count
        self.connection.sendall(data)

    def receive(self):
        data = self.rest + self.connection.recv(1 << 16)
        assert len(data) > len(self.rest), "the server closed the connection of a flood"
        found = STATUS.findall(data)
        # A status line may be cut: what is behind the last line end is looked at again.
        cut = data.rfind(b"\n") + 1
        self.rest = data[cut:]
        found = STATUS.findall(data[:cut])
        self.statuses.update(int(status) for status in found)
        self.seen += len(found)

    def run(self, until):
        self.send(PIPELINED)
        while time.monotonic() < until or self.sent < self.least:
            before = self.seen
            self.receive()
            self.send(self.seen - before)
        while self.seen < self.sent:
            self.receive()
        self.connection.close()


def flood(port, seconds, connections, targets):
    """The child process: JSON of the statuses that the flood got."""
    requests = [request(target, f"203.0.113.{address}") for address in range(FLOOD_ADDRESSES)
                for target in targets]
    until = time.monotonic() + seconds
    floods = [Flood(port, requests, LEAST / connections) for _ in range(connections)]
    threads = [threading.Thread(target=one.run, args=(until,)) for one in floods]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total = sum((one.statuses for one in floods), collections.Counter())
    print(json.dumps(total))


def start_flood(daemon, seconds, targets, connections=8):
    return subprocess.Popen([sys.executable, __file__, "--flood", str(daemon.port), str(seconds),
                             str(connections), *targets], stdout=subprocess.PIPE)


def result_of(process):
    output, _ = process.communicate(timeout=8 * LIMIT_S)
    assert process.returncode == 0, "a flood failed"
    return collections.Counter({int(status): count for status, count in
                                json.loads(output).items()})


class SlowPosts:
    """Posts of which a byte comes now and then."""

    def __init__(self, port):
        self.connections = [socket.create_connection(("127.0.0.1", port), LIMIT_S)
                            for _ in range(SLOW_POSTS)]
        for connection in self.connections:
            connection.sendall(b"POST /healthz HTTP/1.1\r\nHost: localhost\r\n"
                               b"Content-Length: 9999\r\n\r\n")

    def close(self):
        for connection in self.connections:
            connection.close()


class Humans:
    """HUMANS threads, each an address of its own and a new connection for each click: an address
    that the proxy says, or, where none is trusted, @source."""

    def __init__(self, port, url, source="127.0.0.1"):
        self.source = (source, 0)
        parts = urllib.parse.urlsplit(url)
        self.port, self.target, self.times_ms, self.problems = port, parts.path, [], []
        self.threads = []

    def click(self, number):
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", self.port), LIMIT_S,
                                      self.source) as connection:
            connection.sendall(request(self.target, f"192.0.2.{number}"))
            answer = b""
            while b"\r\n\r\n" not in answer:
                piece = connection.recv(65536)
                if not piece:
                    break
                answer += piece
        if not answer.startswith(b"HTTP/1.1 302 "):
            self.problems.append(answer)
        self.times_ms.append((time.monotonic() - began) * 1000)

    def live(self, number, until):
        try:
            while time.monotonic() < until:
                self.click(number)
                time.sleep(PAUSE_S)
        except OSError as error:
            self.problems.append(error)

    def run(self, seconds):
        until = time.monotonic() + seconds
        self.threads = [threading.Thread(target=self.live, args=(number, until))
                        for number in range(HUMANS)]
        for thread in self.threads:
            thread.start()
        for thread in self.threads:
            thread.join()
        assert not self.problems, self.problems[:3]
        return self

    def show(self, what):
        times = sorted(self.times_ms)
        print(f"{what}: {len(times)} clicks of humans, median {statistics.median(times):.1f} ms, "
              f"p99 {times[len(times) * 99 // 100]:.1f} ms, longest {times[-1]:.0f} ms")


def account(daemon):
    metrics = daemon.metrics()
    found = {kind: metrics[f'waymark_account{{kind="{kind}"}}'] for kind in
             ("received", "stored", "dropped", "rejected", "lost", "pending")}
    assert found["received"] == sum(found.values()) - found["received"], found
    assert found["rejected"] == metrics[
        'waymark_events_rejected_total{reason="address_rate"}'], found
    bound = daemon.bound(metrics)
    found["received"] -= bound
    found["stored"] -= bound
    return found, metrics


def links(daemon):
    return (daemon.link(DESTINATION + name, "--campaign", name, "--to", "a@example.com")
            for name in ("human", "flood"))


def written(daemon):
    wait_for(lambda: account(daemon)[0]["pending"] == 0)


def check_log(daemon, human_clicks, clicks):
    """Every click of a human is in the log, in time; of the flood's, what was stored."""
    written(daemon)
    found, metrics = account(daemon)
    assert found["lost"] == found["dropped"] == 0, found
    events = daemon.events(type="click")
    theirs = [event for event in events if event["url"] == DESTINATION + "human"]
    assert len(theirs) == human_clicks, (len(theirs), human_clicks)
    assert len(events) == found["stored"], (len(events), found)
    assert found["received"] == len(theirs) + clicks, (found, len(theirs), clicks)
    assert found["rejected"] > clicks / 2, "hardly any of the flood was left out"
    print(f"  of {clicks} clicks that flooded {found['rejected']} redirected unrecorded, "
          f"{len(events) - len(theirs)} are stored")
    return theirs, metrics


def on_a_disk_that_works(seconds):
    # A human asks for five a second at the most; the flood is to be over it on any machine.
    with Daemon(limits__address_rate=10, limits__address_burst=100) as daemon:
        human, flooded = links(daemon)
        daemon.start()
        Humans(daemon.port, human).run(seconds / 4).show("without a flood")
        written(daemon)
        before, _ = account(daemon)
        path = urllib.parse.urlsplit(flooded).path
        forged = path[:-4] + "AAAA"
        slow = SlowPosts(daemon.port)
        floods = [start_flood(daemon, seconds, [path]),
                  start_flood(daemon, seconds, [forged, "/nothing", "/l/nothing"])]
        humans = Humans(daemon.port, human).run(seconds)
        clicks, garbage = [result_of(process) for process in floods]
        slow.close()
        humans.show("under a flood")
        print(f"  {sum(clicks.values())} clicks and {sum(garbage.values())} of garbage: "
              f"{dict(garbage)}")
        assert set(clicks) == {302}, clicks
        assert set(garbage) <= {404, 429} and garbage[429] > garbage[404], garbage
        theirs, metrics = check_log(daemon, before["stored"] + len(humans.times_ms),
                                    clicks[302])
        assert metrics["waymark_late_total"] == 0, "an event was late"
        assert not any(event["signals"]["late"] for event in theirs)
        limited = metrics['waymark_requests_total{route="none",result="limited"}']
        assert limited == garbage[429], (limited, garbage)
        if is_full():
            assert statistics.median(humans.times_ms) < MEDIAN_MS
            assert max(humans.times_ms) < LONGEST_MS


def on_a_disk_that_stalls(preload):
    """Syncs do not end, the queue is small, and the flood's bucket is deep: what lets
    the others in is that who has sent most gets less of a queue that fills."""
    # Each click is of a new browser, which brings an event of its own along.
    with Daemon(limits__queue_clicks=4096, limits__address_burst=5000,
                commit_wait_ms=100) as daemon:
        human, flooded = links(daemon)
        stall = os.path.join(daemon.directory, "stall")
        daemon.start(LD_PRELOAD=preload, WAYMARK_DISK_STALL=stall)
        with open(stall, "w", encoding="ascii"):
            pass
        seconds = 4
        process = start_flood(daemon, seconds, [urllib.parse.urlsplit(flooded).path], 64)
        humans = Humans(daemon.port, human).run(seconds)
        clicks = result_of(process)
        os.unlink(stall)
        humans.show("under a flood, on a stalled disk")
        check_log(daemon, len(humans.times_ms), clicks[302])


def main():
    if sys.argv[1] == "--flood":
        flood(int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]), sys.argv[5:])
        return
    on_a_disk_that_works(size("flood_seconds"))
    on_a_disk_that_stalls(sys.argv[1])


if __name__ == "__main__":
    sys.exit(main())
