# SPDX-License-Identifier: Apache-2.0
"""One server takes over from another under load: no request fails, no answered click is lost.

The test holds the listening socket, as systemd does for a socket unit, and gives it to one server
after the other. Clients come in two kinds: one connection for every click, where anything but a
redirect is a failure; and connections that are kept, where a client that finds its connection
closed before a byte of an answer came makes a new one and asks again, as RFC 9110 (9.2.2) has it.
"""
import os
import random
import signal
import socket
import threading
import time
import unittest

import mint
from activation import activated
from daemon import BROWSER, LIMIT_S, SITE, Daemon, read_line, wait_for
from sizes import size

HEAD = "".join(f"{name}: {value}\r\n" for name, value in BROWSER.items())
THINK_S = 0.4     # at most, of a client that keeps its connection and is mostly idle
HESITATE_S = 0.2  # at most, of a client between its connection and its request
DRAIN_IDLE_S = 1.0  # server/app/drain.h: for so long an idle connection can be used once more


class Clicks:
    """Clients that click until they are told to stop, each click with a number of its own."""

    def __init__(self, daemon, connect):
        self.keys = mint.Keys(daemon.instance)
        self.person = self.keys.prospect_id("a@example.com")
        self.connect = connect
        self.lock = threading.Lock()
        self.number = 0
        self.answered, self.again, self.closes, self.failures = set(), set(), 0, []
        self.closed_early = set()  # of these, whose connection was closed too soon
        self.slowest_s = 0.0
        self.done = threading.Event()
        self.threads = []

    def start(self, count, kept, think=0.0, hesitate=0.0):
        for _ in range(count):
            thread = threading.Thread(target=self.run, args=(kept, think, hesitate))
            thread.start()
            self.threads.append(thread)

    def stop(self):
        self.done.set()
        for thread in self.threads:
            thread.join()

    def request(self, kept):
        with self.lock:
            self.number += 1
            number = self.number
        payload = bytes(4) + self.person + f"{SITE}/n{number:09}".encode()
        token = self.keys.mint(mint.SELF_CONTAINED, payload)
        close = "" if kept else "Connection: close\r\n"
        return number, f"GET /u/{token} HTTP/1.1\r\nHost: localhost\r\n{close}{HEAD}\r\n".encode()

    @staticmethod
    def ask(connection, request):
        """The head of the answer; what came of it when the connection ended first; and when it was
        sent, or a moment later."""
        answer, sent = b"", None
        try:
            connection.sendall(request)
            sent = time.monotonic()
            while b"\r\n\r\n" not in answer:
                piece = connection.recv(65536)
                if not piece:
                    break
                answer += piece
        except OSError as error:
            return answer, error, sent or time.monotonic()
        return answer, None, sent

    def run(self, kept, think, hesitate):
        connection, used, asked = None, False, 0.0
        while not self.done.is_set():
            number, request = self.request(kept)
            before, begun = asked, time.monotonic()
            if connection is None:
                connection, used = self.connect(), False
                if hesitate:
                    time.sleep(random.uniform(0, hesitate))
            asked = time.monotonic()
            answer, error, sent = self.ask(connection, request)
            if not answer and used:
                connection.close()
                with self.lock:
                    self.again.add(number)
                    # It was answered before a stop began, not before it had asked; and whoever is
                    # kept waiting by the machine may send later than it thinks.
                    if sent - before < DRAIN_IDLE_S:
                        self.closed_early.add(number)
                connection, used, asked = self.connect(), False, time.monotonic()
                answer, error, _ = self.ask(connection, request)
            used = kept
            with self.lock:
                self.slowest_s = max(self.slowest_s, time.monotonic() - begun)
                if answer.startswith(b"HTTP/1.1 302 ") and answer.endswith(b"\r\n\r\n"):
                    self.answered.add(number)
                else:
                    self.failures.append((number, answer, error))
            closes = b"\r\nConnection: close\r\n" in answer
            self.closes += kept and closes
            if not kept or closes or not answer:
                connection.close()
                connection = None
            if think:
                self.done.wait(random.uniform(0, think))
        if connection:
            connection.close()


