# SPDX-License-Identifier: Apache-2.0
"""Clicks by the hundred, each on a link of its own, so that each redirect has one event to show.

The links are self-contained and minted here; the number of a click is in its destination.
"""
import json
import os
import re
import socket
import subprocess
import sys
import threading

import mint
from daemon import BROWSER, LIMIT_S, SITE

STORE_CHECK = os.environ["WAYMARK_STORE_CHECK"]
NUMBER = re.compile(rb"/r/n(\d{9})")


def destination(number):
    return f"{SITE}/r/n{number:09}"


class Clicks:
    """Threads that click as fast as they are answered; remembers what was answered with a 302."""

    def __init__(self, daemon, threads, people=50):
        self.daemon = daemon
        self.keys = mint.Keys(daemon.instance)
        self.people = [self.keys.prospect_id(f"p{i}@example.com") for i in range(people)]
        self.threads = threads
        self.next = 0
        self.lock = threading.Lock()
        self.redirected = set()
        self.problems = []
        self.running = []

    def take_number(self):
        with self.lock:
            self.next += 1
            return self.next

    def request(self, number):
        person = self.people[number % len(self.people)]
        # Some people are seen only once: their rows are in the same commit as their event.
        if number % 3 == 0:
            person = self.keys.prospect_id(f"once{number}@example.com")
        payload = bytes(4) + person + destination(number).encode()
        token = self.keys.mint(mint.SELF_CONTAINED, payload)
        head = "".join(f"{name}: {value}\r\n" for name, value in BROWSER.items())
        return f"GET /u/{token} HTTP/1.1\r\nHost: localhost:8080\r\n{head}\r\n".encode()

    def click(self, connection, number):
        """One click; False when the server has gone."""
        connection.sendall(self.request(number))
        answer = b""
        while b"\r\n\r\n" not in answer:
            piece = connection.recv(65536)
            if not piece:
                return False
            answer += piece
        if not answer.startswith(b"HTTP/1.1 302 ") or destination(number).encode() not in answer:
            self.problems.append(f"click {number}: {answer[:200]!r}")
            return True
        with self.lock:
            self.redirected.add(number)
        return True

    def loop(self, go_on):
        try:
            with socket.create_connection(("127.0.0.1", self.daemon.port), LIMIT_S) as connection:
                number = self.take_number()
                while go_on(number) and self.click(connection, number):
                    number = self.take_number()
        except OSError:
            pass  # a server that was killed; who expects one to live looks at the counts

    def start(self, go_on):
        self.running = [threading.Thread(target=self.loop, args=(go_on,), daemon=True)
                        for _ in range(self.threads)]
        for thread in self.running:
            thread.start()

    def join(self, limit=4 * LIMIT_S):
        for thread in self.running:
            thread.join(limit)
            assert not thread.is_alive(), "a click was never answered"
        assert not self.problems, self.problems[:5]


def check_store(directory, role):
    """Numbers of all clicks in the log, and what is wrong with the store (None: nothing)."""
    try:
        result = subprocess.run([STORE_CHECK, directory, role], capture_output=True,
                                timeout=LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        return set(), f"opening and reading it does not end within {LIMIT_S} s"
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
