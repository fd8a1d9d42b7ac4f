#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whoever holds connections open, idle or unfinished, cannot keep others out, and the stores and
the control socket always find a descriptor."""
import contextlib
import re
import select
import shutil
import socket
import time
import unittest

from daemon import BROWSER, LIMIT_S, Daemon, wait_for

DESTINATION = "https://www.example.com/p"
YOUTH_S = 0.5  # for so long a connection is not closed to make room
UNFINISHED = b"GET /c/x HTTP/1.1\r\nHost: localhost\r\nX: "


class Connections(unittest.TestCase):
    def start(self, *wrapper, **settings):
        daemon = Daemon(trusted_proxies=[], limits__request_timeout_s=60, **settings)
        self.addCleanup(daemon.__exit__, None, None, None)
        self.url = daemon.link(DESTINATION, "--campaign", "autumn", "--to", "a@example.com")
        self.daemon = daemon.start(*wrapper)
        self.sockets = self.enterContext(contextlib.ExitStack())

    def hold(self, count, address, data=b""):
        held = []
        for _ in range(count):
            connection = self.sockets.enter_context(
                socket.create_connection(("127.0.0.1", self.daemon.port), LIMIT_S, (address, 0)))
            connection.sendall(data)
            held.append(connection)
        return held

    def click(self, address="127.0.0.2"):
        """A click on a connection of its own from @address; milliseconds."""
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", self.daemon.port), LIMIT_S,
                                      (address, 0)) as connection:
            path = self.url[len("http://localhost:8080"):]
            fields = "".join(f"{name}: {value}\r\n" for name, value in BROWSER.items())
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{fields}"
                               "Connection: close\r\n\r\n".encode())
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
        self.assertTrue(answer.startswith(b"HTTP/1.1 302 "), answer)
        return (time.monotonic() - began) * 1000

    def figure(self, name):
        name = "" if name == "held" else "_" + name
        return self.daemon.metric(f'waymark_connections{name}{{listener="public"}}')

    @staticmethod
    def closed(connections):
        """How many of these the server has closed; it says nothing to any of them."""
        return len(select.select(connections, [], [], 0)[0])

    def test_all_connections_held_by_one_address(self):
        for data in (b"", UNFINISHED):
            with self.subTest(data=data):
                self.start(limits__connections=64, limits__connections_per_address=0)
                self.hold(200, "127.0.0.9", data)
                for _ in range(20):
                    self.click()
                self.assertGreater(self.figure("evicted_total"), 0)
                self.assertEqual(len(self.daemon.events(type="click")), 20)

    def test_one_address_holds_no_more_than_it_may(self):
        self.start(limits__connections=64, limits__connections_per_address=8)
        began = time.monotonic()
        held = self.hold(8, "127.0.0.9")
        wait_for(lambda: self.figure("held") == 8)
        held += self.hold(20, "127.0.0.9")
        wait_for(lambda: self.figure("refused_total") + self.figure("evicted_total") == 20)
        if time.monotonic() - began < YOUTH_S:
            self.assertEqual(self.figure("refused_total"), 20, "since the others are young")
        wait_for(lambda: self.figure("held") == 8)
        wait_for(lambda: self.closed(held) == 20)
        for _ in range(20):
            self.click()

    @unittest.skipUnless(shutil.which("prlimit"), "prlimit is not installed")
    def test_few_descriptors_lower_the_limit_of_connections(self):
        self.start("prlimit", "--nofile=256:256")
        limit = self.daemon.metric("waymark_connections_limit")
        self.assertEqual(limit, 256 - 2 * 64 - 64)
        self.assertIn("LimitNOFILE", self.daemon.log())
        self.hold(300, "127.0.0.9", UNFINISHED)
        for number in range(5):
            self.click()
            self.daemon.link(f"{DESTINATION}/{number}", "--campaign", "autumn", "--to",
                             "a@example.com")
        self.assertEqual(len(self.daemon.events(type="click")), 5)

    @unittest.skipUnless(shutil.which("prlimit"), "prlimit is not installed")
    def test_the_soft_limit_is_raised(self):
        self.start("prlimit", "--nofile=256:2000", limits__connections=1000)
        self.assertEqual(self.daemon.metric("waymark_connections_limit"), 1000)
        with open(f"/proc/{self.daemon.process.pid}/limits", encoding="ascii") as limits:
            soft = re.search(r"Max open files +(\d+)", limits.read())[1]
        self.assertEqual(int(soft), 1000 + 2 * 64 + 64)
        self.assertNotIn("LimitNOFILE", self.daemon.log())

    @unittest.skipUnless(shutil.which("prlimit"), "prlimit is not installed")
    def test_too_few_descriptors_are_refused(self):
        daemon = self.enterContext(Daemon())
        process = daemon.spawn("prlimit", "--nofile=100:100")
        self.assertEqual(process.wait(LIMIT_S), 1)
        process.stdout.close()
        daemon.process = None
        self.assertIn("raise the limit", daemon.log())


if __name__ == "__main__":
    unittest.main()
