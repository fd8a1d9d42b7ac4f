# SPDX-License-Identifier: Apache-2.0
"""Clicks and beacons by the hundred, each event with an address of its own, so that each answer has
its events to show.

The links are self-contained and minted here; the number of a click is in its destination. A beacon
brings two events, with a number each in the address of its page; it comes from a browser without a
cookie, so the cookie of its answer tells which one it answers.
"""
import json
import os
import re
import socket
import subprocess
import sys
import threading

import mint
from daemon import BEACON, BROWSER, LIMIT_S, SITE

CHECK_S = 4 * LIMIT_S
STORE_CHECK = os.environ["WAYMARK_STORE_CHECK"]
NUMBER = re.compile(rb"/r/n(\d{9})")
COOKIE = re.compile(rb"\r\nset-cookie: wm=([\w-]+);", re.IGNORECASE)


def destination(number):
    return f"{SITE}/r/n{number:09}"


def visitor_of(answer):
    """The visitor of the cookie that an answer sets."""
    return mint.decode(COOKIE.search(answer).group(1).decode())[1:17]


class Clicks:
    """Threads that click, and @beacons of them that send beacons, as fast as they are answered;
    remembers the numbers of the events whose answers came."""

    def __init__(self, daemon, threads, people=50, beacons=0):
        self.daemon = daemon
        self.keys = mint.Keys(daemon.instance)
        self.people = [self.keys.prospect_id(f"p{i}@example.com") for i in range(people)]
        self.threads, self.beacons = threads, beacons
        self.next = 0
        self.lock = threading.Lock()
        self.answered = set()
        self.visitors = {}  # of beacons that were answered: their two numbers
        self.problems = []
        self.running = []

    def take_numbers(self, count):
        """The first of @count numbers."""
        with self.lock:
            self.next += count
            return self.next - count + 1

    def request(self, number):
        person = self.people[number % len(self.people)]
        # Some people are seen only once: their rows are in the same commit as their event.
        if number % 3 == 0:
            person = self.keys.prospect_id(f"once{number}@example.com")
        payload = bytes(4) + person + destination(number).encode()
        token = self.keys.mint(mint.SELF_CONTAINED, payload)
        head = "".join(f"{name}: {value}\r\n" for name, value in BROWSER.items())
        return f"GET /u/{token} HTTP/1.1\r\nHost: localhost:8080\r\n{head}\r\n".encode()

    def exchange(self, connection, request):
        """The head of the answer; empty when the server has gone."""
        connection.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            piece = connection.recv(65536)
            if not piece:
                return b""
            answer += piece
        return answer

    def click(self, connection, number):
        """One click; False when the server has gone."""
        answer = self.exchange(connection, self.request(number))
        if not answer:
            return False
        if not answer.startswith(b"HTTP/1.1 302 ") or destination(number).encode() not in answer:
            self.problems.append(f"click {number}: {answer[:200]!r}")
            return True
        with self.lock:
            self.answered.add(number)
        return True

    def beacon(self, connection, number):
        """One beacon with the events @number and the next; False when the server has gone."""
        body = (f"t=view&u={destination(number)}&v=0123456789abcdef&k=load\n"
                f"t=leave&u={destination(number + 1)}&v=0123456789abcdef&w=1500").encode()
        headers = {"Host": "localhost:8080", **BEACON, "Content-Length": len(body)}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        answer = self.exchange(connection, f"POST /e HTTP/1.1\r\n{head}\r\n".encode() + body)
        if not answer:
            return False
        if not answer.startswith(b"HTTP/1.1 204 ") or not COOKIE.search(answer):
            self.problems.append(f"beacon {number}: {answer[:200]!r}")
            return True
        with self.lock:
            self.answered.update((number, number + 1))
            self.visitors[visitor_of(answer)] = (number, number + 1)
        return True

    def loop(self, go_on, ask, count):
        try:
            with socket.create_connection(("127.0.0.1", self.daemon.port), LIMIT_S) as connection:
                number = self.take_numbers(count)
                while go_on(number) and ask(connection, number):
                    number = self.take_numbers(count)
        except OSError:
            pass  # a server that was killed; who expects one to live looks at the counts

    def start(self, go_on):
        kinds = ([(go_on, self.beacon, 2)] * self.beacons +
                 [(go_on, self.click, 1)] * (self.threads - self.beacons))
        self.running = [threading.Thread(target=self.loop, args=kind, daemon=True)
                        for kind in kinds]
        for thread in self.running:
            thread.start()

    def join(self, limit=4 * LIMIT_S):
        for thread in self.running:
            thread.join(limit)
            assert not thread.is_alive(), "a request was never answered"
        assert not self.problems, self.problems[:5]


def check_store(directory, role):
    """Numbers of all clicks, views and leaves in the log, and what is wrong with the store (None:
    nothing)."""
    try:
        result = subprocess.run([STORE_CHECK, directory, role], capture_output=True,
                                timeout=CHECK_S, check=False)
    except subprocess.TimeoutExpired:
        return set(), f"opening and reading it does not end within {CHECK_S} s"
    found = {int(number) for number in NUMBER.findall(result.stdout)}
    if result.returncode == 0:
        return found, None
    return found, f"status {result.returncode}: {result.stderr.decode(errors='replace').strip()}"


def seed_of_run():
    seed = os.environ.get("WAYMARK_TEST_SEED") or str(int.from_bytes(os.urandom(4), "big"))
    print(f"seed {seed} (WAYMARK_TEST_SEED repeats it)")
    sys.stdout.flush()
    return int(seed)


def size_of(name):
    path = os.path.join(os.environ["WAYMARK_SOURCE"], "tests", "sizes.json")
    with open(path, encoding="utf-8") as file:
        return json.load(file)[name][os.environ.get("WAYMARK_TEST_SIZE", "small")]