class Restart(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.__exit__, None, None, None)

    def listening(self, family=socket.AF_INET, address=("127.0.0.1", 0)):
        listening = socket.socket(family)
        listening.bind(address)
        listening.listen(4096)
        self.addCleanup(listening.close)
        return listening

    def clicks(self, listening):
        def connect():
            connection = socket.socket(listening.family)
            connection.settimeout(LIMIT_S)
            connection.connect(listening.getsockname())
            return connection
        return Clicks(self.daemon, connect)

    def take_over(self, overlap):
        """Start the next server before (or after) the last one is told to stop; both end well."""
        old, log = self.daemon.process, len(self.daemon.log())
        if overlap:
            new = self.daemon.spawn()
            wait_for(lambda: "event=waiting" in self.daemon.log()[log:])
            self.assertIn(f"held_by_process={old.pid}", self.daemon.log()[log:])
        old.send_signal(signal.SIGTERM)
        self.assertEqual(old.wait(LIMIT_S), 0)
        old.stdout.close()
        if not overlap:
            new = self.daemon.spawn()
        self.assertIn("waymark is ready", read_line(new))

    def settle(self, clicks):
        """Every answered click is in the log once; who had to ask again may be there twice."""
        self.assertEqual(self.daemon.stop(), 0)
        seen = [int(event["url"].rsplit("/n", 1)[1]) for event in self.daemon.events(type="click")]
        twice = {number for number in clicks.again if seen.count(number) > 1}
        self.assertEqual(clicks.failures, [])
        self.assertEqual(clicks.answered - set(seen), set())
        self.assertEqual(len(seen), len(set(seen)) + len(twice))
        for account in self.daemon.accounts():
            self.assertEqual(account["received"], account["stored"], account)
            self.assertNotEqual(account["period"], "unclean")
        sequences = self.daemon.sequences()
        self.assertEqual(sequences, list(range(1, len(sequences) + 1)))

    def restart_under_load(self, listening, rounds):
        with activated(self.daemon, public=listening):
            self.assertIn("waymark is ready", read_line(self.daemon.spawn()))
            clicks = self.clicks(listening)
            clicks.start(4, kept=False)
            clicks.start(8, kept=False, hesitate=HESITATE_S)
            clicks.start(4, kept=True)
            clicks.start(4, kept=True, think=THINK_S)
            try:
                for number in range(rounds):
                    before = len(clicks.answered)
                    wait_for(lambda: len(clicks.answered) > before + 100 or clicks.failures)
                    self.take_over(overlap=number % 2 == 0)
                before = len(clicks.answered)
                wait_for(lambda: len(clicks.answered) > before + 100 or clicks.failures)
            finally:
                clicks.stop()
        print(f"{rounds} restarts: {len(clicks.answered)} clicks answered, "
              f"{len(clicks.failures)} failed, {len(clicks.again)} asked again, "
              f"{clicks.closes} kept connections ended by an answer, "
              f"slowest {clicks.slowest_s * 1000:.0f} ms")
        self.assertGreater(clicks.closes, 0)
        # Who asks more often than that learns from an answer that its connection ends.
        self.assertLess(len(clicks.closed_early), rounds)
        self.settle(clicks)

    def test_restarts_under_load(self):
        self.restart_under_load(self.listening(), size("restarts"))

    def test_restarts_under_load_on_a_unix_socket(self):
        path = os.path.join(self.daemon.directory, "public.sock")
        self.restart_under_load(self.listening(socket.AF_UNIX, path), 2)
        self.assertTrue(os.path.exists(path), "the socket is not the server's to remove")

    def test_restarts_under_load_on_an_abstract_socket(self):
        name = b"\0waymark-test-" + os.path.basename(self.daemon.directory).encode()
        self.restart_under_load(self.listening(socket.AF_UNIX, name), 2)


class Activation(unittest.TestCase):
    """What sd_listen_fds(3) promises, and what it leaves open."""

    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
        for one in self.sockets:
            self.addCleanup(one.close)
        self.ports = [one.getsockname()[1] for one in self.sockets]

    def start(self, *names, **environment):
        """A server with sockets of these names; the ports that it says it serves."""
        sockets = {f"{name}": one for name, one in zip(names, self.sockets)}
        with activated(self.daemon, **sockets):
            self.daemon.start(**environment)
        return self.daemon.port, self.daemon.admin_port

    def test_names_decide(self):
        first, second, _ = self.ports
        self.assertEqual(self.start("admin", "public"), (second, first))
        self.assertEqual(self.daemon.get("/healthz").status, 200)
        self.assertEqual(self.daemon.admin("/readyz").status, 200)

    def test_other_names_are_taken_in_order(self):
        self.assertEqual(self.start("waymark.socket", "x"), tuple(self.ports[:2]))

    def test_one_socket_is_the_public_one(self):
        public, admin = self.start("waymark.socket")
        self.assertEqual(public, self.ports[0])
        self.assertNotIn(admin, self.ports)

    def test_one_name_leaves_the_other_place(self):
        self.assertEqual(self.start("admin", "x"), (self.ports[1], self.ports[0]))

    def test_names_may_be_missing(self):
        self.assertEqual(self.start("a", "b", LISTEN_FDNAMES=""), tuple(self.ports[:2]))

    def test_sockets_of_another_process_are_not_ours(self):
        with activated(self.daemon, public=self.sockets[0]):
            self.daemon.wrapper = []
            self.daemon.start(LISTEN_PID="1")
        self.assertNotEqual(self.daemon.port, self.ports[0])

    def refused(self, sockets, *sentences):
        with activated(self.daemon, **sockets):
            process = self.daemon.spawn()
            self.assertEqual(read_line(process), "")
            self.assertEqual(self.daemon.wait(), 1)
        for sentence in sentences:
            self.assertIn(sentence, self.daemon.log())

    def test_more_sockets_than_places_are_refused(self):
        self.refused(dict(zip("abc", self.sockets)), "3 listening sockets are handed over",
                     "FileDescriptorName=")

    def test_what_does_not_listen_is_refused(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
            self.refused({"public": datagrams}, "is no stream socket that listens")
        with open(os.devnull, "rb") as file:
            self.refused({"public": file}, "is no socket")

    def test_a_handed_over_socket_stays_open_elsewhere(self):
        self.start("public")
        self.assertEqual(self.daemon.get("/healthz").status, 200)
        self.assertEqual(self.daemon.stop(), 0)
        with socket.create_connection(("127.0.0.1", self.ports[0]), LIMIT_S):
            pass  # it waits in the backlog


if __name__ == "__main__":
    unittest.main()
